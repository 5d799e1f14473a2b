package rtc

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// gatherTimeout is longer than a STUN server that does not answer is waited for.
const gatherTimeout = 6 * time.Second

// candidates are those of one endpoint: remote ones that came before the
// description they belong to, local ones that wait for Gather.
type candidates struct {
	max      int
	seed     maphash.Seed
	taken    []uint64 // hashes of the remote ones of this ICE generation
	isReady  bool
	ufrag    string // of the remote side's ICE generation, pwd goes with it
	pwd      string
	waiting  []Candidate
	released bool
	found    []Candidate // all local ones, in order
	told     int         // of found
	done     bool
	over     chan struct{} // closed when done, nil while nobody waits for it
	doneTold bool
	placed   bool   // the description they belong to has been made
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
			c.mid, c.index, c.placed = attribute(m.Attributes, "mid"), uint16(i), true
			return
		}
	}
}

// ready returns the remote candidates that waited for this description; from
// now on those of its generation do not.
func (c *candidates) ready(ufrag, pwd string) []Candidate {
	c.isReady, c.ufrag, c.pwd = true, ufrag, pwd
	list := c.waiting
	c.waiting = nil
	return list
}

// restart begins another ICE generation (RFC 8445 section 9): local candidates
// are gathered anew, and remote ones belong to a description yet to come.
func (c *candidates) restart() {
	c.isReady, c.placed, c.taken = false, false, nil
	for _, w := range c.waiting {
		_, _ = c.take(w.Candidate)
	}
	c.found, c.told, c.done, c.doneTold = nil, 0, false, false
}

// take counts a remote candidate; again is true for one that came before, as
// those in the SDP do at each renegotiation.
func (c *candidates) take(candidate string) (again bool, err error) {
	h := maphash.String(c.seed, candidate)
	switch {
	case slices.Contains(c.taken, h):
		return true, nil
	case len(c.taken) >= c.max:
		return false, fmt.Errorf("%w: %d are kept", ErrTooManyCandidates, c.max)
	}
	c.taken = append(c.taken, h)
	return false, nil
}

// early tells whether a remote candidate belongs to a description that has not
// come yet.
func (c *candidates) early(remote ice.Candidate) bool {
	if !c.isReady {
		return true
	}
	ufrag, ok := remote.GetExtension("ufrag")
	return ok && ufrag.Value != c.ufrag
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
	defer ep.mu.Unlock()
	switch {
	case ep.closed:
		return ErrClosed
	case ep.local == "":
		return ErrNoDescription
	}
	ep.candidates.released = true
	ep.tellCandidates()
	return nil
}

// restartICE begins another generation. Pion's gathering that runs must be over:
// it would take part of the old generation's credentials and part of the new's.
func (ep *Endpoint) restartICE() {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	if c := &ep.candidates; !c.done {
		over := make(chan struct{})
		c.over = over
		ep.mu.Unlock()
		timeout := time.NewTimer(gatherTimeout)
		defer timeout.Stop()
		select {
		case <-over:
		case <-timeout.C:
		case <-ep.ctx.Done():
		}
		ep.mu.Lock()
		c.over = nil
	}
	ep.candidates.restart()
}

// gathered takes one candidate of Pion's, nil at the end.
func (ep *Endpoint) gathered(pc *webrtc.PeerConnection, c *webrtc.ICECandidate) {
	var lines []string
	if c != nil {
		lines = ep.engine.announced(c.ToJSON().Candidate)
	}
	ep.mu.Lock()
	defer ep.mu.Unlock()
	if ep.pc != pc {
		return
	}
	if c == nil {
		ep.candidates.done = true
		if ep.candidates.over != nil {
			close(ep.candidates.over)
			ep.candidates.over = nil
		}
	}
	for _, line := range lines {
		if !slices.ContainsFunc(ep.candidates.found, func(f Candidate) bool { return same(f.Candidate, line) }) {
			ep.candidates.found = append(ep.candidates.found, Candidate{Candidate: line})
		}
	}
	ep.tellCandidates()
}

// same tells whether two candidates differ in foundation and priority at most:
// a rewritten or hidden address stands for several local ones.
func same(a, b string) bool {
	f, g := strings.Fields(a), strings.Fields(b)
	return len(f) > 7 && len(g) > 7 && f[1] == g[1] && f[2] == g[2] && slices.Equal(f[4:], g[4:])
}

// tellCandidates emits what has not been told; ep.mu is held, which keeps the
// order.
func (ep *Endpoint) tellCandidates() {
	c := &ep.candidates
	if !c.released || !c.placed {
		return
	}
	for ; c.told < len(c.found); c.told++ {
		found := c.found[c.told]
		found.SDPMid, found.SDPMLineIndex = c.mid, c.index
		ep.emit(CandidateFound{found})
	}
	if c.done && !c.doneTold {
		c.doneTold = true
		ep.emit(GatheringDone{})
	}
}

// AddCandidate takes a remote candidate; before the remote description it is
// kept. ErrTooManyCandidates tells that it was dropped.
func (ep *Endpoint) AddCandidate(c Candidate) (err error) {
	defer ep.contain(&err)
	if len(c.Candidate) > ep.engine.limits.CandidateSize {
		return fmt.Errorf("%w: %d bytes, at most %d are taken", ErrBadCandidate, len(c.Candidate), ep.engine.limits.CandidateSize)
	}
	if c.Candidate == "" {
		return nil // the end of candidates needs nothing done
	}
	parsed, err := ice.UnmarshalCandidate(strings.TrimPrefix(c.Candidate, "candidate:"))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBadCandidate, err)
	}
	pc, err := ep.keep(c, parsed)
	if pc == nil {
		return err
	}
	return ep.addCandidate(pc, c)
}

// keep counts a candidate and lets it wait; pc is what it is for now, nil if
// nothing is to be done with it.
func (ep *Endpoint) keep(c Candidate, parsed ice.Candidate) (pc *webrtc.PeerConnection, err error) {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	if ep.closed {
		return nil, ErrClosed
	}
	if again, err := ep.candidates.take(c.Candidate); again || err != nil {
		return nil, err
	}
	if ep.candidates.early(parsed) {
		ep.candidates.waiting = append(ep.candidates.waiting, c)
		return nil, nil
	}
	return ep.pc, nil
}

// addCandidate gives a candidate to Pion, with a .local name resolved first.
func (ep *Endpoint) addCandidate(pc *webrtc.PeerConnection, c Candidate) error {
	f := strings.Fields(c.Candidate)
	if len(f) <= 4 || !strings.HasSuffix(strings.ToLower(f[4]), ".local") {
		err := pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: c.Candidate})
		if err != nil && ep.ctx.Err() != nil {
			return ErrClosed
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrBadCandidate, err)
		}
		return nil
	}
	// Without a resolver it is left out: the browser's checks reach us and
	// make its address a peer reflexive candidate.
	if ep.engine.mdns == nil {
		return nil
	}
	ep.mu.Lock()
	defer ep.mu.Unlock()
	if ep.closed {
		return ErrClosed
	}
	ep.resolving.Add(1)
	go ep.resolveCandidate(pc, c, f) // ends with ep.ctx
	return nil
}

// resolveCandidate runs for resolveTimeout at most.
func (ep *Endpoint) resolveCandidate(pc *webrtc.PeerConnection, c Candidate, fields []string) {
	defer ep.resolving.Done()
	defer ep.guard()
	addr, err := ep.engine.mdns.resolve(ep.ctx, fields[4])
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
