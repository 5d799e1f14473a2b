package media

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// tickInterval is the time base of what is due without a packet: as fine as a
// NACK's reordering time.
const tickInterval = 20 * time.Millisecond

// ticker is what has something to do by time: a side of a transport, a Speaker.
type ticker interface{ tick(t int64) }

// Router owns the clock that all sources and sinks of a process share. Its
// goroutine runs while there are transports.
type Router struct {
	opts   atomic.Pointer[Options]
	now    func() int64 // ns; another clock in tests
	panics atomic.Uint64
	wake   chan struct{}
	done   chan struct{}
	stop   chan struct{}

	mu      sync.Mutex // guards the following
	tickers []ticker
	closed  bool
}

// NewRouter starts a router; Close ends it.
func NewRouter(opts Options) *Router {
	r := newRouter(opts, now)
	go r.run()
	return r
}

// newRouter makes one whose owner calls tickAll.
func newRouter(opts Options, clock func() int64) *Router {
	r := &Router{now: clock, wake: make(chan struct{}, 1), done: make(chan struct{}), stop: make(chan struct{})}
	r.Reconfigure(opts)
	return r
}

// Reconfigure changes the options: ring sizes hold for encodings to come, the
// others from now on.
func (r *Router) Reconfigure(opts Options) {
	opts = opts.withDefaults()
	r.opts.Store(&opts)
}

func (r *Router) options() *Options { return r.opts.Load() }

// Close ends the router's goroutine. Transports should be closed before.
func (r *Router) Close() {
	r.mu.Lock()
	was := r.closed
	r.closed = true
	r.mu.Unlock()
	if !was {
		close(r.stop)
	}
	<-r.done
}

// Panics is the number of panics that were contained.
func (r *Router) Panics() uint64 { return r.panics.Load() }

func (r *Router) run() {
	defer close(r.done)
	for {
		select { // sleeps while there is nothing to tick: a router's CPU may too
		case <-r.stop:
			return
		case <-r.wake:
		}
		clock := time.NewTicker(tickInterval)
		for r.tickAll() {
			select {
			case <-r.stop:
				clock.Stop()
				return
			case <-clock.C:
			}
		}
		clock.Stop()
	}
}

// tickAll reports false when there is nothing left to tick.
func (r *Router) tickAll() bool {
	r.mu.Lock()
	list := slices.Clone(r.tickers)
	r.mu.Unlock()
	t := r.now()
	for _, k := range list {
		r.guarded(func() { k.tick(t) })
	}
	return len(list) > 0
}

// guarded keeps a panic of one transport's reports from ending the process.
func (r *Router) guarded(f func()) {
	defer func() {
		if v := recover(); v != nil {
			r.panicked(v)
		}
	}()
	f()
}

func (r *Router) panicked(v any) {
	r.panics.Add(1)
	r.options().Logger.Error("media panic contained", "panic", v, "stack", stack())
}

func (r *Router) addTicker(k ticker) {
	r.mu.Lock()
	r.tickers = append(slices.Clone(r.tickers), k)
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *Router) removeTicker(k ticker) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tickers = slices.DeleteFunc(slices.Clone(r.tickers), func(x ticker) bool { return x == k })
}
