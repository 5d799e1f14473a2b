package httpd

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"
)

// stillOpen counts the connections that the server has not ended; what they
// were sent first is read away. A connection that was pushed out shows its end
// at once, an open one shows nothing.
func stillOpen(t *testing.T, conns []net.Conn) int {
	t.Helper()
	open := 0
	for _, c := range conns {
		if err := c.SetReadDeadline(time.Now().Add(2 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
			open++
		}
	}
	return open
}

// eventually waits for a state of the server that it reaches by itself.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// 300 connections of each kind of junk, from one address and from many: the
// caps hold, a caller with a credential gets in and a call goes on.
func TestJunkConnections(t *testing.T) {
	kinds := []struct{ name, text string }{
		{"silent", ""},
		{"half header", "GET /health HTTP/1.1\r\nHost: localhost\r\nX-"},
		{"junk upgrade", "GET /kurento HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"},
		{"keep-alive", "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"},
	}
	for _, kind := range kinds {
		for _, many := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, many addresses %v", kind.name, many), func(t *testing.T) {
				o := options(t)
				o.Limits = Limits{Header: time.Minute, Idle: time.Minute} // the caps alone, not time, end them
				r := run(t, o)
				call, _ := r.dial(KindHTTP, "/kurento?access_token="+apiToken, nil)
				if _, _, err := call.ReadMessage(); err != nil {
					t.Fatal(err)
				}
				var junk []net.Conn
				defer func() {
					for _, c := range junk {
						_ = c.Close()
					}
				}()
				for i := range 300 {
					from := "127.0.0.1"
					if many {
						from = fmt.Sprintf("127.0.1.%d", 1+i%30)
					}
					c, err := r.from(from, KindHTTP)
					if err != nil {
						t.Fatal(err)
					}
					junk = append(junk, c)
					_, _ = io.WriteString(c, kind.text) // one that was pushed out already may fail
				}
				want := 16
				if many {
					want = 256
				}
				eventually(t, "the caps hold", func() bool {
					open := stillOpen(t, junk)
					count, _ := r.anonymous.counts()
					return open <= want && count <= want
				})
				if response, body := r.do("GET", r.url(KindHTTP, "/kurento"), "Authorization", "Bearer "+apiToken); response.StatusCode != 200 {
					t.Errorf("a caller with a credential: %d %s", response.StatusCode, body)
				}
				if err := call.WriteMessage(1, []byte("still here")); err != nil {
					t.Fatal(err)
				}
				if _, data, err := call.ReadMessage(); err != nil || string(data) != "still here" {
					t.Errorf("the call: %q, %v", data, err)
				}
			})
		}
	}
}

func TestHeaderTimeout(t *testing.T) {
	o := options(t)
	o.Limits.Header = 50 * time.Millisecond
	r := run(t, o)
	for _, kind := range []Kind{KindHTTP, KindHTTPS, KindKurento} {
		c, err := r.from("127.0.0.1", kind)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, "GET / HT"); err != nil {
			t.Fatal(err)
		}
		if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: half a request was waited for", kind)
		}
		_ = c.Close()
	}
	eventually(t, "all are forgotten", func() bool { return len(r.open()) == 0 })
}

// Connections with a credential do not count: far more than the cap of them.
func TestCredentialDoesNotCount(t *testing.T) {
	o := options(t)
	o.Limits.PerAddress, o.Limits.Anonymous = 2, 2
	r := run(t, o)
	for i := range 12 {
		ws, status := r.dial(KindHTTP, "/kurento?access_token="+apiToken, nil)
		if ws == nil {
			t.Fatalf("WebSocket %d: %d", i, status)
		}
	}
	if count, _ := r.anonymous.counts(); count != 0 {
		t.Errorf("%d count", count)
	}
	if got := len(r.open()); got != 12 {
		t.Errorf("%d connections are open, want 12: none may be pushed out", got)
	}
}

func TestKurentoPortHasItsOwnCap(t *testing.T) {
	o := options(t)
	o.Limits.Kurento, o.Limits.PerAddress = 20, 1
	r := run(t, o)
	for i := range 15 {
		if ws, status := r.dial(KindKurento, "/kurento", nil); ws == nil {
			t.Fatalf("WebSocket %d: %d", i, status)
		}
	}
	for range 50 {
		c, err := r.from("127.0.0.1", KindKurento)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	eventually(t, "the cap holds", func() bool { return len(r.open()) <= 20 })
	ws, status := r.dial(KindKurento, "/kurento", nil)
	if ws == nil {
		t.Fatalf("a newcomer among silent ones: %d", status)
	}
	if count, _ := r.kurento.counts(); count > 20 {
		t.Errorf("%d connections", count)
	}
	if response, _ := r.do("GET", r.url(KindHTTP, "/health")); response.StatusCode != 200 {
		t.Errorf("the other port: %d", response.StatusCode)
	}
}

// Behind a trusted proxy the caps count the forwarded addresses' requests.
func TestCapsBehindProxy(t *testing.T) {
	q := newQuota(20, 16)
	one, other := mustAddr("2001:db8::1"), mustAddr("198.51.100.1")
	var leave func()
	for i := range 16 {
		l, ok := q.enter(one)
		if !ok {
			t.Fatalf("request %d was turned away", i)
		}
		leave = l
	}
	if _, ok := q.enter(mustAddr("2001:db8::ffff")); ok {
		t.Error("a 17th of one /64 was let in")
	}
	for range 4 {
		if _, ok := q.enter(other); !ok {
			t.Error("another address was turned away")
		}
	}
	if _, ok := q.enter(mustAddr("198.51.100.2")); ok {
		t.Error("a 21st in total was let in")
	}
	leave()
	if _, ok := q.enter(one); !ok {
		t.Error("who left still counts")
	}
	o := options(t)
	o.TrustedProxies = []string{"127.0.0.1"}
	r := run(t, o)
	for i := range 40 { // one proxy's idle connections are no strangers'
		c, err := r.from("127.0.0.1", KindHTTP)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, "GET /health HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 198.51.100.1\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || response.StatusCode != 200 {
			t.Fatalf("connection %d of the proxy: %v", i, err)
		}
	}
	if got := len(r.open()); got != 40 {
		t.Errorf("%d connections of the proxy are open, want 40", got)
	}
}

func TestBusyIsNotPushedOut(t *testing.T) {
	g := newGate(2, 2)
	var conns []*conn
	for range 3 {
		conns = append(conns, &conn{Conn: fakeConn{}, gate: g, peer: mustAddr("198.51.100.1")})
	}
	g.admit(conns[0])
	g.admit(conns[1])
	g.work(conns[0], 1)
	g.work(conns[1], 1)
	if g.admit(conns[2]) {
		t.Error("a newcomer pushed out a request under way")
	}
	g.work(conns[1], -1)
	if !g.admit(conns[2]) {
		t.Error("a newcomer was turned away though an idle connection was there")
	}
	g.release(conns[0])
	g.release(conns[0])
	if count, refused := g.counts(); count != 1 || refused != 2 {
		t.Errorf("count %d, refused %d", count, refused)
	}
}
