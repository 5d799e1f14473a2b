package rtc

import (
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// wait is the bound of every wait in these tests.
const wait = 20 * time.Second

func newEngine(t testing.TB, change func(*Options)) *Engine {
	t.Helper()
	o := Options{Address: "127.0.0.1", SinglePort: -1, Logger: slog.New(slog.NewTextHandler(testWriter{t}, nil))}
	if change != nil {
		change(&o)
	}
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if _, isTest := t.(*testing.T); isTest { // a benchmark's runner is a goroutine too
			goleak.VerifyNone(t)
		}
	})
	return e
}

// testWriter fails the test at a panic that was contained.
type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	if strings.Contains(string(p), "panic") {
		w.t.Error(string(p))
	}
	return len(p), nil
}

// journal keeps an endpoint's events and lets a test wait for one.
type journal struct {
	mu     sync.Mutex
	events []Event
	more   chan struct{} // closed and made anew at each event
}

func (j *journal) add(ev Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, ev)
	if j.more != nil {
		close(j.more)
		j.more = nil
	}
}

func (j *journal) list() []Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Event(nil), j.events...)
}

// await returns the first event that is as wanted, of those so far or to come.
func (j *journal) await(t testing.TB, what string, wanted func(Event) bool) Event {
	t.Helper()
	deadline := time.After(wait)
	for i := 0; ; {
		j.mu.Lock()
		for ; i < len(j.events); i++ {
			if wanted(j.events[i]) {
				defer j.mu.Unlock()
				return j.events[i]
			}
		}
		if j.more == nil {
			j.more = make(chan struct{})
		}
		more := j.more
		j.mu.Unlock()
		select {
		case <-more:
		case <-deadline:
			t.Fatalf("no event: %s; there were %v", what, j.list())
		}
	}
}

// until looks again and again until ok; for what tells nobody that it changed.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(wait)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("not in time: " + what)
		}
	}
}
