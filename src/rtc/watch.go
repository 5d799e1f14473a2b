package rtc

import (
	"github.com/pion/webrtc/v4"
)

// watch turns Pion's callbacks into events. Pion calls most on goroutines of
// their own, so the order of calls means nothing: states are read, not taken.
func (ep *Endpoint) watch(pc *webrtc.PeerConnection) {
	pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		defer ep.guard()
		ep.gathered(pc, c)
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
		defer ep.mu.Unlock()
		if ep.pc == pc && state != ep.dtls && !ep.closed {
			ep.dtls = state
			ep.emit(DTLSStateChanged{state})
		}
	})
	transport.ICETransport().OnSelectedCandidatePairChange(func(p *webrtc.ICECandidatePair) {
		defer ep.guard()
		ep.selected(pc, p)
	})
	pc.OnDataChannel(func(d *webrtc.DataChannel) {
		defer ep.guard()
		ep.accept(d)
	})
}

// refresh reads the states and tells what has changed.
func (ep *Endpoint) refresh(pc *webrtc.PeerConnection) {
	ep.refreshing.Lock()
	defer ep.refreshing.Unlock()
	ep.mu.Lock()
	if ep.closed || ep.pc != pc {
		ep.mu.Unlock()
		return
	}
	if ice := ICEState(pc.ICEConnectionState().String()); ice != ep.ice {
		ep.ice = ice
		ep.emit(ICEStateChanged{ice})
	}
	connected := ep.passes()
	changed := connected != ep.connected
	ep.connected = connected
	if changed {
		ep.emit(ConnectionChanged{connected})
	}
	ep.mu.Unlock()
	if changed {
		ep.outbound.SetConnected(connected)
		if connected {
			ep.inbound.Restarted()
		}
	}
}

// passes tells whether media can; ep.mu is held. A disconnected path may come
// back by itself and an ICE restart finds another: sending goes on meanwhile,
// and what is lost is asked for again.
func (ep *Endpoint) passes() bool {
	switch ep.ice {
	case ICEConnected, ICECompleted:
		return ep.dtls == DTLSConnected
	case ICEChecking, ICEDisconnected:
		return ep.dtls == DTLSConnected && ep.connected
	case ICENew, ICEFailed, ICEClosed:
	}
	return false
}

// selected follows the path. A second one (ICE restart, a better pair) may have
// cost packets in both directions.
func (ep *Endpoint) selected(pc *webrtc.PeerConnection, p *webrtc.ICECandidatePair) {
	if p == nil {
		return
	}
	ep.mu.Lock()
	if ep.closed || ep.pc != pc {
		ep.mu.Unlock()
		return
	}
	ep.pairs++
	ep.pair = p
	again := ep.pairs > 1
	ep.emit(PairSelected{Local: p.Local.ToJSON().Candidate, Remote: p.Remote.ToJSON().Candidate})
	ep.mu.Unlock()
	if again {
		ep.inbound.Restarted()
	}
}

// SelectedPair is the pair that carries the media, or did last, as candidate
// lines.
func (ep *Endpoint) SelectedPair() (local, remote string, ok bool) {
	ep.mu.Lock()
	p := ep.pair
	ep.mu.Unlock()
	if p == nil {
		return "", "", false
	}
	return p.Local.ToJSON().Candidate, p.Remote.ToJSON().Candidate, true
}
