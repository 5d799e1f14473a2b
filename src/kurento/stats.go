package kurento

import (
	"fmt"

	"ksfu/src/media"
	"ksfu/src/rtc"
)

// getStats gives all that is measured at an endpoint, by id; with a media type
// only the streams of it.
func getStats(c *call, o *object, a args) (any, error) {
	wanted := a.text("mediaType")
	if err := noData(wanted); err != nil {
		return nil, err
	}
	p := c.peer(o)
	b := statsBuilder{now: c.srv.now().UnixMilli(), list: map[string]record{}, transport: "transport"}
	if p == nil {
		b.add("ElementStats", o.id, "element", record{"inputLatency": []record{}})
		return b.list, nil
	}
	// Latencies are empty where nothing was measured, as they are in Kurento
	// without latencyStats. What is measured is the way through this node;
	// end to end, from a publisher's camera, it cannot be.
	latency := []record{}
	for _, t := range mediaTypesOf(wanted) {
		if kind, ok := t.kind(); ok {
			sink := p.Sink(kind).Stats()
			b.inbound(kind, p.Source(kind).Stats())
			b.outbound(kind, sink)
			if sink.Latency > 0 {
				latency = append(latency, named("MediaLatencyStat", record{
					"name": "sink_" + kind.String(), "type": t.String(), "avg": float64(sink.Latency),
				}))
			}
		}
	}
	b.add("EndpointStats", o.id, "endpoint", record{"inputLatency": latency, "E2ELatency": []record{}})
	if wanted == "" {
		b.session(p.Stats())
	}
	return b.list, nil
}

type statsBuilder struct {
	now       int64
	list      map[string]record
	transport string
}

func (b *statsBuilder) add(typ, id, kind string, fields record) {
	fields["id"], fields["type"] = id, kind
	fields["timestampMillis"] = b.now
	fields["timestamp"] = b.now / 1000 // 6.x
	b.list[id] = named(typ, fields)
}

// stream has what both directions have.
func (b *statsBuilder) stream(kind media.Kind, ssrc uint32, codec string, payloadType int) record {
	codecID := ""
	if codec != "" {
		codecID = fmt.Sprintf("%s/%s/%d", kind, codec, payloadType)
	}
	return record{
		"ssrc": fmt.Sprint(ssrc), "codecId": codecID, "transportId": b.transport, "isRemote": false,
		"associateStatsId": "", "mediaTrackId": kind.String(), "sliCount": 0, "remb": 0,
	}
}

// inbound has one entry per encoding: simulcast has up to three.
func (b *statsBuilder) inbound(kind media.Kind, s media.SourceStats) {
	for _, e := range s.Encodings {
		r := b.stream(kind, e.SSRC, s.Codec, s.PayloadType)
		r["packetsReceived"], r["bytesReceived"] = e.Packets, e.Bytes
		r["packetsLost"], r["fractionLost"] = e.Lost, e.FractionLost
		r["jitter"] = e.Jitter.Seconds()
		r["nackCount"], r["pliCount"], r["firCount"] = e.NACKs, e.PLIs, e.FIRs
		b.add("RTCInboundRTPStreamStats", fmt.Sprintf("inbound_%s_%d", kind, e.SSRC), "inboundrtp", r)
	}
}

func (b *statsBuilder) outbound(kind media.Kind, s media.SinkStats) {
	if s.SSRC == 0 && s.Packets == 0 {
		return
	}
	r := b.stream(kind, s.SSRC, s.Codec, s.PayloadType)
	r["packetsSent"], r["bytesSent"] = s.Packets, s.Bytes
	r["packetsLost"], r["fractionLost"] = s.Lost, s.FractionLost
	r["roundTripTime"] = s.RTT.Seconds()
	r["targetBitrate"] = s.TargetBitrate
	r["remb"] = s.REMB
	r["nackCount"], r["pliCount"], r["firCount"] = s.NACKs, s.PLIs, s.FIRs
	b.add("RTCOutboundRTPStreamStats", fmt.Sprintf("outbound_%s_%d", kind, s.SSRC), "outboundrtp", r)
}

// session has the transport, its candidates and pairs.
func (b *statsBuilder) session(s rtc.Stats) {
	b.add("RTCPeerConnectionStats", "session", "session", record{
		"dataChannelsOpened": s.DataChannelsOpened, "dataChannelsClosed": s.DataChannelsClosed,
	})
	selected := ""
	for _, p := range s.Pairs {
		id := "pair_" + p.LocalID + "_" + p.RemoteID
		if p.Selected {
			selected = id
		}
		b.add("RTCIceCandidatePairStats", id, "candidatepair", record{
			"transportId": b.transport, "localCandidateId": p.LocalID, "remoteCandidateId": p.RemoteID,
			"state": pairState(p.State), "priority": 0, "nominated": p.Nominated,
			"writable": p.State == "succeeded", "readable": p.State == "succeeded",
			"bytesSent": p.BytesSent, "bytesReceived": p.BytesReceived, "roundTripTime": p.RTT.Seconds(),
			"availableOutgoingBitrate": 0, "availableIncomingBitrate": 0,
		})
	}
	for _, candidate := range s.Candidates {
		kind := "localcandidate"
		if candidate.Remote {
			kind = "remotecandidate"
		}
		b.add("RTCIceCandidateAttributes", candidate.ID, kind, record{
			"ipAddress": candidate.Address, "portNumber": candidate.Port, "transport": candidate.Protocol,
			"candidateType": candidateType(candidate.Type), "priority": candidate.Priority, "addressSourceUrl": "",
		})
	}
	b.add("RTCTransportStats", b.transport, "transport", record{
		"bytesSent": s.BytesSent, "bytesReceived": s.BytesReceived, "rtcpTransportStatsId": "",
		"activeConnection": s.DTLS == rtc.DTLSConnected, "selectedCandidatePairId": selected,
		"localCertificateId": "", "remoteCertificateId": "",
	})
}

func candidateType(short string) string {
	switch short {
	case "srflx":
		return "serverreflexive"
	case "prflx":
		return "peerreflexive"
	case "relay":
		return "relayed"
	default:
		return "host"
	}
}

func pairState(state string) string {
	switch state {
	case "in-progress":
		return "inprogress"
	case "failed", "succeeded", "frozen":
		return state
	default:
		return "waiting"
	}
}
