package kurento

import "testing"

// TestDataFollowsTheGraph: what a connection of DATA does to the endpoints.
func TestDataFollowsTheGraph(t *testing.T) {
	b := newBench(t, nil)
	c := b.dial(t, "app")
	pipeline := c.create("MediaPipeline", nil)
	var ids []string
	for range 3 {
		ids = append(ids, c.create("WebRtcEndpoint", m{"mediaPipeline": pipeline, "useDataChannels": true}))
	}
	first, second, sink := b.engine.at(0), b.engine.at(1), b.engine.at(2)
	follows := func(step string, want *fakeEndpoint) {
		t.Helper()
		sink.mu.Lock()
		defer sink.mu.Unlock()
		if want == nil && sink.data != nil || want != nil && sink.data != Endpoint(want) {
			t.Errorf("%s: the sink follows %v", step, sink.data)
		}
	}
	follows("at first", nil)
	c.invoke(ids[0], "connect", m{"sink": ids[2], "mediaType": "VIDEO"})
	follows("VIDEO connected", nil)
	c.invoke(ids[0], "connect", m{"sink": ids[2], "mediaType": "DATA"})
	follows("DATA connected", first)
	c.invoke(ids[1], "connect", m{"sink": ids[2]})
	follows("all of another connected", second)
	c.invoke(ids[1], "disconnect", m{"sink": ids[2], "mediaType": "AUDIO"})
	follows("AUDIO disconnected", second)
	c.invoke(ids[1], "disconnect", m{"sink": ids[2]})
	follows("all disconnected", nil)
	c.invoke(ids[0], "connect", m{"sink": ids[2]})
	c.do("release", m{"object": ids[0]})
	follows("the source released", nil)
}
