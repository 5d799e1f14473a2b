package media

import (
	"encoding/binary"

	"github.com/pion/rtp"

	"ksfu/src/codec"
)

// forward sends one packet of an encoding that this sink is on the list of.
// scratch holds a packet and belongs to the caller. A panic ends this sink's
// forwarding alone.
func (k *Sink) forward(e *Encoding, p *Packet, scratch []byte, t int64) {
	k.mu.Lock()
	defer k.unlock()
	if e == k.next {
		k.begin(e, p, t)
	}
	if e == k.current {
		k.relay(e, p, scratch, t)
	}
}

// relay maps and sends a packet of the current encoding.
func (k *Sink) relay(e *Encoding, p *Packet, scratch []byte, t int64) {
	if p.seq <= k.replayed {
		return // older than the switch, or sent from the ring
	}
	newest := k.inFormat == nil || p.seq > k.spans.newestIn
	if newest && (p.format != k.inFormat && !k.setFormat(e, p, t) || k.drops(e, p)) {
		return
	}
	s, out := k.spans.forward(e, p.seq)
	if s == nil || s.codec != p.format.Codec {
		return
	}
	if newest {
		k.note(e, p, s)
	}
	h := k.prepare(p, s, t)
	h.SequenceNumber = uint16(out)
	payload := k.payload(p, s, scratch)
	if _, err := k.binding.Writer.WriteRTP(h, payload); err != nil {
		// The transport is going, of which it tells itself, or its socket did
		// not take this one packet: the remote side asks for it again.
		k.counters.refused++
		return
	}
	k.counters.packets++
	k.counters.bytes += uint64(len(payload))
	k.lastSent, k.flowing = t, true
	if k.router.options().MeasureLatency {
		k.counters.latency += (k.router.now() - p.arrival - k.counters.latency) / 16
	}
}

// drops tells whether the newest packet is left out: padding, and frames of a
// temporal layer above the one forwarded, which is raised where the stream lets
// it. A frame is left out whole or not at all.
func (k *Sink) drops(e *Encoding, p *Packet) bool {
	if p.payload.len == 0 {
		k.spans.drop(p.seq, frameMark{}, 0)
		return true
	}
	if k.dropping.is(p.timestamp) {
		k.spans.drop(p.seq, k.dropping, 0)
		return true
	}
	tid := min(int(p.info.Temporal), allTemporal)
	begun := k.last.encoding == e && k.last.stamp == p.timestamp && k.last.any
	if tid <= k.temporal || begun {
		return false
	}
	if k.layer.encoding == e && tid <= k.layer.temporal && p.info.Start && p.info.Switchable {
		k.temporal = tid
		return false
	}
	// The frame's picture id goes to the next one: VP8 receivers take a hole in
	// the ids for a lost frame.
	var pictures uint16
	if p.info.HasPictureID {
		pictures = 1
	}
	k.dropping = frameMark{p.timestamp, true}
	k.spans.drop(p.seq, k.dropping, pictures)
	return true
}

// note remembers the newest packet, for a switch to go on from.
func (k *Sink) note(e *Encoding, p *Packet, s *span) {
	k.last = lastPacket{
		encoding: e, stamp: p.timestamp, out: p.timestamp + s.timestamp,
		clockRate: p.format.ClockRate, at: p.arrival, any: true,
	}
	if p.info.HasPictureID {
		k.pictureID = p.info.PictureID + s.pictureID
	}
	if p.info.HasTL0 {
		k.tl0 = p.info.TL0 + s.tl0
	}
	if d := p.extension(ExtDependency); len(d) >= 3 {
		k.pictureID = binary.BigEndian.Uint16(d[1:]) + s.pictureID
	}
}

// payload is p's payload as it goes out, rewritten in scratch if need be;
// empty for the rest of a frame that was dropped and for RED without an end.
func (k *Sink) payload(p *Packet, s *span, scratch []byte) []byte {
	payload := p.Payload()
	if s.blank(p) {
		return nil
	}
	if s.primary {
		block, _ := codec.REDPrimary(payload)
		return block
	}
	if (s.pictureID != 0 || s.tl0 != 0) && p.info.HasPictureID {
		n := copy(scratch, payload)
		codec.Rewrite(p.format.Codec, scratch[:n], s.pictureID, s.tl0)
		return scratch[:n]
	}
	return payload
}

// prepare fills the sink's header for a packet, all but the sequence number.
func (k *Sink) prepare(p *Packet, s *span, t int64) *rtp.Header {
	h := &k.header
	h.Marker = p.marker || k.mark
	k.mark = false
	h.PayloadType = s.payloadType
	h.SSRC = k.binding.SSRC
	h.Timestamp = p.timestamp + s.timestamp
	h.Extension, h.ExtensionProfile, h.Extensions = false, 0, h.Extensions[:0]
	for ext := range extForwarded {
		v := p.extension(ext)
		id := k.binding.Extensions.id[ext]
		if v == nil || id == 0 {
			continue
		}
		if ext == ExtDependency && s.pictureID != 0 && len(v) >= 3 && len(v) <= len(k.scratch)-3 {
			n := copy(k.scratch[3:], v)
			v = k.scratch[3 : 3+n]
			codec.RewriteFrameNumber(v, s.pictureID)
		}
		k.setExtension(id, v)
	}
	// A packet that may be sent again under its own number must stay the same
	// to the last bit, or AEAD's nonce is used for two different packets
	// (RFC 7714 section 9.1): no time of sending where there is no RTX.
	if id := k.binding.Extensions.id[ExtAbsSendTime]; id != 0 && (s.rtxPayloadType != 0 || k.kind == Audio) {
		v := absSendTime(t)
		k.scratch[0], k.scratch[1], k.scratch[2] = byte(v>>16), byte(v>>8), byte(v)
		k.setExtension(id, k.scratch[:3])
	}
	return h
}

// setExtension adds a value; one that does not fit the one-byte form (RFC 8285
// section 4.2) makes the header use the two-byte form.
func (k *Sink) setExtension(id uint8, v []byte) {
	h := &k.header
	if len(v) == 0 || len(v) > 255 {
		return
	}
	if !h.Extension {
		h.Extension, h.ExtensionProfile = true, rtp.ExtensionProfileOneByte
	}
	profile := h.ExtensionProfile
	if len(v) > 16 || id > 14 {
		profile = rtp.ExtensionProfileTwoByte
	}
	_ = h.SetExtensionWithProfile(id, v, profile) // cannot fail: the lengths were checked
}
