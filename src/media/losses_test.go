package media

import (
	"slices"
	"testing"

	"github.com/pion/rtcp"
)

func TestLossesReordering(t *testing.T) {
	tests := map[string]struct {
		newest int64 // after 100 and 102 came
		after  int64 // ns
		want   []uint16
	}{
		"at once":            {102, 0, nil},
		"a newer one":        {102, 19 * millisecond, nil},
		"20 ms":              {102, 20 * millisecond, []uint16{101}},
		"two newer ones":     {103, 0, []uint16{101}},
		"too old for a ring": {300, 0, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var l losses
			if !l.gap(100, 102, second) {
				t.Fatal("a hole of one is too large")
			}
			got := l.due(tt.newest, tt.newest-64, second+tt.after, nil)
			if !slices.Equal(got, tt.want) {
				t.Errorf("asks for %v, want %v", got, tt.want)
			}
		})
	}
}

func TestLossesTries(t *testing.T) {
	var l losses
	l.gap(100, 102, 0)
	asked := 0
	for at := int64(0); at < 10*second; at += millisecond {
		asked += len(l.due(110, 50, at, nil))
	}
	if asked != maxNACKTries || len(l.list) != 0 {
		t.Errorf("asked %d times, remembers %d", asked, len(l.list))
	}
}

func TestLossesInterval(t *testing.T) {
	var l losses
	l.gap(100, 102, 0)
	l.due(110, 50, 0, nil)
	if got := l.due(110, 50, initialRTT, nil); got != nil {
		t.Errorf("asked again after one round trip: %v", got)
	}
	if got := l.due(110, 50, initialRTT*5/4, nil); len(got) != 1 {
		t.Error("not asked again after 1.25 round trips")
	}
}

func TestLossesRoundTrip(t *testing.T) {
	tests := map[string]struct {
		answers []int64 // times from request to packet, ns
		tries   int
		want    int64
	}{
		"none":            {nil, 1, 0},
		"first":           {[]int64{40 * millisecond}, 1, 40 * millisecond},
		"smoothed":        {[]int64{40 * millisecond, 80 * millisecond}, 1, 45 * millisecond},
		"at least":        {[]int64{millisecond}, 1, minRTT},
		"at most":         {[]int64{5 * second}, 1, maxRTT},
		"asked twice":     {[]int64{40 * millisecond}, 2, 0},
		"came by itself":  {[]int64{40 * millisecond}, 0, 0},
		"many of the one": {slices.Repeat([]int64{64 * millisecond}, 20), 1, 64 * millisecond},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var l losses
			for i, d := range tt.answers {
				at := int64(i+1) * 100 * second
				l.gap(int64(100*i), int64(100*i+2), at)
				for n := range tt.tries {
					at += int64(n) * 10 * second
					l.due(int64(100*i+50), 0, at, nil)
				}
				l.found(int64(100*i+1), at+d)
			}
			if l.rtt != tt.want {
				t.Errorf("round trip %d, want %d", l.rtt, tt.want)
			}
			if len(l.list) != 0 {
				t.Errorf("remembers %v", l.list)
			}
		})
	}
}

func TestLossesHugeGap(t *testing.T) {
	var l losses
	if !l.gap(0, maxMissing+1, 0) || len(l.list) != maxMissing {
		t.Errorf("%d missing are too many", maxMissing)
	}
	if l.gap(maxMissing+1, maxMissing+3, 0) {
		t.Error("one more is remembered")
	}
	if len(l.list) != 0 {
		t.Error("what is given up is still remembered")
	}
	l.found(17, 0) // of nothing
}

func TestHugeGapAsksForKeyFrame(t *testing.T) {
	b := newTestbed(t, Options{})
	p := b.publisher(lineOptions{streams: []Declared{{SSRC: 1}}})
	s := p.vp8(1)
	s.frame(true, 1)
	s.frame(false, 1)
	b.wait(2 * second)
	take[*rtcp.PictureLossIndication](&p.rtcp)
	s.seq += 1000
	s.frame(false, 1)
	b.wait(100 * millisecond)
	if n := p.rtcp.plis(); n != 1 {
		t.Errorf("%d key-frame requests", n)
	}
}
