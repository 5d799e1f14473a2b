package codec

import "testing"

func TestVP8(t *testing.T) {
	// Frame tag of a shown key frame, start code, 640x480 with scaling bits set.
	key := []byte{0x50, 0x12, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x42, 0xe0, 0x81}
	with := func(descriptor ...byte) []byte { return append(descriptor, key...) }
	checkVectors(t, VP8, []vector{
		{
			"minimal descriptor, key frame", with(0x10), false,
			Info{KeyFrame: true, Start: true, Switchable: true, Width: 640, Height: 480},
		},
		{"delta frame", []byte{0x10, 0x51, 0x12, 0x00}, true, Info{Start: true, End: true, Switchable: true}},
		{"not the start of a partition", with(0x00), true, Info{End: true, Switchable: true}},
		{"start of the second partition", with(0x11), false, Info{Switchable: true}},
		{"PID has three bits", with(0x14), false, Info{Switchable: true}},
		{"non-reference", []byte{0x30, 0x51}, false, Info{Start: true, Switchable: true, Discardable: true}},
		// RFC 7741 section 4.6.1, key frame in a single packet: X, S, I, M.
		{
			"RFC 7741 4.6.1", with(0x90, 0x80, 0x91, 0x11), true,
			Info{
				KeyFrame: true, Start: true, End: true, Switchable: true, HasPictureID: true, PictureID: 0x1111,
				PictureIDBits: 15, Width: 640, Height: 480,
			},
		},
		{
			"7 bit picture id",
			[]byte{0x90, 0x80, 0x11, 0x01},
			false,
			Info{Start: true, Switchable: true, HasPictureID: true, PictureID: 0x11, PictureIDBits: 7},
		},
		{
			"all extensions, sync",
			[]byte{0x90, 0xf0, 0xff, 0xff, 0x45, 0xbf, 0x01},
			false,
			Info{
				Start: true, Temporal: 2, Switchable: true, HasPictureID: true, PictureID: 0x7fff,
				PictureIDBits: 15, HasTL0: true, TL0: 0x45,
			},
		},
		{
			"layer 1 without sync",
			[]byte{0x90, 0xe0, 0x01, 0x45, 0x40, 0x01},
			false,
			Info{Start: true, Temporal: 1, HasPictureID: true, PictureID: 1, PictureIDBits: 7, HasTL0: true, TL0: 0x45},
		},
		{"TID means nothing without T", []byte{0x90, 0x10, 0xff, 0x01}, false, Info{Start: true, Switchable: true}},
		{"descriptor alone", []byte{0x10}, false, Info{Start: true, Switchable: true}},
		{"key frame header cut off", with(0x10)[:8], false, Info{KeyFrame: true, Start: true, Switchable: true}},
		{
			"wrong start code",
			[]byte{0x10, 0x50, 0, 0, 1, 2, 3, 0x80, 2, 0xe0, 1},
			false,
			Info{KeyFrame: true, Start: true, Switchable: true},
		},
		{"X cut off", []byte{0x90}, true, Info{End: true}},
		{"I cut off", []byte{0x90, 0x80}, false, Info{}},
		{"M cut off", []byte{0x90, 0x80, 0x81}, false, Info{}},
		{"L cut off", []byte{0x90, 0xc0, 0x81, 0x11}, false, Info{}},
		{"T cut off", []byte{0x90, 0xe0, 0x81, 0x11, 0x05}, false, Info{}},
		{"K cut off", []byte{0x90, 0x10}, false, Info{}},
	})
}

func TestRewriteVP8(t *testing.T) {
	checkRewrites(t, VP8, []rewriteVector{
		{"15 bits", []byte{0x90, 0xe0, 0x81, 0x11, 0x05, 0x20, 0x01}, 0x100, 3, []byte{0x90, 0xe0, 0x82, 0x11, 0x08, 0x20, 0x01}},
		{"15 bits wrap", []byte{0x90, 0x80, 0xff, 0xff, 0x01}, 2, 3, []byte{0x90, 0x80, 0x80, 0x01, 0x01}},
		{"7 bits wrap at 128", []byte{0x90, 0x80, 0x7f, 0x01}, 2, 3, []byte{0x90, 0x80, 0x01, 0x01}},
		{"7 bits, negative delta", []byte{0x90, 0x80, 0x00, 0x01}, 0xffff, 0, []byte{0x90, 0x80, 0x7f, 0x01}},
		{"TL0PICIDX alone wraps", []byte{0x90, 0x60, 0xff, 0x20, 0x01}, 9, 2, []byte{0x90, 0x60, 0x01, 0x20, 0x01}},
		{"nothing to rewrite", []byte{0x10, 0x01, 0x02}, 9, 9, []byte{0x10, 0x01, 0x02}},
		{"malformed", []byte{0x90, 0xc0, 0x81, 0x11}, 9, 9, []byte{0x90, 0xc0, 0x81, 0x11}},
		{"empty", nil, 9, 9, nil},
	})
}
