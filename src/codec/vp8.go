package codec

// vp8 is the payload descriptor of RFC 7741 section 4.2.
type vp8 struct {
	counters
	frameStart  bool // S, and of partition 0
	discardable bool // N
	temporal    uint8
	sync        bool // Y
	size        int  // of the descriptor
}

func parseVP8(p []byte) (d vp8, ok bool) {
	if len(p) == 0 {
		return d, false
	}
	const startOfPartition, partition = 0x10, 0x07
	d.frameStart = p[0]&(startOfPartition|partition) == startOfPartition
	d.discardable = p[0]&0x20 != 0
	d.size = 1
	if p[0]&0x80 == 0 { // X
		return d, true
	}
	if len(p) < 2 {
		return d, false
	}
	flags := p[1]
	i := 2
	if flags&0x80 != 0 { // I
		if i, ok = d.readPictureID(p, i); !ok {
			return d, false
		}
	}
	if flags&0x40 != 0 { // L
		if i >= len(p) {
			return d, false
		}
		d.tl0 = i
		i++
	}
	if flags&0x30 != 0 { // T or K
		if i >= len(p) {
			return d, false
		}
		if flags&0x20 != 0 {
			d.temporal = p[i] >> 6
			d.sync = p[i]&0x20 != 0
		}
		i++
	}
	d.size = i
	return d, true
}

func inspectVP8(p []byte, marker bool) (Info, bool) {
	d, ok := parseVP8(p)
	if !ok {
		return Info{}, false
	}
	info := Info{
		Start:       d.frameStart,
		End:         marker,
		Temporal:    d.temporal,
		Switchable:  d.temporal == 0 || d.sync,
		Discardable: d.discardable,
	}
	d.tell(p, &info)
	// The frame header (RFC 6386 section 9.1): P, inverted, is the lowest bit.
	frame := p[d.size:]
	if !d.frameStart || len(frame) == 0 || frame[0]&1 != 0 {
		return info, true
	}
	info.KeyFrame = true
	if len(frame) >= 10 && frame[3] == 0x9d && frame[4] == 0x01 && frame[5] == 0x2a {
		// 14 bits each, little-endian; above them how the viewer is to scale.
		info.Width = (uint16(frame[6]) | uint16(frame[7])<<8) & 0x3fff
		info.Height = (uint16(frame[8]) | uint16(frame[9])<<8) & 0x3fff
	}
	return info, true
}
