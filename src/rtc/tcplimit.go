package rtc

import (
	"net"
	"net/netip"
	"sync"
)

// limitedListener accepts ICE-TCP connections up to a number of all and one of
// each address (/64 for IPv6): the port is open to everybody, and a connection
// costs a goroutine and its buffers before it has said who it is. Those beyond
// are closed at once.
type limitedListener struct {
	net.Listener
	all, each int

	mu   sync.Mutex // guards the following
	open map[netip.Prefix]int
	sum  int
}

func newLimitedListener(l net.Listener, all, each int) *limitedListener {
	return &limitedListener{Listener: l, all: all, each: each, open: map[netip.Prefix]int{}}
}

// Accept waits for a connection within the limits.
func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := origin(conn.RemoteAddr())
		if l.take(from) {
			return &limitedConn{Conn: conn, release: sync.OnceFunc(func() { l.give(from) })}, nil
		}
		_ = conn.Close()
	}
}

func (l *limitedListener) take(from netip.Prefix) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sum >= l.all || l.open[from] >= l.each {
		return false
	}
	l.sum++
	l.open[from]++
	return true
}

func (l *limitedListener) give(from netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sum--
	if l.open[from]--; l.open[from] == 0 {
		delete(l.open, from)
	}
}

// origin is what is counted together: an IPv4 address, an IPv6 /64.
func origin(a net.Addr) netip.Prefix {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	addr := t.AddrPort().Addr().Unmap().WithZone("")
	bits := 64
	if addr.Is4() {
		bits = 32
	}
	p, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{} // no address: counted with its like
	}
	return p
}

// limitedConn counts until it is closed.
type limitedConn struct {
	net.Conn
	release func()
}

// Close ends the connection and its place among the open ones.
func (c *limitedConn) Close() error {
	defer c.release()
	return c.Conn.Close()
}
