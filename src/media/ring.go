package media

// ring keeps the last packets of one encoding, once for all its sinks. Slots
// keep their buffers, so that a ring at work allocates nothing; they grow to
// the size of the packets that come (an audio slot stays at some 100 bytes).
type ring struct {
	slots  []Packet
	newest int64 // extended sequence number, -1 before the first packet
}

func newRing(size int) *ring {
	r := &ring{newest: -1, slots: make([]Packet, size)}
	for i := range r.slots {
		r.slots[i].seq = -1
	}
	return r
}

// size is the number of packets that fit, a power of two.
func (r *ring) size() int { return len(r.slots) }

// extend is the extended sequence number of a 16-bit one: the value nearest to
// the newest packet (RFC 3550 appendix A.1's cycles, without its probation).
func (r *ring) extend(seq uint16) int64 {
	if r.newest < 0 {
		return 1<<16 | int64(seq) // not near 0: late packets may be older
	}
	return r.newest + int64(int16(seq-uint16(r.newest)))
}

// get is the packet with that extended sequence number, nil if it is not held.
func (r *ring) get(seq int64) *Packet {
	if seq < 0 {
		return nil
	}
	if p := &r.slots[int(seq)&(len(r.slots)-1)]; p.seq == seq {
		return p
	}
	return nil
}

// take returns the slot for a packet that is to be stored, nil if it is held
// already or too old to be.
func (r *ring) take(seq int64) *Packet {
	if seq <= r.newest-int64(len(r.slots)) {
		return nil
	}
	p := &r.slots[int(seq)&(len(r.slots)-1)]
	if p.seq >= seq {
		return nil
	}
	p.seq = seq
	if seq > r.newest {
		r.newest = seq
	}
	return p
}

// grow doubles the ring; what it holds stays.
func (r *ring) grow() {
	old := r.slots
	r.slots = make([]Packet, 2*len(old))
	for i := range r.slots {
		r.slots[i].seq = -1
	}
	for i := range old {
		if old[i].seq >= 0 {
			r.slots[int(old[i].seq)&(len(r.slots)-1)] = old[i]
		}
	}
}
