package codec

// bits reads big-endian bit fields. Past the end it yields zeros and remembers it
// in failed, so that a parser checks once, at its end.
type bits struct {
	data    []byte
	pos     int  // of the next byte
	cur     byte // what is left of the current byte, at the top
	left    int  // bits in cur
	zeros   int  // zero bytes in a row before pos
	escaped bool // skip the emulation prevention bytes of H.264 7.3.1 and H.265 7.3.1.1
	failed  bool
}

func (b *bits) bit() uint32 {
	if b.left == 0 && !b.fill() {
		return 0
	}
	v := uint32(b.cur >> 7)
	b.cur <<= 1
	b.left--
	return v
}

func (b *bits) fill() bool {
	if b.escaped && b.zeros >= 2 && b.pos < len(b.data) && b.data[b.pos] == 3 {
		b.pos++
		b.zeros = 0
	}
	if b.pos >= len(b.data) {
		b.failed = true
		return false
	}
	b.cur, b.left = b.data[b.pos], 8
	b.pos++
	if b.cur == 0 {
		b.zeros++
	} else {
		b.zeros = 0
	}
	return true
}

func (b *bits) flag() bool { return b.bit() == 1 }

// read takes n bits, at most 32.
func (b *bits) read(n int) uint32 {
	var v uint32
	for ; n > 0; n-- {
		v = v<<1 | b.bit()
	}
	return v
}

func (b *bits) skip(n int) {
	for ; n > 0 && !b.failed; n-- {
		b.bit()
	}
}

// ue is the Exp-Golomb code of H.264 section 9.1; AV1 calls it uvlc.
func (b *bits) ue() uint32 {
	zeros := 0
	for !b.flag() {
		zeros++
		if zeros > 31 || b.failed {
			b.failed = true
			return 0
		}
	}
	return 1<<zeros - 1 + b.read(zeros)
}

// se is the signed one of section 9.1.1.
func (b *bits) se() int32 {
	v := b.ue()
	if v&1 == 1 {
		return int32(v/2 + 1)
	}
	return -int32(v / 2)
}

// ns is the code for 0 to n-1 of appendix A.8.2 of the AV1 RTP format; n is at
// least 1.
func (b *bits) ns(n uint32) uint32 {
	w := 0
	for x := n; x != 0; x >>= 1 {
		w++
	}
	m := uint32(1)<<w - n
	v := b.read(w - 1)
	if v < m {
		return v
	}
	return v<<1 - m + b.bit()
}
