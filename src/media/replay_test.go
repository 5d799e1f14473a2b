package media

import (
	"slices"
	"testing"
)

// A newcomer is sent the short run since the last key frame at once.
func TestReplay(t *testing.T) {
	tests := map[string]struct {
		publish func(s *stream8)
		want    int // packets at once; 0 = a key frame is asked for
	}{
		"key frame alone":   {func(s *stream8) { s.frame(true, 3) }, 3},
		"and frames":        {func(s *stream8) { s.frame(false, 3); s.frame(true, 3); s.frame(false, 2); s.frame(false, 2) }, 7},
		"40 packets":        {func(s *stream8) { s.frame(true, 20); s.frame(false, 20) }, 40},
		"41 packets":        {func(s *stream8) { s.frame(true, 20); s.frame(false, 21) }, 0},
		"the last one":      {func(s *stream8) { s.frame(true, 3); s.frame(false, 2); s.frame(true, 4) }, 4},
		"half a key frame":  {func(s *stream8) { s.p.send(s.packets(true, 0, true, 3)[0]); s.seq -= 2 }, 1},
		"no key frame":      {func(s *stream8) { s.frame(false, 3) }, 0},
		"a hole":            {func(s *stream8) { s.frame(true, 3); s.frame(false, 3, 1); s.frame(false, 1) }, 0},
		"its start missing": {func(s *stream8) { s.frame(false, 1); s.frame(true, 3, 0) }, 0},
		"padding in it": {func(s *stream8) {
			s.frame(true, 3)
			s.p.send(packet{ssrc: 1, pt: 96, seq: s.seq, timestamp: s.timestamp, padding: 9})
			s.seq++
			s.frame(false, 1)
		}, 4},
		"nothing yet":    {func(*stream8) {}, 0},
		"silent for 2 s": {func(s *stream8) { s.frame(true, 3); s.p.bed.wait(2 * second) }, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newTestbed(t, Options{})
			p, v := b.publisher(lineOptions{streams: []Declared{{SSRC: 1}}}), b.viewer()
			s := p.vp8(1)
			tt.publish(s)
			b.wait(600 * millisecond)
			p.rtcp.plis()
			v.watch(p)
			got := v.take(viewerVideo)
			asked := p.rtcp.plis()
			if len(got) != tt.want || asked != map[bool]int{true: 1}[tt.want == 0] {
				t.Fatalf("%d packets and %d key-frame requests, want %d packets", len(got), asked, tt.want)
			}
			// What follows goes on from there.
			s.frame(tt.want == 0, 2)
			s.frame(false, 2)
			got = append(got, v.take(viewerVideo)...)
			continuous(t, got)
			if len(got) != tt.want+4 || !got[0].info.KeyFrame {
				t.Errorf("%d packets in all", len(got))
			}
		})
	}
}

// One who has seen newer frames would see time run backwards.
func TestNoReplayOfWhatWasSeen(t *testing.T) {
	for name, between := range map[string]func(b *testbed, v *viewer, p *publisher){
		"disconnected":  func(_ *testbed, v *viewer, _ *publisher) { v.video.SetSource(nil) },
		"not connected": func(_ *testbed, v *viewer, _ *publisher) { v.out.SetConnected(false); v.out.SetConnected(true) },
		"elsewhere": func(b *testbed, v *viewer, _ *publisher) {
			other := b.publisher(lineOptions{})
			v.watch(other)
			other.vp8(2).frame(true, 1)
			v.take(viewerVideo)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newTestbed(t, Options{})
			p, v := b.publisher(lineOptions{}), b.viewer()
			s := p.vp8(1)
			v.watch(p)
			s.frame(true, 2)
			s.frame(false, 2)
			v.take(viewerVideo)
			between(b, v, p)
			v.watch(p)
			if got := v.take(viewerVideo); len(got) > 0 {
				t.Errorf("%d packets a second time", len(got))
			}
			s.frame(false, 1)
			s.frame(true, 1)
			if got := v.take(viewerVideo); len(got) != 1 || !got[0].info.KeyFrame {
				t.Errorf("goes on with %d packets", len(got))
			}
		})
	}
}

// A key frame that was seen once may be sent again if it is newer than all.
func TestReplayOfANewKeyFrame(t *testing.T) {
	b := newTestbed(t, Options{})
	p, v := b.publisher(lineOptions{}), b.viewer()
	s := p.vp8(1)
	v.watch(p)
	s.frame(true, 2)
	v.video.SetSource(nil)
	s.frame(true, 2)
	s.frame(false, 1)
	v.watch(p)
	if got := v.take(viewerVideo); len(got) != 5 {
		t.Errorf("%d packets", len(got))
	} else {
		continuous(t, got)
	}
}

// The start of the key frame that is waited for comes late: what came before
// it is in the ring.
func TestLateStart(t *testing.T) {
	b := newTestbed(t, Options{})
	p, v := b.publisher(lineOptions{streams: []Declared{{SSRC: 1, RTX: 11}}}), b.viewer()
	s := p.vp8(1)
	s.frame(false, 1)
	v.watch(p)
	lost := s.frame(true, 3, 0)
	s.frame(false, 2)
	if got := v.take(viewerVideo); len(got) > 0 {
		t.Fatalf("%d packets without the start", len(got))
	}
	p.send(repair(11, 1, lost[0], nil))
	got := v.take(viewerVideo)
	continuous(t, got)
	if len(got) != 5 {
		t.Errorf("%d packets", len(got))
	}
}

// Parameter sets that come after their picture belong to the run.
func TestLateParameterSets(t *testing.T) {
	b := newTestbed(t, Options{})
	p := b.publisher(lineOptions{formats: []Format{h264In}})
	at := func(seq uint16, payload ...byte) packet {
		return packet{ssrc: 1, pt: 102, seq: seq, timestamp: 9000, payload: payload}
	}
	p.send(at(9, 0x41, 1))
	p.send(at(11, 0x65, 0x88, 1))
	p.send(at(10, 0x67, 0x42, 0xe0, 0x1f, 0x8c, 0x8d, 0x40, 0x50, 0x17, 0xfc))
	v := b.viewer()
	v.watch(p)
	got := v.take(viewerVideo)
	if len(got) != 2 || !slices.Equal(got[0].payload[:2], []byte{0x67, 0x42}) {
		t.Errorf("%d packets: %+v", len(got), got)
	}
}

// A viewer that joins between the packets of a key frame waits for the next.
func TestJoinWithinAKeyFrame(t *testing.T) {
	b := newTestbed(t, Options{})
	p, v := b.publisher(lineOptions{}), b.viewer()
	s := p.vp8(1)
	for range 50 {
		s.frame(false, 1)
	}
	key := s.packets(true, 0, true, 60)
	for _, k := range key[:50] {
		p.send(k)
	}
	v.watch(p)
	for _, k := range key[50:] {
		p.send(k)
	}
	if got := v.take(viewerVideo); len(got) > 0 {
		t.Errorf("%d packets of half a key frame", len(got))
	}
	s.frame(true, 2)
	continuous(t, v.take(viewerVideo))
}
