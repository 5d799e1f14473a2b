package httpd

import (
	"net"
	"net/http"
	"net/netip"
)

// recorder is an http.ResponseWriter that keeps what it is given.
type recorder struct {
	header http.Header
	code   int
	body   string
}

func (r *recorder) Header() http.Header { return r.header }
func (r *recorder) WriteHeader(code int) {
	if r.code == 0 {
		r.code = code
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(200)
	r.body += string(p)
	return len(p), nil
}

// fakeConn is a connection that came to 192.168.7.1.
type fakeConn struct{ net.Conn }

func (fakeConn) LocalAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 168, 7, 1), Port: 8080} }
func (fakeConn) Close() error        { return nil }

func mustAddr(s string) netip.Addr { return netip.MustParseAddr(s) }
