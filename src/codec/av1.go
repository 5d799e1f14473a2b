package codec

// OBU types: AV1 bitstream specification section 6.2.2.
const (
	obuSequenceHeader = 1
	obuTemporalDelim  = 2
	obuFrameHeader    = 3
	obuMetadata       = 5
	obuFrame          = 6
)

// inspectAV1 reads the aggregation header (AV1 RTP section 4.4) and the first OBU.
func inspectAV1(p []byte, marker bool) (Info, bool) {
	const continued, newSequence = 0x80, 0x08
	header := p[0]
	if header&continued != 0 && header&newSequence != 0 { // never both
		return Info{}, false
	}
	info := Info{End: marker, Switchable: true}
	if header&continued != 0 {
		return info, true
	}
	obu, ok := firstOBU(p)
	if !ok {
		return Info{}, false
	}
	kind := obu[0] >> 3 & 0x0f
	switch kind {
	case obuSequenceHeader, obuTemporalDelim, obuFrameHeader, obuMetadata, obuFrame:
		info.Start = true
	}
	if header&newSequence != 0 {
		info.KeyFrame, info.Start = true, true
		if kind == obuSequenceHeader {
			info.Width, info.Height = av1Size(obuBody(obu))
		}
	}
	return info, true
}

// firstOBU is the first OBU element, of at least one byte. A W of 1 means that
// there is no other and no length either.
func firstOBU(p []byte) (obu []byte, ok bool) {
	const count, one = 0x30, 0x10
	rest := p[1:]
	if p[0]&count == one {
		return rest, len(rest) > 0
	}
	size, n := leb128(rest)
	if n == 0 || size == 0 || size > uint64(len(rest)-n) {
		return nil, false
	}
	return rest[n : n+int(size)], true
}

// obuBody is an OBU without its header, extension and size (section 5.3).
func obuBody(obu []byte) []byte {
	const extension, hasSize = 0x04, 0x02
	i := 1
	if obu[0]&extension != 0 {
		i++
	}
	if i > len(obu) {
		return nil
	}
	if obu[0]&hasSize != 0 {
		_, n := leb128(obu[i:])
		i += n
	}
	return obu[i:]
}

// leb128 reads a number of at most eight bytes (section 4.10.5); n is 0 if there
// is none.
func leb128(p []byte) (v uint64, n int) {
	for i := 0; i < 8 && i < len(p); i++ {
		v |= uint64(p[i]&0x7f) << (7 * i)
		if p[i]&0x80 == 0 {
			return v, i + 1
		}
	}
	return 0, 0
}

// av1Size reads a sequence header (section 5.5.1) as far as the largest frame.
func av1Size(header []byte) (width, height uint16) {
	b := bits{data: header}
	b.skip(4)     // seq_profile, still_picture
	if b.flag() { // reduced_still_picture_header
		b.skip(5) // seq_level_idx
	} else {
		skipOperatingPoints(&b)
	}
	widthBits, heightBits := int(b.read(4))+1, int(b.read(4))+1
	w, h := int64(b.read(widthBits))+1, int64(b.read(heightBits))+1
	return fit(&b, w, h)
}

func skipOperatingPoints(b *bits) {
	decoderModel, delayBits := false, 0
	if b.flag() { // timing_info_present_flag
		b.skip(64)    // num_units_in_display_tick, time_scale
		if b.flag() { // equal_picture_interval
			b.ue()
		}
		if decoderModel = b.flag(); decoderModel {
			delayBits = int(b.read(5)) + 1
			b.skip(42) // num_units_in_decoding_tick, two lengths
		}
	}
	displayDelay := b.flag()
	for points := b.read(5) + 1; points > 0 && !b.failed; points-- {
		b.skip(12)         // operating_point_idc
		if b.read(5) > 7 { // seq_level_idx
			b.skip(1) // seq_tier
		}
		if decoderModel && b.flag() {
			b.skip(2*delayBits + 1)
		}
		if displayDelay && b.flag() {
			b.skip(4)
		}
	}
}
