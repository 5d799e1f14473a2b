package kurento

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"ksfu/src/jsonrpc"
)

// Server is the Kurento API as an http.Handler.
type Server struct {
	opts     Options
	limits   Limits
	log      *slog.Logger
	now      func() time.Time
	model    *model
	methods  map[string]method
	rpc      *jsonrpc.Server
	sessions *jsonrpc.Sessions
	serverID string

	ctx       context.Context
	cancel    context.CancelFunc
	deliverer sync.WaitGroup // goroutines that deliver events of rtc
	panics    atomic.Uint64
	lost      atomic.Uint64 // events that found a full queue

	mu     sync.Mutex // guards the following, and every scope and object
	scopes map[string]*scope
	held   map[*jsonrpc.Session]map[*object]struct{} // what a session refers to
}

// New makes a Server; Close ends it.
func New(o Options) (*Server, error) {
	if o.Principal == nil || o.NewEndpoint == nil {
		return nil, errors.New("kurento: Options.Principal and Options.NewEndpoint are required")
	}
	s := &Server{
		opts: o, limits: o.Limits.withDefaults(), log: o.Logger, now: o.Now, serverID: uuid.NewString(),
		scopes: map[string]*scope{}, held: map[*jsonrpc.Session]map[*object]struct{}{},
	}
	if !s.limits.valid() || o.SessionTTL < 0 {
		return nil, fmt.Errorf("kurento: a limit is negative; 0 means the default: %+v", o.Limits)
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.model = newModel()
	s.methods = methods()
	var err error
	if s.rpc, err = jsonrpc.New(jsonrpc.Options{Limits: o.RPC, Logger: s.log}); err != nil {
		return nil, err
	}
	s.sessions, err = jsonrpc.NewSessions(jsonrpc.SessionsOptions{
		TTL: o.sessionTTL(), PerScope: s.limits.Sessions, Expired: s.expired, Now: s.now, Logger: s.log,
	})
	if err != nil {
		return nil, err
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

// ServeHTTP serves one client until it leaves.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, _ := s.opts.Principal(r)
	if name == "" {
		http.Error(w, "no credential: add ?access_token=... to the address", http.StatusUnauthorized)
		return
	}
	err := s.rpc.Accept(w, r, func(c *jsonrpc.Conn) jsonrpc.Handler {
		return &link{srv: s, conn: c, scope: name}
	})
	if err != nil {
		s.log.Debug("connection ended", "principal", name, "err", err)
	}
}

// Close ends all connections and releases all objects.
func (s *Server) Close() error {
	s.cancel()
	err := errors.Join(s.rpc.Close(), s.sessions.Close())
	s.closing(func() (peers []*peer) {
		for _, sc := range s.scopes {
			for len(sc.pipelines) > 0 {
				peers = append(peers, s.destroy(sc.pipelines[0])...)
			}
		}
		return peers
	})
	s.deliverer.Wait()
	return err
}

// Counts is the present number of pipelines, endpoints and sessions of all
// principals.
func (s *Server) Counts() (pipelines, endpoints, sessions int) {
	s.mu.Lock()
	for _, sc := range s.scopes {
		pipelines += len(sc.pipelines)
		endpoints += sc.endpoints
	}
	s.mu.Unlock()
	return pipelines, endpoints, s.sessions.Len()
}

// Faults is what went wrong since the start and was survived: panics, events
// that were lost because a queue was full, and clients closed because they did
// not read.
func (s *Server) Faults() (panics, lostEvents, slowClients uint64) {
	rpc := s.rpc.Counts()
	return s.panics.Load() + rpc.Panics, s.lost.Load(), rpc.Slow
}

func (s *Server) panicked(where string, value any) {
	s.panics.Add(1)
	s.log.Error("recovered from panic", "where", where, "panic", fmt.Sprint(value), "stack", string(debug.Stack()))
}
