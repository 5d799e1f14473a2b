package kurento

import (
	"errors"

	"ksfu/src/media"
	"ksfu/src/rtc"
)

// setAudioFormat and setVideoFormat restrict the codecs of a negotiation to
// come. Kurento converts; what is not converted can only be negotiated.

func setAudioFormat(c *call, o *object, a args) (any, error) {
	return nil, c.restrict(o, media.Audio, a.group("caps").text("codec"))
}

func setVideoFormat(c *call, o *object, a args) (any, error) {
	return nil, c.restrict(o, media.Video, a.group("caps").text("codec"))
}

func (c *call) restrict(o *object, kind media.Kind, codec string) error {
	var codecs []string // RAW is no restriction
	switch codec {
	case "":
		return fail(codeMarshall, "'codec' parameter is required")
	case "RAW":
	case "OPUS":
		codecs = []string{"opus"} // as in SDP
	default:
		codecs = []string{codec}
	}
	p := c.peer(o)
	if p == nil {
		return fail(codeNotImplemented, "Only an endpoint that negotiates has a format")
	}
	err := p.SetCodecs(kind, codecs)
	if errors.Is(err, rtc.ErrAnswered) {
		return fail(codeNotImplemented, "The format cannot change after the negotiation: set it before generateOffer or processOffer")
	}
	if err != nil {
		return c.mediaError(o, codeUnexpected, err)
	}
	return nil
}
