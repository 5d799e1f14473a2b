package rtc

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestTCPLimit: connections beyond the limits are closed at once, and a closed
// one makes room.
func TestTCPLimit(t *testing.T) {
	defer goleak.VerifyNone(t)
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	l := newLimitedListener(inner, 3, 2)
	accepted := make(chan net.Conn, 8)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	dial := func(from string) net.Conn {
		t.Helper()
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: wait}
		c, err := d.Dial("tcp", inner.Addr().String())
		must(t, err)
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	taken := func() net.Conn {
		t.Helper()
		select {
		case c := <-accepted:
			return c
		case <-time.After(wait):
			t.Fatal("not accepted")
			return nil
		}
	}
	refused := func(c net.Conn) {
		t.Helper()
		must(t, c.SetReadDeadline(time.Now().Add(wait)))
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("not closed: %v", err)
		}
	}
	dial("127.0.0.1")
	first := taken()
	dial("127.0.0.1")
	second := taken()
	refused(dial("127.0.0.1")) // the third of this address
	dial("127.0.0.2")
	third := taken()
	refused(dial("127.0.0.3")) // the fourth of all
	must(t, first.Close())
	_ = first.Close() // counts once
	dial("127.0.0.1")
	fourth := taken()
	refused(dial("127.0.0.1"))
	for _, c := range []net.Conn{second, third, fourth} {
		must(t, c.Close())
	}
	if l.sum != 0 || len(l.open) != 0 {
		t.Errorf("%d open, %v", l.sum, l.open)
	}
	must(t, l.Close())
	<-done
}
