package codec

// vp9 is the payload descriptor of RFC 9628 section 4.2.
type vp9 struct {
	counters
	flags             byte // I P L F B E V Z from the top
	temporal, spatial uint8
	switchUp          bool   // U
	interLayer        bool   // D
	width, height     uint16 // of the largest layer, where the scalability structure tells
	size              int    // of the descriptor
}

const (
	vp9PictureID    = 0x80
	vp9InterPicture = 0x40
	vp9Layers       = 0x20
	vp9Flexible     = 0x10
	vp9Begin        = 0x08
	vp9End          = 0x04
	vp9Structure    = 0x02
	vp9NotForUpper  = 0x01
)

func parseVP9(p []byte) (d vp9, ok bool) {
	if len(p) == 0 {
		return d, false
	}
	d.flags = p[0]
	i := 1
	if d.flags&vp9PictureID != 0 {
		if i, ok = d.readPictureID(p, i); !ok {
			return d, false
		}
	}
	if d.flags&vp9Layers != 0 {
		if i >= len(p) {
			return d, false
		}
		d.temporal, d.spatial = p[i]>>5, p[i]>>1&7
		d.switchUp, d.interLayer = p[i]&0x10 != 0, p[i]&1 != 0
		i++
		if d.flags&vp9Flexible == 0 {
			if i >= len(p) {
				return d, false
			}
			d.tl0 = i
			i++
		}
	}
	if d.flags&vp9Flexible != 0 && d.flags&vp9InterPicture != 0 {
		for n, more := 0, true; more; n++ {
			if n == 3 || i >= len(p) { // at most three reference indices
				return d, false
			}
			more = p[i]&1 != 0
			i++
		}
	}
	if d.flags&vp9Structure != 0 {
		if i, ok = d.readStructure(p, i); !ok {
			return d, false
		}
	}
	d.size = i
	return d, true
}

// readStructure reads the scalability structure (section 4.2.1) at offset i and
// returns the offset behind it.
func (d *vp9) readStructure(p []byte, i int) (next int, ok bool) {
	if i >= len(p) {
		return 0, false
	}
	layers, resolutions, group := int(p[i]>>5)+1, p[i]&0x10 != 0, p[i]&0x08 != 0
	i++
	if resolutions {
		if len(p)-i < 4*layers {
			return 0, false
		}
		for range layers {
			w, h := uint16(p[i])<<8|uint16(p[i+1]), uint16(p[i+2])<<8|uint16(p[i+3])
			if uint32(w)*uint32(h) > uint32(d.width)*uint32(d.height) {
				d.width, d.height = w, h
			}
			i += 4
		}
	}
	if !group {
		return i, true
	}
	if i >= len(p) {
		return 0, false
	}
	pictures := int(p[i])
	i++
	for range pictures {
		if i >= len(p) {
			return 0, false
		}
		i += 1 + int(p[i]>>2&3) // R reference differences follow
	}
	return i, i <= len(p)
}

func inspectVP9(p []byte) (Info, bool) {
	d, ok := parseVP9(p)
	if !ok {
		return Info{}, false
	}
	info := Info{
		Start:        d.flags&vp9Begin != 0,
		End:          d.flags&vp9End != 0,
		Temporal:     d.temporal,
		Spatial:      d.spatial,
		Switchable:   d.temporal == 0 || d.switchUp,
		InterPicture: d.flags&vp9InterPicture != 0,
		InterLayer:   d.interLayer,
		NotForUpper:  d.flags&vp9NotForUpper != 0,
	}
	d.tell(p, &info)
	// P is left 0 on every frame by simple packetizers (ffmpeg's, Pion's in flexible
	// mode), and is 0 on intra-only frames too: the frame itself decides.
	info.KeyFrame = info.Start && !info.InterPicture && info.Spatial == 0 && !vp9NotKey(p[d.size:])
	if !info.KeyFrame {
		return info, true
	}
	info.Width, info.Height = d.width, d.height
	if info.Width == 0 {
		info.Width, info.Height = vp9Size(p[d.size:])
	}
	return info, true
}

// vp9NotKey tells whether this surely is no key frame: a valid uncompressed header
// that says so. Of a frame encrypted end to end nothing is sure.
func vp9NotKey(frame []byte) bool {
	b := bits{data: frame}
	if b.read(2) != 2 { // frame_marker
		return false
	}
	if b.read(2) == 3 && b.flag() { // profile 3, whose reserved bit is 0
		return false
	}
	showExisting := b.flag()
	notKey := showExisting || b.flag() // frame_type, the next bit: 0 is KEY_FRAME
	return notKey && !b.failed
}

// vp9Size reads the uncompressed header of a key frame: VP9 bitstream
// specification sections 6.2 and 7.2.
func vp9Size(frame []byte) (width, height uint16) {
	b := bits{data: frame}
	if b.read(2) != 2 { // frame_marker
		return 0, 0
	}
	profile := b.bit() | b.bit()<<1
	if profile == 3 {
		b.skip(1)
	}
	showExisting := b.flag()
	if showExisting || b.flag() { // frame_type, the next bit, is not KEY_FRAME
		return 0, 0
	}
	b.skip(2)                     // show_frame, error_resilient_mode
	if b.read(24) != 0x49_83_42 { // frame_sync_code
		return 0, 0
	}
	if profile >= 2 {
		b.skip(1) // ten_or_twelve_bit
	}
	const rgb = 7
	subsampled := profile == 1 || profile == 3
	switch colorSpace := b.read(3); {
	case colorSpace != rgb && subsampled:
		b.skip(4) // color_range, subsampling_x, subsampling_y, reserved
	case colorSpace != rgb || subsampled:
		b.skip(1) // color_range, or reserved
	}
	w, h := b.read(16)+1, b.read(16)+1
	return fit(&b, int64(w), int64(h))
}

// fit gives a size that was read whole and makes sense, else none.
func fit(b *bits, w, h int64) (width, height uint16) {
	const most = 1<<16 - 1
	if b.failed || w <= 0 || h <= 0 || w > most || h > most {
		return 0, 0
	}
	return uint16(w), uint16(h)
}
