package kurento

import (
	"ksfu/src/jsonrpc"
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
	err := c.negotiate(o, fresh, func(w *webRTC) *jsonrpc.Error {
		if w.state != fresh {
			return fail(codeNotImplemented, "The format cannot change after the negotiation: set it before generateOffer or processOffer")
		}
		return nil
	}, func(*peer) error {
		return c.srv.remake(o, kind, codecs)
	})
	if err != nil {
		return c.mediaError(o, codeUnexpected, err)
	}
	limitSending(c, o)
	limitReceiving(c, o)
	return nil
}

// remake puts another endpoint of rtc into an object: the codecs of one are
// settled when it is made, and one that is fresh has nothing to lose.
func (s *Server) remake(o *object, kind media.Kind, codecs []string) error {
	s.mu.Lock()
	options := o.webrtc.options
	s.mu.Unlock()
	if kind == media.Audio {
		options.AudioCodecs = codecs
	} else {
		options.VideoCodecs = codecs
	}
	p, err := s.newPeer(o, options)
	if err != nil {
		return err
	}
	retired := s.replace(o, p, options)
	s.closePeer(retired)
	if retired == p {
		return objectNotFound(o.id)
	}
	return nil
}

// replace gives the endpoint that is to be closed: the new one, where the
// object was released meanwhile.
func (s *Server) replace(o *object, p *peer, options rtc.EndpointOptions) *peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.gone {
		return p
	}
	w := o.webrtc
	former := w.peer
	w.peer, w.options = p, options
	for _, candidate := range w.early {
		_ = p.AddCandidate(candidate) // the former one took it; it is queued
	}
	for _, t := range mediaTypes() {
		s.follow(o, t)
		for _, e := range o.element.out[t] {
			s.follow(e.sink, t)
		}
	}
	return former
}
