package jsonrpc

import (
	"crypto/sha256"
	"time"
)

// replay is one answer that can be given again, or is still being made.
type replay struct {
	session *Session
	id      string
	sum     [sha256.Size]byte // of the request's bytes
	at      time.Time         // when the request came
	data    []byte            // nil while the answer is being made
	waiting []*Request
}

// replayOverhead is what an entry costs beside its answer.
const replayOverhead = 256

// replayWaiting is how many repetitions of one request may wait for its answer;
// a client repeats one at a time.
const replayWaiting = 8

func (e *replay) size() int { return len(e.data) + len(e.id) + replayOverhead }

// cache holds the answers of one session, oldest first. bytes is what they
// cost; the store adds the sessions' up. It is guarded by the store's lock.
type cache struct {
	byID  map[string]*replay
	order []*replay
	bytes int
}

func newCache() cache { return cache{byID: map[string]*replay{}} }

// claim implements Session.Claim.
func (st *Sessions) claim(s *Session, r *Request) bool {
	sum := sha256.Sum256(r.raw)
	id := string(r.ID)
	st.mu.Lock()
	now := st.opts.Now()
	st.cached -= s.cache.expire(now.Add(-st.opts.ReplayFor))
	if e, ok := s.cache.byID[id]; ok && e.sum == sum {
		data := e.data
		if data == nil {
			if len(e.waiting) < replayWaiting {
				e.waiting = append(e.waiting, r)
			}
			st.mu.Unlock()
			// Whoever makes the answer gives it to this request too.
			r.mu.Lock()
			r.later = true
			r.mu.Unlock()
			return false
		}
		st.mu.Unlock()
		r.send(data)
		return false
	}
	// The same id with other bytes is another request (two sockets that share
	// a session count their ids independently): it takes the place.
	st.cached -= s.cache.drop(id)
	e := &replay{session: s, id: id, sum: sum, at: now}
	if !s.ended && st.fits(s, e.size()) {
		st.cached += s.cache.put(e)
		st.mu.Unlock()
		r.mu.Lock()
		r.entry = e
		r.mu.Unlock()
		return true
	}
	st.mu.Unlock()
	return true
}

// fits makes room at the cost of the session's own oldest answers. It is called
// with mu held.
func (st *Sessions) fits(s *Session, size int) bool {
	if size > st.opts.ReplayBytes {
		return false
	}
	for s.cache.bytes+size > st.opts.ReplayBytes || st.cached+size > st.opts.ReplayTotal {
		freed := s.cache.dropOldest()
		if freed == 0 {
			return false
		}
		st.cached -= freed
	}
	return true
}

// done keeps the answer and gives it to those that wait for it.
func (e *replay) done(data []byte) {
	st := e.session.store
	st.mu.Lock()
	waiting := e.waiting
	e.waiting = nil
	if e.session.cache.byID[e.id] == e {
		e.data = data
		e.session.cache.bytes += len(data)
		st.cached += len(data)
		// Over the budget, the oldest go, at last this one.
		st.fits(e.session, 0)
	}
	st.mu.Unlock()
	for _, r := range waiting {
		r.send(data)
	}
}

// put adds an entry and gives its size.
func (c *cache) put(e *replay) int {
	c.byID[e.id] = e
	c.order = append(c.order, e)
	c.bytes += e.size()
	return e.size()
}

// drop removes an entry and gives what it cost.
func (c *cache) drop(id string) int {
	e, ok := c.byID[id]
	if !ok {
		return 0
	}
	delete(c.byID, id)
	for i, other := range c.order {
		if other == e {
			c.order = append(c.order[:i], c.order[i+1:]...)
			break
		}
	}
	c.bytes -= e.size()
	return e.size()
}

// dropOldest removes the oldest answer that is complete.
func (c *cache) dropOldest() int {
	for _, e := range c.order {
		if e.data != nil {
			return c.drop(e.id)
		}
	}
	return 0
}

// expire removes complete answers to requests from before a time and gives
// what they cost. The order is that of the requests, so that only a prefix is
// looked at.
func (c *cache) expire(before time.Time) int {
	n, freed := 0, 0
	var kept []*replay
	for n < len(c.order) && c.order[n].at.Before(before) {
		if e := c.order[n]; e.data != nil {
			delete(c.byID, e.id)
			freed += e.size()
		} else {
			kept = append(kept, e)
		}
		n++
	}
	switch {
	case n == 0:
		return 0
	case len(kept) == 0:
		clear(c.order[:n])
		c.order = c.order[n:]
	default:
		c.order = append(kept, c.order[n:]...)
	}
	c.bytes -= freed
	return freed
}
