package main

import (
	"bytes"
	"encoding/binary"
)

const (
	recordMagic = "KSFB"
	// recordLen in bytes: magic 4, flags 1, spare 1, packets in the frame 2,
	// frame number 4, packet number 4, send time 8.
	recordLen = 24
	// recordReach is how far into a payload a record may begin: it is written
	// within the first 16 bytes, and a server may lengthen the VP8 payload
	// descriptor in front of it.
	recordReach = 40

	flagVideo = 1
	flagKey   = 2

	rtpHeaderLen = 12 // RFC 3550 section 5.1
)

// record is what every payload carries: which packet this is and when it left.
type record struct {
	video, key bool
	packets    uint16 // packets of the whole frame
	frame      uint32
	number     uint32 // of the packet, per kind, from 0
	sent       int64  // clock.now of the sender
}

// put writes the record to the first recordLen bytes of b.
func (r record) put(b []byte) {
	copy(b, recordMagic)
	b[4], b[5] = 0, 0
	if r.video {
		b[4] |= flagVideo
	}
	if r.key {
		b[4] |= flagKey
	}
	binary.BigEndian.PutUint16(b[6:], r.packets)
	binary.BigEndian.PutUint32(b[8:], r.frame)
	binary.BigEndian.PutUint32(b[12:], r.number)
	binary.BigEndian.PutUint64(b[16:], uint64(r.sent))
}

// findRecord looks for a record near the start of an RTP payload.
func findRecord(payload []byte) (record, bool) {
	near := payload
	if len(near) > recordReach+recordLen {
		near = near[:recordReach+recordLen]
	}
	at := bytes.Index(near, []byte(recordMagic))
	if at < 0 || len(near)-at < recordLen {
		return record{}, false
	}
	b := near[at:]
	return record{
		video:   b[4]&flagVideo != 0,
		key:     b[4]&flagKey != 0,
		packets: binary.BigEndian.Uint16(b[6:]),
		frame:   binary.BigEndian.Uint32(b[8:]),
		number:  binary.BigEndian.Uint32(b[12:]),
		sent:    int64(binary.BigEndian.Uint64(b[16:])),
	}, true
}

// splitRTP gives the sequence number and the payload of an RTP packet; ok is
// false for what is too short to be one. It allocates nothing, which is why
// rtp.Packet is not used: the generator shares a core with all receivers.
func splitRTP(b []byte) (seq uint16, payload []byte, ok bool) {
	if len(b) < rtpHeaderLen {
		return 0, nil, false
	}
	start := rtpHeaderLen + 4*int(b[0]&0x0f)
	if b[0]&0x10 != 0 { // header extension, RFC 3550 section 5.3.1
		if len(b) < start+4 {
			return 0, nil, false
		}
		start += 4 + 4*int(binary.BigEndian.Uint16(b[start+2:]))
	}
	end := len(b)
	if b[0]&0x20 != 0 { // padding, RFC 3550 section 5.1
		end -= int(b[end-1])
	}
	if start > end {
		return 0, nil, false
	}
	return binary.BigEndian.Uint16(b[2:]), b[start:end], true
}
