package kurento

import (
	"errors"

	"ksfu/src/media"
	"ksfu/src/rtc"
)

// handle turns an event of rtc into events of the object. It runs on the
// delivering goroutine of the endpoint.
func (s *Server) handle(in *inbox, event rtc.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := in.object
	w := o.webrtc
	if o.gone || w.peer == nil {
		return // released, or not yet told to anybody
	}
	switch e := event.(type) {
	case rtc.CandidateFound:
		s.emit(o, "IceCandidateFound", record{"candidate": named("IceCandidate", record{
			"candidate": e.Candidate.Candidate, "sdpMid": e.Candidate.SDPMid, "sdpMLineIndex": e.Candidate.SDPMLineIndex,
		})})
	case rtc.GatheringDone:
		s.emit(o, "IceGatheringDone", record{})
	case rtc.ICEStateChanged:
		if w.ice == e.State {
			return
		}
		w.ice = e.State
		s.iceState(o, iceStateName(e.State))
		if e.State == rtc.ICEConnected {
			// Kurento says READY once a pair is nominated, which here is when
			// ICE connects.
			s.iceState(o, "READY")
		}
	case rtc.DTLSStateChanged:
		w.dtls = e.State
		s.emit(o, "DtlsConnectionStateChange", record{
			"streamId": streamID, "componentId": "1", "connectionId": "1", "state": dtlsStateName(e.State),
		})
	case rtc.PairSelected:
		s.emit(o, "NewCandidatePairSelected", record{"candidatePair": pairRecord(e.Local, e.Remote)})
	case rtc.ConnectionChanged:
		s.connectionChanged(o, e.Connected)
	case rtc.FlowChanged:
		s.flowChanged(o, e)
	case rtc.DataChannelChanged:
		name := "DataChannelClosed"
		if e.Open {
			name = "DataChannelOpened"
		}
		s.emit(o, name, record{"channelId": e.ID})
	case rtc.Failure:
		s.failed(o, e)
	}
}

// iceState tells of a state that is not the one told last. The caller holds
// Server.mu.
func (s *Server) iceState(o *object, name string) {
	if o.gone || o.webrtc.iceName == name {
		return
	}
	o.webrtc.iceName = name
	s.emit(o, "IceComponentStateChanged", record{"streamId": 1, "componentId": 1, "state": name})
}

func (s *Server) connectionChanged(o *object, connected bool) {
	w := o.webrtc
	if w.connected == connected {
		return
	}
	fields := func() record {
		return record{"oldState": connectedName(!connected), "newState": connectedName(connected)}
	}
	w.connected = connected
	s.emit(o, "ConnectionStateChanged", fields())
	s.emit(o, "MediaStateChanged", fields())
}

func (s *Server) flowChanged(o *object, e rtc.FlowChanged) {
	name := "MediaFlowOutStateChanged"
	if e.In {
		name = "MediaFlowInStateChanged"
	}
	mediaType := mediaTypeName(e.Kind)
	s.emit(o, name, flowFields(mediaType, e.Flowing))
	if first := &o.webrtc.flowed[e.Kind]; e.In && e.Flowing && !*first {
		*first = true
		s.emit(o, "MediaTranscodingStateChanged", record{"state": "NOT_TRANSCODING", "binName": defaultDescription, "mediaType": mediaType})
	}
}

func flowFields(mediaType string, flowing bool) record {
	state := "NOT_FLOWING"
	if flowing {
		state = "FLOWING"
	}
	return record{"state": state, "padName": defaultDescription, "mediaType": mediaType}
}

// failed tells of what keeps media from passing: an application that hears
// nothing shows a black picture and no reason.
func (s *Server) failed(o *object, e rtc.Failure) {
	code := mediaError(codeUnexpected, e.Err).Code
	s.log.Info("endpoint failed", "object", o.id, "err", e.Err, "fatal", e.Fatal)
	s.raiseError(o, code, e.Err.Error())
	if errors.Is(e.Err, media.ErrNoCommonFormat) {
		for _, kind := range media.Kinds() {
			if in := o.element.in[mediaTypeOf(kind)]; in == nil || o.webrtc.peer.Sink(kind).Flowing() {
				continue
			}
			s.emit(o, "MediaFlowInStateChanged", flowFields(mediaTypeName(kind), false))
			if !o.webrtc.peer.Source(kind).Flowing() {
				s.emit(o, "MediaFlowOutStateChanged", flowFields(mediaTypeName(kind), false))
			}
		}
	}
	if e.Fatal {
		s.connectionChanged(o, false)
		s.terminated(o)
	}
}

// terminated tells once that a session that had started is over. The caller
// holds Server.mu.
func (s *Server) terminated(o *object) {
	if o.webrtc.state == negotiated && !o.webrtc.over {
		o.webrtc.over = true
		s.emit(o, "MediaSessionTerminated", record{})
	}
}

func mediaTypeOf(k media.Kind) mediaType {
	if k == media.Video {
		return video
	}
	return audio
}

func mediaTypeName(k media.Kind) string { return mediaTypeOf(k).String() }
