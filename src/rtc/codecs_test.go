package rtc

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/pion/webrtc/v4"

	"ksfu/src/media"
)

// only registers one codec, and the RTX of a video codec behind it.
func only(c webrtc.RTPCodecCapability, pt webrtc.PayloadType) func(*webrtc.MediaEngine) error {
	return func(m *webrtc.MediaEngine) error {
		kind := webrtc.RTPCodecTypeAudio
		if c.MimeType[0] == 'v' {
			kind = webrtc.RTPCodecTypeVideo
			rtx := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: fmt.Sprintf("apt=%d", pt)}
			if err := m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: rtx, PayloadType: pt + 1}, kind); err != nil {
				return err
			}
		}
		return m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: c, PayloadType: pt}, kind)
	}
}

// TestCodecs forwards each codec between two clients that have it and nothing
// else, under payload types of their own.
func TestCodecs(t *testing.T) {
	const h264 = "level-asymmetry-allowed=1;profile-level-id=42e01f;packetization-mode="
	for name, c := range map[string]struct {
		mime           string
		rate           uint32
		channels       uint16
		sender, viewer string // fmtp
		payload        []byte // a key frame in one packet
	}{
		"VP8":            {"video/VP8", 90000, 0, "", "max-fs=12288", []byte{0x10, 0, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 2, 0x68, 1, 7, 7}},
		"VP9":            {"video/VP9", 90000, 0, "profile-id=0", "", []byte{0x0c, 0x82, 0x49, 0x83, 0x42, 7, 7, 7}},
		"VP9 profile 2":  {"video/VP9", 90000, 0, "profile-id=2", "profile-id=2", []byte{0x0c, 0x92, 0x49, 0x83, 0x42, 7, 7, 7}},
		"H264 mode 1":    {"video/H264", 90000, 0, h264 + "1", "packetization-mode=1;profile-level-id=42e029", []byte{0x65, 0x88, 0x80, 7, 7, 7}},
		"H264 mode 0":    {"video/H264", 90000, 0, h264 + "0", "profile-level-id=42e01f;level-asymmetry-allowed=1", []byte{0x65, 0x88, 0x80, 7, 7, 7}},
		"H264 as 42c0":   {"video/H264", 90000, 0, "packetization-mode=1;profile-level-id=42c01f", h264 + "1", []byte{0x65, 0x88, 0x80, 7, 7, 7}},
		"H264 high":      {"video/H264", 90000, 0, "packetization-mode=1;profile-level-id=640c1f", "packetization-mode=1;profile-level-id=640c1f", []byte{0x65, 0x88, 7, 7, 7}},
		"H265":           {"video/H265", 90000, 0, "", "level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST", []byte{0x26, 0x01, 0x80, 7, 7, 7}},
		"AV1":            {"video/AV1", 90000, 0, "profile=0", "", []byte{0x18, 0x0a, 0x0b, 0, 0, 0, 7, 7, 7}},
		"Opus":           {"audio/opus", 48000, 2, "minptime=10;useinbandfec=1", "useinbandfec=0;usedtx=1", []byte{0x78, 7, 7, 7}},
		"PCMU":           {"audio/PCMU", 8000, 0, "", "", []byte{0xff, 7, 7, 7}},
		"PCMA, stated 1": {"audio/PCMA", 8000, 1, "", "", []byte{0xd5, 7, 7, 7}},
		"G722":           {"audio/G722", 8000, 0, "", "", []byte{0x55, 7, 7, 7}},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t, nil)
			kind, pion := media.Video, webrtc.RTPCodecTypeVideo
			if c.mime[0] == 'a' {
				kind, pion = media.Audio, webrtc.RTPCodecTypeAudio
			}
			sent := webrtc.RTPCodecCapability{MimeType: c.mime, ClockRate: c.rate, Channels: c.channels, SDPFmtpLine: c.sender}
			taken := sent
			taken.SDPFmtpLine = c.viewer
			pub := newRemote(t, e, both(), remote{codecs: only(sent, 100)})
			viewer := newRemote(t, e, both(), remote{codecs: only(taken, 116)})
			pub.publishCodec(sent)
			viewer.viewKind(pion)
			viewer.ep.Sink(kind).SetSource(pub.ep.Source(kind))
			viewer.negotiate()
			pub.negotiate()
			pub.repeat(func() { pub.frame(c.payload) })
			for _, p := range viewer.read(viewer.track(), 5) {
				if p.PayloadType != 116 || !bytes.Equal(p.Payload, c.payload) {
					t.Fatalf("payload type %d, % x", p.PayloadType, p.Payload)
				}
			}
			in, out := pub.ep.Source(kind).Stats(), viewer.ep.Sink(kind).Stats()
			if in.PayloadType != 100 || out.PayloadType != 116 || in.Codec != out.Codec {
				t.Errorf("source %s %d, sink %s %d", in.Codec, in.PayloadType, out.Codec, out.PayloadType)
			}
			if list := append(viewer.failures(), pub.failures()...); list != nil {
				t.Errorf("failures %v", list)
			}
		})
	}
}

// TestNoCommonCodec: one Failure, in whichever order things come, and not
// again with each packet.
func TestNoCommonCodec(t *testing.T) {
	h264 := webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeH264, ClockRate: 90000,
		SDPFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
	}
	vp8 := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}
	for name, order := range map[string][]string{
		"connected first":  {"connect", "viewer", "publisher"},
		"connected last":   {"publisher", "viewer", "connect"},
		"publisher, first": {"publisher", "connect", "viewer"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t, nil)
			pub := newRemote(t, e, both(), remote{codecs: only(h264, 100)})
			viewer := newRemote(t, e, both(), remote{codecs: only(vp8, 100)})
			pub.publishCodec(h264)
			viewer.view()
			for _, step := range order {
				switch step {
				case "connect":
					viewer.ep.Sink(media.Video).SetSource(pub.ep.Source(media.Video))
				case "viewer":
					viewer.negotiate()
				case "publisher":
					pub.negotiate()
				}
			}
			viewer.connected()
			pub.repeat(func() { pub.frame([]byte{0x65, 0x88, 0x80, 7}) })
			until(t, "frames", func() bool { return pub.ep.Stats().PacketsReceived > 30 })
			viewer.events.await(t, "failure", func(ev Event) bool { _, ok := ev.(Failure); return ok })
			if list := viewer.failures(); len(list) != 1 || !errors.Is(list[0].Err, media.ErrNoCommonFormat) || list[0].Fatal {
				t.Errorf("failures %v", list)
			}
			if viewer.ep.Stats().PacketsSent != 0 {
				t.Error("something was sent")
			}
		})
	}
}
