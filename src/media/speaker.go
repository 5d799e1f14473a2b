package media

import "sync"

const (
	// audioFrame is what a packet of audio holds mostly, in ns. Of one who
	// pauses (DTX) few packets come, and those must not count as all of them.
	audioFrame = 20 * millisecond
	// Another must be that much louder, in percent, to take over from one who
	// still speaks: two that laugh together would take turns else.
	overtake = 10
)

// Speaker tells who speaks of a set of audio sources: the one whose packets
// were the loudest in the last interval, of those of whose packets enough
// reached the threshold (see Options). A source without the audio level
// extension never speaks.
type Speaker struct {
	router  *Router
	changed func(*Source)

	mu       sync.Mutex // guards the following
	seen     map[*Source]spoken
	current  *Source
	decideAt int64
}

// NewSpeaker makes one of no sources; Close ends it. changed is told who
// speaks now, nil where nobody does; it must not block.
func (r *Router) NewSpeaker(changed func(*Source)) *Speaker {
	s := &Speaker{router: r, changed: changed, seen: map[*Source]spoken{}, decideAt: r.now() + int64(r.options().AudioLevelInterval)}
	r.addTicker(s)
	return s
}

// Add takes a source into the set.
func (s *Speaker) Add(src *Source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.seen[src]; !known && src.kind == Audio {
		s.seen[src] = src.speech.now()
	}
}

// Remove takes a source out of the set; if it spoke, nobody does until the
// next decision.
func (s *Speaker) Remove(src *Source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.seen, src)
	if s.current == src {
		s.current = nil
	}
}

// Current is who speaks, nil where nobody does.
func (s *Speaker) Current() *Source {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

// tick decides when an interval is over.
func (s *Speaker) tick(t int64) {
	if now, changed := s.decide(t); changed {
		s.changed(now)
	}
}

func (s *Speaker) decide(t int64) (now *Source, changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t < s.decideAt {
		return nil, false
	}
	interval := int64(s.router.options().AudioLevelInterval)
	s.decideAt = t + interval
	var best *Source
	var loudest uint64
	for src, seen := range s.seen {
		counts := src.speech.now()
		s.seen[src] = counts
		d := counts.since(seen)
		full := max(d.packets, uint64(interval/audioFrame))
		if d.spoken == 0 || d.spoken*100 < full*uint64(s.router.options().AudioLevelFilter) {
			continue
		}
		if src == s.current {
			d.loud += d.loud / (100 / overtake)
		}
		if d.loud > loudest {
			best, loudest = src, d.loud
		}
	}
	changed = best != s.current
	s.current = best
	return best, changed
}

// Close ends it: changed is not called by later decisions.
func (s *Speaker) Close() {
	s.router.removeTicker(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.seen)
	s.current = nil
}
