package rtc

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/pion/webrtc/v4"

	"ksfu/src/media"
)

// Answer takes an offer and returns the answer (RFC 9429). Lines that cannot be
// used are rejected in it; an offer of which nothing can be used is answered
// with all lines rejected. Called again it renegotiates, restarting ICE where
// the offer does.
func (ep *Endpoint) Answer(offer string) (answer string, err error) {
	ep.negotiating.Lock()
	defer ep.negotiating.Unlock()
	defer ep.contain(&err)
	remote, err := parseRemote(offer, ep.engine.limits, ep.options())
	if err != nil {
		return "", err
	}
	if err := ep.mayAnswer(); err != nil {
		return "", err
	}
	if !remote.acceptsAny() {
		ep.hold()
		return rejectAll(remote)
	}
	pc, err := ep.connection()
	if err != nil {
		return "", err
	}
	if answer, err = ep.answer(pc, offer, remote); err != nil {
		ep.abandon(pc)
		return "", err
	}
	ep.mu.Lock()
	defer ep.mu.Unlock()
	if ep.candidates.released {
		// After an ICE restart trickled candidates may overtake the answer, and
		// browsers drop those of a description that they do not have yet.
		answer = ep.candidates.into(answer)
	}
	return answer, nil
}

func (ep *Endpoint) mayAnswer() error {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	switch {
	case ep.closed:
		return ErrClosed
	case ep.offered:
		return fmt.Errorf("%w: an offer made here waits for its answer first", ErrSDP)
	}
	return nil
}

func (ep *Endpoint) answer(pc *webrtc.PeerConnection, offer string, remote *description) (string, error) {
	for _, l := range remote.lines {
		if l.accepted && !l.data && transceiver(pc, l.mid) == nil {
			if _, err := ep.addTransceiver(pc, l.kind); err != nil {
				return "", ep.refused(err)
			}
		}
	}
	text, err := remote.forPion()
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrSDP, err)
	}
	ufrag, pwd := remote.credentials()
	ep.mu.Lock()
	restart := ep.negotiated && (ufrag != ep.candidates.ufrag || pwd != ep.candidates.pwd)
	layout := ep.layout
	ep.mu.Unlock()
	if restart {
		ep.restartICE()
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: text}); err != nil {
		return "", ep.refused(err)
	}
	made, err := pc.CreateAnswer(nil)
	if err == nil {
		err = pc.SetLocalDescription(made)
	}
	if err != nil {
		return "", ep.refused(err)
	}
	local, err := ep.compose(made.SDP, remote, layout)
	if err != nil {
		return "", err
	}
	return local, ep.settle(pc, local, offer, remote)
}

// abandon leaves nothing of a first negotiation that failed, so that another
// can be tried. A connection that works is kept.
func (ep *Endpoint) abandon(pc *webrtc.PeerConnection) {
	ep.mu.Lock()
	if ep.negotiated || ep.closed {
		ep.mu.Unlock()
		return
	}
	ep.pc = nil
	ep.candidates.restart()
	clear(ep.channels)
	ep.mu.Unlock()
	_ = pc.GracefulClose() // it had not begun
}

// Offer makes an offer. The next call must be SetAnswer; until then this offer
// is the answer to further calls.
func (ep *Endpoint) Offer(o OfferOptions) (offer string, err error) {
	ep.negotiating.Lock()
	defer ep.negotiating.Unlock()
	defer ep.contain(&err)
	pc, err := ep.connection()
	if err != nil {
		return "", err
	}
	ep.mu.Lock()
	layout, local, pending := ep.layout, ep.local, ep.offered
	restart := o.ICERestart && ep.negotiated
	ep.mu.Unlock()
	if pending {
		return local, nil
	}
	if restart {
		ep.restartICE()
	}
	if err := ep.addMissing(pc, o, layout); err != nil {
		return "", ep.refused(err)
	}
	made, err := pc.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
	if err == nil {
		err = pc.SetLocalDescription(made)
	}
	if err != nil {
		return "", ep.refused(err)
	}
	local, err = ep.compose(made.SDP, nil, layout)
	if err != nil {
		return "", err
	}
	ep.mu.Lock()
	ep.local, ep.offered = local, true
	ep.candidates.place(local)
	ep.tellCandidates()
	ep.mu.Unlock()
	return local, nil
}

// addMissing prepares the kinds that an offer asks for and that have no line yet.
func (ep *Endpoint) addMissing(pc *webrtc.PeerConnection, o OfferOptions, layout []place) error {
	asked := [2]bool{media.Audio: o.Audio, media.Video: o.Video}
	taken := map[string]bool{} // mids: Pion does not know of the lines that were rejected
	for _, l := range layout {
		taken[l.mid] = true
	}
	for _, t := range pc.GetTransceivers() {
		taken[t.Mid()] = true
		for _, kind := range media.Kinds() {
			asked[kind] = asked[kind] && t.Kind() != codecType(kind)
		}
	}
	opts, next := ep.options(), 0
	for _, kind := range media.Kinds() {
		if !asked[kind] || !anyAllowed(kind, opts) {
			continue
		}
		t, err := ep.addTransceiver(pc, kind)
		if err != nil {
			return err
		}
		for taken[strconv.Itoa(next)] {
			next++
		}
		taken[strconv.Itoa(next)] = true
		if err := t.SetMid(strconv.Itoa(next)); err != nil {
			return err
		}
	}
	return nil
}

// SetAnswer takes the answer to the last offer.
func (ep *Endpoint) SetAnswer(answer string) (err error) {
	ep.negotiating.Lock()
	defer ep.negotiating.Unlock()
	defer ep.contain(&err)
	ep.mu.Lock()
	offered, done, pc, local, closed := ep.offered, ep.negotiated, ep.pc, ep.local, ep.closed
	ep.mu.Unlock()
	switch {
	case closed:
		return ErrClosed
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
	if errors.Is(err, webrtc.ErrSenderWithNoCodecs) {
		return fmt.Errorf("%w: %w", ErrSDP, media.ErrNoCommonFormat)
	}
	return fmt.Errorf("%w: %w", ErrSDP, err)
}

// addTransceiver prepares for a line of a kind. It does all that the endpoint
// may: what the remote side wants of it changes from negotiation to
// negotiation, and compose and settle see to that.
func (ep *Endpoint) addTransceiver(pc *webrtc.PeerConnection, kind media.Kind) (*webrtc.RTPTransceiver, error) {
	direction := webrtc.RTPTransceiverDirectionSendonly
	switch {
	case ep.opts.Send && ep.opts.Receive:
		direction = webrtc.RTPTransceiverDirectionSendrecv
	case !ep.opts.Send: // also for one that may do neither: its lines are inactive
		return pc.AddTransceiverFromKind(codecType(kind), webrtc.RTPTransceiverInit{
			Direction: webrtc.RTPTransceiverDirectionRecvonly,
		})
	}
	return pc.AddTransceiverFromTrack(ep.tracks[kind], webrtc.RTPTransceiverInit{Direction: direction})
}

func transceiver(pc *webrtc.PeerConnection, mid string) *webrtc.RTPTransceiver {
	for _, t := range pc.GetTransceivers() {
		if t.Mid() == mid {
			return t
		}
	}
	return nil
}
