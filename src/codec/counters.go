package codec

// counters is where a payload descriptor of VP8 or VP9 has its picture id and
// TL0PICIDX. Offset 0 means that it has none, as the first byte is flags in both.
type counters struct {
	pictureID, tl0 int
	long           bool // 15 bits, not 7
}

// readPictureID notes the id at offset i (bit M, then 7 or 15 bits) and returns
// the offset behind it.
func (c *counters) readPictureID(payload []byte, i int) (next int, ok bool) {
	if i >= len(payload) {
		return 0, false
	}
	c.pictureID = i
	if payload[i]&0x80 == 0 {
		return i + 1, true
	}
	c.long = true
	return i + 2, i+1 < len(payload)
}

func (c *counters) tell(payload []byte, info *Info) {
	if i := c.pictureID; i != 0 {
		info.HasPictureID = true
		info.PictureID, info.PictureIDBits = uint16(payload[i]&0x7f), 7
		if c.long {
			info.PictureID, info.PictureIDBits = info.PictureID<<8|uint16(payload[i+1]), 15
		}
	}
	if c.tl0 != 0 {
		info.HasTL0, info.TL0 = true, payload[c.tl0]
	}
}

func (c *counters) add(payload []byte, pictureID uint16, tl0 uint8) {
	if i := c.pictureID; i != 0 && c.long {
		v := (uint16(payload[i])<<8 | uint16(payload[i+1])) + pictureID
		payload[i], payload[i+1] = 0x80|byte(v>>8), byte(v)
	} else if i != 0 {
		payload[i] = (payload[i] + byte(pictureID)) & 0x7f
	}
	if c.tl0 != 0 {
		payload[c.tl0] += tl0
	}
}
