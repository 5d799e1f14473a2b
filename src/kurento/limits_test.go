package kurento

import (
	"fmt"
	"strings"
	"testing"
)

// Beyond a limit the answer is 40009, what is released makes room, and another
// principal is not touched.
func TestLimits(t *testing.T) {
	b := newBench(t, func(o *Options) {
		o.Limits = Limits{Endpoints: 3, Objects: 6, Subscriptions: 4, Sessions: 2, Operations: 3, Tags: 2, TextBytes: 50}
	})
	c, other := b.dial(t, "app"), b.dial(t, "other")
	pipeline := c.create("MediaPipeline", nil)
	var endpoints []string
	for range 3 {
		endpoints = append(endpoints, c.create("WebRtcEndpoint", m{"mediaPipeline": pipeline}))
	}
	c.refused(codeNotEnoughResources, "create", m{"type": "WebRtcEndpoint", "constructorParams": m{"mediaPipeline": pipeline}})
	if b.engine.len() != 3 {
		t.Error("an endpoint was made beyond the limit")
	}
	for range 2 {
		c.create("MediaPipeline", nil)
	}
	c.refused(codeNotEnoughResources, "create", m{"type": "MediaPipeline"})
	c.do("release", m{"object": endpoints[0]})
	c.create("MediaPipeline", nil)
	c.refused(codeNotEnoughResources, "create", m{"type": "WebRtcEndpoint", "constructorParams": m{"mediaPipeline": pipeline}})

	var subscriptions []string
	for range 4 {
		subscriptions = append(subscriptions, c.subscribe(endpoints[1], "Error"))
	}
	c.refused(codeNotEnoughResources, "subscribe", m{"object": endpoints[1], "type": "IceGatheringDone"})
	c.do("unsubscribe", m{"object": endpoints[1], "subscription": subscriptions[0]})
	c.subscribe(endpoints[1], "IceGatheringDone")
	c.do("release", m{"object": endpoints[1]})
	for range 4 {
		c.subscribe(endpoints[2], "Error")
	}

	c.invoke(pipeline, "addTag", m{"key": "a", "value": "1"})
	c.invoke(pipeline, "addTag", m{"key": "b", "value": "1"})
	c.invoke(pipeline, "addTag", m{"key": "a", "value": "2"})
	c.refusedInvoke(codeNotEnoughResources, pipeline, "addTag", m{"key": "c", "value": "1"})
	long := strings.Repeat("x", 51)
	c.refusedInvoke(codeIllegalParam, pipeline, "addTag", m{"key": "a", "value": long})
	c.refusedInvoke(codeIllegalParam, pipeline, "setName", m{"name": long})
	c.refusedInvoke(codeIllegalParam, endpoints[2], "setTurnUrl", m{"turnUrl": long})
	c.refusedInvoke(codeIllegalParam, endpoints[2], "connect", m{"sink": endpoints[2], "sinkMediaDescription": long})

	var operations []m
	for i := range 4 {
		operations = append(operations, m{"id": i, "method": "ping"})
	}
	c.refused(codeNotEnoughResources, "transaction", m{"operations": operations})
	c.do("transaction", m{"operations": operations[:3]})

	b.dial(t, "app").do("describe", m{"object": managerID})
	b.dial(t, "app").refused(codeNotEnoughResources, "describe", m{"object": managerID})

	theirs := other.create("MediaPipeline", nil)
	other.create("WebRtcEndpoint", m{"mediaPipeline": theirs})
}

// An endpoint that cannot be made costs nothing.
func TestFailedCreateGivesItsPlaceBack(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Limits.Endpoints = 1 })
	c := b.dial(t, "app")
	pipeline := c.create("MediaPipeline", nil)
	b.engine.fail = true
	for range 3 {
		if got := c.refused(codeUnexpected, "create", m{"type": "WebRtcEndpoint", "constructorParams": m{"mediaPipeline": pipeline}}); got != "no ports left" {
			t.Errorf("message %q", got)
		}
	}
	b.counts(t, 1, 0, 1)
	b.engine.fail = false
	c.create("WebRtcEndpoint", m{"mediaPipeline": pipeline})
}

// 10,000 candidates: rtc keeps 64, each of the others is refused; and those for
// an object that was released too.
func TestCandidateFlood(t *testing.T) {
	b := newBench(t, nil)
	c := b.dial(t, "app")
	endpoint := c.create("WebRtcEndpoint", m{"mediaPipeline": c.create("MediaPipeline", nil)})
	add := func(i int) m {
		return m{"object": endpoint, "operation": "addIceCandidate", "operationParams": m{
			"candidate": m{"candidate": fmt.Sprintf("candidate:%d 1 udp 1 192.0.2.1 9 typ host", i), "sdpMid": "0", "sdpMLineIndex": 0},
		}}
	}
	for i := range 64 {
		c.do("invoke", add(i))
	}
	for i := range 10_000 {
		id := c.send("invoke", add(i))
		if r := c.await(id); r.Error == nil || r.Error.Code != codeNotEnoughResources {
			t.Fatalf("candidate %d: %+v", i, r)
		}
	}
	if got := len(b.engine.at(0).candidates); got != 64 {
		t.Errorf("%d candidates", got)
	}
	c.do("release", m{"object": endpoint})
	c.refused(codeObjectNotFound, "invoke", add(0))
	c.refusedInvoke(codeObjectNotFound, endpoint, "gatherCandidates", nil)
}

// An endpoint of rtc that tells more than can be delivered loses events, which
// is counted; nothing waits.
func TestEventFlood(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Limits.Events = 10 })
	c := b.dial(t, "app")
	c.create("WebRtcEndpoint", m{"mediaPipeline": c.create("MediaPipeline", nil)})
	b.server.mu.Lock() // delivery waits here
	for range 50 {
		happen(t, b, "0 gathered")
	}
	b.server.mu.Unlock()
	b.server.deliverer.Wait()
	if _, lost, _ := b.server.Faults(); lost < 39 || lost > 40 {
		t.Errorf("%d lost", lost)
	}
}
