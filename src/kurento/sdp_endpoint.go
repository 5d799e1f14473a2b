package kurento

import (
	"errors"

	"ksfu/src/jsonrpc"
	"ksfu/src/media"
	"ksfu/src/rtc"
)

func sdpEndpointClass() *class {
	k := &class{name: "SdpEndpoint"}
	k.define("generateOffer(options?:OfferOptions) -> String", generateOffer)
	k.define("processOffer(offer:String) -> String", processOffer)
	k.define("processAnswer(answer:String) -> String", processAnswer)
	k.define("getLocalSessionDescriptor() -> String", func(c *call, o *object, _ args) (any, error) {
		local, _ := c.descriptors(o)
		if local == "" {
			return nil, fail(codeNoLocalSDP, "No local session descriptor: call generateOffer or processOffer first")
		}
		return local, nil
	})
	k.define("getRemoteSessionDescriptor() -> String", func(c *call, o *object, _ args) (any, error) {
		_, remote := c.descriptors(o)
		if remote == "" {
			return nil, fail(codeNoRemoteSDP, "No remote session descriptor: call processOffer or processAnswer first")
		}
		return remote, nil
	})
	k.stored("maxAudioRecvBandwidth:int=0", kilobits, limitReceiving)
	k.stored("maxVideoRecvBandwidth:int=0", kilobits, limitReceiving)
	return k
}

// sdpState is how far the negotiation of an endpoint has come.
type sdpState uint8

const (
	fresh sdpState = iota
	negotiating
	offered
	negotiated
)

// negotiate takes the endpoint through one step, unless its state forbids it.
// rtc is asked without a lock: the state negotiating is what keeps a second
// step out meanwhile. After a step that failed the endpoint is where it was
// before.
func (c *call) negotiate(o *object, reached sdpState, allowed func(*webRTC) *jsonrpc.Error, step func(*peer) error) (err error) {
	p, err := c.begin(o, allowed)
	if err != nil {
		return err
	}
	err = errInterrupted
	defer func() { c.done(o, reached, err) }()
	err = step(p)
	return err
}

func (c *call) begin(o *object, allowed func(*webRTC) *jsonrpc.Error) (*peer, error) {
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	w := o.webrtc
	if o.gone {
		return nil, objectNotFound(o.id)
	}
	if w.state == negotiating {
		return nil, alreadyNegotiated()
	}
	if err := allowed(w); err != nil {
		return nil, err
	}
	w.before, w.state = w.state, negotiating
	return w.peer, nil
}

func (c *call) done(o *object, reached sdpState, err error) {
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	w := o.webrtc
	w.state = w.before
	if err != nil || o.gone {
		return
	}
	w.state = reached
	if reached == offered {
		w.offerer = true
	}
	if reached == negotiated && w.before != negotiated {
		c.srv.emit(o, "MediaSessionStarted", record{})
	}
}

func alreadyNegotiated() *jsonrpc.Error {
	return fail(codeAlreadyNegotiated, "Endpoint already negotiated")
}

func generateOffer(c *call, o *object, a args) (any, error) {
	options := rtc.OfferOptions{Audio: true, Video: true}
	if given := a.group("options"); given != nil {
		options.Audio, options.Video = given.flag("offerToReceiveAudio"), given.flag("offerToReceiveVideo")
	}
	var offer string
	err := c.negotiate(o, offered, func(w *webRTC) *jsonrpc.Error {
		if w.state != fresh {
			return alreadyNegotiated()
		}
		return nil
	}, func(p *peer) (err error) {
		offer, err = p.Offer(options)
		return err
	})
	if err != nil {
		return nil, c.mediaError(o, codeGenerateOffer, err)
	}
	return offer, nil
}

func processOffer(c *call, o *object, a args) (any, error) {
	offer := a.text("offer")
	if offer == "" {
		return nil, fail(codeSDPParse, "Empty offer not valid")
	}
	var answer string
	err := c.negotiate(o, negotiated, func(w *webRTC) *jsonrpc.Error {
		if w.state == fresh || w.state == negotiated && c.srv.opts.Renegotiate && !w.offerer && w.rejected == nil {
			return nil
		}
		return alreadyNegotiated()
	}, func(p *peer) (err error) {
		if answer, err = p.Answer(offer); err != nil || p.LocalDescription() != "" {
			return err
		}
		// All media was rejected (RFC 3264 section 6): a plain RTP offer, as
		// Kurento's own tests send, is an offer, but nothing is negotiated by
		// it, and there is nothing to gather.
		c.srv.mu.Lock()
		defer c.srv.mu.Unlock()
		o.webrtc.rejected = &rejection{local: answer, remote: offer}
		return nil
	})
	if err != nil {
		return nil, c.mediaError(o, codeProcessOffer, err)
	}
	return answer, nil
}

func processAnswer(c *call, o *object, a args) (any, error) {
	answer := a.text("answer")
	if answer == "" {
		return nil, fail(codeSDPParse, "Empty answer not valid")
	}
	var local string
	err := c.negotiate(o, negotiated, func(w *webRTC) *jsonrpc.Error {
		switch {
		case w.state == offered:
			return nil
		case w.state == negotiated && w.offerer:
			return fail(codeAnswerProcessed, "Answer already processed")
		default:
			return fail(codeNoOfferGenerated, "Offer not generated. You need to generate an offer before processing an answer")
		}
	}, func(p *peer) error {
		if err := p.SetAnswer(answer); err != nil {
			return err
		}
		local = p.LocalDescription()
		return nil
	})
	if err != nil {
		return nil, c.mediaError(o, codeProcessAnswer, err)
	}
	return local, nil
}

// mediaError translates, but for an endpoint that was released meanwhile.
func (c *call) mediaError(o *object, code int, err error) error {
	var refusal *jsonrpc.Error
	if errors.As(err, &refusal) {
		return refusal
	}
	if errors.Is(err, rtc.ErrClosed) {
		c.srv.mu.Lock()
		defer c.srv.mu.Unlock()
		if o.gone {
			return objectNotFound(o.id)
		}
	}
	return mediaError(code, err)
}

func (c *call) descriptors(o *object) (local, remote string) {
	c.srv.mu.Lock()
	p, refusal := o.webrtc.peer, o.webrtc.rejected
	c.srv.mu.Unlock()
	if refusal != nil {
		return refusal.local, refusal.remote
	}
	return p.LocalDescription(), p.RemoteDescription()
}

// largestKilobits keeps a bitrate within 31 bits.
const largestKilobits = 2_000_000

// kilobits checks a bandwidth in kbit/s.
func kilobits(v any) *jsonrpc.Error {
	if n, _ := v.(int64); n < 0 || n > largestKilobits {
		return fail(codeIllegalParam, "The value must be 0 (no limit) to %d kbps", largestKilobits)
	}
	return nil
}

// limitReceiving asks the remote side for at most what is set.
func limitReceiving(c *call, o *object) {
	c.srv.mu.Lock()
	p := o.webrtc.peer
	a, v := o.number("maxAudioRecvBandwidth"), o.number("maxVideoRecvBandwidth")
	c.srv.mu.Unlock()
	p.SetMaxRecvBitrate(media.Audio, a*1000)
	p.SetMaxRecvBitrate(media.Video, v*1000)
}
