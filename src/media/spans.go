package media

import "ksfu/src/codec"

// span is a run of packets that a sink forwards with one mapping:
// out = in - fromIn + fromOut for fromIn <= in < endIn. It keeps all that a
// second sending of the packet needs, so that it is the same packet. What it
// says of a packet never changes once that packet may have been sent.
type span struct {
	encoding       *Encoding
	codec          codec.ID // as it came; a late packet of another is not sent
	fromIn, endIn  int64
	fromOut        int64
	timestamp      uint32 // added to the packet's
	pictureID      uint16 // added
	tl0            uint8  // added
	payloadType    uint8
	rtxPayloadType uint8
	primary        bool // RED is unwrapped to its primary block
	// The frames that were dropped before fromIn and from endIn on: packets of
	// theirs that come late have a number here, but no picture.
	before, after frameMark
}

// frameMark is a frame by its timestamp; the zero value is none.
type frameMark struct {
	timestamp uint32
	ok        bool
}

func (f frameMark) is(timestamp uint32) bool { return f.ok && f.timestamp == timestamp }

const openEnd = int64(1) << 62

func (s *span) out(in int64) int64 { return in - s.fromIn + s.fromOut }

// blank tells that the packet belongs to a frame the rest of which was
// dropped: it is sent without a payload, so that its number is no hole.
func (s *span) blank(p *Packet) bool {
	return s.before.is(p.timestamp) || s.after.is(p.timestamp)
}

// spans maps sequence numbers of one sink, newest last. The last span is open.
type spans struct {
	list      []span
	newestIn  int64
	newestOut int64
}

// current is the open span, nil before the first packet.
func (m *spans) current() *span {
	if len(m.list) == 0 {
		return nil
	}
	return &m.list[len(m.list)-1]
}

func (m *spans) push(s span) {
	if len(m.list) >= maxSpans {
		m.list = append(m.list[:0], m.list[1:]...)
	}
	m.list = append(m.list, s)
}

// open starts a new mapping at the packet in, which follows what was sent.
func (m *spans) open(s span, in int64) {
	if cur := m.current(); cur != nil && cur.endIn == openEnd {
		cur.endIn = m.newestIn + 1
		if cur.fromIn >= cur.endIn { // nothing was sent in it
			m.list = m.list[:len(m.list)-1]
		}
	}
	s.fromIn, s.endIn, s.fromOut = in, openEnd, m.newestOut+1
	m.newestIn = in - 1
	m.push(s)
}

// forward is the span and the outgoing number of a packet of the encoding that
// is being forwarded; nil for one that must not be sent (older than the switch,
// or dropped before).
func (m *spans) forward(e *Encoding, in int64) (*span, int64) {
	if in > m.newestIn {
		s := m.current()
		if s == nil {
			return nil, 0
		}
		m.newestIn, m.newestOut = in, s.out(in)
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
// receiver sees no hole. Packets lost before it keep theirs. frame is the one
// that it belongs to, pictures what picture ids are less by from here on.
func (m *spans) drop(in int64, frame frameMark, pictures uint16) {
	cur := m.current()
	if cur == nil || in <= m.newestIn {
		return
	}
	m.newestIn = in
	if cur.fromIn == in { // nothing was sent in it: it can still change
		cur.fromIn++
		cur.pictureID -= pictures
		if frame.ok {
			cur.before = frame
		}
		return
	}
	next := *cur
	next.fromIn, next.fromOut = in+1, cur.out(in)
	next.pictureID -= pictures
	next.before = frame
	cur.endIn, cur.after = in, frame
	m.newestOut = next.fromOut - 1
	m.push(next)
}

// rebase forgets what was sent and goes on by other payload types: packets
// from before must not be sent again under headers that have changed.
func (m *spans) rebase(payloadType, rtx uint8, primary bool) {
	cur := m.current()
	if cur == nil {
		return
	}
	next := *cur
	next.fromIn, next.fromOut = m.newestIn+1, cur.out(m.newestIn+1)
	next.payloadType, next.rtxPayloadType, next.primary = payloadType, rtx, primary
	m.list = append(m.list[:0], next)
}

// forget lets go of encodings that have ended: nothing of theirs can be sent
// again, and they hold on to their publisher's transport.
func (m *spans) forget() {
	kept := m.list[:0]
	for _, s := range m.list {
		if !s.encoding.ended.Load() {
			kept = append(kept, s)
		}
	}
	clear(m.list[len(kept):])
	m.list = kept
}

// last is the newest packet of the encoding that was forwarded or dropped, -1
// if none is known.
func (m *spans) last(e *Encoding) int64 {
	for i := len(m.list) - 1; i >= 0; i-- {
		if s := &m.list[i]; s.encoding == e {
			if s.endIn == openEnd {
				return m.newestIn
			}
			return s.endIn - 1
		}
	}
	return -1
}

// source is the span and incoming number of the outgoing 16-bit number.
func (m *spans) source(out16 uint16) (*span, int64) {
	out := m.newestOut + int64(int16(out16-uint16(m.newestOut)))
	if out > m.newestOut {
		return nil, 0
	}
	for i := len(m.list) - 1; i >= 0; i-- {
		s := &m.list[i]
		if out >= s.fromOut {
			in := out - s.fromOut + s.fromIn
			if in >= s.endIn {
				return nil, 0
			}
			return s, in
		}
	}
	return nil, 0
}
