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
	activeTime = second
	// Key-frame requests to the publisher are merged: one of the lowest
	// encoding each 0.5 s, one of the others (larger key frames) each 1 s.
	keyFrameThrottle      = second / 2
	keyFrameThrottleUpper = second
	maxTemporal           = 4 // temporal layers told apart
)

// Encoding is one RTP stream of a source (RFC 7656 section 2.1.10): the source
// itself, or one of its simulcast layers. Its packets are pushed by one
// goroutine at a time.
type Encoding struct {
	source *Source
	in     *Inbound
	rid    string
	ssrc   uint32
	sinks  atomic.Pointer[[]*Sink] // copy on write, in no order
	last   atomic.Int64            // ns, arrival of the newest packet

	mu         sync.Mutex // guards the following
	ring       *ring
	fixedRing  bool
	lost       losses
	stats      reception
	rate       rate
	temporal   [maxTemporal]rate
	format     *Format // of the newest packet
	keyFrame   int64   // sequence number of the newest key frame's first packet, -1
	keyTime    uint32  // its timestamp
	keyWanted  bool
	keyAsked   int64
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
	scratch    [maxPacket]byte
}

func newEncoding(src *Source, in *Inbound, rid string, ssrc uint32) *Encoding {
	size, fixed := audioRing, true
	if src.kind == Video {
		size, fixed = videoRing, false
		if n := src.router.opts.RingPackets; n > 0 {
			size, fixed = n, true
		}
	}
	e := &Encoding{source: src, in: in, rid: rid, ssrc: ssrc, ring: newRing(size), fixedRing: fixed, keyFrame: -1}
	e.sinks.Store(&[]*Sink{})
	e.last.Store(now())
	return e
}

// push takes one packet of this encoding. raw is copied. seq and format may
// differ from raw's own (RTX carries the original number in its payload), and
// payload is the part of raw that counts.
func (e *Encoding) push(raw []byte, h *header, ext *[extCount]extSpan, format *Format, t int64) {
	e.mu.Lock()
	p := e.store(raw, h, ext, format, t)
	if p == nil {
		e.mu.Unlock()
		return
	}
	nack := e.dueNACK(t)
	e.mu.Unlock()
	if nack != nil {
		e.in.send(nack)
	}
	e.last.Store(t)
	e.source.arrived(e, t)
	for _, k := range *e.sinks.Load() {
		k.forward(e, p, e.scratch[:], t)
	}
}

// store puts the packet into the ring and counts it; nil for duplicates.
func (e *Encoding) store(raw []byte, h *header, ext *[extCount]extSpan, format *Format, t int64) *Packet {
	seq := e.ring.extend(h.seq)
	newest := e.ring.newest
	if !e.fixedRing && e.ring.size() < maxVideoRing && seq > newest && e.packets&0xff == 0xff {
		e.growRing(t)
	}
	p := e.ring.take(seq)
	if p == nil {
		return nil
	}
	p.arrival, p.timestamp, p.marker, p.format = t, h.timestamp, h.marker, format
	p.buf = append(p.buf[:0], raw...)
	p.payload = h.payload
	copy(p.ext[:], ext[:extForwarded])
	p.info = codec.Info{}
	if h.payload.len > 0 {
		p.info = codec.Inspect(format.Codec, p.Payload(), h.marker)
	}

	e.format = format
	if newest >= 0 && seq > newest+1 && format.NACK && !e.lost.gap(newest, seq, t) {
		e.keyWanted = e.source.kind == Video
	}
	if seq < newest {
		e.lost.found(seq, t)
	}
	e.stats.packet(seq, h.timestamp, format.ClockRate, t)
	if h.payload.len == 0 {
		return p
	}
	e.packets++
	e.bytes += uint64(h.payload.len)
	e.rate.add(len(raw), t)
	e.temporal[min(int(p.info.Temporal), maxTemporal-1)].add(len(raw), t)
	if h.marker || e.source.kind == Audio {
		e.frames++
	}
	if p.info.KeyFrame && (e.keyFrame < 0 || e.keyTime != h.timestamp) && seq > e.keyFrame {
		e.keyFrame, e.keyTime, e.keyWanted = seq, h.timestamp, false
		e.keyFrames++
		if p.info.Width > 0 {
			e.width, e.height = p.info.Width, p.info.Height
		}
	}
	return p
}

// growRing doubles the ring while it holds less than a second.
func (e *Encoding) growRing(t int64) {
	if oldest := e.ring.get(e.ring.newest - int64(e.ring.size()) + 1); oldest != nil && t-oldest.arrival < second {
		e.ring.grow()
	}
}

// dueNACK is the request for what is missing now, nil if nothing is due.
func (e *Encoding) dueNACK(t int64) []rtcp.Packet {
	if len(e.lost.list) == 0 {
		return nil
	}
	e.nackSeqs = e.lost.due(e.ring.newest, e.ring.newest-int64(e.ring.size()), t, e.nackSeqs[:0])
	if len(e.nackSeqs) == 0 {
		return nil
	}
	e.nacks += uint64(len(e.nackSeqs))
	slices.Sort(e.nackSeqs)
	return []rtcp.Packet{&rtcp.TransportLayerNack{
		SenderSSRC: e.in.ssrc, MediaSSRC: e.ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(e.nackSeqs),
	}}
}

// RequestKeyFrame asks the publisher for a key frame (RFC 4585 section 6.3.1,
// RFC 5104 section 4.3.1). Requests within the throttle are merged into one at
// its end; it is repeated until a key frame comes.
func (e *Encoding) requestKeyFrame(t int64) {
	e.mu.Lock()
	e.keyWanted = true
	req := e.dueKeyFrame(t)
	e.mu.Unlock()
	if req != nil {
		e.in.send(req)
	}
}

// forceKeyFrame asks at once, whatever was asked before: after an ICE restart
// the request before it may be lost with what it should mend.
func (e *Encoding) forceKeyFrame(t int64) {
	e.mu.Lock()
	e.keyAsked = 0
	e.mu.Unlock()
	e.requestKeyFrame(t)
}

func (e *Encoding) dueKeyFrame(t int64) []rtcp.Packet {
	throttle := keyFrameThrottle
	if e.source.rank(e) > 0 {
		throttle = keyFrameThrottleUpper
	}
	if !e.keyWanted || e.source.kind != Video || e.keyAsked != 0 && t-e.keyAsked < throttle {
		return nil
	}
	e.keyAsked = t
	f := e.format
	if f == nil {
		f = e.source.preferred()
	}
	if f != nil && !f.PLI && f.FIR {
		e.firs++
		e.firSeq++
		return []rtcp.Packet{&rtcp.FullIntraRequest{
			SenderSSRC: e.in.ssrc, MediaSSRC: e.ssrc,
			FIR: []rtcp.FIREntry{{SSRC: e.ssrc, SequenceNumber: e.firSeq}},
		}}
	}
	e.plis++
	return []rtcp.Packet{&rtcp.PictureLossIndication{SenderSSRC: e.in.ssrc, MediaSSRC: e.ssrc}}
}

// tick does what is due without a packet: NACKs and key-frame requests.
func (e *Encoding) tick(t int64) {
	if t-e.last.Load() > 2*activeTime {
		return // nothing comes: asking for more is of no use
	}
	e.mu.Lock()
	nack := e.dueNACK(t)
	key := e.dueKeyFrame(t)
	e.mu.Unlock()
	if req := append(nack, key...); len(req) > 0 {
		e.in.send(req)
	}
}

func (e *Encoding) active(t int64) bool { return t-e.last.Load() < activeTime }

// add puts a sink on the list of those that packets are handed to.
func (e *Encoding) add(k *Sink) {
	e.mu.Lock()
	defer e.mu.Unlock()
	old := *e.sinks.Load()
	if slices.Contains(old, k) {
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

// captureTime is when the frame with that timestamp was captured, on our own
// clock; ok is false before the publisher's first sender report.
func (e *Encoding) captureTime(timestamp uint32) (t int64, ok bool) {
	offset, known := e.in.clockOffset()
	e.mu.Lock()
	defer e.mu.Unlock()
	if !known || !e.stats.haveSR || e.format == nil {
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
	elapsed := t + offset - e.stats.srNTP
	return e.stats.srTimestamp + uint32(elapsed/1000*int64(e.format.ClockRate)/1_000_000), true
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
