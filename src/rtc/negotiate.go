package rtc

import (
	"errors"
	"fmt"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"ksfu/src/media"
)

// Answer takes an offer and returns the answer (RFC 9429). Lines that cannot be
// used are rejected in it; an offer of which nothing can be used is answered
// with all lines rejected. Called again it renegotiates, restarting ICE where
// the offer does.
func (ep *Endpoint) Answer(offer string) (string, error) {
	ep.negotiating.Lock()
	defer ep.negotiating.Unlock()
	remote, err := parseRemote(offer, ep.engine.limits, ep.options())
	if err != nil {
		return "", err
	}
	if !remote.acceptsAny() {
		return rejectAll(remote)
	}
	pc, err := ep.connection()
	if err != nil {
		return "", err
	}
	if err := ep.addTransceivers(pc, remote); err != nil {
		return "", err
	}
	text, err := remote.forPion()
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrSDP, err)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: text}); err != nil {
		return "", ep.refused(err)
	}
	answer, err := pc.CreateAnswer(nil)
	if err == nil {
		err = pc.SetLocalDescription(answer)
	}
	if err != nil {
		return "", ep.refused(err)
	}
	local, err := ep.compose(answer.SDP, remote)
	if err != nil {
		return "", err
	}
	return local, ep.settle(pc, local, offer, remote)
}

// Offer makes an offer. The next call must be SetAnswer.
func (ep *Endpoint) Offer(o OfferOptions) (string, error) {
	ep.negotiating.Lock()
	defer ep.negotiating.Unlock()
	pc, err := ep.connection()
	if err != nil {
		return "", err
	}
	if len(pc.GetTransceivers()) == 0 {
		for _, kind := range media.Kinds() {
			if kind == media.Audio && !o.Audio || kind == media.Video && !o.Video {
				continue
			}
			if err := ep.addTransceiver(pc, kind, ep.opts.Send, ep.opts.Receive); err != nil {
				return "", err
			}
		}
	}
	offer, err := pc.CreateOffer(&webrtc.OfferOptions{ICERestart: o.ICERestart})
	if err == nil {
		err = pc.SetLocalDescription(offer)
	}
	if err != nil {
		return "", ep.refused(err)
	}
	local, err := ep.compose(offer.SDP, nil)
	if err != nil {
		return "", err
	}
	ep.mu.Lock()
	ep.local, ep.offered = local, true
	ep.candidates.place(local)
	ep.mu.Unlock()
	return local, nil
}

// SetAnswer takes the answer to the last offer.
func (ep *Endpoint) SetAnswer(answer string) error {
	ep.negotiating.Lock()
	defer ep.negotiating.Unlock()
	ep.mu.Lock()
	offered, done, pc, local := ep.offered, ep.negotiated, ep.pc, ep.local
	ep.mu.Unlock()
	switch {
	case !offered && done:
		return ErrAnswered
	case !offered:
		return ErrNoOffer
	}
	remote, err := parseRemote(answer, ep.engine.limits, ep.options())
	if err != nil {
		return err
	}
	if !remote.acceptsAny() {
		return fmt.Errorf("%w: the answer accepts nothing of the offer", ErrSDP)
	}
	text, err := remote.forPion()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSDP, err)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: text}); err != nil {
		return ep.refused(err)
	}
	return ep.settle(pc, local, answer, remote)
}

func (ep *Endpoint) options() EndpointOptions {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	return ep.opts
}

// refused names what Pion did not take: the SDP's fault, but for a close
// meanwhile.
func (ep *Endpoint) refused(err error) error {
	if errors.Is(err, webrtc.ErrConnectionClosed) {
		return ErrClosed
	}
	return fmt.Errorf("%w: %w", ErrSDP, err)
}

// addTransceivers prepares for an offer's lines what they leave us to do.
func (ep *Endpoint) addTransceivers(pc *webrtc.PeerConnection, remote *description) error {
	for _, l := range remote.lines {
		if !l.accepted || l.data {
			continue
		}
		var known *webrtc.RTPTransceiver
		for _, t := range pc.GetTransceivers() {
			if t.Mid() == l.mid {
				known = t
			}
		}
		send, receive := ep.opts.Send && l.receive, ep.opts.Receive && l.send
		switch {
		case known == nil:
			if err := ep.addTransceiver(pc, l.kind, send, receive); err != nil {
				return err
			}
		case send && known.Sender() == nil: // a renegotiation that now wants media
			if _, err := pc.AddTrack(ep.tracks[l.kind]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (ep *Endpoint) addTransceiver(pc *webrtc.PeerConnection, kind media.Kind, send, receive bool) error {
	direction := webrtc.RTPTransceiverDirectionSendonly
	switch {
	case send && receive:
		direction = webrtc.RTPTransceiverDirectionSendrecv
	case receive:
		_, err := pc.AddTransceiverFromKind(codecType(kind), webrtc.RTPTransceiverInit{
			Direction: webrtc.RTPTransceiverDirectionRecvonly,
		})
		return err
	case !send:
		return nil // Pion makes one from the offer; compose makes it inactive
	}
	_, err := pc.AddTransceiverFromTrack(ep.tracks[kind], webrtc.RTPTransceiverInit{Direction: direction})
	return err
}

// settle hands what was agreed on to media and to the candidates that waited.
func (ep *Endpoint) settle(pc *webrtc.PeerConnection, local, remoteText string, remote *description) error {
	made := &sdp.SessionDescription{}
	if err := made.UnmarshalString(local); err != nil {
		return fmt.Errorf("%w: %w", ErrSDP, err)
	}
	var lines []media.Line
	for _, m := range made.MediaDescriptions {
		kind, ok := kindOf(m.MediaName.Media)
		theirs := remote.line(attribute(m.Attributes, "mid"))
		if !ok || theirs == nil || m.MediaName.Port.Value == 0 {
			continue
		}
		agreed := common(formats(theirs.desc), formats(m))
		ids := extensions(theirs.desc)
		if ep.opts.Receive && theirs.send {
			lines = append(lines, media.Line{
				MID: theirs.mid, Source: ep.sources[kind], Formats: agreed,
				RIDs: rids(theirs.desc), Streams: streams(theirs.desc), Extensions: ids,
			})
		}
		if w, ssrc, rtx, ok := ep.tracks[kind].binding(); ok && ep.opts.Send && theirs.receive {
			ep.sinks[kind].Bind(media.Binding{Writer: w, SSRC: ssrc, RTX: rtx, Formats: agreed, Extensions: ids})
			ep.outbound.Register(ep.sinks[kind])
		}
	}
	ep.inbound.Negotiated(lines)
	ep.mu.Lock()
	ep.local, ep.remote = local, remoteText
	ep.offered, ep.negotiated = false, true
	ep.candidates.place(local)
	waiting := ep.candidates.ready()
	ep.mu.Unlock()
	for _, c := range waiting {
		if err := ep.addCandidate(pc, c); err != nil {
			ep.engine.opts.Logger.Debug("candidate refused", "error", err)
		}
	}
	return nil
}
