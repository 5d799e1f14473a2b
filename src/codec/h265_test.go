package codec

import "testing"

// aggregate265 is an aggregation packet: RFC 7798 section 4.4.2.
func aggregate265(units ...[]byte) []byte {
	p := []byte{0x60, 0x01}
	for _, u := range units {
		p = append(p, byte(len(u)>>8), byte(len(u)))
		p = append(p, u...)
	}
	return p
}

// h265SPSOf is the start of a sequence parameter set; bottom is in cropping units.
func h265SPSOf(subLayers int, chroma, width, height, bottom uint32) []byte {
	var w bitWriter
	w.put(0, 4)
	w.put(uint32(subLayers), 3)
	w.put(1, 1)
	w.put(0x01600000, 32) // Main
	w.put(0x00900000, 32)
	w.put(0, 24)
	w.put(93, 8)
	if subLayers > 0 {
		for i := range 8 { // the first has a profile and a level, the others a level
			w.put(flag(i == 0), 1)
			w.put(flag(i < subLayers), 1)
		}
		w.put(0x5a5a5a5a, 32)
		w.put(0x5a5a5a5a, 32)
		w.put(0x5a5a5a, 24)
		for range subLayers {
			w.put(90, 8)
		}
	}
	w.ue(0)
	w.ue(chroma)
	if chroma == 3 {
		w.put(1, 1)
	}
	w.ue(width)
	w.ue(height)
	w.put(flag(bottom > 0), 1)
	if bottom > 0 {
		w.ue(0)
		w.ue(0)
		w.ue(0)
		w.ue(bottom)
	}
	w.put(1, 1)
	return append([]byte{0x42, 0x01}, escape(w.data)...)
}

func TestH265(t *testing.T) {
	vps := []byte{0x40, 0x01, 0x0c}
	sps := h265SPSOf(0, 1, 1280, 720, 0)
	pps := []byte{0x44, 0x01, 0xc1}
	idr := []byte{0x26, 0x01, 0xaf, 0x08}
	key := Info{KeyFrame: true, Start: true, Switchable: true}
	sized := Info{KeyFrame: true, Start: true, Switchable: true, Width: 1280, Height: 720}
	checkVectors(t, H265, []vector{
		{"IDR_W_RADL", idr, false, key},
		{"IDR, later slice segment", []byte{0x26, 0x01, 0x2f}, true, Info{End: true, Switchable: true}},
		{"CRA", []byte{0x2a, 0x01, 0xaf}, false, key},
		{"BLA_W_LP", []byte{0x20, 0x01, 0xaf}, false, key},
		{"reserved 24 is no IRAP", []byte{0x30, 0x01, 0xaf}, false, Info{Start: true, Switchable: true}},
		{"TRAIL_R", []byte{0x02, 0x01, 0xd0}, true, Info{Start: true, End: true, Switchable: true}},
		{"TRAIL_R of layer 1", []byte{0x02, 0x02, 0xd0}, false, Info{Start: true, Temporal: 1}},
		{"TSA_R of layer 1", []byte{0x06, 0x02, 0xd0}, false, Info{Start: true, Temporal: 1, Switchable: true}},
		{"STSA_N of layer 2", []byte{0x08, 0x03, 0xd0}, false, Info{Start: true, Temporal: 2, Switchable: true}},
		{"layer ids", []byte{0x03, 0x0b, 0xd0}, false, Info{Start: true, Temporal: 2, Spatial: 33}},
		{"VPS", vps, false, key},
		{"SPS", sps, false, sized},
		{"PPS", pps, false, Info{Start: true, Switchable: true}},
		{"AUD", []byte{0x46, 0x01, 0x50}, false, Info{Start: true, Switchable: true}},
		{"prefix SEI", []byte{0x4e, 0x01, 0x05}, false, Info{Start: true, Switchable: true}},
		{"suffix SEI", []byte{0x50, 0x01, 0x84}, false, Info{Switchable: true}},
		{"AP of parameter sets", aggregate265(vps, sps, pps), false, sized},
		{"AP of PPS and IDR", aggregate265(pps, idr), false, key},
		{"AP of delta slices", aggregate265([]byte{0x02, 0x01, 0xd0}, []byte{0x02, 0x01, 0x50}), false, Info{Start: true, Switchable: true}},
		{"AP cut off in a unit", aggregate265(vps, sps, pps)[:12], true, Info{End: true}},
		{"AP cut off in a size", append(aggregate265(vps), 0), false, Info{}},
		{"AP with a unit of one byte", []byte{0x60, 0x01, 0, 1, 0x40}, false, Info{}},
		{"FU, start of IDR", []byte{0x62, 0x01, 0x93, 0xaf}, false, key},
		{"FU, IDR goes on", []byte{0x62, 0x01, 0x13, 0xaf}, false, Info{Switchable: true}},
		{"FU, end", []byte{0x62, 0x01, 0x53, 0xaf}, true, Info{End: true, Switchable: true}},
		{"FU, start of SPS", append([]byte{0x62, 0x01, 0xa1}, sps[2:]...), false, sized},
		{"FU, TSA_R goes on", []byte{0x62, 0x02, 0x03, 0xaf}, false, Info{Temporal: 1, Switchable: true}},
		{"FU cut off", []byte{0x62, 0x01}, false, Info{}},
		{"PACI", []byte{0x64, 0x01, 0, 0, 0}, true, Info{End: true}},
		{"temporal id plus 1 is never 0", []byte{0x26, 0x00, 0xaf}, false, Info{}},
		{"one byte", []byte{0x26}, true, Info{End: true}},
	})
}

func TestH265Size(t *testing.T) {
	for _, c := range []struct {
		name                 string
		subLayers            int
		chroma, w, h, bottom uint32
		width, height        uint16
	}{
		{"720p", 0, 1, 1280, 720, 0, 1280, 720},
		{"cropped 1080p", 0, 1, 1920, 1088, 4, 1920, 1080},
		{"sub-layers", 2, 1, 1280, 720, 0, 1280, 720},
		{"seven sub-layers", 6, 1, 1280, 720, 0, 1280, 720},
		{"4:2:2", 0, 2, 640, 480, 1, 640, 479},
		{"4:4:4 in planes", 0, 3, 640, 480, 1, 640, 479},
		{"monochrome", 0, 0, 640, 480, 1, 640, 479},
		{"too high", 0, 1, 640, 65536, 0, 0, 0},
		{"nothing", 0, 1, 0, 0, 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			sps := h265SPSOf(c.subLayers, c.chroma, c.w, c.h, c.bottom)
			if w, h := h265Size(sps[2:]); w != c.width || h != c.height {
				t.Errorf("h265Size(% x) = %d x %d, want %d x %d", sps, w, h, c.width, c.height)
			}
		})
	}
	if w, h := h265Size([]byte{0x01, 0x02}); w != 0 || h != 0 {
		t.Errorf("cut off: %d x %d", w, h)
	}
}
