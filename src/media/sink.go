package media

import (
	"encoding/binary"
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

// SinkOptions configure a Sink.
type SinkOptions struct {
	// Flow is told when packets begin and cease to be sent, and Failed when
	// the source's codec cannot be sent to this sink. They must not block.
	// They are called with the sink locked: they must not call its methods.
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
	binding   Binding
	current   *Encoding // is being forwarded
	next      *Encoding // will be, from its next key frame on
	layer     choice    // as last allocated
	spans     spans
	inFormat  *Format // of the span; when the source's changes a new one begins
	replayed  int64   // packets up to here were sent from the ring
	failed    bool    // Failed has been told of this source and binding
	maxRate   int
	lastIn    *Encoding // of the last packet, survives a disconnection
	lastStamp uint32    // its timestamp as it came, and as it went
	lastOut   uint32
	lastAt    int64 // ns, when it came
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
}

type sinkCounters struct {
	packets, bytes, resent uint64
	nacks, plis, firs      uint64
	lost                   uint64
	fraction               float64
	rtt                    int64
}

// NewSink makes a sink of a transport; it sends once Bind and
// Outbound.SetConnected were called.
func (o *Outbound) NewSink(kind Kind, opts SinkOptions) *Sink {
	k := &Sink{router: o.router, out: o, kind: kind, opts: opts, rtxSeq: uint16(rand.Uint32())}
	k.spans.newestOut = 1<<16 + int64(rand.Uint32()&0x7fff) // RFC 3550 section 5.1: a random start
	k.lastOut = rand.Uint32()
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
	k.mu.Lock()
	old := k.source
	if old == s || s != nil && s.kind != k.kind {
		k.mu.Unlock()
		return
	}
	k.source, k.failed = s, false
	k.leave()
	k.mu.Unlock()
	if old != nil {
		old.detach(k)
	}
	if s != nil {
		s.attach(k)
	}
	k.update()
}

// SetMaxBitrate limits the sink in bits per second by the choice of the
// simulcast layer; the lowest layer is sent in any case. 0 = no limit.
func (k *Sink) SetMaxBitrate(bps int) {
	k.mu.Lock()
	k.maxRate = bps
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
// what was; the SSRCs must stay the same.
func (k *Sink) Bind(b Binding) {
	k.mu.Lock()
	k.binding, k.bound, k.failed = b, true, false
	k.header = rtp.Header{Version: 2, SSRC: b.SSRC, Extensions: make([]rtp.Extension, 0, extCount)}
	k.inFormat = nil
	k.mu.Unlock()
	k.update()
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

// update looks again at what should be forwarded: the source, what it may
// send, its encodings or the layer allowed have changed.
func (k *Sink) update() {
	err := k.reconsider(now())
	if err != nil && k.opts.Failed != nil {
		k.opts.Failed(err)
	}
}

func (k *Sink) reconsider(t int64) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.source == nil || !k.bound {
		return nil
	}
	if err := k.checkFormats(); err != nil {
		return err
	}
	if !k.ready {
		return nil
	}
	want := k.choose(t)
	if want == nil {
		k.leave()
		return nil
	}
	if want == k.current {
		if k.next != nil {
			k.next.remove(k)
			k.next = nil
		}
		return nil
	}
	if want == k.next {
		return nil
	}
	if k.next != nil {
		k.next.remove(k)
	}
	k.next = want
	want.add(k)
	if k.kind == Video && !(k.current == nil && k.replay(want, t)) {
		want.requestKeyFrame(t)
	}
	return nil
}

// checkFormats reports ErrNoCommonFormat, once, where nothing that the source
// may send can be sent on.
func (k *Sink) checkFormats() error {
	formats := *k.source.formats.Load()
	if k.failed || len(formats) == 0 {
		return nil
	}
	for i := range formats {
		if out, _ := k.outFormat(&formats[i]); out != nil {
			return nil
		}
	}
	k.failed = true
	return mismatch(formats, k.binding.Formats)
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

// forward sends one packet of an encoding that this sink is on the list of.
// scratch holds a packet and belongs to the caller. A panic ends this sink's
// forwarding alone.
func (k *Sink) forward(e *Encoding, p *Packet, scratch []byte, t int64) {
	k.mu.Lock()
	defer k.unlock()
	if e == k.next && k.startsAt(e, p) {
		k.switchTo(e, p)
	}
	if e != k.current {
		return
	}
	k.relay(e, p, scratch, t)
}

// unlock is deferred by forward: it also contains panics.
func (k *Sink) unlock() {
	v := recover()
	if v != nil {
		k.leave()
		k.ready = false
	}
	k.mu.Unlock()
	if v != nil {
		k.router.panicked(v)
		if k.opts.Failed != nil {
			k.opts.Failed(errPanic)
		}
	}
}

// startsAt tells whether forwarding of e may begin with p.
func (k *Sink) startsAt(e *Encoding, p *Packet) bool {
	if len(p.Payload()) == 0 {
		return false
	}
	return k.kind == Audio || p.info.KeyFrame && p.seq >= e.keyFrame
}

// relay maps and sends a packet of the current encoding.
func (k *Sink) relay(e *Encoding, p *Packet, scratch []byte, t int64) {
	if p.seq <= k.replayed {
		return // was sent from the ring
	}
	if p.format != k.inFormat && !k.setFormat(e, p) {
		return
	}
	newest := p.seq > k.spans.newestIn
	if newest && (len(p.Payload()) == 0 || k.dropsLayer(p)) {
		k.spans.drop(p.seq)
		return
	}
	s, out := k.spans.forward(e, p.seq)
	if s == nil {
		return
	}
	if newest {
		k.lastIn, k.lastStamp, k.lastOut, k.lastAt = e, p.timestamp, p.timestamp+s.timestamp, p.arrival
		if p.info.HasPictureID {
			k.pictureID = p.info.PictureID + s.pictureID
		}
		if p.info.HasTL0 {
			k.tl0 = p.info.TL0 + s.tl0
		}
		if d := p.extension(ExtDependency); len(d) >= 3 {
			k.pictureID = binary.BigEndian.Uint16(d[1:]) + s.pictureID
		}
	}
	h := k.prepare(p, s, t)
	h.SequenceNumber = uint16(out)
	payload := k.payload(p, s, scratch)
	if _, err := k.binding.Writer.WriteRTP(h, payload); err != nil {
		return // the transport is going; it tells so itself
	}
	k.counters.packets++
	k.counters.bytes += uint64(len(payload))
	k.lastSent = t
	if !k.flowing {
		k.setFlowing(true)
	}
}

// payload is p's payload as it goes out, rewritten in scratch if need be.
func (k *Sink) payload(p *Packet, s *span, scratch []byte) []byte {
	payload := p.Payload()
	if s.primary {
		if block, ok := codec.REDPrimary(payload); ok {
			return block
		}
		return payload
	}
	if (s.pictureID != 0 || s.tl0 != 0) && p.info.HasPictureID {
		n := copy(scratch, payload)
		codec.Rewrite(p.format.Codec, scratch[:n], s.pictureID, s.tl0)
		return scratch[:n]
	}
	return payload
}

// prepare fills the sink's header for a packet, all but the sequence number.
func (k *Sink) prepare(p *Packet, s *span, t int64) *rtp.Header {
	h := &k.header
	h.Marker = p.marker || k.mark
	k.mark = false
	h.PayloadType = s.payloadType
	h.SSRC = k.binding.SSRC
	h.Timestamp = p.timestamp + s.timestamp
	h.Extension, h.ExtensionProfile, h.Extensions = false, 0, h.Extensions[:0]
	for ext := Extension(0); ext < extForwarded; ext++ {
		v := p.extension(ext)
		id := k.binding.Extensions.id[ext]
		if v == nil || id == 0 {
			continue
		}
		if ext == ExtDependency && s.pictureID != 0 && len(v) >= 3 && len(v) <= len(k.scratch)-3 {
			n := copy(k.scratch[3:], v)
			v = k.scratch[3 : 3+n]
			binary.BigEndian.PutUint16(v[1:], binary.BigEndian.Uint16(v[1:])+s.pictureID)
		}
		k.setExtension(id, v)
	}
	// A packet that may be sent again under its own number must stay the same
	// to the last bit, or AEAD's nonce is used for two different packets
	// (RFC 7714 section 9.1): no time of sending where there is no RTX.
	if id := k.binding.Extensions.id[ExtAbsSendTime]; id != 0 && (s.rtxPayloadType != 0 || k.kind == Audio) {
		v := absSendTime(t)
		k.scratch[0], k.scratch[1], k.scratch[2] = byte(v>>16), byte(v>>8), byte(v)
		k.setExtension(id, k.scratch[:3])
	}
	return h
}

// setExtension adds a value; one that does not fit the one-byte form (RFC 8285
// section 4.2) makes the header use the two-byte form.
func (k *Sink) setExtension(id uint8, v []byte) {
	h := &k.header
	if len(v) == 0 || len(v) > 255 {
		return
	}
	if !h.Extension {
		h.Extension, h.ExtensionProfile = true, rtp.ExtensionProfileOneByte
	}
	profile := h.ExtensionProfile
	if len(v) > 16 || id > 14 {
		profile = rtp.ExtensionProfileTwoByte
	}
	_ = h.SetExtensionWithProfile(id, v, profile) // cannot fail: the lengths were checked
}

func (k *Sink) setFlowing(flowing bool) {
	k.flowing = flowing
	if k.opts.Flow != nil {
		k.opts.Flow(flowing)
	}
}
