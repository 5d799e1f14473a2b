package rtc

import "sync"

// outbox delivers an endpoint's events one at a time and in order, on a
// goroutine that runs while there are any: they come up under locks of Pion's
// and of media's, which the receiver's must never meet.
type outbox struct {
	deliver func(Event)

	mu     sync.Mutex // guards the following
	queue  []Event
	idle   chan struct{} // closed when the goroutine ends, nil when none runs
	closed bool
}

// put does not block.
func (o *outbox) put(ev Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.add(ev)
}

func (o *outbox) add(ev Event) {
	if o.closed {
		return
	}
	o.queue = append(o.queue, ev)
	if o.idle == nil {
		o.idle = make(chan struct{})
		go o.run(o.idle) // ends when the queue is empty, which close sees to
	}
}

// last is the last event that is taken; done is closed when it and all before
// it were delivered, or when they no longer will be.
func (o *outbox) last(ev Event) (done <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.add(ev)
	o.closed = true
	return o.running()
}

func (o *outbox) run(idle chan struct{}) {
	defer close(idle)
	for {
		o.mu.Lock()
		if len(o.queue) == 0 {
			o.queue, o.idle = nil, nil
			o.mu.Unlock()
			return
		}
		ev := o.queue[0]
		o.queue = o.queue[1:]
		o.mu.Unlock()
		o.deliver(ev)
	}
}

// running is closed once nothing is being delivered; o.mu is held.
func (o *outbox) running() <-chan struct{} {
	if o.idle != nil {
		return o.idle
	}
	none := make(chan struct{})
	close(none)
	return none
}

// close forgets what waits and returns when the delivery that runs is over.
func (o *outbox) close() {
	o.mu.Lock()
	o.closed, o.queue = true, nil
	done := o.running()
	o.mu.Unlock()
	<-done
}
