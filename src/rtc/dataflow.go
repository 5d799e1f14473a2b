package rtc

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/pion/webrtc/v4"
)

// dataBuffer is what one remote side may be behind in data channel messages, in
// bytes: some seconds of chat and pointers, little enough for a router with
// many viewers.
const dataBuffer = 256 << 10

// dataFlow is an endpoint's place among those that pass data channel messages
// on: the source it follows and the sinks that follow it.
type dataFlow struct {
	sent, dropped atomic.Uint64 // messages of the source

	following sync.Mutex // held through SetDataSource; guards source
	source    *Endpoint

	sinks atomic.Pointer[[]*Endpoint] // copy on write, nil = none

	mu     sync.Mutex // guards changes of sinks, and the following
	closed bool
}

// SetDataSource sends the messages that come on any data channel of src on the
// open channel of ep with the lowest number; nil disconnects. Messages for
// which there is no open channel, or too much waiting in it, are dropped and
// counted: nobody waits. It never blocks.
func (ep *Endpoint) SetDataSource(src *Endpoint) {
	f := &ep.data
	f.following.Lock()
	defer f.following.Unlock()
	if f.source == src {
		return
	}
	if f.source != nil {
		f.source.data.detach(ep)
	}
	f.source = nil
	if src == nil {
		return
	}
	ep.mu.Lock()
	closed := ep.closed
	ep.mu.Unlock()
	if !closed && src.data.attach(ep) {
		f.source = src
	}
}

func (f *dataFlow) attach(sink *Endpoint) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	list := append(slices.Clone(f.list()), sink)
	f.sinks.Store(&list)
	return true
}

func (f *dataFlow) detach(sink *Endpoint) {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := slices.DeleteFunc(slices.Clone(f.list()), func(ep *Endpoint) bool { return ep == sink })
	f.sinks.Store(&list)
}

func (f *dataFlow) list() []*Endpoint {
	if p := f.sinks.Load(); p != nil {
		return *p
	}
	return nil
}

func (f *dataFlow) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.sinks.Store(nil)
}

// publish hands a message to the sinks. It runs on the goroutine of the channel
// that it came on.
func (f *dataFlow) publish(m webrtc.DataChannelMessage) {
	for _, sink := range f.list() {
		sink.deliver(m)
	}
}

// deliver sends a message, which SCTP queues.
func (ep *Endpoint) deliver(m webrtc.DataChannelMessage) {
	d := ep.openChannel()
	if d == nil || d.BufferedAmount()+uint64(len(m.Data)) > dataBuffer {
		ep.data.dropped.Add(1)
		return
	}
	var err error
	if m.IsString {
		err = d.SendText(string(m.Data))
	} else {
		err = d.Send(m.Data)
	}
	if err != nil { // it closes just now, or takes no message of that size
		ep.data.dropped.Add(1)
		return
	}
	ep.data.sent.Add(1)
}
