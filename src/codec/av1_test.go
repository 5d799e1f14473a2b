package codec

import "testing"

// av1Sequence is a sequence header OBU without size: AV1 section 5.5.1.
func av1Sequence(width, height int) []byte {
	var w bitWriter
	w.put(0, 3)  // seq_profile
	w.put(0, 2)  // still_picture, reduced_still_picture_header
	w.put(0, 1)  // timing_info_present_flag
	w.put(0, 1)  // initial_display_delay_present_flag
	w.put(0, 5)  // operating_points_cnt_minus_1
	w.put(0, 12) // operating_point_idc
	w.put(5, 5)  // seq_level_idx
	putAV1Size(&w, width, height)
	return append([]byte{obuSequenceHeader << 3}, w.data...)
}

func putAV1Size(w *bitWriter, width, height int) {
	w.put(15, 4)
	w.put(15, 4)
	w.put(uint32(width-1), 16)
	w.put(uint32(height-1), 16)
}

func TestAV1(t *testing.T) {
	seq := av1Sequence(1280, 720)
	sized := func(header byte, obu []byte) []byte { return append([]byte{header, byte(len(obu))}, obu...) }
	withSize := append([]byte{seq[0] | 0x02, byte(len(seq) - 1)}, seq[1:]...)
	withExtension := append([]byte{seq[0] | 0x04, 0x28}, seq[1:]...)
	key := Info{KeyFrame: true, Start: true, Switchable: true, Width: 1280, Height: 720}
	checkVectors(t, AV1, []vector{
		{"new sequence, two elements", append(sized(0x28, seq), 0x30, 0x10, 0x00), false, key},
		{"new sequence, one element", append([]byte{0x18}, seq...), false, key},
		{
			"new sequence, all lengths told", append(sized(0x08, seq), 2, 0x30, 0x10), true,
			Info{KeyFrame: true, Start: true, End: true, Switchable: true, Width: 1280, Height: 720},
		},
		{"OBU with a size field", append(sized(0x28, withSize), 0x30), false, key},
		{"OBU with an extension", append(sized(0x28, withExtension), 0x30), false, key},
		{"length in two bytes", append([]byte{0x28, 0x80 | byte(len(seq)), 0x00}, append(seq, 0x30)...), false, key},
		{"new sequence, delimiter first", []byte{0x28, 1, 0x10, 0x08}, false, Info{KeyFrame: true, Start: true, Switchable: true}},
		{"frame", []byte{0x10, 0x30, 0x10}, true, Info{Start: true, End: true, Switchable: true}},
		{"frame header", []byte{0x10, 0x18, 0x10}, false, Info{Start: true, Switchable: true}},
		{"metadata", []byte{0x10, 0x28, 0x10}, false, Info{Start: true, Switchable: true}},
		{"tile group amid a frame", []byte{0x10, 0x20, 0x10}, false, Info{Switchable: true}},
		{"frame to be continued", []byte{0x50, 0x30, 0x10}, false, Info{Start: true, Switchable: true}},
		{"continuation", []byte{0x90, 0x30, 0x10}, false, Info{Switchable: true}},
		{"continuation, last packet", []byte{0x90, 0x30, 0x10}, true, Info{End: true, Switchable: true}},
		{"sequence header cut off", append([]byte{0x18}, seq[:6]...), false, Info{KeyFrame: true, Start: true, Switchable: true}},
		{"Z and N exclude each other", []byte{0x98, 0x08}, false, Info{}},
		{"header alone", []byte{0x18}, true, Info{End: true}},
		{"element of length 0", []byte{0x28, 0, 0x30}, false, Info{}},
		{"element longer than the payload", []byte{0x28, 9, 0x08}, false, Info{}},
		{"length without end", []byte{0x28, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, false, Info{}},
		{"OBU header alone, extension missing", []byte{0x18, 0x0e}, false, Info{KeyFrame: true, Start: true, Switchable: true}},
	})
}

func TestAV1Size(t *testing.T) {
	for _, c := range []struct {
		name  string
		write func(w *bitWriter)
	}{
		{"reduced still picture header", func(w *bitWriter) {
			w.put(3, 2)
			w.put(5, 5)
		}},
		{"timing, decoder model, display delay, two points", func(w *bitWriter) {
			w.put(0, 2)
			w.put(1, 1) // timing_info_present_flag
			w.put(1, 32)
			w.put(30, 32)
			w.put(1, 1) // equal_picture_interval
			w.ue(5)
			w.put(1, 1) // decoder_model_info_present_flag
			w.put(9, 5) // buffer_delay_length_minus_1
			w.put(1, 32)
			w.put(0, 10)
			w.put(1, 1) // initial_display_delay_present_flag
			w.put(1, 5) // operating_points_cnt_minus_1
			w.put(0x103, 12)
			w.put(8, 5)  // a level that has tiers
			w.put(1, 1)  // seq_tier
			w.put(1, 1)  // decoder_model_present_for_this_op
			w.put(0, 21) // two delays of ten bits, low_delay_mode_flag
			w.put(1, 1)
			w.put(3, 4)
			w.put(0x101, 12)
			w.put(7, 5)
			w.put(0, 1)
			w.put(0, 1)
		}},
		{"timing without decoder model", func(w *bitWriter) {
			w.put(0, 2)
			w.put(1, 1)
			w.put(1, 32)
			w.put(30, 32)
			w.put(0, 1)
			w.put(0, 1)
			w.put(0, 1)
			w.put(0, 5)
			w.put(0, 12)
			w.put(5, 5)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w bitWriter
			w.put(0, 3)
			c.write(&w)
			putAV1Size(&w, 1920, 1080)
			if width, height := av1Size(w.data); width != 1920 || height != 1080 {
				t.Errorf("av1Size(% x) = %d x %d", w.data, width, height)
			}
			for n := range w.data { // of a header cut off nothing is told
				if width, height := av1Size(w.data[:n]); width != 0 || height != 0 {
					t.Errorf("%d bytes: %d x %d", n, width, height)
				}
			}
		})
	}
}
