package rtc

import (
	"context"
	"fmt"
	"strings"

	"github.com/pion/ice/v4"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// candidates are those of one endpoint: remote ones that came before the
// description they belong to, local ones that wait for Gather.
type candidates struct {
	max      int
	taken    int // remote ones so far
	isReady  bool
	waiting  []Candidate
	released bool
	found    []Candidate // all local ones, in order
	told     int         // of found
	done     bool
	doneTold bool
	mid      string // of the line that carries the transport
	index    uint16
}

// place remembers the line that candidates name: the first that is used, which
// all others are bundled with.
func (c *candidates) place(local string) {
	s := &sdp.SessionDescription{}
	if s.UnmarshalString(local) != nil {
		return
	}
	for i, m := range s.MediaDescriptions {
		if m.MediaName.Port.Value != 0 {
			c.mid, c.index = attribute(m.Attributes, "mid"), uint16(i)
			return
		}
	}
}

// ready returns the remote candidates that waited; from now on none do.
func (c *candidates) ready() []Candidate {
	c.isReady = true
	list := c.waiting
	c.waiting = nil
	return list
}

// into writes the local candidates found so far into an SDP.
func (c *candidates) into(local string) string {
	s := &sdp.SessionDescription{}
	if len(c.found) == 0 || s.UnmarshalString(local) != nil {
		return local
	}
	for i, m := range s.MediaDescriptions {
		if i != int(c.index) {
			continue
		}
		for _, f := range c.found {
			m.Attributes = append(m.Attributes, sdp.NewAttribute("candidate", strings.TrimPrefix(f.Candidate, "candidate:")))
		}
		if c.done {
			m.Attributes = append(m.Attributes, sdp.NewPropertyAttribute("end-of-candidates"))
		}
	}
	b, err := s.Marshal()
	if err != nil {
		return local
	}
	return string(b)
}

// Gather releases the local candidates: CandidateFound events for those found
// and those to come, then GatheringDone.
func (ep *Endpoint) Gather() error {
	ep.mu.Lock()
	if ep.closed {
		ep.mu.Unlock()
		return ErrClosed
	}
	if ep.local == "" {
		ep.mu.Unlock()
		return ErrNoDescription
	}
	ep.candidates.released = true
	ep.mu.Unlock()
	ep.tellCandidates()
	return nil
}

// gathered takes one candidate of Pion's, nil at the end.
func (ep *Endpoint) gathered(c *webrtc.ICECandidate) {
	ep.mu.Lock()
	if c == nil {
		ep.candidates.done = true
	} else if line, ok := ep.engine.announced(c.ToJSON().Candidate); ok {
		ep.candidates.found = append(ep.candidates.found, Candidate{Candidate: line})
	}
	ep.mu.Unlock()
	ep.tellCandidates()
}

// tellCandidates emits what has not been told, in order: one call takes one
// candidate at a time, so that calls side by side do not overtake each other.
func (ep *Endpoint) tellCandidates() {
	for {
		ep.mu.Lock()
		c := &ep.candidates
		var ev Event
		switch {
		case !c.released:
		case c.told < len(c.found):
			found := c.found[c.told]
			found.SDPMid, found.SDPMLineIndex = c.mid, c.index
			ev = CandidateFound{found}
			c.told++
		case c.done && !c.doneTold:
			ev = GatheringDone{}
			c.doneTold = true
		}
		ep.mu.Unlock()
		if ev == nil {
			return
		}
		ep.emit(ev)
	}
}

// AddCandidate takes a remote candidate; before the remote description it is
// kept. ErrTooManyCandidates tells that it was dropped.
func (ep *Endpoint) AddCandidate(c Candidate) error {
	if len(c.Candidate) > ep.engine.limits.CandidateSize {
		return fmt.Errorf("%w: %d bytes, at most %d are taken", ErrBadCandidate, len(c.Candidate), ep.engine.limits.CandidateSize)
	}
	if c.Candidate == "" {
		return nil // the end of candidates needs nothing done
	}
	if _, err := ice.UnmarshalCandidate(strings.TrimPrefix(c.Candidate, "candidate:")); err != nil {
		return fmt.Errorf("%w: %w", ErrBadCandidate, err)
	}
	ep.mu.Lock()
	switch {
	case ep.closed:
		ep.mu.Unlock()
		return ErrClosed
	case ep.candidates.taken >= ep.candidates.max:
		ep.mu.Unlock()
		return fmt.Errorf("%w: %d are kept", ErrTooManyCandidates, ep.candidates.max)
	}
	ep.candidates.taken++
	if !ep.candidates.isReady {
		ep.candidates.waiting = append(ep.candidates.waiting, c)
		ep.mu.Unlock()
		return nil
	}
	pc := ep.pc
	ep.mu.Unlock()
	return ep.addCandidate(pc, c)
}

// addCandidate gives a candidate to Pion, with a .local name resolved first.
func (ep *Endpoint) addCandidate(pc *webrtc.PeerConnection, c Candidate) error {
	f := strings.Fields(c.Candidate)
	if len(f) > 4 && strings.HasSuffix(strings.ToLower(f[4]), ".local") {
		if ep.engine.mdns != nil {
			go ep.resolveCandidate(pc, c, f)
		}
		// Without a resolver it is left out: the browser's checks reach us and
		// make its address a peer reflexive candidate.
		return nil
	}
	if err := pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: c.Candidate}); err != nil {
		return fmt.Errorf("%w: %w", ErrBadCandidate, err)
	}
	return nil
}

// resolveCandidate runs for resolveTimeout at most.
func (ep *Endpoint) resolveCandidate(pc *webrtc.PeerConnection, c Candidate, fields []string) {
	defer ep.guard()
	addr, err := ep.engine.mdns.resolve(context.Background(), fields[4])
	if err != nil {
		ep.engine.opts.Logger.Debug("candidate name not resolved", "error", err)
		return
	}
	fields[4] = addr.Unmap().WithZone("").String()
	c.Candidate = strings.Join(fields, " ")
	if err := pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: c.Candidate}); err != nil {
		ep.engine.opts.Logger.Debug("candidate refused", "error", err)
	}
}
