package httpd

import (
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"time"
)

// isUpgrade tells whether a request opens a WebSocket (RFC 6455 section 4.2.1).
func isUpgrade(r *http.Request) bool {
	return r.Method == http.MethodGet && r.ProtoAtLeast(1, 1) && hasWord(r.Header.Values("Connection"), "upgrade") &&
		hasWord(r.Header.Values("Upgrade"), "websocket")
}

func hasWord(values []string, word string) bool {
	for _, value := range values {
		for item := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(item), word) {
				return true
			}
		}
	}
	return false
}

// invalidPath answers a WebSocket that asks for a path that does not exist as
// Kurento does: the upgrade is accepted and then closed with 1002, which is
// what its clients report. One that is no proper upgrade gets false.
func invalidPath(w *response, r *http.Request) bool {
	key := r.Header.Get("Sec-WebSocket-Key")
	if raw, err := base64.StdEncoding.DecodeString(key); err != nil || len(raw) != 16 ||
		r.Header.Get("Sec-WebSocket-Version") != "13" {
		return false
	}
	c, rw, err := w.Hijack()
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	// The GUID of RFC 6455 section 1.3, and the SHA-1 it asks for.
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	_, err = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: "+base64.StdEncoding.EncodeToString(sum[:])+"\r\n\r\n"+
		string(closeFrame(closeProtocol, "Invalid path")))
	if err == nil {
		w.conn.closeWrite()
		_, _ = io.CopyN(io.Discard, rw, 1<<10) // the client's own close frame
	}
	return true
}
