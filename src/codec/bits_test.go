package codec

import "testing"

// bitWriter is the inverse of bits, for vectors.
type bitWriter struct {
	data []byte
	n    int
}

func (w *bitWriter) put(v uint32, n int) {
	for n--; n >= 0; n-- {
		if w.n%8 == 0 {
			w.data = append(w.data, 0)
		}
		w.data[w.n/8] |= byte(v>>n&1) << (7 - w.n%8)
		w.n++
	}
}

func (w *bitWriter) ue(v uint32) {
	n := 0
	for x := v + 1; x > 1; x >>= 1 {
		n++
	}
	w.put(0, n)
	w.put(v+1, n+1)
}

// ns is write_ns of the AV1 RTP format, section A.8.2.
func (w *bitWriter) ns(n, v uint32) {
	if n == 1 {
		return
	}
	width := 0
	for x := n; x != 0; x >>= 1 {
		width++
	}
	if m := uint32(1)<<width - n; v < m {
		w.put(v, width-1)
	} else {
		w.put(v+m, width)
	}
}

func TestBits(t *testing.T) {
	b := bits{data: []byte{0xa5, 0xff}}
	if v := b.read(4); v != 0xa {
		t.Errorf("first four bits: %x", v)
	}
	if v := b.read(8); v != 0x5f {
		t.Errorf("next eight bits: %x", v)
	}
	if b.failed {
		t.Error("failed before the end")
	}
	if v := b.read(8); v != 0xf0 || !b.failed {
		t.Errorf("past the end: %x, failed %v", v, b.failed)
	}
}

func TestEmulationPrevention(t *testing.T) {
	b := bits{data: []byte{0, 0, 3, 1, 0, 0, 3, 0, 0, 3}, escaped: true}
	want := []uint32{0, 0, 1, 0, 0, 0, 0}
	for i, v := range want {
		if got := b.read(8); got != v {
			t.Errorf("byte %d: %d, want %d", i, got, v)
		}
	}
	if b.failed {
		t.Error("failed before the end")
	}
	if b.read(1); !b.failed {
		t.Error("a trailing 3 is no data")
	}
}

func TestExpGolomb(t *testing.T) {
	values := []uint32{0, 1, 2, 3, 7, 8, 254, 255, 65535, 1<<32 - 2}
	var w bitWriter
	for _, v := range values {
		if v == 1<<32-2 { // v+1 fills 32 bits
			w.put(0, 31)
			w.put(1<<32-1, 32)
			continue
		}
		w.ue(v)
	}
	b := bits{data: w.data}
	for _, v := range values {
		if got := b.ue(); got != v {
			t.Errorf("ue: %d, want %d", got, v)
		}
	}
	var signed bitWriter
	for v := range uint32(5) {
		signed.ue(v)
	}
	b = bits{data: signed.data}
	for _, v := range []int32{0, 1, -1, 2, -2} {
		if got := b.se(); got != v {
			t.Errorf("se: %d, want %d", got, v)
		}
	}
	if b = (bits{data: make([]byte, 8)}); b.ue() != 0 || !b.failed {
		t.Error("a code of 32 zeros or more did not fail")
	}
}

// The example of the specification: n is 5, and all other n below 64.
func TestNonSymmetric(t *testing.T) {
	b := bits{data: []byte{0b00_01_10_11, 0b0_111_0000}}
	for v := range uint32(5) {
		if got := b.ns(5); got != v {
			t.Errorf("ns(5): %d, want %d", got, v)
		}
	}
	for n := uint32(1); n < 64; n++ {
		var w bitWriter
		for v := range n {
			w.ns(n, v)
		}
		b := bits{data: w.data}
		for v := range n {
			if got := b.ns(n); got != v || b.failed {
				t.Errorf("ns(%d): %d, want %d", n, got, v)
			}
		}
	}
}
