package kurento

import (
	"sync"

	"ksfu/src/rtc"
)

// inbox queues the events of one endpoint of rtc, which must not wait for us.
// A goroutine delivers them in order while there are any.
type inbox struct {
	srv    *Server
	object *object

	mu      sync.Mutex // guards the following
	queue   []rtc.Event
	running bool
	closed  bool
}

func newInbox(s *Server, o *object) *inbox { return &inbox{srv: s, object: o} }

// put does not block. Beyond the limit the event is lost, which is counted.
func (i *inbox) put(e rtc.Event) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed {
		return
	}
	if len(i.queue) >= i.srv.limits.Events {
		if i.srv.lost.Add(1) == 1 {
			i.srv.log.Warn("event lost: queue full", "object", i.object.id, "queued", len(i.queue))
		}
		return
	}
	i.queue = append(i.queue, e)
	if i.running {
		return
	}
	i.running = true
	i.srv.deliverer.Add(1)
	go i.deliver() // ends when the queue is empty or close was called
}

func (i *inbox) deliver() {
	defer i.srv.deliverer.Done()
	for {
		i.mu.Lock()
		if i.closed || len(i.queue) == 0 {
			i.queue, i.running = nil, false
			i.mu.Unlock()
			return
		}
		e := i.queue[0]
		i.queue = i.queue[1:]
		i.mu.Unlock()
		i.guarded(e)
	}
}

// guarded keeps a panic from ending more than the delivery of one event.
func (i *inbox) guarded(e rtc.Event) {
	defer func() {
		if v := recover(); v != nil {
			i.srv.panicked("event", v)
		}
	}()
	i.srv.handle(i, e)
}

// close forgets what waits and takes nothing more.
func (i *inbox) close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closed, i.queue = true, nil
}
