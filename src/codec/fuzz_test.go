package codec

import (
	"bytes"
	"testing"
)

// FuzzInspect looks at any payload as every codec, rewrites it, and checks that
// nothing but the two counters moved.
func FuzzInspect(f *testing.F) {
	for _, payload := range samplePayloads() {
		f.Add(payload, uint16(1), uint8(1), true)
	}
	f.Add([]byte{0xfc, 0x81, 0x11, 0x20, 0x03, 0x05, 0x06, 0x86}, uint16(0xffff), uint8(0xff), false)
	f.Add([]byte{0xa0, 0x00, 0x12, 0x34}, uint16(200), uint8(7), false)
	f.Add([]byte{0x90, 0xf0, 0x11, 0x45, 0xbf, 0x01}, uint16(130), uint8(250), false)
	f.Add(append([]byte{0x7c, 0x87}, h264SPSOf(spsFields{profile: 244, chroma: 3, scaling: true, w: 40, h: 30, right: 1})[1:]...), uint16(0), uint8(0), false)
	f.Add(h265SPSOf(3, 1, 1280, 720, 4), uint16(0), uint8(0), false)
	f.Fuzz(func(t *testing.T, payload []byte, pictureID uint16, tl0 uint8, marker bool) {
		for id := Unknown; id <= AV1; id++ {
			before := Inspect(id, payload, marker)
			checkInfo(t, id, payload, marker, before)
			changed := bytes.Clone(payload)
			Rewrite(id, changed, pictureID, tl0)
			checkRewritten(t, id, payload, changed, before, Inspect(id, changed, marker), pictureID, tl0)
			Rewrite(id, changed, -pictureID, -tl0)
			if !bytes.Equal(changed, payload) {
				t.Errorf("%v: the opposite of Rewrite does not undo it:\n% x\n% x", id, payload, changed)
			}
		}
	})
}

func checkInfo(t *testing.T, id ID, payload []byte, marker bool, info Info) {
	t.Helper()
	if info.KeyFrame && (info.Spatial != 0 && id == VP9 || id == Unknown || info.Discardable && id == H264) {
		t.Errorf("%v: no key frame can be so: %+v", id, info)
	}
	if id.Video() && id != VP9 && info.End != marker {
		t.Errorf("%v: marker %v: %+v", id, marker, info)
	}
	if (info.Width == 0) != (info.Height == 0) && id != VP8 && id != VP9 {
		t.Errorf("%v: half a size: %+v", id, info)
	}
	if (info.Width != 0 || info.Height != 0) && !info.KeyFrame {
		t.Errorf("%v: a size without a key frame: %+v", id, info)
	}
	if info.HasPictureID != (info.PictureIDBits != 0) || info.PictureID >= 1<<info.PictureIDBits {
		t.Errorf("%v: picture id: %+v", id, info)
	}
	if len(payload) == 0 && info != (Info{End: marker}) {
		t.Errorf("%v: told by no payload: %+v", id, info)
	}
}

func checkRewritten(t *testing.T, id ID, payload, changed []byte, before, after Info, pictureID uint16, tl0 uint8) {
	t.Helper()
	want := before
	most := 0 // bytes that may differ
	if want.HasPictureID {
		want.PictureID = (want.PictureID + pictureID) & (1<<want.PictureIDBits - 1)
		most += int(want.PictureIDBits) / 7
	}
	if want.HasTL0 {
		want.TL0 += tl0
		most++
	}
	if after != want {
		t.Errorf("%v: % x\n got %+v\nwant %+v", id, payload, after, want)
	}
	for i := range payload {
		if payload[i] != changed[i] {
			most--
		}
	}
	if len(changed) != len(payload) || most < 0 {
		t.Errorf("%v: more changed than the counters:\n% x\n% x", id, payload, changed)
	}
}

// FuzzDependency reads two descriptors with one parser, so that the second meets
// whatever structure the first left.
func FuzzDependency(f *testing.F) {
	f.Add(l1t3().bytes(), descriptor{template: 12, frame: 101}.bytes(), uint16(1))
	f.Add(l2t2().bytes(), descriptor{template: 1, frame: 8, extended: true, active: 5, targets: 4, custom: "SDRS", customDif: true}.bytes(), uint16(0xffff))
	f.Fuzz(func(t *testing.T, first, second []byte, delta uint16) {
		var p DependencyParser
		for _, ext := range [][]byte{first, second, first} {
			before := p
			d, ok := p.Parse(ext)
			if !ok && (p.held != before.held || d != (Dependency{})) {
				t.Fatalf("% x was refused and yet changed something", ext)
			}
			if d.Spatial >= maxSpatial || d.Temporal >= maxTemporal || d.SwitchUp && d.Discardable {
				t.Fatalf("% x: %+v", ext, d)
			}
			if d.HasStructure && !d.Known {
				t.Fatalf("% x: a structure without its own template: %+v", ext, d)
			}
			changed := bytes.Clone(ext)
			RewriteFrameNumber(changed, delta)
			again := before
			got, gotOK := again.Parse(changed)
			if gotOK != ok {
				t.Fatalf("% x: rewritten, it is read differently", ext)
			}
			if !ok {
				continue
			}
			if want := d.FrameNumber + delta; got.FrameNumber != want {
				t.Fatalf("frame number %d, want %d", got.FrameNumber, want)
			}
			if len(changed) != len(ext) || changed[0] != ext[0] || !bytes.Equal(changed[3:], ext[3:]) {
				t.Fatalf("more changed than the frame number:\n% x\n% x", ext, changed)
			}
		}
	})
}

func FuzzMatch(f *testing.F) {
	f.Add("packetization-mode=1;profile-level-id=42e01f", "level-asymmetry-allowed=1;profile-level-id=4d801f")
	f.Add("profile-id=2", "profile=1; tier=0")
	f.Add("tx-mode=SRST;;=;a", "tier-flag=1")
	f.Fuzz(func(t *testing.T, a, b string) {
		for id := Unknown; id <= AV1; id++ {
			if !Match(id, a, a) {
				t.Errorf("%v: %q does not match itself", id, a)
			}
			if Match(id, a, b) != Match(id, b, a) {
				t.Errorf("%v: %q and %q: order matters", id, a, b)
			}
		}
		if id := Parse(a); id > AV1 {
			t.Errorf("Parse(%q) = %d", a, id)
		}
	})
}

func FuzzRED(f *testing.F) {
	f.Add([]byte{0xef, 0x1e, 0x00, 0x01, 0xef, 0x0f, 0x00, 0x02, 0x6f, 8, 9, 9, 1})
	f.Add([]byte{0x6f})
	f.Fuzz(func(t *testing.T, payload []byte) {
		primary, ok := REDPrimary(payload)
		if !ok && primary != nil || ok && (len(primary) >= len(payload) || !bytes.HasSuffix(payload, primary)) {
			t.Errorf("REDPrimary(% x) = % x, %v", payload, primary, ok)
		}
		OpusDTX(primary)
		if level, _, ok := AudioLevel(payload); level > 127 || ok != (len(payload) == 1) {
			t.Errorf("AudioLevel(% x) = %d, %v", payload, level, ok)
		}
	})
}
