package rtc

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"ksfu/src/media"
)

// rawTrack lends a client's SRTP session: it sends whatever header it is given.
type rawTrack struct {
	mu sync.Mutex // guards the following
	w  webrtc.TrackLocalWriter
}

func (r *rawTrack) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.w = c.WriteStream()
	return c.CodecParameters()[0], nil
}

func (r *rawTrack) write(h rtp.Header, payload []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	h.Version = 2
	_, _ = r.w.WriteRTP(&h, payload) // fails when the endpoint has hung up
}

func (r *rawTrack) Unbind(webrtc.TrackLocalContext) error { return nil }
func (r *rawTrack) ID() string                            { return "raw" }
func (r *rawTrack) RID() string                           { return "" }
func (r *rawTrack) StreamID() string                      { return "raw" }
func (r *rawTrack) Kind() webrtc.RTPCodecType             { return webrtc.RTPCodecTypeVideo }

func failure(t testing.TB, c *client, want error) {
	t.Helper()
	ev := c.events.await(t, want.Error(), func(ev Event) bool { f, ok := ev.(Failure); return ok && f.Fatal })
	if f, _ := ev.(Failure); !errors.Is(f.Err, want) {
		t.Errorf("failure %v, want %v", f.Err, want)
	}
}

// TestSameSSRC: two publishers with one SSRC both reach their viewers.
func TestSameSSRC(t *testing.T) {
	e := newEngine(t, nil)
	for range 2 {
		pub := newClient(t, e, both())
		var err error
		pub.video, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "v", "s")
		must(t, err)
		encoding := webrtc.RTPEncodingParameters{RTPCodingParameters: webrtc.RTPCodingParameters{SSRC: 4711}}
		_, err = pub.pc.AddTransceiverFromTrack(pub.video, webrtc.RTPTransceiverInit{
			Direction: webrtc.RTPTransceiverDirectionSendonly, SendEncodings: []webrtc.RTPEncodingParameters{encoding},
		})
		must(t, err)
		pub.negotiate()
		pub.pump()
		viewer := newClient(t, e, both())
		viewer.view()
		viewer.ep.Sink(media.Video).SetSource(pub.ep.Source(media.Video))
		viewer.negotiate()
		r := viewer.track()
		if r.SSRC() == 4711 {
			t.Error("the SSRC sent is the publisher's")
		}
		viewer.read(r, 30)
		if s := pub.ep.Source(media.Video).Stats(); s.Encodings[0].SSRC != 4711 {
			t.Errorf("source %+v", s.Encodings)
		}
	}
}

// TestSSRCFlood: an authenticated client with 100,000 SSRCs, in RTP or named in
// RTCP, costs no goroutines, no memory to speak of, and its endpoint.
func TestSSRCFlood(t *testing.T) {
	e := newEngine(t, nil)
	for name, flood := range map[string]func(*client, *rawTrack, int){
		"RTP": func(_ *client, r *rawTrack, i int) {
			r.write(rtp.Header{SSRC: uint32(i)*2654435761 + 1, PayloadType: 96, SequenceNumber: uint16(i)}, []byte{1, 2, 3})
		},
		"RTCP": func(c *client, _ *rawTrack, i int) {
			_ = c.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(i)*2654435761 + 1}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, e, both())
			raw := &rawTrack{}
			_, err := c.pc.AddTransceiverFromTrack(raw, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
			must(t, err)
			var most atomic.Int64
			c.ep.tap = func([]byte) { most.Store(max(most.Load(), int64(runtime.NumGoroutine()))) }
			c.negotiate()
			c.connected()
			until(t, "the first packet", func() bool { // the client's SRTP is up later than ours
				raw.write(rtp.Header{SSRC: 1, PayloadType: 96}, []byte{1})
				return c.ep.Stats().PacketsReceived > 0
			})
			goroutines, heap := runtime.NumGoroutine(), heapInUse()
			i := 0
			for ; i < 100_000 && !slices.ContainsFunc(c.failures(), func(f Failure) bool { return f.Fatal }); i++ {
				flood(c, raw, i)
			}
			failure(t, c, ErrTooManySSRCs)
			until(t, "the endpoint closed", func() bool { return e.Endpoints() == 0 })
			now, clients := heapInUse(), uint64(i)*256 // what Pion's client keeps of each SSRC
			for ; i < 100_000; i++ {
				flood(c, raw, i)
			}
			// Pion looks at 25 new SSRCs at a time, and the endpoint is being closed.
			if n := most.Load(); n > int64(goroutines)+40 {
				t.Errorf("%d goroutines in the flood, %d before", n, goroutines)
			}
			if now > heap+clients+4<<20 {
				t.Errorf("heap %d, was %d", now, heap)
			}
		})
	}
}

func heapInUse() uint64 {
	runtime.GC() // the first moves what pools hold aside
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestPanic: a panic on one endpoint's goroutines ends that endpoint, is
// counted, and the others lose nothing.
func TestPanic(t *testing.T) {
	quiet := func(o *Options) { o.Logger = slog.New(slog.DiscardHandler) }
	for name, arm := range map[string]func(*client){
		"in a packet": func(c *client) { c.ep.tap = func([]byte) { panic("test") } },
		"in an event": func(c *client) {
			c.ep.events.deliver = func(ev Event) {
				defer c.ep.guard()
				c.events.add(ev)
				if ev == Event(ConnectionChanged{true}) {
					panic("test")
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t, quiet)
			pub := newClient(t, e, both())
			pub.publish(webrtc.MimeTypeVP8)
			pub.negotiate()
			pub.pump()
			viewer := newClient(t, e, both())
			viewer.view()
			viewer.ep.Sink(media.Video).SetSource(pub.ep.Source(media.Video))
			viewer.negotiate()
			r := viewer.track()
			viewer.read(r, 10)

			bad := newClient(t, e, both())
			bad.publish(webrtc.MimeTypeVP8)
			arm(bad)
			bad.negotiate()
			bad.pump()
			lossless := passesAll(t, pub, viewer)
			until(t, "the endpoint closed", func() bool { return e.Endpoints() == 2 })
			viewer.complete(r, 50)
			lossless()
			if n := e.Panics(); n != 1 {
				t.Errorf("%d panics counted", n)
			}
			if name == "in a packet" {
				failure(t, bad, ErrPanic)
			}
		})
	}
}

// TestSpray: datagrams from anywhere, among them ClientHellos at 1,000 a second
// from each of four sockets, keep nobody from connecting (RFC 8445 lets only
// checked pairs through to DTLS).
func TestSpray(t *testing.T) {
	e := newEngine(t, nil)
	hello := append([]byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 60, 1, 0, 0, 48, 0, 0, 0, 0, 0, 0, 0, 48, 0xfe, 0xfd}, make([]byte, 46)...)
	binding := append([]byte{0, 1, 0, 12, 0x21, 0x12, 0xa4, 0x42}, make([]byte, 12)...)
	binding = append(binding, 0, 6, 0, 6, 'x', ':', 'y', 'z', 'z', 'z', 0, 0)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 4 {
		conn, err := net.Dial("udp4", (&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: e.Port()}).String())
		must(t, err)
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer func() { _ = conn.Close() }()
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			junk := make([]byte, 200)
			for n := i; ; n++ {
				select {
				case <-stop:
					return
				case <-tick.C:
				}
				_, _ = rand.Read(junk)
				packet := [][]byte{hello, binding, junk, append([]byte{0x80, 96}, junk...), append([]byte{0, 1}, junk...)}[n%5]
				_, _ = conn.Write(packet)
				if n%5 != 0 {
					_, _ = conn.Write(hello)
				}
			}
		}()
	}
	const calls = 20
	var clients []*client
	for range calls {
		c := newClient(t, e, both())
		c.view()
		clients = append(clients, c)
	}
	var setups sync.WaitGroup
	for _, c := range clients {
		setups.Add(1)
		go func() {
			defer setups.Done()
			c.negotiate()
		}()
	}
	setups.Wait()
	for _, c := range clients {
		c.connected()
	}
	close(stop)
	wg.Wait()
}
