package media

// span is a run of packets that a sink forwards with one mapping:
// out = in - fromIn + fromOut for fromIn <= in < endIn. It keeps all that a
// second sending of the packet needs, so that it is the same packet.
type span struct {
	encoding       *Encoding
	fromIn, endIn  int64
	fromOut        int64
	timestamp      uint32 // added to the packet's
	pictureID      uint16 // added
	tl0            uint8  // added
	payloadType    uint8
	rtxPayloadType uint8
	primary        bool // RED is unwrapped to its primary block
}

const openEnd = int64(1) << 62

func (s *span) out(in int64) int64 { return in - s.fromIn + s.fromOut }

// spans maps sequence numbers of one sink, newest last. The last span is open.
type spans struct {
	list      []span
	newestIn  int64
	newestOut int64 // -1 before the first packet
}

// current is the open span, nil before the first packet.
func (m *spans) current() *span {
	if len(m.list) == 0 {
		return nil
	}
	return &m.list[len(m.list)-1]
}

// open starts a new mapping at the packet in, which follows what was sent.
func (m *spans) open(s span, in int64) *span {
	if cur := m.current(); cur != nil {
		cur.endIn = min(cur.endIn, m.newestIn+1)
		if cur.fromIn >= cur.endIn { // nothing was sent in it
			m.list = m.list[:len(m.list)-1]
		}
	}
	if len(m.list) >= maxSpans {
		m.list = append(m.list[:0], m.list[1:]...)
	}
	s.fromIn, s.endIn, s.fromOut = in, openEnd, m.newestOut+1
	m.newestIn = in - 1
	m.list = append(m.list, s)
	return m.current()
}

// forward is the span and the outgoing number of a packet of the encoding that
// is being forwarded; nil for one that must not be sent (older than the switch,
// or dropped before).
func (m *spans) forward(e *Encoding, in int64) (*span, int64) {
	if in > m.newestIn {
		m.newestIn = in
		s := m.current()
		m.newestOut = s.out(in)
		return s, m.newestOut
	}
	for i := len(m.list) - 1; i >= 0; i-- {
		s := &m.list[i]
		if s.encoding != e {
			break // late packets of a former encoding are of no use
		}
		if in >= s.fromIn && in < s.endIn {
			return s, s.out(in)
		}
	}
	return nil, 0
}

// drop leaves the newest packet in out of the outgoing numbers, so that the
// receiver sees no hole. Packets lost before it keep theirs. A packet that is
// not the newest already has a number, which stays a hole.
func (m *spans) drop(in int64) {
	cur := m.current()
	if cur == nil || in <= m.newestIn {
		return
	}
	m.newestIn = in
	if cur.fromIn == in {
		cur.fromIn++
		return
	}
	next := *cur
	next.fromIn, next.fromOut = in+1, cur.out(in)
	m.newestOut = next.fromOut - 1
	cur.endIn = in
	if len(m.list) >= maxSpans {
		m.list = append(m.list[:0], m.list[1:]...)
	}
	m.list = append(m.list, next)
}

// last is the newest packet of the encoding that was forwarded, -1 if none is
// known.
func (m *spans) last(e *Encoding) int64 {
	for i := len(m.list) - 1; i >= 0; i-- {
		if s := &m.list[i]; s.encoding == e {
			return min(s.endIn-1, m.newestIn)
		}
	}
	return -1
}

// source is the span and incoming number of the outgoing 16-bit number.
func (m *spans) source(out16 uint16) (*span, int64) {
	if m.newestOut < 0 {
		return nil, 0
	}
	out := m.newestOut + int64(int16(out16-uint16(m.newestOut)))
	for i := len(m.list) - 1; i >= 0; i-- {
		s := &m.list[i]
		if out >= s.fromOut {
			in := out - s.fromOut + s.fromIn
			if in >= s.endIn || in > m.newestIn && s.endIn == openEnd {
				return nil, 0
			}
			return s, in
		}
	}
	return nil, 0
}
