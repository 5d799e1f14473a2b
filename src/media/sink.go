package media

import (
	"math/rand/v2"
	"sync"

	"github.com/pion/rtp"

	"ksfu/src/codec"
)

// Writer sends a sink's packets on its transport. The header and the payload
// are only valid during the call, which must not block; the payload may be the
// ring's own memory and must not be written to. It is the one seam between
// forwarding and a transport.
type Writer interface {
	WriteRTP(h *rtp.Header, payload []byte) (int, error)
}

// Binding is what was negotiated for a sink.
type Binding struct {
	Writer     Writer
	SSRC, RTX  uint32 // RTX is 0 where it was not negotiated
	Formats    []Format
	Extensions ExtensionIDs
}

// rtxOf is the payload type of a format's RTX, 0 where there is none.
func (b *Binding) rtxOf(f *Format) uint8 {
	if b.RTX == 0 {
		return 0
	}
	return f.RTX
}

// SinkOptions configure a Sink.
type SinkOptions struct {
	// Flow is told when packets begin and cease to be sent, and Failed when
	// the source's codec cannot be sent to this sink. They must not block. They
	// are called without a lock of this package, Flow in order.
	Flow   func(flowing bool)
	Failed func(error)
}

// Sink is what one remote side is sent of one kind: one RTP stream that can be
// switched to another source or layer at any time, without renegotiation.
type Sink struct {
	router *Router
	out    *Outbound
	kind   Kind
	opts   SinkOptions

	mu        sync.Mutex // guards the following
	source    *Source
	bound     bool
	ready     bool // the transport can send
	ended     bool // closed, or its writer panicked
	binding   Binding
	current   *Encoding // is being forwarded
	next      *Encoding // will be, from its next key frame on
	layer     choice    // as last allocated
	temporal  int       // highest temporal layer forwarded: raised where the stream lets it
	dropping  frameMark // the frame of a higher one that is being left out
	spans     spans
	inFormat  *Format // of the span; when the source's changes a new one begins
	replayed  int64   // packets up to here are not to be sent, or were from the ring
	failed    bool    // Failed has been told of this source and binding
	maxRate   int
	last      lastPacket
	lastSent  int64 // ns, when anything was sent
	pictureID uint16
	tl0       uint8
	mark      bool // the next packet begins a talkspurt (RFC 3551 section 4.1)
	header    rtp.Header
	scratch   [3 + 255]byte // extension values made here: abs-send-time, dependency descriptor
	rtxSeq    uint16
	resend    int // packets sent again in this tenth of a second
	resendAt  int64
	counters  sinkCounters
	flowing   bool
	told      bool // what Flow was told last
	telling   bool // somebody is calling Flow, and goes on while there is news
	trouble   error
}

// lastPacket is the newest packet that was forwarded. It survives a
// disconnection, for timestamps to go on from.
type lastPacket struct {
	encoding   *Encoding // nil once it has ended
	stamp, out uint32    // its timestamp as it came, and as it went
	clockRate  uint32
	at         int64 // ns, when it came
	captured   int64 // ns, of an encoding that has ended; see captureTime
	dated      bool  // captured is known
	any        bool
}

type sinkCounters struct {
	packets, bytes, resent uint64
	refused                uint64
	nacks, plis, firs      uint64
	lost                   uint64
	fraction               float64
	rtt                    int64
	latency                int64 // ns, smoothed
}

// NewSink makes a sink of a transport; it sends once Bind and
// Outbound.SetConnected were called.
func (o *Outbound) NewSink(kind Kind, opts SinkOptions) *Sink {
	k := &Sink{router: o.router, out: o, kind: kind, opts: opts, rtxSeq: uint16(rand.Uint32())}
	k.spans.newestOut = 1<<16 + int64(rand.Uint32()&0x7fff) // RFC 3550 section 5.1: a random start
	k.last.out = rand.Uint32()
	o.add(k)
	return k
}

// Kind of media.
func (k *Sink) Kind() Kind { return k.kind }

// Source is what the sink is connected to, nil if to nothing.
func (k *Sink) Source() *Source {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.source
}

// SetSource connects the sink to a source of its kind, or to nothing. The
// former source's packets stop at once; the new one's begin at a key frame.
func (k *Sink) SetSource(s *Source) {
	if k.connect(s) {
		k.update()
	}
}

func (k *Sink) connect(s *Source) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	old := k.source
	if old == s || s != nil && (s.kind != k.kind || k.ended) {
		return false
	}
	k.leave()
	k.source, k.failed = s, false
	if old != nil {
		old.detach(k)
	}
	if s != nil {
		s.attach(k)
	}
	return true
}

// SetMaxBitrate limits the sink in bits per second by the choice of the
// simulcast layer; the lowest layer is sent in any case. 0 = no limit.
func (k *Sink) SetMaxBitrate(bps int) {
	k.mu.Lock()
	k.maxRate = max(bps, 0)
	k.mu.Unlock()
	k.out.reallocate()
}

// Flowing tells whether packets were sent within the last two seconds.
func (k *Sink) Flowing() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.flowing
}

// Bind gives the sink what was negotiated for it. Called again it replaces
// what was, and what is being forwarded goes on; the SSRCs must stay the same.
func (k *Sink) Bind(b Binding) {
	k.mu.Lock()
	old := k.binding
	k.binding, k.bound, k.failed = b, true, false
	k.header = rtp.Header{Version: 2, SSRC: b.SSRC, Extensions: make([]rtp.Extension, 0, extCount)}
	if k.inFormat != nil {
		k.rebound(&old)
	}
	k.mu.Unlock()
	k.update()
}

// rebound goes on by the new numbers. Where they differ, packets from before
// are not sent again: their headers would differ too.
func (k *Sink) rebound(old *Binding) {
	out, primary := k.outFormat(k.inFormat)
	cur := k.spans.current()
	if out == nil || cur == nil {
		k.leave()
		return
	}
	rtx := k.binding.rtxOf(out)
	if cur.payloadType != out.PayloadType || cur.rtxPayloadType != rtx || cur.primary != primary ||
		old.Extensions.id != k.binding.Extensions.id || old.RTX != k.binding.RTX {
		k.spans.rebase(out.PayloadType, rtx, primary)
	}
}

func (k *Sink) setReady(ready bool) {
	k.mu.Lock()
	k.ready = ready
	if !ready {
		k.leave()
	}
	k.mu.Unlock()
	k.update()
}

// close ends the sink for good.
func (k *Sink) close() {
	k.SetSource(nil)
	k.mu.Lock()
	defer k.unlock()
	k.ended, k.ready, k.flowing = true, false, false
	if k.source != nil { // connected meanwhile
		k.leave()
		k.source.detach(k)
		k.source = nil
	}
}

// leave stops forwarding; k.mu is held.
func (k *Sink) leave() {
	if k.current != nil {
		k.current.remove(k)
	}
	if k.next != nil {
		k.next.remove(k)
	}
	k.current, k.next, k.inFormat = nil, nil, nil
}

// unlock is deferred by all that may call the Writer: a panic there ends this
// sink alone. It tells what has happened once the lock is free.
func (k *Sink) unlock() {
	v := recover()
	if v != nil {
		k.ended, k.trouble = true, errPanic
		k.leave()
	}
	err := k.trouble
	k.trouble = nil
	tell := k.flowing != k.told && !k.telling && k.opts.Flow != nil
	k.telling = k.telling || tell
	k.mu.Unlock()
	if v != nil {
		k.router.panicked(v)
	}
	if err != nil && k.opts.Failed != nil {
		k.opts.Failed(err)
	}
	if tell {
		k.tellFlow()
	}
}

func (k *Sink) tellFlow() {
	for {
		k.mu.Lock()
		if k.told == k.flowing {
			k.telling = false
			k.mu.Unlock()
			return
		}
		k.told = k.flowing
		told := k.told
		k.mu.Unlock()
		k.opts.Flow(told)
	}
}

// tick ends the flow of a sink that nothing was sent by for a while, and lets
// go of encodings that have ended.
func (k *Sink) tick(t int64) {
	k.mu.Lock()
	defer k.unlock()
	if k.flowing && t-k.lastSent > flowTime {
		k.flowing = false
	}
	if k.current != nil && k.current.ended.Load() {
		return
	}
	k.spans.forget()
	if l := &k.last; l.encoding != nil && l.encoding.ended.Load() {
		l.captured, l.dated = l.encoding.captureTime(l.stamp)
		l.encoding = nil
	}
	if e := k.layer.encoding; e != nil && e.ended.Load() {
		k.layer = choice{}
	}
}

// outFormat is the negotiated format that a source's goes out as; primary
// means that its RED is unwrapped for one who has only the codec within.
func (k *Sink) outFormat(f *Format) (out *Format, primary bool) {
	if out = findFormat(k.binding.Formats, f); out != nil || f.Codec != codec.RED {
		return out, false
	}
	for i := range k.binding.Formats {
		if k.binding.Formats[i].Codec == codec.Opus {
			return &k.binding.Formats[i], true
		}
	}
	return nil, false
}
