package httpd

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"time"

	"ksfu/src/auth"
)

// Close codes of RFC 6455 section 7.4.1.
const (
	closeGoingAway = 1001
	closeProtocol  = 1002
	closePolicy    = 1008
)

// conn is one accepted connection, below TLS.
type conn struct {
	net.Conn
	server *Server
	gate   *gate
	peer   netip.Addr
	entry  entry // guarded by gate.mu
	once   sync.Once

	mu sync.Mutex
	// guarded by mu
	outer    net.Conn           // with TLS, or the connection itself
	hijacked bool               // it is a WebSocket now
	grants   []auth.Fingerprint // the credential of the WebSocket; none on the token-free port
}

// Close ends the connection and its counting.
func (c *conn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		c.gate.release(c)
		c.server.forget(c)
	})
	return err
}

// hijack notes that a handler has taken the connection over.
func (c *conn) hijack() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hijacked = true
}

// grant notes a good credential: the connection counts no more.
func (c *conn) grant(f auth.Fingerprint) {
	c.gate.release(c)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.grants = []auth.Fingerprint{f}
}

// webSocket gives the connection to write to, where it is a WebSocket.
func (c *conn) webSocket() (net.Conn, []auth.Fingerprint, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.outer, c.grants, c.hijacked
}

// farewell sends a close frame and ends our direction; the handler that reads
// sees the other side's end.
func (c *conn) farewell(code uint16, reason string) {
	outer, _, ok := c.webSocket()
	if !ok {
		return
	}
	_ = outer.SetWriteDeadline(time.Now().Add(c.server.limits.Farewell / 4))
	_, _ = outer.Write(closeFrame(code, reason))
	c.closeWrite()
}

// closeWrite lets the other side read all that was sent: a plain close with
// unread data behind it would be a reset, which may overtake it.
func (c *conn) closeWrite() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
}

// closeFrame is a server's close frame (RFC 6455 section 5.5.1): final, opcode
// 8, not masked. Reasons are short enough for one length byte.
func closeFrame(code uint16, reason string) []byte {
	frame := []byte{0x88, byte(2 + len(reason))}
	frame = binary.BigEndian.AppendUint16(frame, code)
	return append(frame, reason...)
}

type connKey struct{}

// withConn is http.Server's ConnContext: it ties requests to their connection.
func withConn(ctx context.Context, outer net.Conn) context.Context {
	inner := outer
	if t, ok := outer.(*tls.Conn); ok {
		inner = t.NetConn()
	}
	c, ok := inner.(*conn)
	if !ok {
		return ctx
	}
	c.mu.Lock()
	c.outer = outer
	c.mu.Unlock()
	return context.WithValue(ctx, connKey{}, c)
}

// connOf is the connection that a request came by.
func connOf(ctx context.Context) *conn {
	c, _ := ctx.Value(connKey{}).(*conn)
	return c
}

// listener counts connections as they are accepted.
type listener struct {
	net.Listener
	server *Server
	kind   Kind
}

// Accept waits for a connection that there is room for.
func (l *listener) Accept() (net.Conn, error) {
	for {
		raw, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &conn{Conn: raw, server: l.server, peer: addrOf(raw.RemoteAddr())}
		c.outer = c
		c.gate = l.server.gateFor(l.kind, c.peer)
		if l.server.remember(c) {
			if c.gate.admit(c) {
				return c, nil
			}
			_ = c.Close()
			continue
		}
		_ = raw.Close()
	}
}
