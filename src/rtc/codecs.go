package rtc

import (
	"strconv"
	"strings"

	"github.com/pion/webrtc/v4"

	"ksfu/src/codec"
	"ksfu/src/media"
)

// videoPreference is the order of codecs in what we answer and offer: VP8
// first, since every browser sends and decodes it in software and with
// simulcast; one order for all endpoints makes sources and sinks match.
func videoPreference() []codec.ID {
	return []codec.ID{codec.VP8, codec.H264, codec.VP9, codec.AV1, codec.H265}
}

func audioPreference() []codec.ID {
	return []codec.ID{codec.Opus, codec.RED, codec.G722, codec.PCMU, codec.PCMA}
}

// registered is a codec that endpoints negotiate.
type registered struct {
	id          codec.ID
	payloadType uint8 // in our offers; answers use the offerer's
	clockRate   uint32
	channels    uint16
	fmtp        string
}

func audioCodecs() []registered {
	return []registered{
		{codec.Opus, 111, 48000, 2, "minptime=10;useinbandfec=1"},
		{codec.RED, 63, 48000, 2, "111/111"},
		{codec.G722, 9, 8000, 0, ""}, // the clock rate of RFC 3551 section 4.5.2, not the real one
		{codec.PCMU, 0, 8000, 0, ""},
		{codec.PCMA, 8, 8000, 0, ""},
	}
}

// What H264 is offered with; the profile follows.
const (
	h264Mode1 = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id="
	h264Mode0 = "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id="
)

// videoCodecs are the profiles that Chromium, Firefox and Safari offer. Each
// has RTX on the next payload type; 111 is Opus.
func videoCodecs() []registered {
	return []registered{
		{codec.VP8, 96, 90000, 0, ""},
		{codec.H264, 98, 90000, 0, h264Mode1 + "42e01f"},
		{codec.H264, 100, 90000, 0, h264Mode0 + "42e01f"},
		{codec.H264, 102, 90000, 0, h264Mode1 + "42001f"},
		{codec.H264, 104, 90000, 0, h264Mode0 + "42001f"},
		{codec.H264, 106, 90000, 0, h264Mode1 + "4d001f"},
		{codec.H264, 108, 90000, 0, h264Mode0 + "4d001f"},
		{codec.H264, 112, 90000, 0, h264Mode1 + "64001f"},
		{codec.H264, 114, 90000, 0, h264Mode0 + "64001f"},
		{codec.H264, 116, 90000, 0, h264Mode1 + "640c1f"},
		{codec.H264, 118, 90000, 0, h264Mode0 + "640c1f"},
		{codec.H264, 120, 90000, 0, h264Mode1 + "f4001f"},
		{codec.H264, 122, 90000, 0, h264Mode0 + "f4001f"},
		{codec.VP9, 35, 90000, 0, "profile-id=0"},
		{codec.VP9, 37, 90000, 0, "profile-id=2"},
		{codec.VP9, 39, 90000, 0, "profile-id=1"},
		{codec.AV1, 41, 90000, 0, "level-idx=5;profile=0;tier=0"},
		{codec.AV1, 43, 90000, 0, "level-idx=5;profile=1;tier=0"},
		{codec.H265, 45, 90000, 0, "level-id=180;profile-id=1;tier-flag=0;tx-mode=SRST"},
		{codec.H265, 47, 90000, 0, "level-id=180;profile-id=2;tier-flag=0;tx-mode=SRST"},
	}
}

// newMediaEngine registers the codecs that names allow and the header
// extensions. It is used by one PeerConnection.
func newMediaEngine(audio, video []string) (*webrtc.MediaEngine, error) {
	m := &webrtc.MediaEngine{}
	audioFeedback := []webrtc.RTCPFeedback{{Type: "transport-cc"}, {Type: "nack"}}
	videoFeedback := []webrtc.RTCPFeedback{
		{Type: "goog-remb"},
		{Type: "transport-cc"},
		{Type: "ccm", Parameter: "fir"},
		{Type: "nack"},
		{Type: "nack", Parameter: "pli"},
	}
	for _, c := range audioCodecs() {
		if !allowed(audio, c.id) && (c.id != codec.RED || !allowed(audio, codec.Opus)) {
			continue
		}
		fb := audioFeedback
		if c.id != codec.Opus {
			fb = nil
		}
		if err := m.RegisterCodec(c.parameters("audio/", fb), webrtc.RTPCodecTypeAudio); err != nil {
			return nil, err
		}
	}
	for _, c := range videoCodecs() {
		if !allowed(video, c.id) {
			continue
		}
		if err := m.RegisterCodec(c.parameters("video/", videoFeedback), webrtc.RTPCodecTypeVideo); err != nil {
			return nil, err
		}
		rtx := webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: "apt=" + strconv.Itoa(int(c.payloadType)),
			},
			PayloadType: webrtc.PayloadType(c.payloadType + 1),
		}
		if err := m.RegisterCodec(rtx, webrtc.RTPCodecTypeVideo); err != nil {
			return nil, err
		}
	}
	return m, registerExtensions(m)
}

func (c registered) parameters(prefix string, feedback []webrtc.RTCPFeedback) webrtc.RTPCodecParameters {
	return webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: prefix + c.id.String(), ClockRate: c.clockRate, Channels: c.channels,
			SDPFmtpLine: c.fmtp, RTCPFeedback: feedback,
		},
		PayloadType: webrtc.PayloadType(c.payloadType),
	}
}

func registerExtensions(m *webrtc.MediaEngine) error {
	both := []media.Extension{media.ExtMID, media.ExtAbsSendTime, media.ExtTransportSeq, media.ExtAbsCaptureTime}
	audio := append([]media.Extension{media.ExtAudioLevel}, both...)
	video := append([]media.Extension{
		media.ExtRID, media.ExtRepairedRID, media.ExtOrientation, media.ExtPlayoutDelay, media.ExtDependency,
	}, both...)
	uris := media.ExtensionURIs()
	register := func(list []media.Extension, kind webrtc.RTPCodecType) error {
		for _, e := range list {
			if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uris[e]}, kind); err != nil {
				return err
			}
		}
		return nil
	}
	if err := register(audio, webrtc.RTPCodecTypeAudio); err != nil {
		return err
	}
	return register(video, webrtc.RTPCodecTypeVideo)
}

// allowed tells whether a codec is among the names; no names allow all.
func allowed(names []string, id codec.ID) bool {
	if names == nil {
		return true
	}
	for _, n := range names {
		if strings.EqualFold(n, id.String()) {
			return true
		}
	}
	return false
}
