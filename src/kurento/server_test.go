package kurento

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ksfu/src/media"
	"ksfu/src/rtc"
)

func TestOptions(t *testing.T) {
	valid := Options{Principal: newBench(t, nil).server.opts.Principal, NewEndpoint: (&fakeEngine{}).newEndpoint}
	for name, change := range map[string]func(*Options){
		"no principal": func(o *Options) { o.Principal = nil },
		"no endpoints": func(o *Options) { o.NewEndpoint = nil },
		"bad limit":    func(o *Options) { o.Limits.Objects = -1 },
		"bad ttl":      func(o *Options) { o.SessionTTL = -1 },
		"bad rpc":      func(o *Options) { o.RPC.Depth = -1 },
	} {
		o := valid
		change(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%s accepted", name)
		}
	}
	same := Options{SessionTTL: 240 * time.Second, Limits: Limits{Endpoints: 4096}}
	if !(Options{}).Equal(same) || same.Equal(Options{Renegotiate: true}) {
		t.Error("Equal does not see the defaults")
	}
}

// What the constructor's parameters become.
func TestEndpointOptions(t *testing.T) {
	b := newBench(t, nil)
	c := b.dial(t, "app")
	pipeline := c.create("MediaPipeline", nil)
	for i, test := range []struct {
		params m
		want   rtc.EndpointOptions
	}{
		{m{}, rtc.EndpointOptions{Receive: true, Send: true}},
		{m{"recvonly": true}, rtc.EndpointOptions{Receive: true}},
		{m{"sendonly": true}, rtc.EndpointOptions{Send: true}},
		{m{"useDataChannels": true, "certificateKeyType": "RSA"}, rtc.EndpointOptions{Receive: true, Send: true, DataChannels: true, RSA: true}},
		{m{"certificateKeyType": "ECDSA", "recvonly": nil}, rtc.EndpointOptions{Receive: true, Send: true}},
	} {
		test.params["mediaPipeline"] = pipeline
		c.create("WebRtcEndpoint", test.params)
		got := b.engine.at(i).options
		got.Events = nil
		if fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("%v: got %+v, want %+v", test.params, got, test.want)
		}
	}
}

// kbit/s of the protocol become bit/s; the lower of the limits counts.
func TestBitrates(t *testing.T) {
	b := newBench(t, nil)
	c := b.dial(t, "app")
	e := c.create("WebRtcEndpoint", m{"mediaPipeline": c.create("MediaPipeline", nil)})
	f := b.engine.at(0)
	c.invoke(e, "setMaxVideoSendBandwidth", m{"maxVideoSendBandwidth": 2000})
	if f.maxSend != 2_000_000 {
		t.Errorf("send %d", f.maxSend)
	}
	c.invoke(e, "setMaxEncoderBitrate", m{"maxEncoderBitrate": 500_000})
	if f.maxSend != 500_000 {
		t.Errorf("send %d", f.maxSend)
	}
	c.invoke(e, "setMaxEncoderBitrate", m{"maxEncoderBitrate": 0})
	c.invoke(e, "setMaxVideoSendBandwidth", m{"maxVideoSendBandwidth": 0})
	if f.maxSend != 0 {
		t.Errorf("send %d", f.maxSend)
	}
	c.invoke(e, "setMaxVideoRecvBandwidth", m{"maxVideoRecvBandwidth": 1000})
	c.invoke(e, "setMaxAudioRecvBandwidth", m{"maxAudioRecvBandwidth": 40})
	if f.maxRecv[media.Video] != 1_000_000 || f.maxRecv[media.Audio] != 40_000 {
		t.Errorf("recv %v", f.maxRecv)
	}
	c.invoke(e, "requestKeyframe", nil)
	if f.sources[media.Video].keyFrames != 1 {
		t.Error("no key frame asked")
	}
}

// A format restricts the codecs of a negotiation to come.
func TestFormat(t *testing.T) {
	b := newBench(t, nil)
	c := b.dial(t, "app")
	e := c.create("WebRtcEndpoint", m{"mediaPipeline": c.create("MediaPipeline", nil)})
	f := b.engine.at(0)
	c.invoke(e, "setVideoFormat", m{"caps": m{"codec": "VP8", "framerate": m{"numerator": 30, "denominator": 1}}})
	c.invoke(e, "setAudioFormat", m{"caps": m{"codec": "OPUS", "bitrate": 64000}})
	if !slices.Equal(f.codecs[media.Video], []string{"VP8"}) || !slices.Equal(f.codecs[media.Audio], []string{"opus"}) {
		t.Errorf("codecs %v", f.codecs)
	}
	c.invoke(e, "setVideoFormat", m{"caps": m{"codec": "RAW"}})
	if f.codecs[media.Video] != nil {
		t.Errorf("codecs %v", f.codecs)
	}
	c.refusedInvoke(codeMarshall, e, "setAudioFormat", m{"caps": m{"codec": "MP3"}})
	c.refusedInvoke(codeMarshall, e, "setAudioFormat", m{"caps": m{"bitrate": 1}})
	c.invoke(e, "processOffer", m{"offer": offerSDP})
	c.refusedInvoke(codeNotImplemented, e, "setAudioFormat", m{"caps": m{"codec": "PCMU", "bitrate": 0}})
}

func TestRenegotiate(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Renegotiate = true })
	c := b.dial(t, "app")
	pipeline := c.create("MediaPipeline", nil)
	e := c.create("WebRtcEndpoint", m{"mediaPipeline": pipeline})
	c.subscribe(e, "MediaSessionStarted")
	c.invoke(e, "processOffer", m{"offer": offerSDP})
	c.invoke(e, "processOffer", m{"offer": offerSDP + "a=again\r\n"})
	if got := c.names(); got != "MediaSessionStarted" {
		t.Errorf("events %q", got)
	}
	c.refusedInvoke(codeSDPParse, e, "processOffer", m{"offer": "junk"})
	c.invoke(e, "processOffer", m{"offer": offerSDP})
	c.refusedInvoke(codeAlreadyNegotiated, e, "generateOffer", nil)

	ours := c.create("WebRtcEndpoint", m{"mediaPipeline": pipeline})
	c.invoke(ours, "generateOffer", m{})
	c.refusedInvoke(codeAlreadyNegotiated, ours, "processOffer", m{"offer": offerSDP})
}

// A panic in rtc is one answer with -32603: the endpoint, the connection and
// the lock stay usable.
func TestPanicInRTC(t *testing.T) {
	b := newBench(t, nil)
	c := b.dial(t, "app")
	e := c.create("WebRtcEndpoint", m{"mediaPipeline": c.create("MediaPipeline", nil)})
	c.refused(-32603, "invoke", m{"object": e, "operation": "processOffer", "operationParams": m{"offer": offerSDP + "panic"}})
	c.invoke(e, "processOffer", m{"offer": offerSDP})
	if panics, _, _ := b.server.Faults(); panics != 1 {
		t.Errorf("%d panics", panics)
	}
	// And one while an event is delivered.
	b.engine.at(0).send(rtc.Failure{})
	b.server.deliverer.Wait()
	if panics, _, _ := b.server.Faults(); panics != 2 {
		t.Errorf("%d panics", panics)
	}
	c.do("describe", m{"object": e})
}

// While one negotiates slowly, others are served, and the object can be
// released; the second processOffer does not get through.
func TestSlowNegotiationHoldsUpNobody(t *testing.T) {
	b := newBench(t, nil)
	slow, other := b.dial(t, "app"), b.dial(t, "app")
	pipeline := slow.create("MediaPipeline", nil)
	e := slow.create("WebRtcEndpoint", m{"mediaPipeline": pipeline})
	b.engine.at(0).block = make(chan struct{})
	id := slow.send("invoke", m{"object": e, "operation": "processOffer", "operationParams": m{"offer": offerSDP}})
	for { // until it is inside
		b.server.mu.Lock()
		state := b.server.scopes["app"].objects[e].webrtc.state
		b.server.mu.Unlock()
		if state == negotiating {
			break
		}
	}
	other.create("WebRtcEndpoint", m{"mediaPipeline": pipeline})
	other.refusedInvoke(codeAlreadyNegotiated, e, "processOffer", m{"offer": offerSDP})
	other.do("release", m{"object": pipeline})
	close(b.engine.at(0).block)
	if r := slow.await(id); r.Error == nil || r.Error.Code != codeObjectNotFound {
		t.Errorf("%+v", r)
	}
	b.counts(t, 0, 0, 2)
}

// getUsedCpu measures without holding the connection up, is bounded below the
// clients' timeout, and works within a transaction.
func TestUsage(t *testing.T) {
	b := newBench(t, nil)
	c := b.dial(t, "app")
	slow := c.send("invoke", m{"object": managerID, "operation": "getUsedCpu", "operationParams": m{"interval": 300}})
	c.do("ping", nil) // answered first: await would have dropped the other
	if r := c.await(slow); r.Error != nil || r.Result["value"].(float64) < 0 || r.Result["value"].(float64) > 100.5 {
		t.Errorf("%+v", r)
	}
	if got, _ := c.invoke(managerID, "getUsedMemory", nil).(float64); got < 1024 || got > 16<<20 {
		t.Errorf("memory %v KiB", got)
	}
	if got, _ := c.invoke(managerID, "getCpuCount", nil).(float64); got < 1 {
		t.Errorf("processors %v", got)
	}
	results, _ := c.do("transaction", m{"operations": []m{{"id": 0, "method": "invoke", "params": m{"object": managerID, "operation": "getUsedCpu", "operationParams": m{"interval": 1}}}}})["value"].([]any)
	if _, ok := results[0].(m)["result"].(m)["value"].(float64); !ok {
		t.Errorf("in a transaction: %v", results)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := usedCPU(ctx, time.Hour); err == nil {
		t.Error("an ended connection is measured on")
	}
}

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

// Whatever the table names exists, and getKmd serves it.
func TestModel(t *testing.T) {
	model := newModel()
	basic := []string{"String", "int", "int64", "float", "double", "boolean"}
	known := func(name string) bool {
		name = strings.TrimSuffix(strings.TrimSuffix(name, "[]"), "<>")
		return slices.Contains(basic, name) || model.types[name] != nil || model.classes[name] != nil
	}
	for _, k := range model.order {
		for _, op := range k.operations {
			for _, p := range op.params {
				if !known(p.typ) {
					t.Errorf("%s.%s: %s is of unknown type %q", k.name, op.name, p.name, p.typ)
				}
			}
			if op.returns != "" && !known(op.returns) {
				t.Errorf("%s.%s returns unknown type %q", k.name, op.name, op.returns)
			}
			if (op.run == nil) == (op.slow == nil) {
				t.Errorf("%s.%s has no or two implementations", k.name, op.name)
			}
		}
		for _, p := range k.params {
			if !known(p.typ) {
				t.Errorf("%s: %s is of unknown type %q", k.name, p.name, p.typ)
			}
		}
	}
	for _, kind := range model.listed {
		for _, p := range kind.fields {
			if !known(p.typ) {
				t.Errorf("%s: %s is of unknown type %q", kind.name, p.name, p.typ)
			}
		}
	}
	for _, name := range modules() {
		text, ok := model.describe(name)
		var d description
		if err := json.Unmarshal([]byte(text), &d); !ok || err != nil || d.Name != name {
			t.Errorf("%s: %v %v", name, ok, err)
		}
		if name == "elements" && (len(d.Classes) != 1 || len(d.Classes[0].Methods) != 4 || len(d.Classes[0].Properties) != 10 || len(d.Events) != 7) {
			t.Errorf("elements: %+v", d)
		}
	}
}

func TestMediaErrors(t *testing.T) {
	for _, test := range []struct {
		err  error
		want int
	}{
		{rtc.ErrEmptySDP, codeSDPParse},
		{rtc.ErrSDPTooLarge, codeSDPParse},
		{fmt.Errorf("x: %w", rtc.ErrSDP), codeSDPParse},
		{rtc.ErrNoOffer, codeNoOfferGenerated},
		{rtc.ErrAnswered, codeAnswerProcessed},
		{rtc.ErrTooManyCandidates, codeNotEnoughResources},
		{rtc.ErrTooManyEndpoints, codeNotEnoughResources},
		{rtc.ErrBadCandidate, codeAddCandidate},
		{rtc.ErrDataChannelsOff, codeNotSupported},
		{rtc.ErrNoDataChannel, codeIllegalParam},
		{media.ErrNoCommonFormat, codeUnsupportedMedia},
		{errors.New("other"), codeProcessOffer},
	} {
		if got := mediaError(codeProcessOffer, test.err); got.Code != test.want {
			t.Errorf("%v: %d, want %d", test.err, got.Code, test.want)
		}
	}
}

// Joins and leaves by many at once: nothing is left over, and nothing is told
// to the race detector.
func TestChurn(t *testing.T) {
	b := newBench(t, nil)
	owner := b.dial(t, "app")
	pipeline := owner.create("MediaPipeline", nil)
	source := owner.create("WebRtcEndpoint", m{"mediaPipeline": pipeline})
	owner.subscribe(source, "ElementConnected")
	var wg sync.WaitGroup
	for i := range 8 {
		c := b.dial(t, "app")
		wg.Add(1)
		go func() {
			defer wg.Done()
			random := rand.New(rand.NewPCG(uint64(i), 1))
			var mine []string
			for range 120 {
				switch random.IntN(8) {
				case 0, 1, 2:
					r := c.try("create", m{"type": "WebRtcEndpoint", "constructorParams": m{"mediaPipeline": pipeline}})
					if r.Error == nil {
						id, _ := r.Result["value"].(string)
						mine = append(mine, id)
						c.try("subscribe", m{"object": id, "type": "IceCandidateFound"})
						c.try("invoke", m{"object": id, "operation": "processOffer", "operationParams": m{"offer": offerSDP}})
						c.try("invoke", m{"object": source, "operation": "connect", "operationParams": m{"sink": id}})
					}
				case 3:
					if len(mine) > 1 {
						c.try("invoke", m{"object": mine[0], "operation": "connect", "operationParams": m{"sink": mine[1], "mediaType": "VIDEO"}})
					}
				case 4:
					if len(mine) > 0 {
						c.try("release", m{"object": mine[0]})
						mine = mine[1:]
					}
				case 5:
					c.try("closeSession", m{})
					mine = nil
				case 6:
					b.engine.at(random.IntN(b.engine.len())).send(rtc.CandidateFound{})
				case 7:
					c.try("invoke", m{"object": pipeline, "operation": "getGstreamerDot"})
				}
			}
			c.try("closeSession", m{})
		}()
	}
	wg.Wait()
	owner.do("release", m{"object": pipeline})
	b.server.deliverer.Wait()
	p, e, _ := b.server.Counts()
	if p != 0 || e != 0 {
		t.Errorf("%d pipelines and %d endpoints are left", p, e)
	}
	b.server.mu.Lock()
	sc := b.server.scopes["app"]
	if len(sc.objects) != 1 || sc.subscriptions != 0 || sc.reserved != 0 {
		t.Errorf("%d objects, %d subscriptions, %d reserved", len(sc.objects), sc.subscriptions, sc.reserved)
	}
	b.server.mu.Unlock()
	for i := range b.engine.len() {
		if !b.engine.at(i).isClosed() {
			t.Errorf("endpoint %d is open", i)
		}
	}
}
