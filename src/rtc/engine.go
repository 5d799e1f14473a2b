package rtc

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"

	"ksfu/src/media"
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
	// dtlsTimeout: a handshake that has not ended by then has failed. Five
	// flights may be lost one after the other (RFC 6347 section 4.2.4.1).
	dtlsTimeout = 30 * time.Second
	// messageSize is the largest data channel message taken, in bytes: what all
	// browsers send without asking. Pion's own limit is 1 GiB.
	messageSize = 64 << 10
)

// Engine owns what all endpoints share.
type Engine struct {
	opts   Options
	limits Limits
	router *media.Router
	net    *network
	log    *pionLog
	mux    *portMux
	udp    []*net.UDPConn
	tcp    ice.TCPMux
	tcpIn  net.Listener
	port   int
	mdns   *resolver
	certs  certificates
	seed   maphash.Seed
	panics atomic.Uint64

	mu        sync.Mutex // guards the following
	endpoints map[*Endpoint]struct{}
	closed    bool
}

// New opens the ports and makes the certificate.
func New(opts Options) (*Engine, error) {
	e := &Engine{
		opts: opts, limits: opts.Limits.withDefaults(), net: newNetwork(), seed: maphash.MakeSeed(),
		endpoints: map[*Endpoint]struct{}{},
	}
	e.log = &pionLog{log: opts.Logger}
	if opts.Media.Logger == nil {
		opts.Media.Logger = opts.Logger
	}
	e.router = media.NewRouter(opts.Media)
	err := e.checkServers()
	if err == nil {
		_, err = e.certs.get(false)
	}
	if err == nil && opts.SinglePort != 0 {
		err = e.listen()
	}
	if err == nil && opts.MDNS {
		e.mdns, err = newResolver(e.net, e.log)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("media engine: %w", err), e.Close())
	}
	return e, nil
}

// listen opens the single port: UDP for each address family, and TCP.
func (e *Engine) listen() error {
	port := max(e.opts.SinglePort, 0)
	addrs := []*net.UDPAddr{{IP: net.IPv4zero, Port: port}, {IP: net.IPv6unspecified, Port: port}}
	if ip := net.ParseIP(e.opts.Address); ip != nil {
		addrs = []*net.UDPAddr{{IP: ip, Port: port}}
	}
	e.mux = &portMux{}
	for i, addr := range addrs {
		family := "udp4"
		if addr.IP.To4() == nil {
			family = "udp6"
		}
		addr.Port = max(e.port, port)
		conn, err := net.ListenUDP(family, addr)
		if err != nil && i > 0 {
			e.opts.Logger.Debug("media without IPv6", "reason", err)
			break
		}
		if err != nil {
			return fmt.Errorf("listen on the media port: %w (choose another with ICE_SINGLE_PORT, or 0 for ephemeral ports)", err)
		}
		_ = conn.SetReadBuffer(socketBuffer) // what the system refuses it cuts off itself
		_ = conn.SetWriteBuffer(socketBuffer)
		e.udp = append(e.udp, conn)
		if a, ok := conn.LocalAddr().(*net.UDPAddr); ok {
			e.port = a.Port
		}
		mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: conn, Logger: e.log.NewLogger("ice"), Net: e.net})
		if family == "udp4" {
			e.mux.v4 = mux
		} else {
			e.mux.v6 = mux
		}
	}
	l, err := net.Listen("tcp", net.JoinHostPort(e.opts.Address, fmt.Sprint(e.port)))
	if err != nil {
		return fmt.Errorf("listen on the media port for ICE-TCP: %w (choose another with ICE_SINGLE_PORT)", err)
	}
	e.tcpIn = l
	e.tcp = ice.NewTCPMuxDefault(ice.TCPMuxParams{
		Listener: l, Logger: e.log.NewLogger("ice-tcp"), ReadBufferSize: 64,
		WriteBufferSize: tcpWriteBuffer, FirstStunBindTimeout: tcpFirstPacket, AliveDurationForConnFromStun: tcpFirstPacket,
	})
	return nil
}

// Port is the single port, 0 where there is none.
func (e *Engine) Port() int { return e.port }

// Endpoints is the number of open endpoints.
func (e *Engine) Endpoints() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.endpoints)
}

// Panics is the number of panics that were contained since the start.
func (e *Engine) Panics() uint64 { return e.panics.Load() + e.router.Panics() }

// settings are Pion's for one endpoint.
func (e *Engine) settings(ep *Endpoint) (webrtc.SettingEngine, error) {
	se := webrtc.SettingEngine{LoggerFactory: e.log, BufferFactory: ep.newBuffer}
	se.SetNet(e.net)
	se.SetSRTPProtectionProfiles(srtpProfiles()...)
	se.DisableMediaEngineCopy(true)
	se.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled) // one resolver for all: e.mdns
	se.SetIncludeLoopbackCandidate(true)                    // announced only as announces says
	se.DisableActiveTCP(true)
	se.SetLite(e.opts.Lite)
	// Only a path that ICE has proved reaches DTLS: its cookie would prove the
	// same once more and cost a round trip.
	se.SetDTLSInsecureSkipHelloVerify(true)
	se.SetDTLSConnectContextMaker(func() (context.Context, func()) { return context.WithTimeout(ep.ctx, dtlsTimeout) })
	se.SetDTLSServerHelloMessageHook(ep.serverHello)
	se.SetSCTPMaxMessageSize(messageSize)
	d := func(v, def time.Duration) time.Duration {
		if v == 0 {
			return def
		}
		return v
	}
	se.SetICETimeouts(d(e.opts.Disconnected, 15*time.Second), d(e.opts.Failed, 15*time.Second), d(e.opts.Keepalive, 5*time.Second))
	// No wait for a better pair than one that works: a join takes 100 ms less.
	se.SetPrflxAcceptanceMinWait(0)
	se.SetSrflxAcceptanceMinWait(0)
	types := []webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6}
	if e.mux != nil {
		se.SetICEUDPMux(e.mux)
		se.SetICETCPMux(e.tcp)
		types = append(types, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6)
	} else if e.opts.PortMin != 0 || e.opts.PortMax != 0 {
		if err := se.SetEphemeralUDPPortRange(e.opts.PortMin, e.opts.PortMax); err != nil {
			return se, err
		}
	}
	se.SetNetworkTypes(types)
	if err := se.SetAnsweringDTLSRole(webrtc.DTLSRoleServer); err != nil { // see srtpProfiles
		return se, err
	}
	return se, se.SetICEAddressRewriteRules(rewriteRules(e.opts.NAT1To1, e.opts.NAT1To1Srflx)...)
}

// rewriteRules announce the given addresses instead of or beside local ones.
func rewriteRules(addrs []string, srflx bool) []webrtc.ICEAddressRewriteRule {
	var replace, add []string
	for _, a := range addrs {
		if a != "" && a[0] == '+' {
			add = append(add, a[1:])
		} else {
			replace = append(replace, a)
		}
	}
	kind := webrtc.ICECandidateTypeHost
	if srflx {
		kind = webrtc.ICECandidateTypeSrflx
	}
	var rules []webrtc.ICEAddressRewriteRule
	if len(replace) > 0 {
		mode := webrtc.ICEAddressRewriteReplace
		if srflx {
			mode = webrtc.ICEAddressRewriteAppend // there is no local one of that type to replace
		}
		rules = append(rules, webrtc.ICEAddressRewriteRule{External: replace, AsCandidateType: kind, Mode: mode})
	}
	if len(add) > 0 {
		rules = append(rules, webrtc.ICEAddressRewriteRule{External: add, AsCandidateType: kind, Mode: webrtc.ICEAddressRewriteAppend})
	}
	return rules
}

// checkServers tells at the start what would else fail each endpoint.
func (e *Engine) checkServers() error {
	for _, a := range e.opts.NAT1To1 {
		if net.ParseIP(strings.TrimPrefix(a, "+")) == nil {
			return fmt.Errorf("%q is no IP address to announce", a)
		}
	}
	_, err := webrtc.NewAPI(webrtc.WithSettingEngine(webrtc.SettingEngine{LoggerFactory: e.log})).
		NewICEGatherer(webrtc.ICEGatherOptions{ICEServers: e.iceServers()})
	if err != nil {
		return fmt.Errorf("STUN and TURN servers: %w (they are URLs such as stun:host:3478)", err)
	}
	return nil
}

func (e *Engine) iceServers() []webrtc.ICEServer {
	if e.opts.Lite {
		return nil // it has host candidates only
	}
	var list []webrtc.ICEServer
	if len(e.opts.STUNServers) > 0 {
		list = append(list, webrtc.ICEServer{URLs: e.opts.STUNServers})
	}
	if len(e.opts.TURNServers) > 0 {
		list = append(list, webrtc.ICEServer{
			URLs: e.opts.TURNServers, Username: e.opts.TURNUsername, Credential: e.opts.TURNPassword.Reveal(),
		})
	}
	return list
}

// announces tells whether a local address goes into candidates: loopback ones
// are of no use to another host (RFC 8445 section 5.1.1.1).
func (e *Engine) announces(ip net.IP) bool {
	if ip.To4() == nil && ip.IsLinkLocalUnicast() {
		return false // means nothing without a zone, which a candidate has none of
	}
	return ip == nil || !ip.IsLoopback() || e.opts.Loopback || e.opts.Address != "" || e.net.onlyLoopback()
}

// Close closes all endpoints and the ports.
func (e *Engine) Close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil
	}
	e.closed = true
	var open []*Endpoint
	for ep := range e.endpoints {
		open = append(open, ep)
	}
	e.mu.Unlock()
	var wg sync.WaitGroup
	for _, ep := range open { // a graceful end each; side by side they take as long as one
		wg.Add(1)
		go func() {
			defer wg.Done()
			_ = ep.Close()
		}()
	}
	wg.Wait()
	var errs []error
	if e.mux != nil {
		errs = append(errs, e.mux.Close())
	}
	for _, c := range e.udp {
		_ = c.Close() // the mux has closed it; it has not where listen failed half-way
	}
	if e.tcp != nil {
		errs = append(errs, e.tcp.Close())
	}
	if e.mdns != nil {
		errs = append(errs, e.mdns.Close())
	}
	e.router.Close()
	return errors.Join(errs...)
}
