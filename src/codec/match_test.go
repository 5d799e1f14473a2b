package codec

import "testing"

func TestMatch(t *testing.T) {
	const asym = ";level-asymmetry-allowed=1"
	for _, c := range []struct {
		name string
		id   ID
		a, b string
		want bool
	}{
		{"VP8 never differs", VP8, "max-fr=30", "", true},
		{"Opus never differs", Opus, "useinbandfec=1", "stereo=1", true},
		{"unknown never differs", Unknown, "a=1", "a=2", true},

		{"VP9 default is 0", VP9, "", "profile-id=0", true},
		{"VP9 profile 2", VP9, "", "profile-id=2", false},
		{"VP9 both 2", VP9, "profile-id=2", "max-fs=3600; profile-id=2", true},
		{"VP9 malformed equals itself", VP9, "profile-id=x", "profile-id=x", true},
		{"VP9 malformed", VP9, "profile-id=x", "profile-id=0", false},
		{"VP9 leading zero", VP9, "profile-id=02", "profile-id=2", true},

		{"AV1 default is 0", AV1, "level-idx=5;profile=0;tier=0", "", true},
		{"AV1 profile 1", AV1, "level-idx=5;profile=1;tier=0", "profile=0", false},
		{"AV1 level is no matter", AV1, "level-idx=5", "level-idx=8", true},

		{"H265 defaults", H265, "", "level-id=93;tx-mode=SRST", true},
		{"H265 level is no matter", H265, "level-id=180;profile-id=1;tier-flag=0;tx-mode=SRST", "level-id=93", true},
		{"H265 main 10", H265, "profile-id=2", "profile-id=1", false},
		{"H265 tier", H265, "tier-flag=1", "", false},
		{"H265 transmission mode", H265, "tx-mode=MRST", "", false},
		{"H265 profile space", H265, "profile-space=1", "", false},

		{"H264 same", H264, "packetization-mode=1;profile-level-id=42e01f" + asym, "profile-level-id=42E01F;packetization-mode=1" + asym, true},
		{"H264 spaces and letter case", H264, " Packetization-Mode = 1 ; PROFILE-level-id=42e01f", "packetization-mode=1;profile-level-id=42e01f", true},
		{"H264 packetization mode", H264, "packetization-mode=1;profile-level-id=42e01f", "profile-level-id=42e01f", false},
		{"H264 packetization mode 0 is the default", H264, "packetization-mode=0;profile-level-id=42e01f", "profile-level-id=42e01f", true},
		{"H264 level", H264, "profile-level-id=42e01f", "profile-level-id=42e034", false},
		{"H264 level with asymmetry", H264, "profile-level-id=42e01f" + asym, "profile-level-id=42e034", true},
		{"H264 asymmetry refused", H264, "profile-level-id=42e01f;level-asymmetry-allowed=0", "profile-level-id=42e034", false},
		{"H264 level 1b is not 1.1", H264, "profile-level-id=42f00b", "profile-level-id=42e00b", false},
		{"H264 constrained baseline, other constraints", H264, "profile-level-id=42c01f", "profile-level-id=42e01f", true},
		{"H264 constrained baseline as main", H264, "profile-level-id=4d801f", "profile-level-id=42e01f", true},
		{"H264 constrained baseline as extended", H264, "profile-level-id=58c01f", "profile-level-id=42e01f", true},
		{"H264 baseline is more than constrained", H264, "profile-level-id=42001f" + asym, "profile-level-id=42e01f" + asym, false},
		{"H264 baseline as extended", H264, "profile-level-id=42001f", "profile-level-id=58801f", true},
		{"H264 main", H264, "profile-level-id=4d001f", "profile-level-id=4d401f", true},
		{"H264 main is not extended", H264, "profile-level-id=4d001f", "profile-level-id=58001f", false},
		{"H264 extended", H264, "profile-level-id=58001f", "profile-level-id=58301f", true},
		{"H264 high is not constrained high", H264, "profile-level-id=64001f", "profile-level-id=640c1f", false},
		{"H264 high", H264, "profile-level-id=64001f", "profile-level-id=64001f", true},
		{"H264 high is not main", H264, "profile-level-id=64001f", "profile-level-id=4d001f", false},
		{"H264 reserved bits", H264, "profile-level-id=42e11f", "profile-level-id=42e01f", false},
		{"H264 default", H264, "", "profile-level-id=42e01f", true},
		{"H264 malformed", H264, "profile-level-id=42e0", "profile-level-id=42e01f", false},
		{"H264 malformed equals itself", H264, "profile-level-id=zz", "profile-level-id=ZZ", true},
		{"H264 sign is no digit", H264, "profile-level-id=+2e01f", "profile-level-id=02e01f", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Match(c.id, c.a, c.b); got != c.want {
				t.Errorf("Match(%v, %q, %q) = %v", c.id, c.a, c.b, got)
			}
			if got := Match(c.id, c.b, c.a); got != c.want {
				t.Errorf("Match(%v, %q, %q) = %v", c.id, c.b, c.a, got)
			}
		})
	}
}
