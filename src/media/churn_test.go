package media

import (
	"log/slog"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"go.uber.org/goleak"
)

// churner is a call that people join and leave all the time.
type churner struct {
	router  *Router
	packets atomic.Int64
	mu      sync.Mutex
	sources [4][2]*Source // of those who publish now
}

// WriteRTP counts, and reads all it is given.
func (c *churner) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	raw, err := (&rtp.Packet{Header: *h, Payload: payload}).Marshal()
	c.packets.Add(1)
	return len(raw), err
}

func (c *churner) source(n int, kind Kind) *Source {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sources[n][kind]
}

// publish joins, sends, renegotiates, reports, leaves and comes back.
func (c *churner) publish(t *testing.T, n int, rounds int) {
	random := rand.New(rand.NewPCG(uint64(n), 1))
	var negotiating sync.WaitGroup
	defer negotiating.Wait()
	for range rounds {
		p := &publisher{bed: &testbed{t: t, router: c.router}, audio: c.router.NewSource(Audio, SourceOptions{Flow: func(bool) {}}), video: c.router.NewSource(Video, SourceOptions{})}
		p.in = c.router.NewInbound(InboundOptions{Write: func([]rtcp.Packet) {}, MaxBitrate: 1e6})
		lines := lineOptions{rids: layerNames[:1+n%3]}
		p.negotiate(lines)
		c.mu.Lock()
		c.sources[n] = [2]*Source{p.audio, p.video}
		c.mu.Unlock()
		var layers []*stream8
		for i := range lines.rids {
			s := p.vp8(uint32(10*n + i + 1))
			s.ext = map[Extension]string{ExtRID: layerNames[i], ExtTransportSeq: "\x00\x01", ExtAudioLevel: "\x05"}
			layers = append(layers, s)
		}
		for i := range 60 {
			for _, s := range layers {
				s.layer(i%20 == 0, uint8(i%3), true, 1+random.IntN(3), random.IntN(6))
			}
			p.send(packet{ssrc: 99, pt: 111, seq: uint16(i), payload: []byte("x"), ext: layers[0].ext})
			switch random.IntN(12) {
			case 0:
				negotiating.Add(1)
				go func() { // another goroutine than that of the packets
					defer negotiating.Done()
					p.negotiate(lines)
				}()
			case 1:
				p.in.Restarted()
			case 2:
				layers[0].seq -= 5000
			case 3:
				p.in.tick(c.router.now())
			case 4:
				p.senderReport(layers[0].ssrc, c.router.now(), layers[0].timestamp)
			case 5:
				p.video.Stats()
			}
			runtime.Gosched()
		}
		p.in.Close()
	}
}

// view joins, switches, asks and leaves.
func (c *churner) view(t *testing.T, seed uint64, rounds int) {
	random := rand.New(rand.NewPCG(seed, 2))
	for range rounds {
		v := &viewer{bed: &testbed{t: t, router: c.router}}
		v.out = c.router.NewOutbound(func([]rtcp.Packet) {})
		opts := SinkOptions{Flow: func(bool) { v.out.remb() }, Failed: func(error) { v.out.remb() }}
		v.audio, v.video = v.out.NewSink(Audio, opts), v.out.NewSink(Video, opts)
		bind := func() {
			v.audio.Bind(Binding{Writer: c, SSRC: viewerAudio, Formats: []Format{opusOut}, Extensions: extensionIDs(idsOut)})
			v.video.Bind(Binding{Writer: c, SSRC: viewerVideo, RTX: viewerRTX, Formats: []Format{vp8Out}, Extensions: extensionIDs(idsOut)})
			v.out.Register(v.audio)
			v.out.Register(v.video)
		}
		bind()
		v.out.SetConnected(true)
		var asking sync.WaitGroup
		asking.Add(1)
		go func() { // the viewer's feedback comes on a goroutine of its own
			defer asking.Done()
			for i := range 40 {
				v.video.mu.Lock()
				newest := uint16(v.video.spans.newestOut)
				v.video.mu.Unlock()
				v.nack(newest, newest-1, newest-uint16(i))
				v.remb(float32(100_000 * (1 + i)))
				v.rtcpIn(viewerVideo, &rtcp.PictureLossIndication{MediaSSRC: viewerVideo})
				runtime.Gosched()
			}
		}()
		for range 40 {
			switch n := random.IntN(4); random.IntN(9) {
			case 0, 1, 2, 3:
				v.video.SetSource(c.source(n, Video))
				v.audio.SetSource(c.source(n, Audio))
			case 4:
				v.video.SetSource(nil)
			case 5:
				v.video.SetMaxBitrate(random.IntN(1e6))
			case 6:
				bind()
			case 7:
				v.out.SetConnected(random.IntN(4) > 0)
			case 8:
				v.video.Stats()
				v.out.tick(c.router.now())
			}
			runtime.Gosched()
		}
		if random.IntN(2) == 0 {
			asking.Wait()
		}
		v.out.Close()
		v.video.SetSource(c.source(0, Video))
		asking.Wait()
	}
}

// TestChurn: what crashes servers are lifetimes. Run it with -race.
func TestChurn(t *testing.T) {
	defer goleak.VerifyNone(t)
	rounds := 40
	if testing.Short() {
		rounds = 5
	}
	c := &churner{router: NewRouter(Options{TemporalLayers: true, Logger: slog.New(slog.DiscardHandler)})}
	speaker := c.router.NewSpeaker(func(*Source) {})
	var all sync.WaitGroup
	for n := range c.sources {
		all.Add(1)
		go func() {
			defer all.Done()
			c.publish(t, n, rounds)
		}()
	}
	for seed := range uint64(8) {
		all.Add(1)
		go func() {
			defer all.Done()
			c.view(t, seed, rounds)
		}()
	}
	all.Add(1)
	go func() {
		defer all.Done()
		for i := range 10 * rounds {
			if s := c.source(i%4, Audio); s != nil {
				speaker.Add(s)
				speaker.tick(c.router.now() + int64(i)*second)
				speaker.Remove(s)
			}
			runtime.Gosched()
		}
	}()
	all.Wait()
	speaker.Close()
	if n := c.router.Panics(); n > 0 {
		t.Errorf("%d panics", n)
	}
	if c.packets.Load() == 0 {
		t.Error("nothing was forwarded")
	}
	c.router.mu.Lock()
	if n := len(c.router.tickers); n > 0 {
		t.Errorf("%d transports are left", n)
	}
	c.router.mu.Unlock()
	for n := range c.sources {
		for _, s := range c.sources[n] {
			if len(s.sinks) > 0 || len(*s.encodings.Load()) > 0 {
				t.Errorf("source %d has %d sinks and %d encodings", n, len(s.sinks), len(*s.encodings.Load()))
			}
		}
	}
	c.router.Close()
	t.Logf("%d packets forwarded", c.packets.Load())
}
