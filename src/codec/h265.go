package codec

// NAL unit types: H.265 table 7-1 and RFC 7798 sections 4.4.2 and 4.4.3.
const (
	h265FirstTSA  = 2 // TSA_N, TSA_R, STSA_N, STSA_R
	h265LastSTSA  = 5
	h265FirstIRAP = 16
	h265LastIRAP  = 23
	h265LastVCL   = 31
	h265VPS       = 32
	h265SPS       = 33
	h265PPS       = 34
	h265AUD       = 35
	h265PrefixSEI = 39
	h265LastType  = 47
	h265AP        = 48
	h265FU        = 49
)

// inspectH265 reads single NAL units, aggregation packets and fragmentation units
// without decoding order numbers, as sent where sprop-max-don-diff is 0 (RFC 7798
// section 4.4).
func inspectH265(p []byte, marker bool) (Info, bool) {
	if len(p) < 2 || p[1]&7 == 0 { // nuh_temporal_id_plus1 is never 0
		return Info{}, false
	}
	kind := p[0] >> 1 & 0x3f
	info := Info{End: marker, Temporal: p[1]&7 - 1, Spatial: p[0]&1<<5 | p[1]>>3}
	info.Switchable = info.Temporal == 0
	switch {
	case kind <= h265LastType:
		tellNAL265(&info, kind, p[2:], true)
	case kind == h265AP:
		for i, first := 2, true; i < len(p); first = false {
			if len(p)-i < 2 {
				return Info{}, false
			}
			size := int(p[i])<<8 | int(p[i+1])
			i += 2
			if size < 2 || size > len(p)-i {
				return Info{}, false
			}
			tellNAL265(&info, p[i]>>1&0x3f, p[i+2:i+size], first)
			i += size
		}
	case kind == h265FU:
		if len(p) < 3 {
			return Info{}, false
		}
		if fragment := p[2] & 0x3f; p[2]&0x80 != 0 { // S
			tellNAL265(&info, fragment, p[3:], true)
		} else {
			info.Switchable = info.Switchable || fragment >= h265FirstTSA && fragment <= h265LastSTSA
		}
	default:
		return Info{}, false
	}
	return info, true
}

func tellNAL265(info *Info, kind byte, body []byte, first bool) {
	// A slice segment begins with first_slice_segment_in_pic_flag.
	firstSlice := len(body) > 0 && body[0]&0x80 != 0
	switch {
	case kind >= h265FirstIRAP && kind <= h265LastIRAP:
		info.Start = info.Start || first && firstSlice
		info.KeyFrame = info.KeyFrame || firstSlice
	case kind <= h265LastVCL:
		info.Start = info.Start || first && firstSlice
		// Temporal sub-layer access: the layer does not look back beyond this
		// picture (H.265 section 7.4.2.2).
		info.Switchable = info.Switchable || kind >= h265FirstTSA && kind <= h265LastSTSA
	case kind == h265VPS:
		info.Start = info.Start || first
		info.KeyFrame = true
	case kind == h265SPS:
		info.Start = info.Start || first
		info.KeyFrame = true
		info.Width, info.Height = h265Size(body)
	case kind == h265PPS || kind == h265AUD || kind == h265PrefixSEI:
		info.Start = info.Start || first
	}
}

// h265Size reads a sequence parameter set (H.265 section 7.3.2.2.1) as far as the
// conformance window.
func h265Size(sps []byte) (width, height uint16) {
	b := bits{data: sps, escaped: true}
	b.skip(4) // sps_video_parameter_set_id
	subLayers := int(b.read(3))
	b.skip(1)  // sps_temporal_id_nesting_flag
	b.skip(96) // profile_tier_level: the general part
	if subLayers > 0 {
		var profiles, levels int
		for i := range 8 { // eight pairs of flags, unused ones as padding
			profile, level := b.bit(), b.bit()
			if i < subLayers {
				profiles += int(profile)
				levels += int(level)
			}
		}
		b.skip(88*profiles + 8*levels)
	}
	b.ue() // sps_seq_parameter_set_id
	chroma, planes := b.ue(), false
	if chroma == 3 {
		planes = b.flag() // separate_colour_plane_flag
	}
	w, h := int64(b.ue()), int64(b.ue())
	if b.flag() { // conformance_window_flag, in units of table 6-1
		x, y := int64(1), int64(1)
		if !planes && (chroma == 1 || chroma == 2) {
			x = 2
		}
		if !planes && chroma == 1 {
			y = 2
		}
		w -= x * (int64(b.ue()) + int64(b.ue()))
		h -= y * (int64(b.ue()) + int64(b.ue()))
	}
	return fit(&b, w, h)
}
