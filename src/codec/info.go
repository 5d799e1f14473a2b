package codec

// Info is what one RTP payload tells. Of audio every packet is a frame that a
// decoder can start at.
type Info struct {
	// KeyFrame: this is the first packet of a frame at which a decoder can start.
	// H264 and H265 parameter sets in a packet of their own count, and so does the
	// picture that follows them with the same timestamp.
	KeyFrame bool
	// Start and End: the first and last packet of a frame, as far as the payload
	// tells. Of VP9 a frame is that of one spatial layer. Of H264 and H265 Start is
	// set on each packet that can begin a frame (parameter sets, then the picture):
	// the first with a timestamp does. End is the marker where the payload has
	// nothing to say.
	Start, End bool
	// Temporal and Spatial are layer ids, 0 where there are none. Those of AV1 come
	// with the dependency descriptor, since only some packets' payloads have them.
	Temporal, Spatial uint8
	// Switchable: a sink may go up to this temporal layer from this frame on.
	Switchable bool
	// PictureID is of PictureIDBits, 7 or 15.
	HasPictureID  bool
	PictureID     uint16
	PictureIDBits uint8
	// TL0 is TL0PICIDX, a count of the frames of temporal layer 0.
	HasTL0 bool
	TL0    uint8
	// Discardable: no other frame depends on this one. Told by VP8 and H264.
	Discardable bool
	// InterPicture: depends on earlier pictures; InterLayer: depends on the next
	// lower spatial layer of its picture; NotForUpper: no higher spatial layer
	// depends on it. Bits P, D and Z of VP9, false for all others.
	InterPicture, InterLayer, NotForUpper bool
	// Width and Height are of the picture in pixels, cropped; of the largest
	// spatial layer. They come with KeyFrame, 0 where not told.
	Width, Height uint16
}

// Inspect reads one RTP payload without padding. Marker is that of the RTP header.
// It never panics and never allocates; of a malformed payload the Info has nothing
// but End.
func Inspect(id ID, payload []byte, marker bool) Info {
	none := Info{End: marker}
	if len(payload) == 0 {
		return none
	}
	var info Info
	ok := false
	switch id {
	case VP8:
		info, ok = inspectVP8(payload, marker)
	case VP9:
		info, ok = inspectVP9(payload)
	case H264:
		info, ok = inspectH264(payload, marker)
	case H265:
		info, ok = inspectH265(payload, marker)
	case AV1:
		info, ok = inspectAV1(payload, marker)
	case Opus, G722, PCMU, PCMA, RED:
		// The marker of audio begins a talkspurt (RFC 3551 section 4.1).
		return Info{KeyFrame: true, Start: true, End: true, Switchable: true}
	case Unknown:
	}
	if !ok {
		return none
	}
	return info
}

// Rewrite adds to the picture id and to TL0PICIDX in place, each modulo its width,
// where the payload has them: VP8 (RFC 7741 section 4.2) and VP9 (RFC 9628 section
// 4.2). No other byte changes, and nothing of a payload that cannot be read.
func Rewrite(id ID, payload []byte, pictureID uint16, tl0 uint8) {
	var c counters
	switch id {
	case VP8:
		d, ok := parseVP8(payload)
		if !ok {
			return
		}
		c = d.counters
	case VP9:
		d, ok := parseVP9(payload)
		if !ok {
			return
		}
		c = d.counters
	case Unknown, Opus, G722, PCMU, PCMA, RED, H264, H265, AV1:
		return
	}
	c.add(payload, pictureID, tl0)
}
