package codec

import (
	"bytes"
	"testing"
)

type vector struct {
	name    string
	payload []byte
	marker  bool
	want    Info
}

func checkVectors(t *testing.T, id ID, vectors []vector) {
	t.Helper()
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			if got := Inspect(id, v.payload, v.marker); got != v.want {
				t.Errorf("Inspect(%v, % x)\n got %+v\nwant %+v", id, v.payload, got, v.want)
			}
		})
	}
}

type rewriteVector struct {
	name      string
	payload   []byte
	pictureID uint16
	tl0       uint8
	want      []byte
}

func checkRewrites(t *testing.T, id ID, vectors []rewriteVector) {
	t.Helper()
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			got := bytes.Clone(v.payload)
			Rewrite(id, got, v.pictureID, v.tl0)
			if !bytes.Equal(got, v.want) {
				t.Errorf("Rewrite(%v, % x, %d, %d)\n got % x\nwant % x", id, v.payload, v.pictureID, v.tl0, got, v.want)
			}
		})
	}
}

func TestInspectWithoutPayload(t *testing.T) {
	for id := Unknown; id <= AV1; id++ {
		for _, marker := range []bool{false, true} {
			if got, want := Inspect(id, nil, marker), (Info{End: marker}); got != want {
				t.Errorf("Inspect(%v, nil, %v) = %+v", id, marker, got)
			}
		}
	}
	if got, want := Inspect(Unknown, []byte{1, 2, 3}, true), (Info{End: true}); got != want {
		t.Errorf("unknown codec: %+v", got)
	}
}

func TestInspectAllocatesNothing(t *testing.T) {
	var parser DependencyParser
	descriptor := l1t3().bytes()
	payloads := samplePayloads()
	var sink Info
	allocs := testing.AllocsPerRun(100, func() {
		for id, payload := range payloads {
			sink = Inspect(ID(id), payload, true)
			Rewrite(ID(id), payload, 1, 1)
		}
		parser.Parse(descriptor)
		RewriteFrameNumber(descriptor, 1)
		Match(H264, "packetization-mode=1;profile-level-id=42e01f", "profile-level-id=640c1f;packetization-mode=1")
	})
	if allocs != 0 {
		t.Errorf("%v allocations a run, want 0", allocs)
	}
	_ = sink
}

// samplePayloads has one payload for each codec, by ID: key frames of video.
func samplePayloads() [][]byte {
	audio := make([]byte, 80)
	return [][]byte{
		Unknown: audio, Opus: audio, G722: audio, PCMU: audio, PCMA: audio, RED: audio,
		VP8:  append([]byte{0x90, 0xe0, 0x81, 0x23, 0x45, 0x20, 0x50, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01}, audio...),
		VP9:  append([]byte{0xaa, 0x81, 0x23, 0x00, 0x45, 0x18, 0x02, 0x80, 0x01, 0xe0, 0x01, 0x00}, audio...),
		H264: stapA(h264SPSOf(spsFields{profile: 100, w: 120, h: 68, bottom: 4}), []byte{0x68, 0xee, 0x3c, 0x80}),
		H265: aggregate265(h265SPSOf(0, 1, 1920, 1088, 4), []byte{0x44, 0x01, 0xc1, 0x73}),
		AV1:  append([]byte{0x28, byte(len(av1Sequence(1280, 720)))}, append(av1Sequence(1280, 720), audio...)...),
	}
}

func BenchmarkInspect(b *testing.B) {
	for id, payload := range samplePayloads() {
		b.Run(ID(id).String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Inspect(ID(id), payload, true)
			}
		})
	}
	b.Run("H264 delta", func(b *testing.B) {
		payload := append([]byte{0x7c, 0x41}, make([]byte, 1000)...)
		for b.Loop() {
			Inspect(H264, payload, false)
		}
	})
}

func BenchmarkRewrite(b *testing.B) {
	payload := samplePayloads()[VP8]
	b.ReportAllocs()
	for b.Loop() {
		Rewrite(VP8, payload, 1, 1)
	}
}
