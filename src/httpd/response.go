package httpd

import (
	"bufio"
	"net"
	"net/http"
)

// response notes what a handler does with its ResponseWriter.
type response struct {
	http.ResponseWriter
	conn  *conn
	began bool // a header was sent, or the connection was taken over
}

// WriteHeader implements http.ResponseWriter.
func (w *response) WriteHeader(code int) {
	w.began = true
	w.ResponseWriter.WriteHeader(code)
}

// Write implements http.ResponseWriter.
func (w *response) Write(p []byte) (int, error) {
	w.began = true
	return w.ResponseWriter.Write(p)
}

// Hijack implements http.Hijacker: from here on it is a WebSocket.
func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.began = true
		w.conn.hijack()
	}
	return c, rw, err
}

// Unwrap is for http.ResponseController.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }
