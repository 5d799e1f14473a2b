package jsonrpc

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/gorilla/websocket"
)

// Options is what a Server needs.
type Options struct {
	Limits Limits
	// Logger defaults to one that discards.
	Logger *slog.Logger
}

// Equal tells whether a Server would behave the same with the other's limits.
func (o Options) Equal(other Options) bool {
	return o.Limits.withDefaults() == other.Limits.withDefaults() && o.Logger == other.Logger
}

// Handler serves one connection. Both methods are called on the connection's
// own goroutine, Closed last and once.
type Handler interface {
	Serve(*Request)
	Closed()
}

// Server accepts connections and can close them all.
type Server struct {
	limits   Limits
	log      *slog.Logger
	upgrader websocket.Upgrader
	running  sync.WaitGroup

	requests, panics, slow atomic.Uint64

	mu     sync.Mutex // guards the following
	conns  map[*Conn]struct{}
	closed bool
}

// New makes a Server; it starts nothing.
func New(o Options) (*Server, error) {
	s := &Server{limits: o.Limits.withDefaults(), log: o.Logger, conns: map[*Conn]struct{}{}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	l := s.limits
	if l.MessageBytes < 0 || l.Depth < 0 || l.IDBytes < 0 || l.AnswerBytes < 0 || l.InFlight < 0 ||
		l.QueueMessages < 0 || l.QueueBytes < 0 || l.PingInterval < 0 || l.PongTimeout < 0 || l.WriteTimeout < 0 {
		return nil, fmt.Errorf("jsonrpc: a limit is negative; 0 means the default: %+v", o.Limits)
	}
	if l.PongTimeout <= l.PingInterval {
		return nil, fmt.Errorf("jsonrpc: PongTimeout %v must be longer than PingInterval %v", l.PongTimeout, l.PingInterval)
	}
	s.upgrader = websocket.Upgrader{
		// The middleware in front has judged Host and Origin (see doc.go).
		CheckOrigin:       func(*http.Request) bool { return true },
		EnableCompression: false,
		// Write buffers are needed for the moment of a write only.
		WriteBufferPool: &sync.Pool{},
	}
	return s, nil
}

// Accept upgrades the request and serves the connection until it ends. open is
// told of the new connection and gives what serves it. Where the request is no
// upgrade, it is answered and an error returned.
func (s *Server) Accept(w http.ResponseWriter, r *http.Request, open func(*Conn) Handler) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		http.Error(w, "the server is ending", http.StatusServiceUnavailable)
		return ErrClosed
	}
	s.running.Add(1)
	s.mu.Unlock()
	defer s.running.Done()
	ws, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return fmt.Errorf("upgrade: %w", err)
	}
	c := &Conn{srv: s, ws: ws, wake: make(chan struct{}, 1)}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	defer c.cancel()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		_ = ws.Close()
		return ErrClosed
	}
	s.conns[c] = struct{}{}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
	}()
	return c.run(open)
}

// Close closes every connection with 1001 and returns when all have ended.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	conns := make([]*Conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	for _, c := range conns {
		c.Close(websocket.CloseGoingAway, "the server is ending")
	}
	s.running.Wait()
	return nil
}

// Counts is what has happened since the start; Conns is the present number.
type Counts struct {
	Conns                  int
	Requests, Panics, Slow uint64
}

// Counts is a snapshot.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	n := len(s.conns)
	s.mu.Unlock()
	return Counts{Conns: n, Requests: s.requests.Load(), Panics: s.panics.Load(), Slow: s.slow.Load()}
}

func (s *Server) panicked(where string, value any) {
	s.panics.Add(1)
	s.log.Error("recovered from panic", "where", where, "panic", fmt.Sprint(value), "stack", string(debug.Stack()))
}
