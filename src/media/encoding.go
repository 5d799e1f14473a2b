package media

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/pion/rtcp"

	"ksfu/src/codec"
)

const (
	// Ring sizes in packets. Video starts with 256 and grows to hold a second
	// of the stream (2 round trips and the reordering of a bad link); audio
	// holds 2.5 s of 20 ms packets.
	audioRing    = 128
	videoRing    = 256
	maxVideoRing = 4096
	// An encoding is active while packets come at least that often. Browsers
	// stop upper layers without saying so; DTX sends each 400 ms.
	activeTime  = second
	maxTemporal = 4 // temporal layers told apart
	// maxMisorder: so many packets late is not late but a new beginning. The
	// 100 of RFC 3550 are 100 ms of a good video; a path that changes takes more.
	maxMisorder = 512
	never       = -(int64(1) << 60)
)

// Encoding is one RTP stream of a source (RFC 7656 section 2.1.10): the source
// itself, or one of its simulcast layers. Its packets are pushed by one
// goroutine at a time.
type Encoding struct {
	source *Source
	in     *Inbound
	rid    string
	ssrc   uint32
	born   int64                   // ns
	sinks  atomic.Pointer[[]*Sink] // copy on write, in no order
	last   atomic.Int64            // ns, arrival of the newest packet; never before the first
	ended  atomic.Bool             // another has its place; written with mu held

	mu         sync.Mutex // guards the following
	ring       *ring
	fixedRing  bool
	stray      int64 // number after the last packet that was too old, -1 = the last one was not
	lost       losses
	stats      reception
	rate       rate
	temporal   [maxTemporal]rate
	format     *Format // of the newest packet
	keyFrame   int64   // sequence number of the newest key frame's first packet, -1
	keyTime    uint32  // its timestamp
	keyWanted  bool
	keyAsked   int64 // ns, never = not yet
	firSeq     uint8
	nacks      uint64
	plis, firs uint64
	packets    uint64
	bytes      uint64
	frames     uint64
	keyFrames  uint64
	width      uint16
	height     uint16
	nackSeqs   []uint16 // reused

	scratch [maxPacket]byte // of the goroutine that pushes
}

func newEncoding(src *Source, in *Inbound, rid string, ssrc uint32, t int64) *Encoding {
	size, fixed := audioRing, true
	if src.kind == Video {
		size, fixed = videoRing, false
		if n := src.router.options().RingPackets; n > 0 {
			size, fixed = n, true
		}
	}
	e := &Encoding{
		source: src, in: in, rid: rid, ssrc: ssrc, born: t,
		ring: newRing(size), fixedRing: fixed, keyFrame: -1, keyAsked: never, stray: -1,
	}
	e.sinks.Store(&[]*Sink{})
	e.last.Store(never)
	return e
}

// push takes one packet of this encoding; raw is copied. h and format may
// differ from what raw's header says (RTX carries the original number in its
// payload). It reports false for a packet that begins a new count of sequence
// numbers: it belongs to another Encoding.
func (e *Encoding) push(raw []byte, h *header, ext *[extCount]extSpan, format *Format, repair bool, t int64) bool {
	p, nack, same := e.store(raw, h, ext, format, repair, t)
	if nack != nil {
		e.in.send(nack)
	}
	if p == nil {
		return same
	}
	e.last.Store(t)
	e.source.arrived(t)
	for _, k := range *e.sinks.Load() {
		k.forward(e, p, e.scratch[:], t)
	}
	return true
}

// store puts the packet into the ring, counts it and tells what to ask for.
// There is no packet for duplicates.
func (e *Encoding) store(
	raw []byte, h *header, ext *[extCount]extSpan, format *Format, repair bool, t int64,
) (p *Packet, nack []rtcp.Packet, same bool) {
	e.mu.Lock()
	defer e.mu.Unlock() // by defer: what panics here must not lock out the viewers
	if e.ended.Load() {
		return nil, nil, true
	}
	seq := e.ring.extend(h.seq)
	if e.ring.newest >= 0 && seq <= e.ring.newest-int64(max(e.ring.size(), maxMisorder)) {
		// Two in a row that are too old: the sender has started anew (RFC 3550
		// appendix A.1). Repairs may be that old.
		if repair {
			return nil, nil, true
		}
		again := seq == e.stray
		e.stray = seq + 1
		return nil, nil, !again
	}
	e.stray = -1
	newest := e.ring.newest
	if !e.fixedRing && e.ring.size() < maxVideoRing && seq > newest && e.packets&0xff == 0xff {
		e.growRing(t)
	}
	if p = e.ring.take(seq); p == nil {
		return nil, nil, true
	}
	p.arrival, p.timestamp, p.marker, p.format = t, h.timestamp, h.marker, format
	p.buf = append(p.buf[:0], raw...)
	p.payload = h.payload
	copy(p.ext[:], ext[:extForwarded])
	p.info = codec.Info{}
	if h.payload.len > 0 {
		p.info = codec.Inspect(format.Codec, p.Payload(), h.marker)
	}
	e.follow(newest, seq, h.timestamp, format, t)
	if h.payload.len > 0 {
		e.count(p, len(raw), t)
	}
	return p, e.dueNACK(t), true
}

// follow notes what a packet says of those around it.
func (e *Encoding) follow(newest, seq int64, timestamp uint32, format *Format, t int64) {
	if newest >= 0 && seq > newest+1 && format.NACK && !e.lost.gap(newest, seq, t) {
		e.keyWanted = e.source.kind == Video
	}
	if seq < newest {
		e.lost.found(seq, t)
	} else {
		e.format = format
	}
	e.stats.packet(seq, timestamp, format.ClockRate, t)
}

// count adds a packet with a payload to the statistics.
func (e *Encoding) count(p *Packet, size int, t int64) {
	e.packets++
	e.bytes += uint64(p.payload.len)
	e.rate.add(size, t)
	e.temporal[min(int(p.info.Temporal), maxTemporal-1)].add(size, t)
	if p.marker || e.source.kind == Audio {
		e.frames++
	}
	if level, _, ok := codec.AudioLevel(p.extension(ExtAudioLevel)); ok && e.source.kind == Audio {
		e.source.speech.heard(level, e.source.router.options().AudioLevelThreshold)
	}
	if !p.info.KeyFrame {
		return
	}
	switch {
	case e.keyFrame < 0 || e.keyTime != p.timestamp && p.seq > e.keyFrame:
		e.keyFrame, e.keyTime, e.keyWanted = p.seq, p.timestamp, false
		e.keyFrames++
	case e.keyTime == p.timestamp && p.seq < e.keyFrame:
		e.keyFrame = p.seq // parameter sets that came after their picture
	}
	if p.info.Width > 0 && e.keyTime == p.timestamp {
		e.width, e.height = p.info.Width, p.info.Height
	}
}

// growRing doubles the ring while it holds less than a second.
func (e *Encoding) growRing(t int64) {
	if oldest := e.ring.get(e.ring.newest - int64(e.ring.size()) + 1); oldest != nil && t-oldest.arrival < second {
		e.ring.grow()
	}
}

// end lets go of the packets: another encoding has this one's place, or the
// publisher is gone.
func (e *Encoding) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended.Store(true)
	e.ring = newRing(1)
	e.lost.list, e.nackSeqs, e.keyWanted = nil, nil, false
	e.sinks.Store(&[]*Sink{})
}

func (e *Encoding) active(t int64) bool { return t-e.last.Load() < activeTime }

// add puts a sink on the list of those that packets are handed to.
func (e *Encoding) add(k *Sink) {
	e.mu.Lock()
	defer e.mu.Unlock()
	old := *e.sinks.Load()
	if e.ended.Load() || slices.Contains(old, k) {
		return
	}
	list := append(slices.Clone(old), k)
	e.sinks.Store(&list)
}

func (e *Encoding) remove(k *Sink) {
	e.mu.Lock()
	defer e.mu.Unlock()
	old := *e.sinks.Load()
	if i := slices.Index(old, k); i >= 0 {
		list := slices.Delete(slices.Clone(old), i, i+1)
		e.sinks.Store(&list)
	}
}

// newest is the sequence number of the newest packet.
func (e *Encoding) newest() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.ring.newest
}

// captureTime is when the frame with that timestamp was captured, on our own
// clock; ok is false before the publisher's first sender report.
func (e *Encoding) captureTime(timestamp uint32) (t int64, ok bool) {
	offset, known := e.in.clockOffset()
	e.mu.Lock()
	defer e.mu.Unlock()
	if !known || !e.stats.haveSR || e.format == nil || e.format.ClockRate == 0 {
		return 0, false
	}
	diff := int64(int32(timestamp - e.stats.srTimestamp))
	return e.stats.srNTP + diff*second/int64(e.format.ClockRate) - offset, true
}

// timestampAt is the RTP timestamp at our time t, for sender reports.
func (e *Encoding) timestampAt(t int64) (timestamp uint32, ok bool) {
	offset, known := e.in.clockOffset()
	e.mu.Lock()
	defer e.mu.Unlock()
	if !known || !e.stats.haveSR || e.format == nil {
		return 0, false
	}
	return e.stats.srTimestamp + ticks(t+offset-e.stats.srNTP, e.format.ClockRate), true
}

// ticks is a time in units of a clock, modulo 2^32 as timestamps are.
func ticks(ns int64, clockRate uint32) uint32 {
	return uint32(ns / 1000 * int64(clockRate) / 1_000_000)
}

// bitrate is the rate up to and including a temporal layer.
func (e *Encoding) bitrate(temporal int, t int64) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	if temporal >= maxTemporal-1 {
		return e.rate.bits(t)
	}
	sum := 0
	for i := 0; i <= temporal; i++ {
		sum += e.temporal[i].bits(t)
	}
	return sum
}

// settled tells that the rate is more than a guess.
func (e *Encoding) settled(t int64) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.rate.settled(t)
}

func (e *Encoding) snapshot(t int64) EncodingStats {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := EncodingStats{
		RID: e.rid, SSRC: e.ssrc, Packets: e.packets, Bytes: e.bytes, Lost: e.stats.lost(),
		NACKs: e.nacks, PLIs: e.plis, FIRs: e.firs, FractionLost: float64(e.stats.fraction) / 256,
		Bitrate: e.rate.bits(t), Width: int(e.width), Height: int(e.height),
		Frames: e.frames, KeyFrames: e.keyFrames, Active: e.active(t),
	}
	if e.format != nil {
		s.Jitter = e.stats.jitterTime(e.format.ClockRate)
	}
	return s
}
