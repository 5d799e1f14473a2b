package media

import (
	"slices"
	"testing"
)

// simulcast sends three layers of 100, 300 and 900 kbit/s: l, m, h.
type simulcast struct {
	p      *publisher
	layers []*stream8
}

var layerNames = []string{"l", "m", "h"}

func (b *testbed) simulcast() *simulcast {
	c := &simulcast{p: b.publisher(lineOptions{rids: layerNames})}
	for i, rid := range layerNames {
		s := c.p.vp8(uint32(i + 1))
		s.ext = map[Extension]string{ExtRID: rid}
		s.width = 320 << i
		s.size = []int{400, 1220, 1220}[i]
		c.layers = append(c.layers, s)
	}
	return c
}

// flow sends for so long; of the layers not named nothing comes. Key frames
// come when they are asked for.
func (c *simulcast) flow(ns int64, names ...string) {
	for end := c.p.bed.now() + ns; c.p.bed.now() < end; {
		for i, s := range c.layers {
			if len(names) > 0 && !slices.Contains(names, layerNames[i]) {
				continue
			}
			n := []int{1, 1, 3}[i]
			e := c.encoding(i)
			s.frame(e == nil || c.wanted(e), n)
		}
		c.p.bed.wait(second / 30)
	}
}

func (c *simulcast) encoding(i int) *Encoding {
	for _, e := range *c.p.video.encodings.Load() {
		if e.rid == layerNames[i] {
			return e
		}
	}
	return nil
}

func (c *simulcast) wanted(e *Encoding) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.keyWanted
}

func TestLayerChoice(t *testing.T) {
	tests := map[string]struct {
		first bool // SIMULCAST_BEST_QUALITY_FIRST
		max   int  // SetMaxBitrate
		remb  float32
		start string
		want  string
	}{
		"no limit":                   {false, 0, 0, "l", "h"},
		"best first":                 {true, 0, 0, "h", "h"},
		"below all":                  {false, 20_000, 0, "l", "l"},
		"of a limit for the lowest":  {false, 150_000, 0, "l", "l"},
		"of a limit for the middle":  {false, 450_000, 0, "l", "m"},
		"of a limit for the highest": {false, 1_500_000, 0, "l", "h"},
		"best first within a limit":  {true, 150_000, 0, "h", "l"},
		"of REMB":                    {false, 0, 450_000, "l", "m"},
		"of REMB, less":              {false, 0, 120_000, "l", "l"},
		"of the lower: the limit":    {false, 150_000, 2_000_000, "l", "l"},
		"of the lower: REMB":         {false, 2_000_000, 450_000, "l", "m"},
		"a negative limit is none":   {false, -1, 0, "l", "h"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newTestbed(t, Options{BestQualityFirst: tt.first})
			c := b.simulcast()
			c.flow(2 * second)
			v := b.newViewer()
			v.bind(viewerRTX, vp8Out)
			v.video.SetMaxBitrate(tt.max)
			v.watch(c.p)
			v.out.SetConnected(true)
			v.video.mu.Lock()
			if got := v.video.next; got == nil || got.rid != tt.start {
				if cur := v.video.current; cur == nil || cur.rid != tt.start {
					t.Errorf("starts at %v", got)
				}
			}
			v.video.mu.Unlock()
			if tt.remb > 0 {
				v.remb(tt.remb)
			}
			c.flow(2 * second)
			st := v.video.Stats()
			if st.RID != tt.want || st.REMB != int(tt.remb) || st.MaxBitrate != max(tt.max, 0) {
				t.Errorf("layer %s, REMB %d, limit %d; want %s", st.RID, st.REMB, st.MaxBitrate, tt.want)
			}
			if rates := map[string]int{"l": 96_000, "m": 293_000, "h": 878_000}; st.TargetBitrate < rates[tt.want] || st.TargetBitrate > rates[tt.want]*12/10 {
				t.Errorf("%s takes %d bit/s", tt.want, st.TargetBitrate)
			}
			continuous(t, v.take(viewerVideo))
		})
	}
}

// Each switch of a layer is at a key frame, and nothing but the picture's
// size tells the receiver of it.
func TestLayerSwitch(t *testing.T) {
	b := newTestbed(t, Options{})
	c, v := b.simulcast(), b.viewer()
	v.watch(c.p)
	c.flow(second)
	var rids []string
	for _, max := range []int{150_000, 450_000, 0, 150_000} {
		v.video.SetMaxBitrate(max)
		c.flow(6 * second)
		rids = append(rids, v.video.Stats().RID)
	}
	if !slices.Equal(rids, []string{"l", "m", "h", "l"}) {
		t.Errorf("layers %v", rids)
	}
	got := v.take(viewerVideo)
	continuous(t, got)
	width, switches := uint16(0), 0
	for i, o := range got {
		if o.info.KeyFrame && o.info.Width != width {
			width = o.info.Width
			switches++
		}
		if i > 0 && o.Timestamp != got[i-1].Timestamp {
			if d := o.Timestamp - got[i-1].Timestamp; d > 9000 {
				t.Errorf("packet %d: %d ticks after the one before", i, d)
			}
		}
	}
	if switches < 5 || switches > 6 {
		t.Errorf("%d sizes", switches)
	}
}

// Browsers stop upper layers without saying so.
func TestLayerThatStops(t *testing.T) {
	b := newTestbed(t, Options{})
	c, v := b.simulcast(), b.viewer()
	v.watch(c.p)
	c.flow(3 * second)
	for _, tt := range []struct {
		sent []string
		want string
	}{{[]string{"l", "m"}, "m"}, {[]string{"l"}, "l"}, {[]string{"l", "m", "h"}, "h"}, {[]string{"h"}, "h"}, {[]string{"m"}, "m"}} {
		c.flow(3*second, tt.sent...)
		if st := v.video.Stats(); st.RID != tt.want {
			t.Errorf("forwards %s of %v", st.RID, tt.sent)
		}
		if !v.video.Flowing() {
			t.Errorf("does not flow while %v come", tt.sent)
		}
	}
	continuous(t, v.take(viewerVideo))
}

// A measured rate swings around a limit; the layer does not.
func TestLayerHysteresis(t *testing.T) {
	b := newTestbed(t, Options{})
	c, v := b.simulcast(), b.viewer()
	v.watch(c.p)
	v.video.SetMaxBitrate(320_000)
	c.flow(3 * second)
	if rid := v.video.Stats().RID; rid != "m" {
		t.Fatalf("begins with %s", rid)
	}
	changes, last := 0, "m"
	for i := range 60 {
		c.layers[1].size = 1220 + []int{0, 120, -60}[i%3]
		c.flow(500 * millisecond)
		if rid := v.video.Stats().RID; rid != last {
			changes, last = changes+1, rid
		}
	}
	if changes > 0 {
		t.Errorf("%d changes in 30 s", changes)
	}
	// Taken away by a limit, a layer is not back at once.
	v.video.SetMaxBitrate(200_000)
	c.flow(second)
	v.video.SetMaxBitrate(320_000) // by another limit it may
	c.flow(second)
	if rid := v.video.Stats().RID; rid != "m" {
		t.Errorf("%s after the limit was lifted", rid)
	}
}

// The estimate of a receiver follows what it is sent: a layer up is tried, kept
// where the path takes it, and not tried again soon where it does not.
func TestProbing(t *testing.T) {
	for name, capacity := range map[string]float32{"a wide path": 5e6, "a narrow path": 220_000} {
		t.Run(name, func(t *testing.T) {
			b := newTestbed(t, Options{})
			c, v := b.simulcast(), b.viewer()
			v.watch(c.p)
			v.remb(120_000)
			c.flow(second)
			var tries []int64
			was := "l"
			from := b.now()
			for range 600 { // two minutes
				rate := float32(v.video.Stats().TargetBitrate)
				switch {
				case rate > capacity: // loss: the estimate sinks
					v.remb(100_000)
				default: // libwebrtc: at most 1.5 times of what is received
					v.remb(min(max(rate*1.25, 120_000), capacity))
				}
				c.flow(200 * millisecond)
				rid := v.video.Stats().RID
				if rid != "l" && was == "l" {
					tries = append(tries, b.now()-from)
				}
				was = rid
			}
			if capacity > 1e6 {
				if was != "h" || len(tries) != 1 {
					t.Errorf("%s after two minutes, left l at %v", was, tries)
				}
				return
			}
			if len(tries) < 2 || len(tries) > 6 {
				t.Errorf("tried at %v", tries)
			}
			for i := 2; i < len(tries); i++ {
				if a, b := tries[i-1]-tries[i-2], tries[i]-tries[i-1]; b < a {
					t.Errorf("the wait sinks: %v", tries)
				}
			}
		})
	}
}

// A limit that is not repeated is no longer one, not even while trying.
func TestREMBTimesOut(t *testing.T) {
	b := newTestbed(t, Options{})
	c, v := b.simulcast(), b.viewer()
	v.watch(c.p)
	v.remb(120_000)
	c.flow(2 * second)
	if st := v.video.Stats(); st.RID != "l" || st.REMB != 120_000 {
		t.Errorf("%+v", st)
	}
	c.flow(12 * second)
	if st := v.video.Stats(); st.RID != "h" || st.REMB != 0 {
		t.Errorf("%s, REMB %d after 12 s", st.RID, st.REMB)
	}
}
