package media

import (
	"slices"
	"testing"
)

// A sender that begins its numbers anew must not be dropped until they have
// passed the old ones.
func TestNumbersBeginAnew(t *testing.T) {
	tests := map[string]struct {
		jump  int
		fresh bool // a new encoding
		lost  int  // frames until one goes on
	}{
		"far back":           {-20000, true, 1},
		"by half the circle": {1 << 15, true, 1},
		"a little forward":   {300, false, 0},
		"far forward":        {20000, false, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newTestbed(t, Options{})
			p := b.publisher(lineOptions{streams: []Declared{{SSRC: 1, RTX: 11}}})
			v := b.viewer()
			v.watch(p)
			s := p.vp8(1)
			s.flow(2*second, true, 1)
			before := (*p.video.encodings.Load())[0]
			sent := v.take(viewerVideo)
			s.seq += uint16(tt.jump)
			s.timestamp += 1 << 30
			for range tt.lost {
				s.frame(false, 1)
			}
			s.frame(true, 1)
			s.flow(second, false, 1)
			after := (*p.video.encodings.Load())[0]
			if (before != after) != tt.fresh || before.ended.Load() != tt.fresh {
				t.Errorf("a new encoding: %v, want %v", before != after, tt.fresh)
			}
			got := v.take(viewerVideo)
			if len(got) < 29 {
				t.Fatalf("%d packets after it", len(got))
			}
			continuous(t, got)
			if tt.fresh {
				continuous(t, append(sent, got...))
			}
			if tt.fresh && got[0].Timestamp-sent[len(sent)-1].Timestamp > 10*3000 {
				t.Errorf("timestamp goes on by %d", got[0].Timestamp-sent[len(sent)-1].Timestamp)
			}
			// Its RTX goes with it.
			lost := s.frame(false, 2, 0)
			s.frame(false, 1)
			v.take(viewerVideo)
			p.send(repair(11, 1, lost[0], nil))
			if got := v.take(viewerVideo); len(got) != 1 {
				t.Errorf("%d packets of a repair", len(got))
			}
		})
	}
}

func TestOldPacketsAreNoNewBeginning(t *testing.T) {
	b := newTestbed(t, Options{RingPackets: 16})
	p := b.publisher(lineOptions{streams: []Declared{{SSRC: 1, RTX: 11}}})
	s := p.vp8(1)
	first := append(s.frame(true, 2), s.frame(false, 2)...)
	s.flow(3*second, false, 10)
	e := (*p.video.encodings.Load())[0]
	old := s.packets(false, 0, false, 2)
	for i := range old {
		old[i].seq -= 100 // late, but no later than a path that changes makes it
		p.send(old[i])
	}
	p.send(first[0]) // one alone
	s.frame(false, 1)
	p.send(first[2])
	for i, k := range first { // Chromium probes with what it has
		p.send(repair(11, uint16(i), k, nil))
	}
	if now := (*p.video.encodings.Load())[0]; now != e {
		t.Error("a new encoding")
	}
}

// A publisher whose numbers jump all the time gets a ring each second at most.
func TestNewBeginningsAreBounded(t *testing.T) {
	b := newTestbed(t, Options{})
	p := b.publisher(lineOptions{streams: []Declared{{SSRC: 1}}})
	s := p.vp8(1)
	seen := map[*Encoding]bool{}
	for range 300 {
		s.frame(true, 3)
		s.seq -= 10000
		b.pass(10 * millisecond)
		seen[(*p.video.encodings.Load())[0]] = true
	}
	if len(seen) < 2 || len(seen) > 4 {
		t.Errorf("%d encodings in 3 s", len(seen))
	}
}

// The publisher leaves and comes back by renegotiation, with a new SSRC.
func TestNewSSRC(t *testing.T) {
	b := newTestbed(t, Options{})
	p := b.publisher(lineOptions{streams: []Declared{{SSRC: 1}}})
	v := b.viewer()
	v.watch(p)
	s := p.vp8(1)
	s.flow(second, true, 2)
	old := (*p.video.encodings.Load())[0]
	b.wait(3 * second)
	p.rtcp.plis()
	p.negotiate(lineOptions{streams: []Declared{{SSRC: 2}}})
	s2 := p.vp8(2)
	s2.frame(false, 2)
	if n := p.rtcp.plis(); n != 1 {
		t.Errorf("%d key-frame requests", n)
	}
	s2.flow(second, true, 2)
	continuous(t, v.take(viewerVideo))
	if !slices.Equal(ssrcs(p.video), []string{":2"}) || !old.ended.Load() || old.ring.size() > 1 {
		t.Errorf("has %v, the old one ended: %v", ssrcs(p.video), old.ended.Load())
	}
	if _, known := p.in.streams[1]; known {
		t.Error("the old SSRC is kept")
	}
	v.video.mu.Lock()
	defer v.video.mu.Unlock()
	if v.video.spans.last(old) != -1 || v.video.last.encoding == old {
		t.Error("the viewer holds on to what has ended")
	}
}

// An SSRC that another took the place of comes back once that one is silent.
func TestReturningSSRC(t *testing.T) {
	b := newTestbed(t, Options{})
	p := b.publisher(lineOptions{streams: []Declared{{SSRC: 1, RTX: 11}}})
	v := b.viewer()
	v.watch(p)
	s, s2 := p.vp8(1), p.vp8(2)
	s2.ext = map[Extension]string{ExtMID: "1"}
	s.flow(second, true, 1)
	s2.flow(second, true, 1)
	s.frame(true, 1)
	if got := ssrcs(p.video); !slices.Equal(got, []string{":2"}) {
		t.Errorf("has %v while the second sends", got)
	}
	b.wait(1100 * millisecond)
	s.flow(second, true, 1)
	if got := ssrcs(p.video); !slices.Equal(got, []string{":1"}) {
		t.Errorf("has %v", got)
	}
	got := v.take(viewerVideo)
	continuous(t, got)
	if len(got) < 85 {
		t.Errorf("%d packets", len(got))
	}
}

// RIDs may change by renegotiation; the old ones must not keep the places.
func TestOtherRIDs(t *testing.T) {
	b := newTestbed(t, Options{})
	p := b.publisher(lineOptions{rids: []string{"a", "b", "c"}})
	for i, rid := range []string{"a", "b", "c"} {
		s := p.vp8(uint32(i + 1))
		s.ext = map[Extension]string{ExtRID: rid}
		s.frame(true, 1)
	}
	p.negotiate(lineOptions{rids: []string{"x", "b", "y"}})
	for i, rid := range []string{"y", "x"} {
		s := p.vp8(uint32(i + 5))
		s.ext = map[Extension]string{ExtRID: rid}
		s.frame(true, 1)
	}
	if got := ssrcs(p.video); !slices.Equal(got, []string{"x:6", "b:2", "y:5"}) {
		t.Errorf("has %v", got)
	}
	if len(p.in.streams) != 3 {
		t.Errorf("%d streams kept", len(p.in.streams))
	}
}

// A renegotiation that takes the line away lets the flow end.
func TestLineGone(t *testing.T) {
	b := newTestbed(t, Options{})
	p := b.publisher(lineOptions{streams: []Declared{{SSRC: 1}}})
	p.vp8(1).frame(true, 1)
	p.in.Negotiated(nil)
	b.wait(3 * second)
	if !slices.Equal(p.flow, []string{"video on", "video off"}) {
		t.Errorf("flow %v", p.flow)
	}
	p.in.Close()
	if len(*p.video.encodings.Load()) > 0 {
		t.Error("a source without a line is not ended with its transport")
	}
}

// An SDP may declare thousands of SSRCs.
func TestDeclaredAreBounded(t *testing.T) {
	b := newTestbed(t, Options{})
	var many []Declared
	for ssrc := uint32(1); ssrc < 5000; ssrc++ {
		many = append(many, Declared{SSRC: ssrc, RTX: 10000 + ssrc})
	}
	p := b.publisher(lineOptions{streams: many})
	if len(p.in.streams) != 2*MaxEncodings || len(ssrcs(p.video)) != MaxEncodings {
		t.Errorf("%d streams, %d encodings", len(p.in.streams), len(ssrcs(p.video)))
	}
}
