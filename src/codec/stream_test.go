package codec

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
)

// stream is a real bit stream of testdata, 12 frames of 162x90 with a key frame
// each 8, in RTP payloads. They are ffmpeg's test picture (testsrc, testsrc2 for
// H264 and H265) by libvpx, libvpx-vp9, libx264, libx265 and libaom-av1, with -g 8;
// H264 and H265 with access unit delimiters put in by h264_metadata and
// hevc_metadata, where frames are split.
type stream struct {
	name      string
	id        ID
	file      string
	payloader rtp.Payloader
}

func streams() []stream {
	return []stream{
		{"VP8", VP8, "vp8.ivf", &codecs.VP8Payloader{EnablePictureID: true}},
		{"VP9", VP9, "vp9.ivf", &codecs.VP9Payloader{}},
		{"VP9 flexible mode", VP9, "vp9.ivf", &codecs.VP9Payloader{FlexibleMode: true}},
		{"H264 high, two slices", H264, "high.h264", &codecs.H264Payloader{}},
		{"H264 baseline", H264, "baseline.h264", &codecs.H264Payloader{}},
		{"H265", H265, "h265.h265", &codecs.H265Payloader{}},
		{"AV1", AV1, "av1.ivf", &codecs.AV1Payloader{}},
	}
}

// payloads gives each frame's RTP payloads: small ones, so that frames are
// fragmented, or as large as fits a frame.
func (s stream) payloads(t *testing.T, mtu uint16) [][][]byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", s.file))
	if err != nil {
		t.Fatal(err)
	}
	var frames [][]byte
	switch s.id {
	case H264:
		frames = splitAt(data, []byte{0, 0, 0, 1, 0x09})
	case H265:
		frames = splitAt(data, []byte{0, 0, 0, 1, 0x46, 0x01})
	default:
		for rest := data[32:]; len(rest) > 12; { // IVF: a header of 32 bytes, 12 a frame
			size := binary.LittleEndian.Uint32(rest)
			frames = append(frames, rest[12:12+size])
			rest = rest[12+size:]
		}
	}
	var out [][][]byte
	for _, frame := range frames {
		out = append(out, s.payloader.Payload(mtu, frame))
	}
	return out
}

// splitAt cuts before each mark: an access unit delimiter.
func splitAt(data, mark []byte) [][]byte {
	var out [][]byte
	for len(data) > 0 {
		end := bytes.Index(data[1:], mark) + 1
		if end == 0 {
			end = len(data)
		}
		out = append(out, data[:end])
		data = data[end:]
	}
	return out
}

func TestStreams(t *testing.T) {
	for _, s := range streams() {
		for _, mtu := range []uint16{100, 1200, 60000} {
			t.Run(s.name, func(t *testing.T) {
				frames := s.payloads(t, mtu)
				if len(frames) != 12 {
					t.Fatalf("%d frames, want 12", len(frames))
				}
				for n, frame := range frames {
					checkFrame(t, s.id, n, frame)
				}
			})
		}
	}
}

func checkFrame(t *testing.T, id ID, n int, frame [][]byte) {
	t.Helper()
	keys, sized := 0, false
	for i, payload := range frame {
		info := Inspect(id, payload, i == len(frame)-1)
		if i == 0 && !info.Start {
			t.Errorf("frame %d does not start: %+v", n, info)
		}
		if i > 0 && info.Start && (id == VP8 || id == VP9 || id == AV1) {
			t.Errorf("frame %d starts again in packet %d", n, i)
		}
		if info.End != (i == len(frame)-1) {
			t.Errorf("frame %d, packet %d of %d: end is %v", n, i, len(frame), info.End)
		}
		if !info.Switchable || info.Temporal != 0 || info.Spatial != 0 {
			t.Errorf("frame %d has layers: %+v", n, info)
		}
		if info.KeyFrame {
			keys++
		}
		if info.Width != 0 {
			sized = true
			if info.Width != 162 || info.Height != 90 {
				t.Errorf("frame %d is %d x %d", n, info.Width, info.Height)
			}
		}
	}
	if key := n%8 == 0; key != (keys > 0) || key != sized {
		t.Errorf("frame %d: %d packets of a key frame, size told: %v", n, keys, sized)
	}
	// Parameter sets and the picture may each be in a packet of their own.
	if most := map[ID]int{H264: 3, H265: 4}[id]; keys > max(most, 1) {
		t.Errorf("frame %d: %d packets start a key frame", n, keys)
	}
}

// The far end's own depacketizer reads what Rewrite left.
func TestRewriteStreams(t *testing.T) {
	for _, s := range streams()[:3] {
		t.Run(s.name, func(t *testing.T) {
			for _, frame := range s.payloads(t, 300) {
				for _, payload := range frame {
					before := Inspect(s.id, payload, false)
					changed := bytes.Clone(payload)
					Rewrite(s.id, changed, 5, 0)
					var id uint16
					var err error
					if s.id == VP8 {
						var p codecs.VP8Packet
						_, err = p.Unmarshal(changed)
						id = p.PictureID
					} else {
						var p codecs.VP9Packet
						_, err = p.Unmarshal(changed)
						id = p.PictureID
					}
					if want := (before.PictureID + 5) & (1<<before.PictureIDBits - 1); err != nil || before.HasPictureID && id != want {
						t.Errorf("picture id %d, want %d: %v", id, want, err)
					}
				}
			}
		})
	}
}
