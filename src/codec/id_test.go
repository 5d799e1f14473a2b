package codec

import "testing"

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name string
		want ID
	}{
		{"opus", Opus},
		{"OPUS", Opus},
		{"audio/opus", Opus},
		{"Audio/Opus", Opus},
		{"G722", G722},
		{"audio/g722", G722},
		{"pcmu", PCMU},
		{"PCMA", PCMA},
		{"red", RED},
		{"audio/RED", RED},
		{"VP8", VP8},
		{"video/VP8", VP8},
		{"vp8", VP8},
		{"VP9", VP9},
		{"h264", H264},
		{"video/H264", H264},
		{"H265", H265},
		{"AV1", AV1},
		{"video/av1", AV1},
		{"video/red", Unknown},
		{"video/opus", Unknown},
		{"audio/VP8", Unknown},
		{"", Unknown},
		{"/", Unknown},
		{"video/", Unknown},
		{"rtx", Unknown},
		{"unknown", Unknown},
		{"VP80", Unknown},
		{"video/VP8/90000", Unknown},
	} {
		if got := Parse(c.name); got != c.want {
			t.Errorf("Parse(%q) = %v, want %v", c.name, got, c.want)
		}
	}
}

func TestIDNames(t *testing.T) {
	want := []string{"unknown", "opus", "G722", "PCMU", "PCMA", "red", "VP8", "VP9", "H264", "H265", "AV1", "unknown"}
	for i, name := range want {
		id := ID(i)
		if id.String() != name {
			t.Errorf("ID(%d) = %q, want %q", i, id.String(), name)
		}
		if video := i >= 6 && i <= 10; id.Video() != video {
			t.Errorf("%v.Video() = %v", id, !video)
		}
		if name != "unknown" && Parse(name) != id {
			t.Errorf("Parse(%q) = %v", name, Parse(name))
		}
	}
}
