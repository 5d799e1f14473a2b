package media

import (
	"slices"
	"sync"
	"sync/atomic"
)

// flowTime: packets that come at least that often flow. Opus with DTX sends
// one each 400 ms.
const flowTime = 2 * second

// SourceOptions configure a Source.
type SourceOptions struct {
	// Flow is told when packets begin and cease to come; it must not block. It
	// is called in order, and without a lock of this package.
	Flow func(flowing bool)
}

// Source is what one remote side sends of one kind (RFC 7656's media source):
// one Encoding, or up to MaxEncodings of simulcast. It exists before anything
// is negotiated, so that sinks can be connected to it at any time.
type Source struct {
	router    *Router
	kind      Kind
	opts      SourceOptions
	encodings atomic.Pointer[[]*Encoding] // copy on write, in the order of the SDP's RIDs, else of arrival
	formats   atomic.Pointer[[]Format]    // negotiated, the preferred one first
	flowing   atomic.Bool                 // written with mu held
	last      atomic.Int64
	speech    speech

	mu      sync.Mutex // guards the following
	sinks   map[*Sink]struct{}
	rids    []string // as in the SDP, lowest first where the publisher lists them so
	closed  bool
	told    bool // what Flow was told last
	telling bool // somebody is calling Flow, and goes on while there is news
}

// NewSource makes a source that nothing has been negotiated for.
func (r *Router) NewSource(kind Kind, opts SourceOptions) *Source {
	s := &Source{router: r, kind: kind, opts: opts, sinks: map[*Sink]struct{}{}}
	s.encodings.Store(&[]*Encoding{})
	s.formats.Store(&[]Format{})
	return s
}

// Kind of media.
func (s *Source) Kind() Kind { return s.kind }

// Flowing tells whether packets have come within the last two seconds.
func (s *Source) Flowing() bool { return s.flowing.Load() }

// RequestKeyFrame asks the publisher for a key frame of each active encoding.
// Requests are merged and throttled. Does nothing for audio.
func (s *Source) RequestKeyFrame() {
	t := s.router.now()
	for _, e := range *s.encodings.Load() {
		if e.active(t) {
			e.requestKeyFrame(t)
		}
	}
}

// Stats is a snapshot.
func (s *Source) Stats() SourceStats {
	t := s.router.now()
	var out SourceStats
	f := s.preferred()
	for _, e := range *s.encodings.Load() {
		out.Encodings = append(out.Encodings, e.snapshot(t))
		e.mu.Lock()
		if e.format != nil {
			f = e.format
		}
		e.mu.Unlock()
	}
	if f != nil {
		out.Codec, out.ClockRate, out.Channels = f.Codec.String(), int(f.ClockRate), int(f.Channels)
		out.Fmtp, out.PayloadType = f.Fmtp, int(f.PayloadType)
	}
	return out
}

// preferred is the first negotiated format, nil before negotiation.
func (s *Source) preferred() *Format {
	if f := *s.formats.Load(); len(f) > 0 {
		return &f[0]
	}
	return nil
}

// negotiated records what the publisher may send, and tells the sinks.
// Encodings of RIDs that are no longer agreed on end: others need their place.
func (s *Source) negotiated(formats []Format, rids, labels []string) {
	s.formats.Store(&formats)
	s.mu.Lock()
	s.rids = slices.Clone(rids)
	var ended []*Encoding
	list := slices.DeleteFunc(slices.Clone(*s.encodings.Load()), func(e *Encoding) bool {
		gone := !slices.Contains(labels, e.rid)
		if gone {
			ended = append(ended, e)
		}
		return gone
	})
	s.encodings.Store(&list)
	s.mu.Unlock()
	s.changed()
	for _, e := range ended {
		e.end()
	}
}

// encoding returns the one with that RID and SSRC. Where the RID has another
// SSRC's encoding, that one ends if it is silent or may be taken over from.
// Nil where there is no place.
func (s *Source) encoding(in *Inbound, rid string, ssrc uint32, takeOver bool, t int64) *Encoding {
	s.mu.Lock()
	list := *s.encodings.Load()
	at := slices.IndexFunc(list, func(e *Encoding) bool { return e.rid == rid })
	if at >= 0 && list[at].ssrc == ssrc {
		s.mu.Unlock()
		return list[at]
	}
	if s.closed || at < 0 && len(list) >= MaxEncodings || at >= 0 && !takeOver && list[at].active(t) {
		s.mu.Unlock()
		return nil
	}
	return s.place(newEncoding(s, in, rid, ssrc, t), at)
}

// renew returns a fresh encoding for the SSRC of one that has ended, if what
// has its place is silent, or whose numbers start anew. Nil where that cannot
// be, or was just done: it costs a ring.
func (s *Source) renew(old *Encoding, t int64) *Encoding {
	s.mu.Lock()
	list := *s.encodings.Load()
	at := slices.IndexFunc(list, func(e *Encoding) bool { return e.rid == old.rid })
	if s.closed || at < 0 || list[at] != old && list[at].active(t) || t-list[at].born < activeTime {
		s.mu.Unlock()
		return nil
	}
	return s.place(newEncoding(s, old.in, old.rid, old.ssrc, t), at)
}

// place puts e into the list, at -1 as one more, and lets go of mu.
func (s *Source) place(e *Encoding, at int) *Encoding {
	list := slices.Clone(*s.encodings.Load())
	var old *Encoding
	if at >= 0 {
		old, list[at] = list[at], e
	} else {
		list = append(list, e)
		slices.SortStableFunc(list, func(a, b *Encoding) int {
			return slices.Index(s.rids, a.rid) - slices.Index(s.rids, b.rid)
		})
	}
	s.encodings.Store(&list)
	s.mu.Unlock()
	s.changed()
	if old != nil {
		old.end()
	}
	return e
}

// rank is the place of an encoding by bitrate, 0 the lowest. It is used only
// to throttle, so the order of the list serves.
func (s *Source) rank(e *Encoding) int { return max(slices.Index(*s.encodings.Load(), e), 0) }

// changed lets each sink look again at what it forwards.
func (s *Source) changed() {
	s.mu.Lock()
	sinks := make([]*Sink, 0, len(s.sinks))
	for k := range s.sinks {
		sinks = append(sinks, k)
	}
	s.mu.Unlock()
	for _, k := range sinks {
		k.update()
	}
}

func (s *Source) arrived(t int64) {
	s.last.Store(t)
	if !s.flowing.Load() && s.setFlowing(true) {
		s.changed() // it may be active again
	}
}

// setFlowing records the flow and tells of it, in order: who finds another
// telling leaves it to that one. False where nothing changed.
func (s *Source) setFlowing(flowing bool) bool {
	s.mu.Lock()
	if s.flowing.Load() == flowing || flowing && s.closed {
		s.mu.Unlock()
		return false
	}
	s.flowing.Store(flowing)
	tell := !s.telling && s.opts.Flow != nil
	s.telling = s.telling || tell
	s.mu.Unlock()
	if tell {
		s.tellFlow()
	}
	return true
}

func (s *Source) tellFlow() {
	for {
		s.mu.Lock()
		if s.told == s.flowing.Load() {
			s.telling = false
			s.mu.Unlock()
			return
		}
		s.told = !s.told
		told := s.told
		s.mu.Unlock()
		s.opts.Flow(told)
	}
}

// tick does what is due by time.
func (s *Source) tick(t int64) {
	for _, e := range *s.encodings.Load() {
		e.tick(t)
	}
	if t-s.last.Load() > flowTime && s.flowing.Load() {
		s.setFlowing(false)
	}
}

// end takes the encodings away: the publisher's transport is gone.
func (s *Source) end() {
	s.mu.Lock()
	s.closed = true
	ended := *s.encodings.Swap(&[]*Encoding{})
	s.mu.Unlock()
	s.changed()
	for _, e := range ended {
		e.end()
	}
	s.setFlowing(false)
}

// attach and detach are called with the sink locked.
func (s *Source) attach(k *Sink) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sinks[k] = struct{}{}
}

func (s *Source) detach(k *Sink) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sinks, k)
}

// layers are the active encodings, the lowest first: by the pictures' sizes,
// which do not swing, where all key frames tell them, else by bitrate.
func (s *Source) layers(t int64) []*Encoding {
	list := slices.Clone(*s.encodings.Load())
	list = slices.DeleteFunc(list, func(e *Encoding) bool { return !e.active(t) })
	if len(list) < 2 {
		return list
	}
	type size struct{ area, rate int }
	sizes := make(map[*Encoding]size, len(list))
	known := true
	for _, e := range list {
		e.mu.Lock()
		sizes[e] = size{int(e.width) * int(e.height), e.rate.bits(t)}
		known = known && e.width > 0
		e.mu.Unlock()
	}
	slices.SortStableFunc(list, func(a, b *Encoding) int {
		if d := sizes[a].area - sizes[b].area; known && d != 0 {
			return d
		}
		return sizes[a].rate - sizes[b].rate
	})
	return list
}
