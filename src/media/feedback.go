package media

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// packetPool holds the copies that are sent again: they are made under the
// encoding's lock and sent without it.
var packetPool = sync.Pool{New: func() any { return new(resendBuffer) }} //nolint:gochecknoglobals // a free list

type resendBuffer struct {
	raw     [maxPacket]byte
	payload [maxPacket + 2]byte
	packet  Packet
}

// nack answers the request for packets that did not reach the remote side,
// from the ring, as RTX where that was negotiated (RFC 4588).
func (k *Sink) nack(n *rtcp.TransportLayerNack, t int64) {
	k.mu.Lock()
	defer k.unlock()
	if !k.ready || k.ended || n.MediaSSRC != k.binding.SSRC {
		return
	}
	buf := packetPool.Get().(*resendBuffer) //nolint:forcetypeassert // the pool holds nothing else
	defer packetPool.Put(buf)
	if t-k.resendAt >= second/10 {
		k.resend, k.resendAt = 0, t
	}
	for _, pair := range n.Nacks {
		for _, seq := range pair.PacketList() {
			k.counters.nacks++
			if k.resend < maxResend && k.sendAgain(seq, buf, t) {
				k.resend++
			}
		}
	}
}

func (k *Sink) sendAgain(out uint16, buf *resendBuffer, t int64) bool {
	s, in := k.spans.source(out)
	if s == nil {
		return false
	}
	if s.rtxPayloadType == 0 && k.kind == Audio {
		return false // see prepare: an audio header is not the same twice
	}
	s.encoding.mu.Lock()
	held := s.encoding.ring.get(in)
	if held == nil {
		// The publisher has been asked for it when the hole was seen; when it
		// comes it is forwarded like any other packet.
		s.encoding.mu.Unlock()
		return false
	}
	p := &buf.packet
	raw := buf.raw[:copy(buf.raw[:], held.buf)]
	*p = *held
	p.buf = raw
	s.encoding.mu.Unlock()
	// As for forward; and the rest of a dropped frame may have gone out before
	// it was known to be that, so it is not the same twice.
	if s.codec != p.format.Codec || s.rtxPayloadType == 0 && s.blank(p) {
		return false
	}

	mark := k.mark
	k.mark = false
	h := k.prepare(p, s, t)
	k.mark = mark
	h.SequenceNumber = out
	if s.rtxPayloadType == 0 {
		payload := k.payload(p, s, buf.payload[:])
		return k.sendRepair(h, payload)
	}
	h.SSRC, h.PayloadType, h.SequenceNumber = k.binding.RTX, s.rtxPayloadType, k.rtxSeq
	k.rtxSeq++
	binary.BigEndian.PutUint16(buf.payload[:], out)
	payload := k.payload(p, s, buf.payload[2:])
	n := copy(buf.payload[2:], payload)
	return k.sendRepair(h, buf.payload[:2+n])
}

func (k *Sink) sendRepair(h *rtp.Header, payload []byte) bool {
	if _, err := k.binding.Writer.WriteRTP(h, payload); err != nil {
		return false
	}
	k.counters.resent++
	return true
}

// keyFrameAsked passes the remote side's request on, merged with others'.
func (k *Sink) keyFrameAsked(fir bool, t int64) {
	k.mu.Lock()
	if fir {
		k.counters.firs++
	} else {
		k.counters.plis++
	}
	e := k.current
	if k.next != nil {
		e = k.next
	}
	k.mu.Unlock()
	if e != nil && k.kind == Video {
		e.requestKeyFrame(t)
	}
}

// report takes a reception report of the remote side.
func (k *Sink) report(r *rtcp.ReceptionReport, t int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.counters.lost = uint64(r.TotalLost)
	if r.TotalLost >= 1<<23 { // 24 bits with a sign: duplicates outnumber losses
		k.counters.lost = 0
	}
	k.counters.fraction = float64(r.FractionLost) / 256
	if r.LastSenderReport != 0 {
		// RFC 3550 section 6.4.1: A - LSR - DLSR, in 1/65536 s.
		if d := uint32(ntp(t)>>16) - r.LastSenderReport - r.Delay; d < 1<<20 {
			k.counters.rtt = int64(d) * second >> 16
		}
	}
}

// senderReport is this sink's report (RFC 3550 section 6.4.1), nil while
// nothing is sent. Its pair of times comes from the publisher's reports, so
// that audio and video of one publisher stay together (lips), on our clock, so
// that it goes on over a switch.
func (k *Sink) senderReport(t int64) *rtcp.SenderReport {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.spans.current()
	if s == nil || s.encoding != k.current || k.counters.packets == 0 || t-k.lastSent > flowTime || k.inFormat == nil {
		return nil
	}
	stamp, ok := k.current.timestampAt(t)
	if !ok {
		stamp = k.last.stamp + ticks(t-k.last.at, k.inFormat.ClockRate)
	}
	return &rtcp.SenderReport{
		SSRC: k.binding.SSRC, NTPTime: ntp(t), RTPTime: stamp + s.timestamp,
		PacketCount: uint32(k.counters.packets), OctetCount: uint32(k.counters.bytes),
	}
}

// Stats is a snapshot.
func (k *Sink) Stats() SinkStats {
	remb := k.out.remb()
	t := k.router.now()
	k.mu.Lock()
	c := k.counters
	s := SinkStats{
		SSRC: k.binding.SSRC, Packets: c.packets, Bytes: c.bytes, Retransmitted: c.resent, Refused: c.refused,
		NACKs: c.nacks, PLIs: c.plis, FIRs: c.firs, Lost: c.lost, FractionLost: c.fraction,
		RTT: time.Duration(c.rtt), Latency: time.Duration(c.latency), REMB: remb, MaxBitrate: k.maxRate,
	}
	if f := k.inFormat; f != nil {
		s.Codec, s.ClockRate, s.Channels, s.Fmtp = f.Codec.String(), int(f.ClockRate), int(f.Channels), f.Fmtp
	}
	if cur := k.spans.current(); cur != nil {
		s.PayloadType = int(cur.payloadType)
	}
	e := k.current
	k.mu.Unlock()
	if e != nil {
		s.RID, s.TargetBitrate = e.rid, e.bitrate(maxTemporal, t)
	}
	return s
}
