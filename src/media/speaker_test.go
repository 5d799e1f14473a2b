package media

import (
	"slices"
	"testing"
	"time"
)

// TestSpeaker: levels are in -dBov, 0 the loudest.
func TestSpeaker(t *testing.T) {
	type interval struct {
		levels [2]uint8 // of the two sources
		counts [2]int   // packets of each
	}
	const a, b, nobody = 0, 1, -1
	tests := map[string]struct {
		opts      Options
		intervals []interval
		want      []int // after each interval
	}{
		"one":                     {Options{}, []interval{{[2]uint8{20, 127}, [2]int{25, 25}}}, []int{a}},
		"silence":                 {Options{}, []interval{{[2]uint8{127, 90}, [2]int{25, 25}}}, []int{nobody}},
		"at the threshold":        {Options{}, []interval{{[2]uint8{40, 127}, [2]int{25, 25}}}, []int{a}},
		"below the threshold":     {Options{}, []interval{{[2]uint8{41, 127}, [2]int{25, 25}}}, []int{nobody}},
		"another threshold":       {Options{AudioLevelThreshold: 60}, []interval{{[2]uint8{55, 127}, [2]int{25, 25}}}, []int{a}},
		"a fifth of the interval": {Options{}, []interval{{[2]uint8{20, 127}, [2]int{5, 25}}}, []int{a}},
		"a click":                 {Options{}, []interval{{[2]uint8{0, 127}, [2]int{4, 25}}}, []int{nobody}},
		"another filter":          {Options{AudioLevelFilter: 10}, []interval{{[2]uint8{0, 127}, [2]int{3, 25}}}, []int{a}},
		"all of them":             {Options{AudioLevelFilter: 100}, []interval{{[2]uint8{0, 20}, [2]int{24, 25}}}, []int{b}},
		"the louder":              {Options{}, []interval{{[2]uint8{30, 10}, [2]int{25, 25}}}, []int{b}},
		"the longer":              {Options{}, []interval{{[2]uint8{20, 20}, [2]int{25, 9}}}, []int{a}},
		"takes over":              {Options{}, []interval{{[2]uint8{20, 127}, [2]int{25, 25}}, {[2]uint8{127, 30}, [2]int{25, 25}}}, []int{a, b}},
		"a little louder":         {Options{}, []interval{{[2]uint8{30, 127}, [2]int{25, 25}}, {[2]uint8{30, 25}, [2]int{25, 25}}}, []int{a, a}},
		"much louder":             {Options{}, []interval{{[2]uint8{30, 127}, [2]int{25, 25}}, {[2]uint8{30, 5}, [2]int{25, 25}}}, []int{a, b}},
		"ends":                    {Options{}, []interval{{[2]uint8{20, 127}, [2]int{25, 25}}, {[2]uint8{127, 127}, [2]int{25, 25}}, {}}, []int{a, nobody, nobody}},
		"packets of 10 ms":        {Options{}, []interval{{[2]uint8{20, 127}, [2]int{50, 25}}}, []int{a}},
		"another interval":        {Options{AudioLevelInterval: 100 * time.Millisecond}, []interval{{[2]uint8{20, 127}, [2]int{1, 0}}}, []int{a}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			bed := newTestbed(t, tt.opts)
			people := []*publisher{bed.publisher(lineOptions{}), bed.publisher(lineOptions{})}
			var told []*Source
			s := bed.router.NewSpeaker(func(src *Source) { told = append(told, src) })
			seq := uint16(0)
			say := func(n int, level uint8) {
				seq++
				people[n].send(packet{ssrc: 1, pt: 111, seq: seq, payload: []byte("x"), ext: map[Extension]string{ExtAudioLevel: string([]byte{level | 0x80})}})
			}
			say(1, 0) // before it is one of the set
			for _, p := range people {
				s.Add(p.audio)
				s.Add(p.video) // has no voice
			}
			var want []*Source
			for i, iv := range tt.intervals {
				for n := range 2 {
					for range iv.counts[n] {
						say(n, iv.levels[n])
					}
				}
				bed.wait(int64(bed.router.options().AudioLevelInterval))
				var now *Source
				if tt.want[i] != nobody {
					now = people[tt.want[i]].audio
				}
				if s.Current() != now {
					t.Errorf("interval %d: another speaks", i)
				}
				if i == 0 && now != nil || i > 0 && tt.want[i] != tt.want[i-1] {
					want = append(want, now)
				}
			}
			if !slices.Equal(told, want) {
				t.Errorf("told %v, want %v", told, want)
			}
		})
	}
}

func TestSpeakerSet(t *testing.T) {
	b := newTestbed(t, Options{})
	p := b.publisher(lineOptions{})
	calls := 0
	s := b.router.NewSpeaker(func(*Source) { calls++ })
	s.Add(p.audio)
	say := func() {
		for i := range 25 {
			p.send(packet{ssrc: 1, pt: 111, seq: uint16(calls*100 + i), payload: []byte("x"), ext: map[Extension]string{ExtAudioLevel: "\x05"}})
		}
	}
	say()
	p.send(packet{ssrc: 1, pt: 111, seq: 3, payload: []byte("x"), ext: map[Extension]string{ExtAudioLevel: "\x05"}}) // twice
	if got := p.audio.speech.now(); got != (spoken{25, 25, 25 * 122}) {
		t.Errorf("counts %+v", got)
	}
	b.wait(500 * millisecond)
	if s.Current() != p.audio || calls != 1 {
		t.Errorf("told %d times", calls)
	}
	s.Remove(p.audio)
	if s.Current() != nil {
		t.Error("one who is gone speaks")
	}
	say()
	b.wait(500 * millisecond)
	s.Add(p.audio)
	s.Close()
	say()
	b.wait(second)
	if calls != 1 || len(b.router.tickers) != 1 {
		t.Errorf("told %d times, %d tickers", calls, len(b.router.tickers))
	}
}
