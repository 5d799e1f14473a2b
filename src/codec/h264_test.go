package codec

import "testing"

// stapA aggregates NAL units: RFC 6184 section 5.7.1.
func stapA(units ...[]byte) []byte {
	p := []byte{0x78}
	for _, u := range units {
		p = append(p, byte(len(u)>>8), byte(len(u)))
		p = append(p, u...)
	}
	return p
}

// spsFields is what of a sequence parameter set decides on its size. Lengths are
// in macroblocks, cropping in cropping units.
type spsFields struct {
	profile, chroma uint32
	planes          bool
	scaling         bool
	pocType         uint32
	w, h            uint32
	fields          bool
	left, right     uint32
	top, bottom     uint32
	levelZero       bool
}

func h264SPSOf(f spsFields) []byte {
	var w bitWriter
	w.put(f.profile, 8)
	if f.levelZero { // so that escapes are needed: constraints and level 0
		w.put(0, 16)
	} else {
		w.put(0x001f, 16)
	}
	w.ue(0)
	if f.profile == 100 || f.profile == 244 {
		if f.profile == 100 && f.chroma == 0 {
			f.chroma = 1
		}
		w.ue(f.chroma)
		if f.chroma == 3 {
			w.put(flag(f.planes), 1)
		}
		w.ue(0)
		w.ue(0)
		w.put(0, 1)
		w.put(flag(f.scaling), 1)
		if f.scaling {
			lists := 8
			if f.chroma == 3 {
				lists = 12
			}
			w.put(1, 1) // a whole list of the same value
			for range 16 {
				w.ue(0)
			}
			w.put(1, 1) // the default list: the first delta makes 0
			w.ue(16)    // se -8
			w.put(0, lists-2)
		}
	}
	w.ue(0)
	w.ue(f.pocType)
	switch f.pocType {
	case 0:
		w.ue(2)
	case 1:
		w.put(0, 1)
		w.ue(1)
		w.ue(2)
		w.ue(3)
		for v := range uint32(3) {
			w.ue(v)
		}
	}
	w.ue(1)
	w.put(0, 1)
	w.ue(f.w - 1)
	w.ue(f.h - 1)
	w.put(flag(!f.fields), 1)
	if f.fields {
		w.put(0, 1)
	}
	w.put(1, 1)
	crop := f.left+f.right+f.top+f.bottom > 0
	w.put(flag(crop), 1)
	if crop {
		w.ue(f.left)
		w.ue(f.right)
		w.ue(f.top)
		w.ue(f.bottom)
	}
	w.put(0, 1)
	w.put(1, 1)
	return append([]byte{0x67}, escape(w.data)...)
}

func flag(v bool) uint32 {
	if v {
		return 1
	}
	return 0
}

// escape adds the emulation prevention bytes of H.264 section 7.4.1.
func escape(data []byte) []byte {
	var out []byte
	zeros := 0
	for _, b := range data {
		if zeros == 2 && b <= 3 {
			out = append(out, 3)
			zeros = 0
		}
		out = append(out, b)
		if zeros++; b != 0 {
			zeros = 0
		}
	}
	return out
}

func TestH264(t *testing.T) {
	sps := h264SPSOf(spsFields{profile: 66, w: 40, h: 23, bottom: 4})
	pps := []byte{0x68, 0xce, 0x3c, 0x80}
	idr := []byte{0x65, 0x88, 0x84, 0x00}
	laterSlice := []byte{0x65, 0x40, 0x84, 0x00}
	key := Info{KeyFrame: true, Start: true, Switchable: true}
	sized := Info{KeyFrame: true, Start: true, Switchable: true, Width: 640, Height: 360}
	checkVectors(t, H264, []vector{
		{"IDR slice", idr, false, key},
		{"a later slice of an IDR picture", laterSlice, true, Info{End: true, Switchable: true}},
		{"delta slice", []byte{0x41, 0x9a, 0x00}, true, Info{Start: true, End: true, Switchable: true}},
		{"later delta slice", []byte{0x41, 0x1a}, false, Info{Switchable: true}},
		{"non-reference slice", []byte{0x01, 0x9a}, false, Info{Start: true, Switchable: true, Discardable: true}},
		{"SPS", sps, false, sized},
		{"SPS cut off", sps[:5], false, key},
		{"PPS", pps, false, Info{Start: true, Switchable: true}},
		{"AUD", []byte{0x09, 0xf0}, false, Info{Start: true, Switchable: true}},
		{"SEI is not disposable for its NRI", []byte{0x06, 0x05}, false, Info{Start: true, Switchable: true}},
		{"STAP-A of SPS and PPS", stapA(sps, pps), false, sized},
		{
			"STAP-A of AUD, SPS, PPS, IDR", stapA([]byte{0x09, 0xf0}, sps, pps, idr), true,
			Info{KeyFrame: true, Start: true, End: true, Switchable: true, Width: 640, Height: 360},
		},
		{"STAP-A of PPS and IDR", stapA(pps, idr), false, key},
		{"STAP-A of PPS and delta", stapA(pps, []byte{0x41, 0x9a}), false, Info{Start: true, Switchable: true}},
		{"STAP-A begins amid a picture", stapA(laterSlice, laterSlice), false, Info{Switchable: true}},
		{"STAP-A cut off in a unit", stapA(sps, pps)[:20], true, Info{End: true}},
		{"STAP-A cut off in a size", append(stapA(sps), 0), false, Info{}},
		{"STAP-A with an empty unit", []byte{0x78, 0, 0}, false, Info{}},
		{"FU-A, start of IDR", []byte{0x7c, 0x85, 0x88, 0x80}, false, key},
		{"FU-A, start of a later IDR slice", []byte{0x7c, 0x85, 0x48, 0x80}, false, Info{Switchable: true}},
		{"FU-A, IDR goes on", []byte{0x7c, 0x05, 0x88}, false, Info{Switchable: true}},
		{"FU-A, IDR ends", []byte{0x7c, 0x45, 0x88}, true, Info{End: true, Switchable: true}},
		{"FU-A, start of delta", []byte{0x5c, 0x81, 0x9a}, false, Info{Start: true, Switchable: true}},
		{"FU-A, start of SPS", append([]byte{0x7c, 0x87}, sps[1:]...), false, sized},
		{"FU-A, non-reference goes on", []byte{0x1c, 0x01, 0x9a}, false, Info{Switchable: true, Discardable: true}},
		{"FU-A cut off", []byte{0x7c}, true, Info{End: true}},
		{"IDR without a body", []byte{0x65}, false, Info{Switchable: true}},
		{"type 0", []byte{0x00, 1}, false, Info{}},
		{"STAP-B", []byte{0x79, 0, 0, 0, 1, 0x65}, true, Info{End: true}},
		{"FU-B", []byte{0x7d, 0x85, 0, 0, 0x88}, false, Info{}},
		{"type 31", []byte{0x1f, 1}, false, Info{}},
	})
	checkRewrites(t, H264, []rewriteVector{{"rewrite is no-op", idr, 1, 1, idr}})
}

func TestH264Size(t *testing.T) {
	for _, c := range []struct {
		name          string
		sps           spsFields
		width, height uint16
	}{
		{"baseline", spsFields{profile: 66, w: 40, h: 30}, 640, 480},
		{"cropped 1080p", spsFields{profile: 100, w: 120, h: 68, bottom: 4}, 1920, 1080},
		{"cropped all round", spsFields{profile: 66, w: 40, h: 30, left: 1, right: 2, top: 3, bottom: 4}, 634, 466},
		{"fields", spsFields{profile: 100, w: 120, h: 34, fields: true, bottom: 2}, 1920, 1080},
		{"4:2:2", spsFields{profile: 100, chroma: 2, w: 40, h: 30, right: 1, bottom: 1}, 638, 479},
		{"4:4:4", spsFields{profile: 244, chroma: 3, w: 40, h: 30, right: 1, bottom: 1}, 639, 479},
		{"4:4:4 in planes with scaling lists", spsFields{profile: 244, chroma: 3, planes: true, scaling: true, w: 40, h: 30, right: 1}, 639, 480},
		{"monochrome", spsFields{profile: 244, chroma: 0, w: 40, h: 30, bottom: 1}, 640, 479},
		{"scaling lists", spsFields{profile: 100, scaling: true, w: 40, h: 30}, 640, 480},
		{"picture order count type 1", spsFields{profile: 66, pocType: 1, w: 40, h: 30}, 640, 480},
		{"picture order count type 2", spsFields{profile: 66, pocType: 2, w: 40, h: 30}, 640, 480},
		{"emulation prevention", spsFields{profile: 0, levelZero: true, w: 40, h: 30}, 640, 480},
		{"cropped to nothing", spsFields{profile: 66, w: 1, h: 1, right: 8}, 0, 0},
		{"cropped to less than nothing", spsFields{profile: 66, w: 1, h: 1, right: 1 << 30}, 0, 0},
		{"too wide", spsFields{profile: 66, w: 4096, h: 1}, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			sps := h264SPSOf(c.sps)
			if w, h := h264Size(sps[1:]); w != c.width || h != c.height {
				t.Errorf("h264Size(% x) = %d x %d, want %d x %d", sps, w, h, c.width, c.height)
			}
		})
	}
}
