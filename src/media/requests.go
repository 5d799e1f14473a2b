package media

import (
	"slices"

	"github.com/pion/rtcp"
)

// Key-frame requests to the publisher are merged: one of the lowest encoding
// each 0.5 s, one of the others (larger key frames) each 1 s.
const (
	keyFrameThrottle      = second / 2
	keyFrameThrottleUpper = second
)

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

// requestKeyFrame asks the publisher for a key frame (RFC 4585 section 6.3.1,
// RFC 5104 section 4.3.1). Requests within the throttle are merged into one at
// its end; it is repeated until a key frame comes.
func (e *Encoding) requestKeyFrame(t int64) {
	e.mu.Lock()
	e.keyWanted = !e.ended.Load()
	req := e.dueKeyFrame(t)
	e.mu.Unlock()
	e.in.send(req)
}

// forceKeyFrame asks at once, whatever was asked before: after an ICE restart
// the request before it may be lost with what it should mend.
func (e *Encoding) forceKeyFrame(t int64) {
	e.mu.Lock()
	e.keyAsked = never
	e.mu.Unlock()
	e.requestKeyFrame(t)
}

func (e *Encoding) dueKeyFrame(t int64) []rtcp.Packet {
	throttle := keyFrameThrottle
	if e.source.rank(e) > 0 {
		throttle = keyFrameThrottleUpper
	}
	if !e.keyWanted || e.source.kind != Video || t-e.keyAsked < throttle {
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
	e.in.send(e.due(t))
}

func (e *Encoding) due(t int64) []rtcp.Packet {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append(e.dueNACK(t), e.dueKeyFrame(t)...)
}
