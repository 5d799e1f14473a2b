package codec

import "testing"

func TestVP9(t *testing.T) {
	// Uncompressed header: marker 2, profile 0, key frame shown, sync code, color
	// space 1, 320x180.
	frame := vp9KeyFrame(0, 1, 320, 180)
	with := func(descriptor ...byte) []byte { return append(descriptor, frame...) }
	structure := []byte{0x38, 0x01, 0x40, 0x00, 0xb4, 0x02, 0x80, 0x01, 0x68, 0x02, 0x08, 0x01, 0x58, 0x01, 0x02}
	checkVectors(t, VP9, []vector{
		{
			"key frame, non-flexible, one layer", with(0x8c, 0x81, 0x11), true,
			Info{
				KeyFrame: true, Start: true, End: true, Switchable: true, HasPictureID: true, PictureID: 0x111,
				PictureIDBits: 15, Width: 320, Height: 180,
			},
		},
		{
			"E tells the end, not the marker", with(0x88, 0x11), true,
			Info{
				KeyFrame: true, Start: true, Switchable: true, HasPictureID: true, PictureID: 0x11, PictureIDBits: 7,
				Width: 320, Height: 180,
			},
		},
		{
			"P is 0 of a frame that is no key frame",
			[]byte{0x8c, 0x81, 0x11, 0x86},
			true,
			Info{Start: true, End: true, Switchable: true, HasPictureID: true, PictureID: 0x111, PictureIDBits: 15},
		},
		{"P is 0 of a frame shown again", []byte{0x0c, 0x88}, true, Info{Start: true, End: true, Switchable: true}},
		{"P is 0 of profile 3, no key frame", []byte{0x0c, 0xb2}, true, Info{Start: true, End: true, Switchable: true}},
		{"encrypted key frame", []byte{0x0c, 0xff, 0x86}, true, Info{KeyFrame: true, Start: true, End: true, Switchable: true}},
		{"encrypted key frame, like profile 3", []byte{0x0c, 0xbf, 0x86}, true, Info{KeyFrame: true, Start: true, End: true, Switchable: true}},
		{
			"continuation",
			[]byte{0x84, 0x11, 0xaa},
			false,
			Info{End: true, Switchable: true, HasPictureID: true, PictureID: 0x11, PictureIDBits: 7},
		},
		{
			"inter-picture predicted, layer 1 without U",
			[]byte{0xec, 0x81, 0x11, 0x20, 0x45, 0x86},
			false,
			Info{
				Start: true, End: true, Temporal: 1, InterPicture: true, HasPictureID: true, PictureID: 0x111,
				PictureIDBits: 15, HasTL0: true, TL0: 0x45,
			},
		},
		{
			"switching up point",
			[]byte{0xec, 0x81, 0x11, 0x50, 0x45, 0x86},
			false,
			Info{
				Start: true, End: true, Temporal: 2, Switchable: true, InterPicture: true, HasPictureID: true,
				PictureID: 0x111, PictureIDBits: 15, HasTL0: true, TL0: 0x45,
			},
		},
		{
			"upper spatial layer is no place to start",
			[]byte{0xad, 0x81, 0x11, 0x03, 0x45, 0x82},
			false,
			Info{
				Start: true, End: true, Spatial: 1, Switchable: true, InterLayer: true, NotForUpper: true,
				HasPictureID: true, PictureID: 0x111, PictureIDBits: 15, HasTL0: true, TL0: 0x45,
			},
		},
		{
			"scalability structure, two layers", append([]byte{0xaa, 0x81, 0x11, 0x00, 0x45}, structure...), false,
			Info{
				KeyFrame: true, Start: true, Switchable: true, HasPictureID: true, PictureID: 0x111,
				PictureIDBits: 15, HasTL0: true, TL0: 0x45, Width: 640, Height: 360,
			},
		},
		{
			"structure without sizes, then the frame", with(0x0a, 0x00), false,
			Info{KeyFrame: true, Start: true, Switchable: true, Width: 320, Height: 180},
		},
		{
			"flexible, three references",
			[]byte{0xfc, 0x81, 0x11, 0x20, 0x03, 0x05, 0x06, 0x86},
			false,
			Info{
				Start: true, End: true, Temporal: 1, InterPicture: true, HasPictureID: true, PictureID: 0x111,
				PictureIDBits: 15,
			},
		},
		{"flexible, four references", []byte{0xfc, 0x81, 0x11, 0x20, 0x03, 0x05, 0x07, 0x08, 0x86}, true, Info{End: true}},
		{"flexible, references cut off", []byte{0xfc, 0x81, 0x11, 0x20, 0x03}, false, Info{}},
		{"I cut off", []byte{0x80}, false, Info{}},
		{"M cut off", []byte{0x80, 0x80}, false, Info{}},
		{"L cut off", []byte{0xa0, 0x00}, false, Info{}},
		{"TL0PICIDX cut off", []byte{0xa0, 0x00, 0x00}, false, Info{}},
		{"V cut off", []byte{0x0a}, false, Info{}},
		{"sizes cut off", []byte{0x0a, 0x38, 0x01, 0x40, 0x00, 0xb4, 0x02, 0x80, 0x01}, false, Info{}},
		{"N_G cut off", []byte{0x0a, 0x08}, false, Info{}},
		{"picture group cut off", []byte{0x0a, 0x08, 0x02, 0x00}, false, Info{}},
		{"reference of the group cut off", []byte{0x0a, 0x08, 0x01, 0x04}, false, Info{}},
	})
}

func TestVP9Size(t *testing.T) {
	for _, c := range []struct {
		name          string
		frame         []byte
		width, height uint16
	}{
		{"profile 0", vp9KeyFrame(0, 1, 320, 180), 320, 180},
		{"profile 0, RGB", vp9KeyFrame(0, 7, 320, 180), 320, 180},
		{"profile 1", vp9KeyFrame(1, 1, 320, 180), 320, 180},
		{"profile 1, RGB", vp9KeyFrame(1, 7, 320, 180), 320, 180},
		{"profile 2", vp9KeyFrame(2, 1, 320, 180), 320, 180},
		{"profile 3", vp9KeyFrame(3, 1, 65535, 1), 65535, 1},
		{"too wide", vp9KeyFrame(0, 1, 65536, 1), 0, 0},
		{"cut off", vp9KeyFrame(0, 1, 320, 180)[:6], 0, 0},
		{"frame marker", []byte{0x00, 0x49, 0x83, 0x42}, 0, 0},
		{"show existing frame", []byte{0x88, 0x49, 0x83, 0x42}, 0, 0},
		{"not a key frame", []byte{0x84, 0x49, 0x83, 0x42}, 0, 0},
		{"sync code", []byte{0x82, 0x49, 0x83, 0x43, 0, 0, 0, 0, 0, 0}, 0, 0},
		{"empty", nil, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if w, h := vp9Size(c.frame); w != c.width || h != c.height {
				t.Errorf("vp9Size(% x) = %d x %d", c.frame, w, h)
			}
		})
	}
}

func TestRewriteVP9(t *testing.T) {
	checkRewrites(t, VP9, []rewriteVector{
		{"15 bits and TL0PICIDX", []byte{0xa8, 0xff, 0xfe, 0x20, 0xff, 0x86}, 3, 2, []byte{0xa8, 0x80, 0x01, 0x20, 0x01, 0x86}},
		{"7 bits wrap at 128", []byte{0x88, 0x7f, 0x86}, 129, 0, []byte{0x88, 0x00, 0x86}},
		{"flexible mode has no TL0PICIDX", []byte{0xb8, 0x01, 0x20, 0x45}, 1, 1, []byte{0xb8, 0x02, 0x20, 0x45}},
		{"nothing to rewrite", []byte{0x08, 0x01}, 1, 1, []byte{0x08, 0x01}},
		{"malformed", []byte{0xa8, 0x01, 0x20}, 1, 1, []byte{0xa8, 0x01, 0x20}},
	})
}

// vp9KeyFrame is the start of an uncompressed header: VP9 section 6.2.
func vp9KeyFrame(profile, colorSpace uint32, width, height int) []byte {
	var w bitWriter
	w.put(2, 2)
	w.put(profile&1, 1)
	w.put(profile>>1, 1)
	if profile == 3 {
		w.put(0, 1)
	}
	w.put(0, 1) // show_existing_frame
	w.put(0, 1) // KEY_FRAME
	w.put(2, 2) // shown, not error resilient
	w.put(0x498342, 24)
	if profile >= 2 {
		w.put(1, 1)
	}
	w.put(colorSpace, 3)
	if colorSpace != 7 {
		w.put(1, 1)
		if profile&1 == 1 {
			w.put(2, 3)
		}
	} else if profile&1 == 1 {
		w.put(0, 1)
	}
	w.put(uint32(width-1), 16)
	w.put(uint32(height-1), 16)
	return w.data
}
