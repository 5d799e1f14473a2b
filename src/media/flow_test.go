package media

import (
	"log/slog"
	"slices"
	"testing"

	"go.uber.org/goleak"
)

func TestFlow(t *testing.T) {
	b := newTestbed(t, Options{})
	p, v := b.publisher(lineOptions{streams: []Declared{{SSRC: 1}}}), b.viewer()
	v.watch(p)
	s := p.vp8(1)
	s.frame(true, 1)
	if !slices.Equal(p.flow, []string{"video on"}) || !slices.Equal(v.flow, p.flow) {
		t.Fatalf("flow %v, of the viewer %v", p.flow, v.flow)
	}
	b.wait(1900 * millisecond)
	if len(p.flow)+len(v.flow) > 2 || !p.video.Flowing() || !v.video.Flowing() {
		t.Errorf("flow %v and %v after 1.9 s", p.flow, v.flow)
	}
	b.wait(400 * millisecond)
	if !slices.Equal(p.flow, []string{"video on", "video off"}) || !slices.Equal(v.flow, p.flow) {
		t.Errorf("flow %v and %v after 2.3 s", p.flow, v.flow)
	}
	s.frame(true, 1)
	v.video.SetSource(nil)
	s.flow(3*second, false, 1)
	if len(p.flow) != 3 || len(v.flow) != 4 {
		t.Errorf("flow %v and %v after a disconnection", p.flow, v.flow)
	}
	v.video.SetSource(p.video)
	s.frame(true, 1)
	v.out.SetConnected(false) // its end is told although nothing can be sent
	b.wait(3 * second)
	v.out.Close()
	if len(v.flow) != 6 || p.video.Flowing() || v.video.Flowing() {
		t.Errorf("flow %v after the end", v.flow)
	}
}

// Those who are told of events may ask and command what they like.
func TestEventsAreToldWithoutLocks(t *testing.T) {
	b := newTestbed(t, Options{})
	p, v := b.publisher(lineOptions{}), b.viewer()
	calls, within := 0, false
	poke := func() {
		calls++
		if within { // a new connection that fails is told of too
			return
		}
		within = true
		defer func() { within = false }()
		v.video.Flowing()
		v.video.Stats()
		p.video.Stats()
		v.video.SetMaxBitrate(100)
		v.video.SetSource(nil)
		v.video.SetSource(p.video)
	}
	v.video.opts.Flow = func(bool) { poke() }
	v.video.opts.Failed = func(error) { poke() }
	p.video.opts.Flow = func(bool) { poke() }
	v.watch(p)
	s := p.vp8(1)
	s.frame(true, 1)
	s.frame(false, 1)
	b.wait(3 * second)
	v.bind(viewerRTX, h264Out)
	s.frame(true, 1)
	p.negotiate(lineOptions{formats: []Format{vp8In}})
	if calls < 5 {
		t.Errorf("told %d times", calls)
	}
}

// A panic in one viewer's writer ends that sink, and is counted.
func TestPanicEndsOneSink(t *testing.T) {
	for name, begin := range map[string]func(p *publisher, bad, good *viewer, s *stream8){
		"forwarding": func(p *publisher, bad, good *viewer, s *stream8) {
			bad.watch(p)
			good.watch(p)
			s.frame(true, 1)
		},
		"a replay on the viewer's goroutine": func(p *publisher, bad, good *viewer, s *stream8) {
			s.frame(true, 1)
			good.watch(p)
			bad.watch(p)
		},
		"a replay on the publisher's goroutine": func(p *publisher, bad, good *viewer, s *stream8) {
			bad.out.SetConnected(false)
			bad.watch(p)
			good.watch(p)
			s.frame(true, 1)
			bad.out.SetConnected(true)
		},
		"sending again": func(p *publisher, bad, good *viewer, s *stream8) {
			hook := bad.hook
			bad.hook = nil
			bad.watch(p)
			good.watch(p)
			s.frame(true, 1)
			bad.hook = hook
			bad.nack(bad.take(viewerVideo)[0].SequenceNumber)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newTestbed(t, Options{})
			p, bad, good := b.publisher(lineOptions{}), b.viewer(), b.viewer()
			bad.hook = func() { panic("injected") }
			s := p.vp8(1)
			begin(p, bad, good, s)
			for range 10 {
				s.frame(false, 1)
			}
			if n := len(good.take(viewerVideo)); n != 11 {
				t.Errorf("the other viewer has %d packets", n)
			}
			if b.router.Panics() != 1 || len(bad.failed) != 1 || len(good.failed) != 0 {
				t.Errorf("%d panics, told %v and %v", b.router.Panics(), bad.failed, good.failed)
			}
			// It stays ended, and can be taken away.
			bad.video.SetSource(nil)
			bad.video.SetSource(p.video)
			bad.out.SetConnected(true)
			s.frame(true, 1)
			b.wait(3 * second)
			bad.out.Close()
			if b.router.Panics() != 1 || len(p.video.sinks) != 1 {
				t.Errorf("%d panics, %d sinks left", b.router.Panics(), len(p.video.sinks))
			}
		})
	}
}

// A panic of the ticker's work for one transport leaves the others theirs.
func TestPanicInATick(t *testing.T) {
	b := newTestbed(t, Options{})
	bad := b.router.NewInbound(InboundOptions{})
	bad.opts.Write = nil
	source := b.router.NewSource(Video, SourceOptions{})
	bad.Negotiated([]Line{{Source: source, Formats: []Format{vp8In}}})
	p := b.publisher(lineOptions{})
	bad.Receive(packet{ssrc: 1, pt: 96, payload: []byte{1}}.bytes(t))
	p.vp8(1).flow(second, true, 1)
	if b.router.Panics() == 0 {
		t.Error("no panic")
	}
	if len(p.rtcp.writes) == 0 {
		t.Error("no reports of the other")
	}
	bad.Close() // nothing is locked
	source.Stats()
}

func TestClosedSinkStaysClosed(t *testing.T) {
	b := newTestbed(t, Options{})
	p, v := b.publisher(lineOptions{}), b.viewer()
	v.watch(p)
	s := p.vp8(1)
	s.frame(true, 1)
	v.take(viewerVideo)
	v.out.Close()
	v.watch(p)
	v.out.SetConnected(true)
	s.frame(true, 1)
	if len(v.take(viewerVideo)) > 0 || len(p.video.sinks)+len(p.audio.sinks) > 0 {
		t.Error("a closed sink is connected")
	}
	if sinks := *(*p.video.encodings.Load())[0].sinks.Load(); len(sinks) > 0 {
		t.Error("packets are still handed over")
	}
}

func TestRouterTicksAndEnds(t *testing.T) {
	defer goleak.VerifyNone(t)
	r := NewRouter(Options{Logger: slog.New(slog.DiscardHandler), RingPackets: 100})
	if r.options().RingPackets != 128 {
		t.Errorf("ring of %d", r.options().RingPackets)
	}
	for range 3 { // it sleeps in between
		ticked := make(chan struct{}, 1)
		k := tickFunc(func(int64) {
			select {
			case ticked <- struct{}{}:
			default:
			}
		})
		r.addTicker(&k)
		<-ticked
		r.removeTicker(&k)
	}
	r.Close()
	r.Close()
}

type tickFunc func(int64)

func (f *tickFunc) tick(t int64) { (*f)(t) }
