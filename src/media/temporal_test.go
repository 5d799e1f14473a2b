package media

import (
	"testing"

	"pgregory.net/rapid"
)

// temporal sends three temporal layers as libvpx does: 0 2 1 2, of which only
// some frames are ones to go up at.
func (s *stream8) temporal(i int, key bool, n int, lost ...int) {
	tid := []uint8{0, 2, 1, 2}[i%4]
	s.layer(key, tid, tid == 0 || i%16 < 3, n, lost...)
}

func TestTemporalLayers(t *testing.T) {
	for name, tt := range map[string]struct {
		enabled bool
		limit   int // of 240 kbit/s: half is layer 0 and 1
		want    map[uint8]bool
	}{
		"no limit":         {true, 0, map[uint8]bool{0: true, 1: true, 2: true}},
		"three quarters":   {true, 200_000, map[uint8]bool{0: true, 1: true}},
		"a third":          {true, 80_000, map[uint8]bool{0: true}},
		"less than it has": {true, 10_000, map[uint8]bool{0: true}},
		"not in use":       {false, 80_000, map[uint8]bool{0: true, 1: true, 2: true}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newTestbed(t, Options{TemporalLayers: tt.enabled})
			p, v := b.publisher(lineOptions{}), b.viewer()
			v.watch(p)
			v.video.SetMaxBitrate(tt.limit)
			s := p.vp8(1)
			s.size = 490
			step := func(from, to int) {
				for i := from; i < to; i++ {
					s.temporal(i, i == 0, 2)
					b.wait(second / 30)
				}
			}
			step(0, 60)
			first := v.take(viewerVideo)
			step(60, 120)
			second := v.take(viewerVideo)
			got := map[uint8]bool{}
			for _, o := range second {
				got[o.info.Temporal] = true
			}
			if len(got) != len(tt.want) {
				t.Errorf("layers %v, want %v", got, tt.want)
			}
			// Raised again at a frame to go up at, and nothing is missing.
			v.video.SetMaxBitrate(0)
			step(120, 200)
			third := v.take(viewerVideo)
			continuous(t, append(append(first, second...), third...))
			raised := uint8(0)
			for tid := range got {
				raised = max(raised, tid)
			}
			for _, o := range third {
				if tid := o.info.Temporal; tid > raised {
					raised = tid
					if !o.info.Switchable {
						t.Errorf("goes up to layer %d where it cannot", tid)
					}
				}
			}
			if raised != 2 {
				t.Errorf("goes up to layer %d", raised)
			}
		})
	}
}

// What loss and reordering do to frames that are dropped: no number is two
// packets, ids go on by one but for frames that were lost, and no frame is
// sent by half.
func TestTemporalLayersWithLoss(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := newTestbed(t, Options{TemporalLayers: true})
		p, v := b.publisher(lineOptions{streams: []Declared{{SSRC: 1}}}), b.viewer()
		v.watch(p)
		s := p.vp8(1)
		var late []packet
		for i := range rapid.IntRange(4, 60).Draw(r, "frames") {
			tid := []uint8{0, 2, 1, 2}[i%4]
			frame := s.packets(i == 0, tid, tid == 0, rapid.IntRange(1, 3).Draw(r, "packets"))
			for n, k := range frame {
				switch rapid.IntRange(0, 5).Draw(r, "fate") {
				case 0:
					if i > 0 || n > 0 {
						continue
					}
				case 1:
					if i > 0 || n > 0 {
						late = append(late, k)
						continue
					}
				}
				p.send(k)
			}
			if i == 0 || rapid.IntRange(0, 7).Draw(r, "change") == 0 {
				v.video.setTemporal(rapid.IntRange(0, 2).Draw(r, "temporal"))
			}
			for len(late) > 0 && rapid.Bool().Draw(r, "now") {
				p.send(late[0])
				late = late[1:]
			}
		}
		checkTemporal(r, v.take(viewerVideo))
	})
}

func checkTemporal(r *rapid.T, got []out) {
	numbers := map[uint16]out{}
	pictures := map[uint32]uint16{}   // of a timestamp
	timestamps := map[uint16]uint32{} // of a picture
	for _, o := range got {
		if other, twice := numbers[o.SequenceNumber]; twice {
			r.Fatalf("%d is %+v and %+v", o.SequenceNumber, other, o)
		}
		numbers[o.SequenceNumber] = o
		if len(o.payload) == 0 {
			continue
		}
		if id, known := pictures[o.Timestamp]; known && id != o.info.PictureID {
			r.Fatalf("frame %d has the picture ids %d and %d", o.Timestamp, id, o.info.PictureID)
		}
		if at, known := timestamps[o.info.PictureID]; known && at != o.Timestamp {
			r.Fatalf("picture %d is of %d and %d", o.info.PictureID, at, o.Timestamp)
		}
		pictures[o.Timestamp], timestamps[o.info.PictureID] = o.info.PictureID, o.Timestamp
	}
}

// A limit that comes in the middle of a frame takes effect after it.
func TestLimitWithinAFrame(t *testing.T) {
	b := newTestbed(t, Options{TemporalLayers: true})
	p, v := b.publisher(lineOptions{}), b.viewer()
	v.watch(p)
	s := p.vp8(1)
	s.temporal(0, true, 3)
	frame := s.packets(false, 2, true, 3)
	p.send(frame[0])
	v.video.setTemporal(0)
	p.send(frame[1])
	p.send(frame[2])
	s.layer(false, 2, true, 3)
	s.layer(false, 0, true, 3)
	got := v.take(viewerVideo)
	continuous(t, got)
	if len(got) != 9 {
		t.Errorf("%d packets", len(got))
	}
}
