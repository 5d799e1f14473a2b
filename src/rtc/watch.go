package rtc

import (
	"github.com/pion/webrtc/v4"
)

// watch turns Pion's callbacks into events. Pion calls each on a goroutine of
// its own, so the order of calls means nothing: states are read, not taken.
func (ep *Endpoint) watch(pc *webrtc.PeerConnection) {
	pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		defer ep.guard()
		ep.gathered(c)
	})
	pc.OnICEConnectionStateChange(func(webrtc.ICEConnectionState) {
		defer ep.guard()
		ep.refresh(pc)
	})
	pc.OnConnectionStateChange(func(webrtc.PeerConnectionState) {
		defer ep.guard()
		ep.refresh(pc)
	})
	transport := pc.SCTP().Transport()
	// This one is called in order and with Pion's transport locked: nothing may
	// be asked of it.
	transport.OnStateChange(func(s webrtc.DTLSTransportState) {
		defer ep.guard()
		state := DTLSState(s.String())
		ep.mu.Lock()
		changed := state != ep.dtls && !ep.closed
		ep.dtls = state
		ep.mu.Unlock()
		if changed {
			ep.emit(DTLSStateChanged{state})
		}
	})
	transport.ICETransport().OnSelectedCandidatePairChange(func(p *webrtc.ICECandidatePair) {
		defer ep.guard()
		ep.selected(p)
	})
	pc.OnDataChannel(func(d *webrtc.DataChannel) {
		defer ep.guard()
		ep.addChannel(d)
	})
}

// refresh reads the states and tells what has changed.
func (ep *Endpoint) refresh(pc *webrtc.PeerConnection) {
	ice := ICEState(pc.ICEConnectionState().String())
	state := pc.ConnectionState()
	var events []Event
	ep.mu.Lock()
	if ep.closed {
		ep.mu.Unlock()
		return
	}
	if ice != ep.ice {
		ep.ice = ice
		events = append(events, ICEStateChanged{ice})
	}
	// A disconnected path may come back by itself: sending goes on meanwhile.
	connected := state == webrtc.PeerConnectionStateConnected ||
		state == webrtc.PeerConnectionStateDisconnected && ep.connected
	changed := connected != ep.connected
	ep.connected = connected
	ep.mu.Unlock()
	if changed {
		events = append(events, ConnectionChanged{connected})
		ep.outbound.SetConnected(connected)
		if connected {
			ep.inbound.Restarted()
		}
	}
	for _, ev := range events {
		ep.emit(ev)
	}
}

// selected follows the path. A second one (ICE restart, a better pair) may have
// cost packets in both directions.
func (ep *Endpoint) selected(p *webrtc.ICECandidatePair) {
	if p == nil {
		return
	}
	ep.mu.Lock()
	ep.pairs++
	again := ep.pairs > 1
	ep.mu.Unlock()
	if again {
		ep.inbound.Restarted()
	}
	ep.emit(PairSelected{Local: p.Local.ToJSON().Candidate, Remote: p.Remote.ToJSON().Candidate})
}

// SelectedPair is the pair that carries the media, as candidate lines.
func (ep *Endpoint) SelectedPair() (local, remote string, ok bool) {
	ep.mu.Lock()
	pc := ep.pc
	ep.mu.Unlock()
	if pc == nil {
		return "", "", false
	}
	p, err := pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil || p == nil {
		return "", "", false
	}
	return p.Local.ToJSON().Candidate, p.Remote.ToJSON().Candidate, true
}
