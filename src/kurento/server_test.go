package kurento

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
