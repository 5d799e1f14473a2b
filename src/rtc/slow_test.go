package rtc

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/pion/webrtc/v4"

	"ksfu/src/media"
)

// tcpProxy stands before a TCP port and stops reading from it when told to.
func tcpProxy(t *testing.T, target string, stall <-chan struct{}) (port int) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	keep := func(c net.Conn) {
		mu.Lock()
		defer mu.Unlock()
		open = append(open, c)
	}
	wg.Add(1)
	go func() { // ends when l and what it has accepted are closed
		defer wg.Done()
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			keep(in)
			out, err := net.Dial("tcp4", target)
			if err != nil {
				continue
			}
			keep(out)
			if c, ok := out.(*net.TCPConn); ok {
				_ = c.SetReadBuffer(4096)
			}
			wg.Add(2)
			go func() {
				defer wg.Done()
				_, _ = io.Copy(out, in)
			}()
			go func() {
				defer wg.Done()
				b := make([]byte, 4096)
				for {
					n, err := out.Read(b)
					if err != nil {
						return
					}
					select {
					case <-stall:
						return
					default:
						_, _ = in.Write(b[:n])
					}
				}
			}()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // of a TCP listener
}

// TestSlowTCPViewer: one who stops reading loses packets; another viewer of the
// same source gets each one before the next is sent.
func TestSlowTCPViewer(t *testing.T) {
	e := newEngine(t, nil)
	pub := newClient(t, e, both())
	pub.publish(webrtc.MimeTypeVP8)
	pub.negotiate()
	stall := make(chan struct{})
	slow := newRemote(t, e, both(), remote{settings: tcpOnly().settings, silent: true})
	fast := newClient(t, e, both())
	port := tcpProxy(t, net.JoinHostPort("127.0.0.1", strconv.Itoa(e.Port())), stall)
	for _, c := range []*client{slow, fast} {
		c.view()
		c.negotiate()
		if c == slow { // it knows of the proxy alone
			must(t, c.pc.AddICECandidate(webrtc.ICECandidateInit{
				Candidate: fmt.Sprintf("candidate:1 1 tcp 1671430143 127.0.0.1 %d typ host tcptype passive", port),
			}))
		}
		c.connected()
		c.ep.Sink(media.Video).SetSource(pub.ep.Source(media.Video))
	}
	pub.connected()
	key := append([]byte{0x10, 0, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 2, 0x68, 1}, make([]byte, 1100)...)
	delta := append([]byte{0x10, 1, 0, 0}, make([]byte, 1100)...)
	pub.frame(key)
	r := fast.track()
	fast.read(r, 1)
	close(stall)
	const packets = 8000 // 8.8 MB: more than tcpWriteBuffer and the kernel's buffers
	var last uint16
	for i := range packets {
		pub.frame(delta)
		p := fast.read(r, 1)[0]
		if i > 0 && p.SequenceNumber != last+1 {
			t.Fatalf("packet %d: sequence number %d after %d", i, p.SequenceNumber, last)
		}
		last = p.SequenceNumber
	}
	if n := slow.ep.Stats().PacketsSent; n >= packets {
		t.Errorf("%d packets were taken for one who does not read", n)
	}
	if !slices.ContainsFunc(fast.ep.Stats().Pairs, func(p PairStats) bool { return p.Selected && p.BytesSent > packets*1000 }) {
		t.Errorf("pairs %+v", fast.ep.Stats().Pairs)
	}
}
