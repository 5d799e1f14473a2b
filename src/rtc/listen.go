package rtc

import (
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"github.com/pion/ice/v4"
)

const (
	// socketBuffer is asked of the kernel for the shared socket, in bytes: a
	// key frame to 50 viewers is about 4 MB at once.
	socketBuffer = 4 << 20
	// tcpWriteBuffer is what one ICE-TCP viewer may be behind, in bytes; what is
	// more is dropped, so that a slow viewer keeps nobody else waiting.
	tcpWriteBuffer = 1 << 20
	// tcpFirstPacket: a TCP connection that says nothing is closed.
	tcpFirstPacket = 5 * time.Second
	// freePortTries: a port that is free for UDP may be taken for TCP.
	freePortTries = 20
)

// listen opens the single port: UDP for each address family, and TCP.
func (e *Engine) listen() error {
	for try := 1; ; try++ {
		err := e.listenOn(max(e.opts.SinglePort, 0))
		if err == nil {
			break
		}
		for _, c := range e.udp {
			_ = c.Close()
		}
		e.udp, e.port = nil, 0
		if e.opts.SinglePort > 0 || !errors.Is(err, syscall.EADDRINUSE) || try == freePortTries {
			return fmt.Errorf("listen on the media port: %w (choose another with ICE_SINGLE_PORT, or 0 for ephemeral ports)", err)
		}
	}
	e.mux = &portMux{announces: e.announces}
	for _, conn := range e.udp {
		_ = conn.SetReadBuffer(socketBuffer) // what the system refuses it cuts off itself
		_ = conn.SetWriteBuffer(socketBuffer)
		mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: conn, Logger: e.log.NewLogger("ice"), Net: e.net})
		if a, ok := conn.LocalAddr().(*net.UDPAddr); ok && a.IP.To4() != nil {
			e.mux.v4 = mux
		} else {
			e.mux.v6 = mux
		}
	}
	e.tcp = ice.NewTCPMuxDefault(ice.TCPMuxParams{
		Listener: e.tcpIn, Logger: e.log.NewLogger("ice-tcp"), ReadBufferSize: 16,
		WriteBufferSize: tcpWriteBuffer, FirstStunBindTimeout: tcpFirstPacket, AliveDurationForConnFromStun: tcpFirstPacket,
	})
	return nil
}

func (e *Engine) listenOn(port int) error {
	addrs := []*net.UDPAddr{{IP: net.IPv4zero}, {IP: net.IPv6unspecified}}
	if ip := net.ParseIP(e.opts.Address); ip != nil {
		addrs = []*net.UDPAddr{{IP: ip}}
	}
	for i, addr := range addrs {
		family := "udp4"
		if addr.IP.To4() == nil {
			family = "udp6"
		}
		addr.Port = max(e.port, port)
		conn, err := net.ListenUDP(family, addr)
		if err != nil && i > 0 && !errors.Is(err, syscall.EADDRINUSE) {
			e.opts.Logger.Debug("media without IPv6", "reason", err)
			break
		}
		if err != nil {
			return err
		}
		e.udp = append(e.udp, conn)
		if a, ok := conn.LocalAddr().(*net.UDPAddr); ok {
			e.port = a.Port
		}
	}
	l, err := net.Listen("tcp", net.JoinHostPort(e.opts.Address, fmt.Sprint(e.port)))
	if err != nil {
		return fmt.Errorf("ICE-TCP: %w", err)
	}
	e.tcpIn = newLimitedListener(l, e.limits.TCPConnections, e.limits.TCPEach)
	return nil
}
