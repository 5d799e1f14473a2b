package main

import (
	"sync/atomic"
	"time"
)

// clock gives nanoseconds since the program's start. It is monotonic: a wall
// clock that is set during a run must not show up as delay.
type clock struct{ start time.Time }

func newClock() clock { return clock{start: time.Now()} }

// now is never 0, so that 0 can mean "has not happened".
func (c clock) now() int64 { return int64(time.Since(c.start)) + 1 }

// window is the span of send times that counts. Both ends are set before the
// span begins, so that the publisher and every subscriber judge a packet alike.
type window struct{ from, to atomic.Int64 }

// open lets packets count that are sent in [from, from+length).
func (w *window) open(from int64, length time.Duration) {
	w.to.Store(from + int64(length))
	w.from.Store(from)
}

// has says whether a packet sent at the given time counts.
func (w *window) has(sent int64) bool {
	from := w.from.Load()
	return from != 0 && sent >= from && sent < w.to.Load()
}
