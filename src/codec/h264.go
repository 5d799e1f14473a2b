package codec

// NAL unit types: H.264 table 7-1 and RFC 6184 table 1.
const (
	h264SliceA   = 2 // the first of three data partitions of a slice
	h264IDR      = 5
	h264SEI      = 6
	h264SPS      = 7
	h264PPS      = 8
	h264AUD      = 9
	h264LastType = 23
	h264STAPA    = 24
	h264FUA      = 28
)

// inspectH264 reads the packets of packetization modes 0 and 1 (RFC 6184 section
// 5.2): single NAL units, STAP-A and FU-A.
func inspectH264(p []byte, marker bool) (Info, bool) {
	info := Info{End: marker, Switchable: true}
	switch kind := p[0] & 0x1f; {
	case kind >= 1 && kind <= h264LastType:
		tellNAL(&info, kind, p[0]>>5&3, p[1:], true)
	case kind == h264STAPA:
		for i, first := 1, true; i < len(p); first = false {
			if len(p)-i < 2 {
				return Info{}, false
			}
			size := int(p[i])<<8 | int(p[i+1])
			i += 2
			if size == 0 || size > len(p)-i {
				return Info{}, false
			}
			tellNAL(&info, p[i]&0x1f, p[i]>>5&3, p[i+1:i+size], first)
			i += size
		}
	case kind == h264FUA:
		if len(p) < 2 {
			return Info{}, false
		}
		kind, ref := p[1]&0x1f, p[0]>>5&3
		if p[1]&0x80 != 0 { // S
			tellNAL(&info, kind, ref, p[2:], true)
		} else {
			info.Discardable = ref == 0 && kind >= 1 && kind <= h264IDR
		}
	default:
		return Info{}, false
	}
	info.Discardable = info.Discardable && !info.KeyFrame
	return info, true
}

// tellNAL adds what one NAL unit tells, whose body is what follows its header.
func tellNAL(info *Info, kind, ref byte, body []byte, first bool) {
	slice := kind >= 1 && kind <= h264IDR
	if slice && ref == 0 { // nal_ref_idc 0: not a reference picture (H.264 section 7.4.1)
		info.Discardable = true
	}
	// A slice header begins with first_mb_in_slice, ue(v), where 0 is the bit 1.
	firstSlice := len(body) > 0 && body[0]&0x80 != 0
	switch kind {
	case 1, h264SliceA:
		info.Start = info.Start || first && firstSlice
	case h264IDR:
		info.Start = info.Start || first && firstSlice
		info.KeyFrame = info.KeyFrame || firstSlice
	case h264SPS:
		info.Start = info.Start || first
		info.KeyFrame = true
		info.Width, info.Height = h264Size(body)
	case h264SEI, h264PPS, h264AUD:
		info.Start = info.Start || first
	}
}

// h264Size reads a sequence parameter set (H.264 section 7.3.2.1.1) as far as the
// cropping.
func h264Size(sps []byte) (width, height uint16) {
	b := bits{data: sps, escaped: true}
	profile := b.read(8)
	b.skip(16) // constraint flags, level_idc
	b.ue()     // seq_parameter_set_id
	chroma, planes := uint32(1), false
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		if chroma = b.ue(); chroma == 3 {
			planes = b.flag() // separate_colour_plane_flag
		}
		b.ue()        // bit_depth_luma_minus8
		b.ue()        // bit_depth_chroma_minus8
		b.skip(1)     // qpprime_y_zero_transform_bypass_flag
		if b.flag() { // seq_scaling_matrix_present_flag
			skipScaling(&b, chroma)
		}
	}
	b.ue() // log2_max_frame_num_minus4
	switch b.ue() {
	case 0: // pic_order_cnt_type
		b.ue() // log2_max_pic_order_cnt_lsb_minus4
	case 1:
		b.skip(1)
		b.se()
		b.se()
		for n := b.ue(); n > 0 && !b.failed; n-- {
			b.se() // offset_for_ref_frame
		}
	}
	b.ue()    // max_num_ref_frames
	b.skip(1) // gaps_in_frame_num_value_allowed_flag
	w, h := (int64(b.ue())+1)*16, (int64(b.ue())+1)*16
	fields := int64(1)
	if !b.flag() { // frame_mbs_only_flag
		fields = 2
		b.skip(1) // mb_adaptive_frame_field_flag
	}
	h *= fields
	b.skip(1)     // direct_8x8_inference_flag
	if b.flag() { // frame_cropping_flag, equations 7-19 to 7-22
		x, y := int64(1), fields
		if !planes && (chroma == 1 || chroma == 2) {
			x = 2
		}
		if !planes && chroma == 1 {
			y *= 2
		}
		w -= x * (int64(b.ue()) + int64(b.ue()))
		h -= y * (int64(b.ue()) + int64(b.ue()))
	}
	return fit(&b, w, h)
}

// skipScaling reads over the scaling lists: H.264 section 7.3.2.1.1.1.
func skipScaling(b *bits, chroma uint32) {
	lists := 8
	if chroma == 3 {
		lists = 12
	}
	for i := range lists {
		if !b.flag() {
			continue
		}
		size := 16
		if i >= 6 {
			size = 64
		}
		last, next := int32(8), int32(8)
		for range size {
			if b.failed {
				return
			}
			if next != 0 {
				next = (last + b.se()%256 + 256) % 256
			}
			if next != 0 {
				last = next
			}
		}
	}
}
