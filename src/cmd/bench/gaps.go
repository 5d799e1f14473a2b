package main

import (
	"slices"
	"time"
)

const (
	// nackRetry is the least time between two requests for one packet: well
	// above loopback's round trip, so that an answer under way is not asked
	// for again.
	nackRetry = 50 * time.Millisecond
	// nackTries is after how many requests a receiver gives a packet up, as
	// Chromium does.
	nackTries = 10
	// gapLimit in packets: a larger jump of the sequence number is a new start
	// of the stream, not loss.
	gapLimit = 1000
)

// gaps follows the sequence numbers of one stream: what is missing, and the
// counts that a receiver report carries (RFC 3550 appendix A.3). Not safe
// concurrently.
type gaps struct {
	started       bool
	base, highest uint32 // extended sequence numbers
	received      uint32
	missing       map[uint32]ask

	lastExpected, lastReceived uint32 // at the previous report
}

type ask struct {
	tries int
	last  int64
}

// saw notes that a packet came.
func (g *gaps) saw(seq uint16) {
	if !g.started {
		g.restart(uint32(seq) + 1<<16) // one cycle up: reordering at the start cannot underflow
		return
	}
	step := int32(int16(seq - uint16(g.highest)))
	switch {
	case step > gapLimit || step < -gapLimit:
		g.restart(uint32(seq) + 1<<16)
		return
	case step > 0:
		for s := g.highest + 1; s != g.highest+uint32(step); s++ {
			g.missing[s] = ask{}
		}
		g.highest += uint32(step)
	default:
		delete(g.missing, g.highest+uint32(step))
	}
	g.received++
}

func (g *gaps) restart(at uint32) {
	*g = gaps{started: true, base: at, highest: at, received: 1, missing: map[uint32]ask{}}
}

// due gives the sequence numbers to ask for now, in order, and notes that they
// were asked for.
func (g *gaps) due(now int64) []uint16 {
	if len(g.missing) == 0 {
		return nil
	}
	var late []uint32
	for s, a := range g.missing {
		if a.tries >= nackTries {
			delete(g.missing, s)
			continue
		}
		if a.tries > 0 && now-a.last < int64(nackRetry) {
			continue
		}
		g.missing[s] = ask{tries: a.tries + 1, last: now}
		late = append(late, s)
	}
	slices.Sort(late)
	out := make([]uint16, len(late))
	for i, s := range late {
		out[i] = uint16(s)
	}
	return out
}

// report gives the loss figures of a reception report and starts its next
// interval (RFC 3550 section 6.4.1).
func (g *gaps) report() (fraction uint8, lost uint32) {
	expected := g.highest - g.base + 1
	if expected > g.received {
		lost = expected - g.received
	}
	span, got := expected-g.lastExpected, g.received-g.lastReceived
	g.lastExpected, g.lastReceived = expected, g.received
	if span > 0 && span > got {
		fraction = uint8(min((span-got)<<8/span, 255))
	}
	return fraction, lost
}
