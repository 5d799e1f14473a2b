package codec

import "strings"

// ID names a codec.
type ID uint8

// The codecs that are known here. RED is the audio format of RFC 2198.
const (
	Unknown ID = iota
	Opus
	G722
	PCMU
	PCMA
	RED
	VP8
	VP9
	H264
	H265
	AV1
)

// String is the encoding name as in an SDP a=rtpmap line.
func (id ID) String() string {
	switch id {
	case Opus:
		return "opus"
	case G722:
		return "G722"
	case PCMU:
		return "PCMU"
	case PCMA:
		return "PCMA"
	case RED:
		return "red"
	case VP8:
		return "VP8"
	case VP9:
		return "VP9"
	case H264:
		return "H264"
	case H265:
		return "H265"
	case AV1:
		return "AV1"
	case Unknown:
	}
	return "unknown"
}

// Video tells whether the codec is one of pictures.
func (id ID) Video() bool { return id >= VP8 && id <= AV1 }

// Parse finds a codec by its SDP encoding name ("VP8") or media type
// ("video/VP8"), in any letter case (RFC 4855 section 3). A media type of the
// wrong kind is Unknown: video/red carries FEC and is not the RED of audio.
func Parse(name string) ID {
	kind, subtype, typed := strings.Cut(name, "/")
	if !typed {
		subtype = name
	}
	for id := Opus; id <= AV1; id++ {
		if !strings.EqualFold(subtype, id.String()) {
			continue
		}
		if typed && !strings.EqualFold(kind, id.mediaType()) {
			return Unknown
		}
		return id
	}
	return Unknown
}

func (id ID) mediaType() string {
	if id.Video() {
		return "video"
	}
	return "audio"
}
