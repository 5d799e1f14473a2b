package jsonrpc

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
)

// SessionsOptions configures a store. A zero field means the default named at
// it.
type SessionsOptions struct {
	// TTL is how long a session is kept without a socket. Default 60 s.
	TTL time.Duration
	// Sweep is how often the store looks. Default a quarter of TTL.
	Sweep time.Duration
	// PerScope is how many sessions one principal may have. Default 1,024.
	PerScope int
	// ReplayFor is how long an answer can be asked for again. Default 20 s, as
	// in Kurento.
	ReplayFor time.Duration
	// ReplayBytes bounds the answers kept for one session, ReplayTotal for all.
	// Defaults 1 MiB and 8 MiB.
	ReplayBytes, ReplayTotal int
	// Expired, when set, is told of each session that the store has ended for
	// want of a socket. No lock is held.
	Expired func(*Session)
	// Now defaults to time.Now.
	Now func() time.Time
	// Logger defaults to one that discards.
	Logger *slog.Logger
}

type sessionKey struct{ scope, id string }

// sessionIDBytes is the longest id that a client may bring along; ours have 36.
const sessionIDBytes = 128

// Sessions is a store of sessions.
type Sessions struct {
	opts SessionsOptions
	stop chan struct{}
	done sync.WaitGroup
	once sync.Once

	mu       sync.Mutex // guards the following, and the fields of Session
	byKey    map[sessionKey]*Session
	byConn   map[*Conn]map[*Session]struct{}
	perScope map[string]int
	cached   int // bytes of all caches
}

// NewSessions makes a store and starts its sweeper, which Close ends.
func NewSessions(o SessionsOptions) (*Sessions, error) {
	setDefault(&o.TTL, 60*time.Second)
	setDefault(&o.Sweep, o.TTL/4)
	setDefault(&o.PerScope, 1024)
	setDefault(&o.ReplayFor, 20*time.Second)
	setDefault(&o.ReplayBytes, 1<<20)
	setDefault(&o.ReplayTotal, 8<<20)
	if o.TTL < 0 || o.Sweep <= 0 || o.PerScope < 0 || o.ReplayFor < 0 || o.ReplayBytes < 0 || o.ReplayTotal < 0 {
		return nil, fmt.Errorf("jsonrpc: a session option is negative; 0 means the default")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	st := &Sessions{
		opts: o, stop: make(chan struct{}),
		byKey: map[sessionKey]*Session{}, byConn: map[*Conn]map[*Session]struct{}{}, perScope: map[string]int{},
	}
	st.done.Add(1)
	go func() { // ended by Close
		defer st.done.Done()
		ticker := time.NewTicker(o.Sweep)
		defer ticker.Stop()
		for {
			select {
			case <-st.stop:
				return
			case <-ticker.C:
				st.guardedSweep()
			}
		}
	}()
	return st, nil
}

// guardedSweep keeps the sweeper alive where what is told of an expired
// session panics.
func (st *Sessions) guardedSweep() {
	defer func() {
		if p := recover(); p != nil {
			st.opts.Logger.Error("recovered from panic", "where", "session sweep", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	st.Sweep()
}

// Open makes a session for a principal and attaches the socket to it.
func (st *Sessions) Open(scope string, c *Conn) (*Session, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.open(sessionKey{scope, uuid.NewString()}, c)
}

// Adopt finds the principal's session of this id, or makes one: Kurento accepts
// an unknown id in most methods. The same id of another principal is another
// session.
func (st *Sessions) Adopt(scope, id string, c *Conn) (*Session, error) {
	if id == "" || len(id) > sessionIDBytes {
		return nil, ErrBadSessionID
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	key := sessionKey{scope, id}
	if s, ok := st.byKey[key]; ok {
		st.attach(s, c)
		return s, nil
	}
	return st.open(key, c)
}

// Resume attaches the socket to a session that exists.
func (st *Sessions) Resume(scope, id string, c *Conn) (*Session, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	s, ok := st.byKey[sessionKey{scope, id}]
	if ok {
		st.attach(s, c)
	}
	return s, ok
}

// Find looks a session up without attaching to it.
func (st *Sessions) Find(scope, id string) (*Session, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	s, ok := st.byKey[sessionKey{scope, id}]
	return s, ok
}

// Use makes a session that this socket is attached to its current one again,
// and tells whether the session still exists.
func (st *Sessions) Use(s *Session, c *Conn) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if s.ended {
		return false
	}
	st.attach(s, c)
	return true
}

// open is called with mu held.
func (st *Sessions) open(key sessionKey, c *Conn) (*Session, error) {
	if st.perScope[key.scope] >= st.opts.PerScope {
		return nil, fmt.Errorf("%w: at most %d", ErrTooManySessions, st.opts.PerScope)
	}
	s := &Session{
		id: key.id, scope: key.scope, store: st, sockets: map[*Conn]struct{}{},
		idle: st.opts.Now().UnixNano(), cache: newCache(),
	}
	st.byKey[key] = s
	st.perScope[key.scope]++
	st.attach(s, c)
	return s, nil
}

// attach is called with mu held.
func (st *Sessions) attach(s *Session, c *Conn) {
	if c == nil {
		return
	}
	s.current = c
	if _, there := s.sockets[c]; there {
		return
	}
	s.sockets[c] = struct{}{}
	if st.byConn[c] == nil {
		st.byConn[c] = map[*Session]struct{}{}
	}
	st.byConn[c][s] = struct{}{}
}

// Detach takes a socket that has gone from all its sessions; the time to live
// of those that have no other begins.
func (st *Sessions) Detach(c *Conn) {
	st.mu.Lock()
	defer st.mu.Unlock()
	now := st.opts.Now().UnixNano()
	for s := range st.byConn[c] {
		delete(s.sockets, c)
		s.idle = now
		if s.current == c {
			s.current = nil
			for other := range s.sockets {
				s.current = other
				break
			}
		}
	}
	delete(st.byConn, c)
}

// End removes a session at its owner's wish; Expired is not told.
func (st *Sessions) End(s *Session) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.remove(s)
}

// remove is called with mu held.
func (st *Sessions) remove(s *Session) {
	if s.ended {
		return
	}
	s.ended = true
	delete(st.byKey, sessionKey{s.scope, s.id})
	if st.perScope[s.scope]--; st.perScope[s.scope] == 0 {
		delete(st.perScope, s.scope)
	}
	for c := range s.sockets {
		delete(st.byConn[c], s)
	}
	s.sockets, s.current = nil, nil
	st.cached -= s.cache.bytes
	s.cache = newCache()
}

// IDs lists a principal's sessions, sorted.
func (st *Sessions) IDs(scope string) []string {
	st.mu.Lock()
	defer st.mu.Unlock()
	ids := make([]string, 0, st.perScope[scope])
	for key := range st.byKey {
		if key.scope == scope {
			ids = append(ids, key.id)
		}
	}
	slices.Sort(ids)
	return ids
}

// Len is the number of sessions.
func (st *Sessions) Len() int {
	st.mu.Lock()
	defer st.mu.Unlock()
	return len(st.byKey)
}

// Sweep ends the sessions that had no socket for the time to live and forgets
// old answers. The store calls it by itself.
func (st *Sessions) Sweep() {
	st.mu.Lock()
	now := st.opts.Now()
	var expired []*Session
	for _, s := range st.byKey {
		st.cached -= s.cache.expire(now.Add(-st.opts.ReplayFor))
		if len(s.sockets) == 0 && now.UnixNano()-s.idle >= int64(st.opts.TTL) {
			expired = append(expired, s)
		}
	}
	for _, s := range expired {
		st.remove(s)
	}
	st.mu.Unlock()
	if st.opts.Expired != nil {
		for _, s := range expired {
			st.opts.Expired(s)
		}
	}
}

// Close ends the sweeper; sessions are left as they are.
func (st *Sessions) Close() error {
	st.once.Do(func() { close(st.stop) })
	st.done.Wait()
	return nil
}
