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
	// Flow is told when packets begin and cease to come; it must not block.
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
	flowing   atomic.Bool
	last      atomic.Int64

	mu     sync.Mutex // guards the following
	sinks  map[*Sink]struct{}
	rids   []string // as in the SDP, lowest first where the publisher lists them so
	closed bool
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
	t := now()
	for _, e := range *s.encodings.Load() {
		if e.active(t) {
			e.requestKeyFrame(t)
		}
	}
}

// Stats is a snapshot.
func (s *Source) Stats() SourceStats {
	t := now()
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
func (s *Source) negotiated(formats []Format, rids []string) {
	s.formats.Store(&formats)
	s.mu.Lock()
	s.rids = slices.Clone(rids)
	s.mu.Unlock()
	s.changed()
}

// encoding returns the one with that RID and SSRC, made anew where it is not
// there or has another SSRC; nil when there are too many.
func (s *Source) encoding(in *Inbound, rid string, ssrc uint32) *Encoding {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	list := slices.Clone(*s.encodings.Load())
	at := slices.IndexFunc(list, func(e *Encoding) bool { return e.rid == rid })
	if at >= 0 && list[at].ssrc == ssrc && list[at].in == in {
		s.mu.Unlock()
		return list[at]
	}
	e := newEncoding(s, in, rid, ssrc)
	switch {
	case at >= 0:
		list[at] = e
	case len(list) >= MaxEncodings:
		s.mu.Unlock()
		return nil
	default:
		list = append(list, e)
		slices.SortStableFunc(list, func(a, b *Encoding) int {
			return slices.Index(s.rids, a.rid) - slices.Index(s.rids, b.rid)
		})
	}
	s.encodings.Store(&list)
	s.mu.Unlock()
	s.changed()
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

func (s *Source) arrived(_ *Encoding, t int64) {
	s.last.Store(t)
	if !s.flowing.Load() && s.flowing.CompareAndSwap(false, true) {
		s.tellFlow(true)
		s.changed() // it may be active again
	}
}

func (s *Source) tellFlow(flowing bool) {
	if s.opts.Flow != nil {
		s.opts.Flow(flowing)
	}
}

// tick does what is due by time.
func (s *Source) tick(t int64) {
	for _, e := range *s.encodings.Load() {
		e.tick(t)
	}
	if t-s.last.Load() > flowTime && s.flowing.CompareAndSwap(true, false) {
		s.tellFlow(false)
	}
}

// end takes the encodings away: the publisher's transport is gone.
func (s *Source) end() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.encodings.Store(&[]*Encoding{})
	s.changed()
	if s.flowing.CompareAndSwap(true, false) {
		s.tellFlow(false)
	}
}

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
