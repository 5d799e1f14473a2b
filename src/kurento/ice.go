package kurento

import "ksfu/src/rtc"

// streamID is the one stream that an endpoint has: its media is bundled.
const streamID = "1"

// iceStateName gives a state of W3C WebRTC section 5.6.3 as one of Kurento's,
// which are those of libnice.
func iceStateName(state rtc.ICEState) string {
	switch state {
	case rtc.ICEChecking:
		return "CONNECTING"
	case rtc.ICEConnected:
		return "CONNECTED"
	case rtc.ICECompleted:
		return "READY"
	case rtc.ICEFailed:
		return "FAILED"
	case rtc.ICENew, rtc.ICEDisconnected, rtc.ICEClosed:
	}
	return "DISCONNECTED"
}

func dtlsStateName(state rtc.DTLSState) string {
	switch state {
	case rtc.DTLSConnecting:
		return "CONNECTING"
	case rtc.DTLSConnected:
		return "CONNECTED"
	case rtc.DTLSClosed:
		return "CLOSED"
	case rtc.DTLSFailed:
		return "FAILED"
	case rtc.DTLSNew:
	}
	return "NEW"
}

func pairRecord(local, remote string) record {
	return named("IceCandidatePair", record{
		"streamId": streamID, "componentId": 1, "localCandidate": local, "remoteCandidate": remote,
	})
}

func candidatePairs(c *call, o *object) (any, error) {
	list := []record{}
	if local, remote, ok := c.peer(o).SelectedPair(); ok {
		list = append(list, pairRecord(local, remote))
	}
	return list, nil
}

func iceConnections(c *call, o *object) (any, error) {
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	list := []record{}
	if o.webrtc.state != fresh {
		name := o.webrtc.iceName
		if name == "" {
			name = iceStateName(o.webrtc.ice)
		}
		list = append(list, named("IceConnection", record{"streamId": streamID, "componentId": 1, "state": name}))
	}
	return list, nil
}

func dtlsConnections(c *call, o *object) (any, error) {
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	list := []record{}
	if o.webrtc.state != fresh {
		list = append(list, named("DtlsConnection", record{
			"streamId": streamID, "componentId": "1", "connectionId": "1", "state": dtlsStateName(o.webrtc.dtls),
		}))
	}
	return list, nil
}
