package kurento

import (
	"fmt"
	"testing"
	"time"

	"ksfu/src/media"
	"ksfu/src/rtc"
)

func TestStats(t *testing.T) {
	b := newBench(t, nil)
	c := b.dial(t, "app")
	e := c.create("WebRtcEndpoint", m{"mediaPipeline": c.create("MediaPipeline", nil)})
	f := b.engine.at(0)
	f.sources[media.Video].stats = media.SourceStats{Codec: "VP8", PayloadType: 96, Encodings: []media.EncodingStats{
		{RID: "h", SSRC: 11, Packets: 5, Bytes: 500, Jitter: 20 * time.Millisecond, Lost: 1, FractionLost: 0.25, PLIs: 2}, {RID: "l", SSRC: 12},
	}}
	f.sinks[media.Audio].stats = media.SinkStats{Codec: "opus", PayloadType: 111, SSRC: 21, Packets: 7, RTT: 30 * time.Millisecond, REMB: 9000, TargetBitrate: 32000}
	f.stats = rtc.Stats{
		BytesSent: 100, DTLS: rtc.DTLSConnected, DataChannelsOpened: 1,
		Candidates: []rtc.CandidateStats{{ID: "L", Type: "host", Protocol: "udp", Address: "192.0.2.1", Port: 9}, {ID: "R", Remote: true, Type: "prflx"}},
		Pairs:      []rtc.PairStats{{LocalID: "L", RemoteID: "R", State: "succeeded", Nominated: true, Selected: true, RTT: 10 * time.Millisecond}, {LocalID: "L", RemoteID: "X", State: "in-progress"}},
	}
	all, _ := c.invoke(e, "getStats", nil).(m)
	types := map[string]string{}
	for id, entry := range all {
		s, _ := entry.(m)
		if s["id"] != id || s["timestampMillis"] != 1_700_000_000_123.0 || s["__module__"] != "kurento" {
			t.Errorf("%s: %v", id, s)
		}
		types[id] = fmt.Sprint(s["type"], " ", s["__type__"])
	}
	want := map[string]string{
		e: "endpoint EndpointStats", "inbound_video_11": "inboundrtp RTCInboundRTPStreamStats", "inbound_video_12": "inboundrtp RTCInboundRTPStreamStats",
		"outbound_audio_21": "outboundrtp RTCOutboundRTPStreamStats", "session": "session RTCPeerConnectionStats", "transport": "transport RTCTransportStats",
		"L": "localcandidate RTCIceCandidateAttributes", "R": "remotecandidate RTCIceCandidateAttributes",
		"pair_L_R": "candidatepair RTCIceCandidatePairStats", "pair_L_X": "candidatepair RTCIceCandidatePairStats",
	}
	if fmt.Sprint(types) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", types, want)
	}
	in := all["inbound_video_11"].(m)
	if in["jitter"] != 0.02 || in["packetsLost"] != 1.0 || in["fractionLost"] != 0.25 || in["pliCount"] != 2.0 || in["ssrc"] != "11" {
		t.Errorf("inbound %v", in)
	}
	out := all["outbound_audio_21"].(m)
	if out["roundTripTime"] != 0.03 || out["remb"] != 9000.0 || out["packetsSent"] != 7.0 || out["targetBitrate"] != 32000.0 {
		t.Errorf("outbound %v", out)
	}
	if all["transport"].(m)["selectedCandidatePairId"] != "pair_L_R" || all["R"].(m)["candidateType"] != "peerreflexive" {
		t.Errorf("transport %v", all["transport"])
	}
	video, _ := c.invoke(e, "getStats", m{"mediaType": "VIDEO"}).(m)
	if len(video) != 3 {
		t.Errorf("video alone: %v", video)
	}
}

// Every stats record has the fields that the model gives its type.
func TestRecordsMatchTheModel(t *testing.T) {
	model := newModel()
	b := statsBuilder{list: map[string]record{}}
	b.inbound(media.Video, media.SourceStats{Encodings: []media.EncodingStats{{SSRC: 1}}})
	b.outbound(media.Audio, media.SinkStats{SSRC: 2})
	b.session(rtc.Stats{Candidates: []rtc.CandidateStats{{ID: "L"}}, Pairs: []rtc.PairStats{{}}})
	records := []record{pairRecord("", ""), (&edge{source: &object{}, sink: &object{}}).data()}
	for _, r := range b.list {
		records = append(records, r)
	}
	for _, r := range records {
		name, _ := r["__type__"].(string)
		for kind := model.types[name]; ; kind = model.types[kind.extends] {
			if kind == nil {
				t.Fatalf("no type %s", name)
			}
			for _, field := range kind.fields {
				if _, ok := r[field.name]; !ok {
					t.Errorf("%s has no %s", name, field.name)
				}
			}
			if kind.extends == "" {
				break
			}
		}
	}
}
