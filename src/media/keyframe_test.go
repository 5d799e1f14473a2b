package media

import (
	"testing"

	"github.com/pion/rtcp"
)

func TestKeyFrameRequestsAreMerged(t *testing.T) {
	tests := map[string]struct {
		lines    lineOptions
		ext      map[Extension]string
		every    int64 // ns between requests while none comes
		requests int
	}{
		"the only encoding": {lineOptions{}, nil, keyFrameThrottle, 6},
		"an upper layer":    {lineOptions{rids: []string{"l", "h"}}, map[Extension]string{ExtRID: "h"}, keyFrameThrottleUpper, 3},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newTestbed(t, Options{BestQualityFirst: true})
			p := b.publisher(tt.lines)
			if tt.ext != nil {
				low := p.vp8(2)
				low.ext = map[Extension]string{ExtRID: "l"}
				low.frame(false, 1)
			}
			s := p.vp8(1)
			s.ext, s.size = tt.ext, 1000
			s.frame(false, 3)
			var viewers []*viewer
			for range 10 {
				v := b.viewer()
				v.watch(p)
				viewers = append(viewers, v)
			}
			if n := p.rtcp.plis(); n != 1 {
				t.Fatalf("%d requests for ten viewers", n)
			}
			// Repeated until one comes, whatever viewers ask for meanwhile.
			n := 0
			for range 300 {
				for _, v := range viewers {
					v.rtcpIn(viewerVideo, &rtcp.PictureLossIndication{MediaSSRC: viewerVideo})
				}
				if b.now()%(100*millisecond) == 0 {
					s.frame(false, 1)
				}
				b.wait(10 * millisecond)
				n += p.rtcp.plis()
			}
			if n < tt.requests-1 || n > tt.requests {
				t.Errorf("%d requests in 3 s, want %d", n, tt.requests)
			}
			s.frame(true, 1)
			s.flow(3*second, false, 1)
			if n := p.rtcp.plis(); n != 0 {
				t.Errorf("%d requests after the key frame", n)
			}
		})
	}
}

func TestKeyFrameIsForcedAfterRestart(t *testing.T) {
	b := newTestbed(t, Options{})
	p, v := b.publisher(lineOptions{}), b.viewer()
	s := p.vp8(1)
	s.frame(false, 1)
	p.in.Restarted()
	if n := p.rtcp.plis(); n != 0 {
		t.Errorf("%d requests though nobody watches", n)
	}
	v.watch(p)
	for i := range 3 {
		if n := p.rtcp.plis(); n != 1 {
			t.Errorf("restart %d: %d requests", i, n)
		}
		p.in.Restarted()
	}
}

func TestKeyFrameRequestFormats(t *testing.T) {
	fir := vp8In
	fir.PLI = false
	neither := fir
	neither.FIR = false
	for name, tt := range map[string]struct {
		format     Format
		plis, firs int
	}{
		"PLI":     {vp8In, 1, 0},
		"FIR":     {fir, 0, 1},
		"neither": {neither, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := newTestbed(t, Options{})
			p := b.publisher(lineOptions{formats: []Format{tt.format}, streams: []Declared{{SSRC: 1}}})
			s := p.vp8(1)
			var numbers []uint8
			for range 3 {
				s.frame(false, 1)
				p.video.RequestKeyFrame()
				for _, f := range take[*rtcp.FullIntraRequest](&p.rtcp) {
					numbers = append(numbers, f.FIR[0].SequenceNumber)
					if f.FIR[0].SSRC != 1 {
						t.Errorf("of %d", f.FIR[0].SSRC)
					}
				}
				b.pass(second)
			}
			st := p.video.Stats().Encodings[0]
			if int(st.PLIs) != 3*tt.plis || int(st.FIRs) != 3*tt.firs || len(numbers) != 3*tt.firs {
				t.Errorf("%d PLI, %d FIR %v", st.PLIs, st.FIRs, numbers)
			}
			for i, n := range numbers {
				if int(n) != i+1 { // RFC 5104 section 4.3.1.1: another number, another command
					t.Errorf("numbers %v", numbers)
				}
			}
		})
	}
}

func TestViewersRequests(t *testing.T) {
	b := newTestbed(t, Options{})
	p, v := b.publisher(lineOptions{}), b.viewer()
	s := p.vp8(1)
	v.watch(p)
	s.frame(true, 1)
	b.pass(second)
	p.rtcp.plis()
	v.rtcpIn(viewerVideo, &rtcp.FullIntraRequest{MediaSSRC: viewerVideo, FIR: []rtcp.FIREntry{{SSRC: viewerVideo}, {SSRC: 99}}})
	if n := p.rtcp.plis(); n != 1 {
		t.Errorf("%d requests of one FIR", n)
	}
	v.rtcpIn(viewerVideo, &rtcp.PictureLossIndication{MediaSSRC: viewerAudio}, &rtcp.PictureLossIndication{MediaSSRC: 99})
	st := v.video.Stats()
	if n := p.rtcp.plis(); n != 0 || st.FIRs != 1 || st.PLIs != 0 {
		t.Errorf("%d requests, counted %+v", n, st)
	}
	// Nothing comes: nothing is asked for.
	p.video.RequestKeyFrame()
	b.wait(3 * second)
	p.rtcp.plis()
	b.wait(5 * second)
	p.video.RequestKeyFrame()
	if n := p.rtcp.plis(); n != 0 {
		t.Errorf("%d requests to one who is silent", n)
	}
	p.audio.RequestKeyFrame()
}
