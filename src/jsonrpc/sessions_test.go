package jsonrpc

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
)

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newStore(t *testing.T, o SessionsOptions) (*Sessions, *clock) {
	t.Helper()
	t.Cleanup(func() { goleak.VerifyNone(t) })
	c := &clock{now: time.Unix(1_700_000_000, 0)}
	o.Now, o.Sweep = c.Now, time.Hour
	store, err := NewSessions(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store, c
}

func TestSessionExpiry(t *testing.T) {
	var expired []string
	store, now := newStore(t, SessionsOptions{TTL: time.Minute, Expired: func(s *Session) { expired = append(expired, s.ID()) }})
	kept, lost := &Conn{}, &Conn{}
	a, _ := store.Open("alice", kept)
	b, _ := store.Open("alice", lost)
	store.Detach(lost)
	now.add(59 * time.Second)
	store.Sweep()
	if len(expired) != 0 || store.Len() != 2 {
		t.Fatalf("too early: %v", expired)
	}
	now.add(time.Second)
	store.Sweep()
	if len(expired) != 1 || expired[0] != b.ID() {
		t.Fatalf("expired %v, want %s", expired, b.ID())
	}
	if _, ok := store.Resume("alice", b.ID(), kept); ok {
		t.Error("an expired session was resumed")
	}
	if store.Use(b, kept) {
		t.Error("an expired session was used")
	}
	now.add(time.Hour)
	store.Sweep()
	if got := store.IDs("alice"); len(got) != 1 || got[0] != a.ID() {
		t.Errorf("a session with a socket must stay: %v", got)
	}
}

func TestSessionResumesBeforeExpiry(t *testing.T) {
	store, now := newStore(t, SessionsOptions{TTL: time.Minute})
	first, second := &Conn{}, &Conn{}
	s, _ := store.Open("alice", first)
	store.Detach(first)
	now.add(30 * time.Second)
	if got, ok := store.Resume("alice", s.ID(), second); !ok || got != s {
		t.Fatal("not resumed")
	}
	now.add(time.Hour)
	store.Sweep()
	if store.Len() != 1 {
		t.Error("a resumed session expired")
	}
}

func TestSessionsAreScoped(t *testing.T) {
	store, _ := newStore(t, SessionsOptions{PerScope: 2})
	s, _ := store.Open("alice", nil)
	if _, ok := store.Resume("bob", s.ID(), nil); ok {
		t.Error("bob resumed alice's session")
	}
	if _, ok := store.Find("bob", s.ID()); ok {
		t.Error("bob found alice's session")
	}
	other, err := store.Adopt("bob", s.ID(), nil)
	if err != nil || other == s {
		t.Errorf("bob adopted alice's session: %v", err)
	}
	if got := store.IDs("bob"); len(got) != 1 {
		t.Errorf("bob sees %v", got)
	}
	if _, err := store.Open("alice", nil); err != nil {
		t.Error(err)
	}
	if _, err := store.Open("alice", nil); !errors.Is(err, ErrTooManySessions) {
		t.Errorf("third session of alice: %v", err)
	}
	if _, err := store.Open("bob", nil); err != nil {
		t.Errorf("alice's limit hit bob: %v", err)
	}
	store.End(s)
	if _, err := store.Open("alice", nil); err != nil {
		t.Errorf("after an end there must be room: %v", err)
	}
	for _, id := range []string{"", strings.Repeat("x", 129)} {
		if _, err := store.Adopt("alice", id, nil); !errors.Is(err, ErrBadSessionID) {
			t.Errorf("id of %d bytes: %v", len(id), err)
		}
	}
}

// The socket that used the session last gets the events; when it goes, another
// one of the session does.
func TestSessionCurrentSocket(t *testing.T) {
	store, _ := newStore(t, SessionsOptions{})
	first, second := &Conn{}, &Conn{}
	s, _ := store.Open("alice", first)
	store.Resume("alice", s.ID(), second)
	if s.current != second {
		t.Error("the last one must be current")
	}
	store.Use(s, first)
	if s.current != first {
		t.Error("the one that uses it must be current")
	}
	store.Detach(first)
	if s.current != second {
		t.Error("the one that is left must be current")
	}
	store.Detach(second)
	if s.Notify("x", nil) {
		t.Error("a notification without a socket")
	}
}

// counting is a Handler that counts executions of requests in one session.
type counting struct {
	session *Session
	conn    *Conn
	store   *Sessions
	n       *int
}

func (c counting) Closed() { c.store.Detach(c.conn) }

func (c counting) Serve(r *Request) {
	if !c.session.Claim(r) {
		return
	}
	*c.n++
	r.Reply(map[string]int{"n": *c.n})
}

func TestReplay(t *testing.T) {
	store, now := newStore(t, SessionsOptions{ReplayFor: 20 * time.Second})
	server, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	shared, _ := store.Open("alice", nil)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = server.Accept(w, r, func(c *Conn) Handler {
			store.Use(shared, c)
			return counting{shared, c, store, &n}
		})
	}))
	t.Cleanup(web.Close)
	t.Cleanup(func() { _ = server.Close() })
	f := &fixture{url: "ws" + strings.TrimPrefix(web.URL, "http")}
	ws := f.dial(t)
	for _, step := range []struct {
		name, request string
		wait          time.Duration
		want          int
	}{
		{"first", `{"jsonrpc":"2.0","id":1,"method":"a"}`, 0, 1},
		{"again", `{"jsonrpc":"2.0","id":1,"method":"a"}`, 0, 1},
		{"same id, other bytes", `{"jsonrpc":"2.0","id":1,"method":"b"}`, 0, 2},
		{"that one again", `{"jsonrpc":"2.0","id":1,"method":"b"}`, 19 * time.Second, 2},
		{"after its time", `{"jsonrpc":"2.0","id":1,"method":"b"}`, 2 * time.Second, 3},
		{"id as string is another id", `{"jsonrpc":"2.0","id":"1","method":"b"}`, 0, 4},
	} {
		now.add(step.wait)
		send(t, ws, step.request)
		if got, want := receive(t, ws), fmt.Sprintf(`"n":%d}`, step.want); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", step.name, got, want)
		}
	}
	// The answer is found from another socket of the session.
	second := f.dial(t)
	send(t, second, `{"jsonrpc":"2.0","id":"1","method":"b"}`)
	if got := receive(t, second); !strings.Contains(got, `"n":4}`) {
		t.Errorf("second socket: %s", got)
	}
}

func TestReplayWhileTheAnswerIsMade(t *testing.T) {
	store, _ := newStore(t, SessionsOptions{})
	s, _ := store.Open("alice", nil)
	server, _ := New(Options{})
	conn := &Conn{srv: server, wake: make(chan struct{}, 1)}
	raw := []byte(`{"jsonrpc":"2.0","id":1,"method":"a"}`)
	first, _ := parse(raw, server.limits)
	again, _ := parse(raw, server.limits)
	first.conn, again.conn = conn, conn
	if !s.Claim(first) {
		t.Fatal("the first must be executed")
	}
	if s.Claim(again) {
		t.Fatal("the second must wait")
	}
	if again.open() {
		t.Error("the second must not count as forgotten")
	}
	first.Reply(nil)
	if len(conn.queue) != 2 || string(conn.queue[0]) != string(conn.queue[1]) {
		t.Errorf("queue %q", conn.queue)
	}
}

// The cache never exceeds its budgets, and gives its bytes back.
func TestReplayIsBounded(t *testing.T) {
	const perSession, total = 10_000, 25_000
	store, now := newStore(t, SessionsOptions{ReplayBytes: perSession, ReplayTotal: total})
	server, _ := New(Options{})
	var sessions []*Session
	for i := range 4 {
		s, _ := store.Open(fmt.Sprint("p", i), nil)
		sessions = append(sessions, s)
	}
	for i := range 400 {
		conn := &Conn{srv: server, wake: make(chan struct{}, 1)}
		r, _ := parse(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"method":"a"}`, i), server.limits)
		r.conn = conn
		s := sessions[i%4]
		if !s.Claim(r) {
			t.Fatal("not executed")
		}
		r.Reply(strings.Repeat("x", (i*131)%12_000))
		if s.cache.bytes > perSession || store.cached > total {
			t.Fatalf("session %d, total %d bytes", s.cache.bytes, store.cached)
		}
		sum := 0
		for _, s := range sessions {
			got := 0
			for _, e := range s.cache.order {
				got += e.size()
			}
			if got != s.cache.bytes || len(s.cache.order) != len(s.cache.byID) {
				t.Fatalf("account of a session: %d, is %d", s.cache.bytes, got)
			}
			sum += got
		}
		if sum != store.cached {
			t.Fatalf("account of the store: %d, is %d", store.cached, sum)
		}
	}
	store.End(sessions[0])
	now.add(time.Minute)
	store.Sweep()
	if store.cached != 0 {
		t.Errorf("%d bytes left", store.cached)
	}
}

func TestCloseErrorsAreOrdinary(t *testing.T) {
	if err := ended(&websocket.CloseError{Code: websocket.CloseNormalClosure}); err != nil {
		t.Error(err)
	}
	if err := ended(errors.New("reset")); err == nil {
		t.Error("lost")
	}
}
