package media

import "testing"

func put(r *ring, seq int64) bool {
	p := r.take(seq)
	if p != nil {
		p.buf = append(p.buf[:0], byte(seq))
	}
	return p != nil
}

func TestRingExtend(t *testing.T) {
	tests := map[string]struct {
		newest int64
		seq    uint16
		want   int64
	}{
		"first":              {-1, 7, 65536 + 7},
		"next":               {65536 + 7, 8, 65536 + 8},
		"same":               {65536 + 7, 7, 65536 + 7},
		"late":               {65536 + 7, 5, 65536 + 5},
		"late before 0":      {65536 + 1, 65535, 65535},
		"wraps":              {65536 + 65535, 0, 2 * 65536},
		"late over the wrap": {2 * 65536, 65535, 65536 + 65535},
		"far ahead":          {65536, 32767, 65536 + 32767},
		"far behind":         {65536 + 40000, 7233, 65536 + 7233},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRing(16)
			r.newest = tt.newest
			if got := r.extend(tt.seq); got != tt.want {
				t.Errorf("extend(%d) after %d = %d, want %d", tt.seq, tt.newest, got, tt.want)
			}
		})
	}
}

func TestRingTake(t *testing.T) {
	tests := map[string]struct {
		seqs []int64
		want []bool
	}{
		"in order":            {[]int64{100, 101, 102}, []bool{true, true, true}},
		"duplicate":           {[]int64{100, 101, 100, 101}, []bool{true, true, false, false}},
		"late":                {[]int64{100, 103, 101}, []bool{true, true, true}},
		"oldest that fits":    {[]int64{100, 115, 100 + 0, 101}, []bool{true, true, false, true}},
		"too old":             {[]int64{100, 116, 99, 100}, []bool{true, true, false, false}},
		"slot has a newer":    {[]int64{101, 117, 101}, []bool{true, true, false}},
		"a hole of the size":  {[]int64{100, 150, 140, 134}, []bool{true, true, true, false}},
		"over the 16-bit end": {[]int64{65535, 65536, 65534, 65535}, []bool{true, true, true, false}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRing(16)
			for i, seq := range tt.seqs {
				if got := put(r, seq); got != tt.want[i] {
					t.Errorf("packet %d of %v: taken is %v", i, tt.seqs, got)
				}
			}
		})
	}
}

func TestRingGet(t *testing.T) {
	r := newRing(16)
	for seq := int64(1000); seq < 1040; seq++ {
		put(r, seq)
	}
	for _, seq := range []int64{-1, 0, 1023, 1040, 1024 + 16} {
		if r.get(seq) != nil {
			t.Errorf("holds %d", seq)
		}
	}
	for seq := int64(1024); seq < 1040; seq++ {
		if p := r.get(seq); p == nil || p.seq != seq || p.buf[0] != byte(seq) {
			t.Errorf("does not hold %d", seq)
		}
	}
}

func TestRingGrow(t *testing.T) {
	r := newRing(16)
	for seq := int64(1000); seq < 1020; seq++ {
		put(r, seq)
	}
	r.grow()
	if r.size() != 32 || r.newest != 1019 {
		t.Fatalf("size %d, newest %d", r.size(), r.newest)
	}
	for seq := int64(1004); seq < 1020; seq++ {
		if p := r.get(seq); p == nil || p.buf[0] != byte(seq) {
			t.Errorf("lost %d", seq)
		}
		if put(r, seq) {
			t.Errorf("takes %d a second time", seq)
		}
	}
	// Room for what was too old before, and nothing that was there is there twice.
	for _, tt := range []struct {
		seq  int64
		want bool
	}{{987, false}, {988, true}, {1003, true}, {1019, false}, {1020, true}, {1051, true}, {1019, false}} {
		if put(r, tt.seq) != tt.want {
			t.Errorf("%d after growing", tt.seq)
		}
	}
}
