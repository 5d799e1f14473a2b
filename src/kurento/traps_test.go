package kurento

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"ksfu/src/media"
	"ksfu/src/rtc"
)

// Ten things that break an unmodified client.
func TestTraps(t *testing.T) {
	b := newBench(t, nil)
	c := b.dial(t, "app")

	t.Run("1 an Origin without a scheme is served", func(t *testing.T) {
		ws, _, err := websocket.DefaultDialer.Dial(b.url+"/?access_token=app", http.Header{"Origin": {"127.0.0.1:8888"}})
		if err != nil {
			t.Fatal(err)
		}
		_ = ws.Close()
	})

	t.Run("2 any path and query that is mounted", func(t *testing.T) {
		for _, path := range []string{"/kurento?access_token=app", "/ws?access_token=app&x=y"} {
			ws, response, err := websocket.DefaultDialer.Dial(b.url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if response.Header.Get("Sec-WebSocket-Protocol") != "" {
				t.Error("a subprotocol was chosen")
			}
			_ = ws.Close()
		}
	})

	t.Run("3 getInfo lists core, elements, filters", func(t *testing.T) {
		info, _ := c.invoke(managerID, "getInfo", nil).(m)
		var names []string
		for _, module := range info["modules"].([]any) {
			names = append(names, module.(m)["name"].(string))
			if _, ok := module.(m)["factories"].([]any); !ok {
				t.Error("factories is no list")
			}
		}
		if got := strings.Join(names, " "); got != "core elements filters" {
			t.Errorf("modules %s", got)
		}
	})

	pipeline := c.create("MediaPipeline", nil)
	endpoint := c.create("WebRtcEndpoint", m{"mediaPipeline": pipeline})

	t.Run("4 ids are read by clients", func(t *testing.T) {
		if !strings.HasSuffix(pipeline, "_kurento.MediaPipeline") || strings.Contains(pipeline, "/") {
			t.Errorf("pipeline %s", pipeline)
		}
		rest, ok := strings.CutPrefix(endpoint, pipeline+"/")
		if !ok || !strings.HasSuffix(rest, "_kurento.WebRtcEndpoint") || endpoint[strings.LastIndex(endpoint, "_")+1:] != "kurento.WebRtcEndpoint" {
			t.Errorf("endpoint %s", endpoint)
		}
		c.do("describe", m{"object": "manager_ServerManager"})
	})

	t.Run("5 the envelope of events, under both names", func(t *testing.T) {
		for _, name := range []string{"IceCandidateFound", "OnIceCandidate"} {
			c.subscribe(endpoint, name)
		}
		b.engine.at(0).send(rtc.CandidateFound{Candidate: rtc.Candidate{Candidate: "candidate:1", SDPMid: "0"}})
		c.settle()
		if len(c.events) != 2 {
			t.Fatalf("events %v", c.events)
		}
		for i, name := range []string{"IceCandidateFound", "OnIceCandidate"} {
			e := c.events[i]
			d, _ := e["data"].(m)
			if e["object"] != endpoint || e["type"] != name || d["type"] != name || d["source"] != endpoint {
				t.Errorf("event %v", e)
			}
			if _, ok := d["timestampMillis"].(string); !ok {
				t.Errorf("timestampMillis is %T", d["timestampMillis"])
			}
			if candidate, _ := d["candidate"].(m); candidate["candidate"] != "candidate:1" || candidate["sdpMLineIndex"] != 0.0 {
				t.Errorf("candidate %v", d["candidate"])
			}
		}
		c.events = nil
	})

	t.Run("6 result is an object, with a sessionId, and value for void", func(t *testing.T) {
		for _, request := range []struct {
			method string
			params m
		}{
			{"describe", m{"object": endpoint}},
			{"ref", m{"object": endpoint}},
			{"release", m{"object": "unknown"}},
			{"unsubscribe", m{"object": "unknown", "subscription": "x"}},
			{"transaction", m{"operations": []any{}}},
		} {
			if r := c.do(request.method, request.params); r["sessionId"] == "" || r["sessionId"] == nil {
				t.Errorf("%s: %v", request.method, r)
			}
		}
		r := c.do("invoke", m{"object": endpoint, "operation": "setName", "operationParams": m{"name": "x"}})
		if v, ok := r["value"]; !ok || v != nil {
			t.Errorf("void: %v", r)
		}
		if r := b.dial(t, "app").do("closeSession", m{"sessionId": "unknown"}); r == nil {
			t.Error("closeSession: null")
		}
	})

	t.Run("7 jsonrpc is on every message", func(t *testing.T) {
		for _, message := range []string{`{"jsonrpc":"2.0","id":900,"method":"ping"}`, `{"jsonrpc":"2.0","id":901,"method":"nothing"}`, `garbage`} {
			for _, got := range c.exchange(message) {
				if !strings.Contains(got, `"jsonrpc":"2.0"`) {
					t.Errorf("%s", got)
				}
			}
		}
		c.subscribe(endpoint, "IceGatheringDone")
		b.engine.at(0).send(rtc.GatheringDone{})
		for _, got := range c.exchange("") {
			if !strings.Contains(got, `"jsonrpc":"2.0"`) {
				t.Errorf("%s", got)
			}
		}
	})

	t.Run("8 candidates before the offer, everything pipelined", func(t *testing.T) {
		for range 4 {
			c.send("invoke", m{"object": endpoint, "operation": "addIceCandidate", "operationParams": m{"candidate": m{"candidate": "candidate:9", "sdpMid": "0", "sdpMLineIndex": 0}}})
		}
		c.send("invoke", m{"object": endpoint, "operation": "processOffer", "operationParams": m{"offer": offerSDP}})
		last := c.send("invoke", m{"object": endpoint, "operation": "gatherCandidates"})
		if r := c.await(last); r.Error != nil {
			t.Errorf("gatherCandidates %+v", *r.Error)
		}
		f := b.engine.at(0)
		if len(f.candidates) != 4 || f.remote != offerSDP || f.gathered != 1 {
			t.Errorf("%d candidates, remote %q, gathered %d", len(f.candidates), f.remote, f.gathered)
		}
	})

	t.Run("9 connect before and after the negotiation", func(t *testing.T) {
		viewer := c.create("WebRtcEndpoint", m{"mediaPipeline": pipeline})
		c.invoke(endpoint, "connect", m{"sink": viewer})
		c.invoke(viewer, "processOffer", m{"offer": offerSDP})
		after := c.create("WebRtcEndpoint", m{"mediaPipeline": pipeline})
		c.invoke(after, "processOffer", m{"offer": offerSDP})
		c.invoke(endpoint, "connect", m{"sink": after})
		for i := range 2 {
			for _, k := range media.Kinds() {
				if got := b.engine.at(1 + i).sinks[k].source; got != b.engine.at(0).sources[k] {
					t.Errorf("viewer %d, %v: %v", i, k, got)
				}
			}
		}
	})

	t.Run("10 names are exact, with and without the module", func(*testing.T) {
		for _, name := range []string{"WebRtcEndpoint", "kurento.WebRtcEndpoint"} {
			c.create(name, m{"mediaPipeline": pipeline})
		}
		c.refused(codeTypeNotFound, "create", m{"type": "webrtcendpoint"})
		c.refusedInvoke(codeMalformed, endpoint, "GetName", nil)
		c.refusedInvoke(codeMarshall, endpoint, "setName", m{"Name": "x"})
	})
}
