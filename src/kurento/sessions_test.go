package kurento

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func (b *bench) counts(t *testing.T, pipelines, endpoints, sessions int) {
	t.Helper()
	p, e, s := b.server.Counts()
	if p != pipelines || e != endpoints || s != sessions {
		t.Errorf("%d pipelines, %d endpoints, %d sessions; want %d, %d, %d", p, e, s, pipelines, endpoints, sessions)
	}
}

// gone waits until the server has noticed that a client left.
func (c *client) gone() {
	c.t.Helper()
	before := c.b.server.rpc.Counts().Conns
	_ = c.ws.Close()
	for deadline := time.Now().Add(10 * time.Second); c.b.server.rpc.Counts().Conns >= before; {
		if time.Now().After(deadline) {
			c.t.Fatal("the connection does not end")
		}
	}
}

func TestSessionOutlivesItsSocket(t *testing.T) {
	b := newBench(t, nil)
	first := b.dial(t, "app")
	pipeline := first.create("MediaPipeline", nil)
	endpoint := first.create("WebRtcEndpoint", m{"mediaPipeline": pipeline})
	session, _ := first.do("connect", nil)["sessionId"].(string)
	first.subscribe(endpoint, "IceGatheringDone")
	first.gone()

	b.clock.add(200 * time.Second)
	b.server.sessions.Sweep()
	second := b.dial(t, "app")
	if got := second.do("connect", m{"sessionId": session})["sessionId"]; got != session {
		t.Fatalf("session %v", got)
	}
	second.invoke(endpoint, "setName", m{"name": "still here"})
	happen(t, b, "0 gathered")
	if got := second.names(); got != "IceGatheringDone" {
		t.Errorf("subscriptions must survive: %q", got)
	}
	b.counts(t, 1, 1, 1)

	second.gone()
	b.clock.add(239 * time.Second)
	b.server.sessions.Sweep()
	b.counts(t, 1, 1, 1)
	b.clock.add(time.Second)
	b.server.sessions.Sweep()
	b.counts(t, 0, 0, 0)
	if !b.engine.at(0).isClosed() {
		t.Error("the endpoint was not closed")
	}
	third := b.dial(t, "app")
	third.refused(codeInvalidSession, "connect", m{"sessionId": session})
	third.do("connect", nil)
}

// An object lives until the last session lets go of it.
func TestReferencesBySession(t *testing.T) {
	b := newBench(t, nil)
	one, two := b.dial(t, "app"), b.dial(t, "app")
	pipeline := one.create("MediaPipeline", nil)
	endpoint := one.create("WebRtcEndpoint", m{"mediaPipeline": pipeline})
	other := one.create("WebRtcEndpoint", m{"mediaPipeline": pipeline})
	two.do("describe", m{"object": endpoint}) // and with it the pipeline

	one.do("closeSession", m{"sessionId": one.do("connect", nil)["sessionId"]})
	b.counts(t, 1, 1, 1)
	two.refused(codeObjectNotFound, "describe", m{"object": other})
	two.do("ref", m{"object": endpoint})
	two.do("unref", m{"object": endpoint})
	b.counts(t, 1, 0, 1)
	two.do("unref", m{"object": pipeline})
	b.counts(t, 0, 0, 1)
}

func TestUnrefOfAPipelineLetsGoOfItsParts(t *testing.T) {
	b := newBench(t, nil)
	one, two := b.dial(t, "app"), b.dial(t, "app")
	pipeline := one.create("MediaPipeline", nil)
	mine := one.create("WebRtcEndpoint", m{"mediaPipeline": pipeline})
	theirs := one.create("WebRtcEndpoint", m{"mediaPipeline": pipeline})
	two.do("describe", m{"object": theirs})
	one.do("unref", m{"object": pipeline})
	two.refused(codeObjectNotFound, "describe", m{"object": mine})
	two.do("describe", m{"object": theirs})
	b.counts(t, 1, 1, 2)
}

func TestCloseSessionWithRelease(t *testing.T) {
	b := newBench(t, nil)
	one, two := b.dial(t, "app"), b.dial(t, "app")
	pipeline := one.create("MediaPipeline", nil)
	two.do("describe", m{"object": pipeline})
	session, _ := one.do("connect", nil)["sessionId"].(string)
	one.do("closeSession", m{"sessionId": session, "release": true})
	two.refused(codeObjectNotFound, "describe", m{"object": pipeline})
	// The same socket goes on with a new session.
	if got := one.do("describe", m{"object": managerID})["sessionId"]; got == session {
		t.Error("a session was used after its end")
	}
}

// A request without a sessionId belongs to the session used last on the socket,
// and an unknown sessionId becomes a session.
func TestSessionOfARequest(t *testing.T) {
	b := newBench(t, nil)
	c := b.dial(t, "app")
	first := c.do("describe", m{"object": managerID})["sessionId"]
	if got := c.do("describe", m{"object": managerID})["sessionId"]; got != first {
		t.Errorf("another session: %v", got)
	}
	own := "a-session-of-an-earlier-server"
	if got := c.do("describe", m{"object": managerID, "sessionId": own})["sessionId"]; got != own {
		t.Errorf("session %v", got)
	}
	if got := c.do("describe", m{"object": managerID})["sessionId"]; got != own {
		t.Errorf("the session used last is %v", got)
	}
	c.refused(codeInvalidSession, "describe", m{"object": managerID, "sessionId": strings.Repeat("x", 500)})
}

// The events of a session go to the socket that used it last.
func TestEventsFollowTheSession(t *testing.T) {
	b := newBench(t, nil)
	one, two := b.dial(t, "app"), b.dial(t, "app")
	pipeline := one.create("MediaPipeline", nil)
	endpoint := one.create("WebRtcEndpoint", m{"mediaPipeline": pipeline})
	one.subscribe(endpoint, "IceGatheringDone")
	session := one.do("connect", nil)["sessionId"]
	two.do("connect", m{"sessionId": session})
	happen(t, b, "0 gathered")
	if got := two.names(); got != "IceGatheringDone" {
		t.Errorf("second socket: %q", got)
	}
	if got := one.names(); got != "" {
		t.Errorf("first socket: %q", got)
	}
}

// The same id and bytes within 20 s is a repetition after a lost socket.
func TestRepetitionIsNotExecutedTwice(t *testing.T) {
	b := newBench(t, nil)
	c := b.dial(t, "app")
	session, _ := c.do("connect", nil)["sessionId"].(string)
	request := fmt.Sprintf(`{"jsonrpc":"2.0","id":"r","method":"create","params":{"type":"MediaPipeline","sessionId":%q}}`, session)
	first := c.exchange(request)
	second := b.dial(t, "app")
	if again := second.exchange(request); !slices.Equal(first, again) {
		t.Errorf("got %v, then %v", first, again)
	}
	b.counts(t, 1, 0, 1)
	b.clock.add(21 * time.Second)
	second.exchange(request)
	b.counts(t, 2, 0, 1)
}

// One principal neither sees nor touches what another has.
func TestPrincipalsAreApart(t *testing.T) {
	b := newBench(t, nil)
	alice, mallory := b.dial(t, "alice"), b.dial(t, "admin")
	pipeline := alice.create("MediaPipeline", nil)
	endpoint := alice.create("WebRtcEndpoint", m{"mediaPipeline": pipeline})
	session := alice.do("connect", nil)["sessionId"]
	subscription := alice.subscribe(endpoint, "IceGatheringDone")
	alice.subscribe(managerID, "ObjectCreated")
	alice.invoke(managerID, "addTag", m{"key": "secret", "value": "of alice"})
	own := mallory.create("MediaPipeline", nil)
	mine := mallory.create("WebRtcEndpoint", m{"mediaPipeline": own})

	for _, id := range []string{pipeline, endpoint} {
		mallory.refused(codeObjectNotFound, "describe", m{"object": id})
		mallory.refused(codeObjectNotFound, "ref", m{"object": id})
		mallory.refused(codeObjectNotFound, "unref", m{"object": id})
		mallory.refused(codeObjectNotFound, "subscribe", m{"object": id, "type": "Error"})
		mallory.refusedInvoke(codeObjectNotFound, id, "getName", nil)
		mallory.do("release", m{"object": id}) // not an error, and without effect
		mallory.do("unsubscribe", m{"object": id, "subscription": subscription})
	}
	mallory.refused(codeObjectNotFound, "create", m{"type": "WebRtcEndpoint", "constructorParams": m{"mediaPipeline": pipeline}})
	mallory.refusedInvoke(codeObjectNotFound, mine, "connect", m{"sink": endpoint})
	mallory.refused(codeInvalidSession, "connect", m{"sessionId": session})
	mallory.refused(codeInvalidSession, "keepAlive", m{"sessionId": session})
	mallory.do("closeSession", m{"sessionId": session, "release": true})
	mallory.refusedInvoke(codeTagNotFound, managerID, "getTag", m{"key": "secret"})
	if got := mallory.invoke(managerID, "getPipelines", nil); fmt.Sprint(got) != fmt.Sprint([]any{own}) {
		t.Errorf("pipelines %v", got)
	}
	if got, _ := mallory.invoke(managerID, "getSessions", nil).([]any); len(got) != 1 || got[0] == session {
		t.Errorf("sessions %v", got)
	}
	// The same session id is another session for another principal.
	if got := mallory.do("describe", m{"object": managerID, "sessionId": session})["sessionId"]; got != session {
		t.Errorf("adopted %v", got)
	}
	alice.events = nil
	happen(t, b, "0 gathered")
	if got := alice.names(); got != "IceGatheringDone" {
		t.Errorf("alice got %q", got)
	}
	if got := mallory.names(); got != "" {
		t.Errorf("mallory got %q", got)
	}
	alice.do("describe", m{"object": endpoint, "sessionId": session})
}

func TestNoPrincipalIsRefused(t *testing.T) {
	b := newBench(t, nil)
	_, response, err := websocket.DefaultDialer.Dial(b.url+"/kurento", nil)
	if err == nil || response == nil || response.StatusCode != http.StatusUnauthorized {
		t.Errorf("%v %v", response, err)
	}
}
