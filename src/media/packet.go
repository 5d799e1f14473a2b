package media

import (
	"encoding/binary"

	"ksfu/src/codec"
)

// Packet is one RTP packet of an encoding as its ring holds it: parsed once,
// then only read. Sinks may use it while Push runs or while they hold the
// encoding's lock; afterwards the ring may use the slot again.
type Packet struct {
	seq       int64 // extended sequence number, -1 = slot is empty
	arrival   int64 // ns
	timestamp uint32
	marker    bool
	format    *Format
	info      codec.Info
	ext       [extForwarded]extSpan
	payload   extSpan
	buf       []byte // the whole packet, padding included
}

// Payload is the RTP payload without padding; empty for padding-only packets.
func (p *Packet) Payload() []byte {
	return p.buf[p.payload.off : p.payload.off+p.payload.len]
}

// extension is the value of an extension that is carried on, nil if it has none.
func (p *Packet) extension(ext Extension) []byte {
	s := p.ext[ext]
	if s.len == 0 {
		return nil
	}
	return p.buf[s.off : s.off+s.len]
}

// header is the fixed part of an RTP packet (RFC 3550 section 5.1) and where
// its variable parts are.
type header struct {
	payloadType uint8
	marker      bool
	seq         uint16
	timestamp   uint32
	ssrc        uint32
	profile     uint16 // of the header extension
	ext         extSpan
	payload     extSpan // padding left out
}

// parseHeader reads b; ok is false where it is no RTP packet.
func parseHeader(b []byte) (h header, ok bool) {
	if len(b) < 12 || len(b) > maxPacket || b[0]>>6 != 2 {
		return h, false
	}
	h.payloadType, h.marker = b[1]&0x7f, b[1]&0x80 != 0
	h.seq = binary.BigEndian.Uint16(b[2:])
	h.timestamp = binary.BigEndian.Uint32(b[4:])
	h.ssrc = binary.BigEndian.Uint32(b[8:])
	at := 12 + 4*int(b[0]&0x0f)
	if b[0]&0x10 != 0 {
		if at+4 > len(b) {
			return h, false
		}
		h.profile = binary.BigEndian.Uint16(b[at:])
		size := 4 * int(binary.BigEndian.Uint16(b[at+2:]))
		at += 4
		if at+size > len(b) {
			return h, false
		}
		h.ext = extSpan{uint16(at), uint16(size)}
		at += size
	}
	end := len(b)
	if b[0]&0x20 != 0 {
		pad := int(b[end-1])
		if pad == 0 || at+pad > end {
			return h, false
		}
		end -= pad
	}
	if at > end {
		return h, false
	}
	h.payload = extSpan{uint16(at), uint16(end - at)}
	return h, true
}
