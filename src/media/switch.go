package media

import (
	"encoding/binary"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"ksfu/src/codec"
)

// maxPause bounds, in ns, what a timestamp advances by over a disconnection:
// half of what 32 bits hold at 90 kHz is 6.6 h, and would be a step back.
const maxPause = 3600 * second

// update looks again at what should be forwarded: the source, what it may
// send, its encodings or the layer allowed have changed.
func (k *Sink) update() {
	k.mu.Lock()
	defer k.unlock()
	k.reconsider(k.router.now())
}

// reconsider is update with k.mu held.
func (k *Sink) reconsider(t int64) {
	if k.source == nil || !k.bound || k.ended {
		return
	}
	if !k.sendable() {
		k.leave()
		return
	}
	if !k.ready {
		return
	}
	want := k.choose(t)
	switch want {
	case nil:
		k.leave()
		return
	case k.current:
		if k.next != nil {
			k.next.remove(k)
			k.next = nil
		}
		return
	case k.next:
		return
	}
	if k.next != nil {
		k.next.remove(k)
	}
	k.next = want
	want.add(k)
	if k.kind == Video && (k.current != nil || !k.replay(want, t)) {
		want.requestKeyFrame(t)
	}
}

// sendable tells whether anything that the source may send can be sent on, and
// says so once where nothing can.
func (k *Sink) sendable() bool {
	formats := *k.source.formats.Load()
	for i := range formats {
		if out, _ := k.outFormat(&formats[i]); out != nil {
			return true
		}
	}
	if len(formats) > 0 {
		k.mismatched(formats)
	}
	return len(formats) == 0
}

func (k *Sink) mismatched(formats []Format) {
	if !k.failed {
		k.failed = true
		k.trouble = mismatch(formats, k.binding.Formats)
	}
}

// begin starts the forwarding of the encoding that was waited for, if p is
// where it may: at the first packet of a key frame.
func (k *Sink) begin(e *Encoding, p *Packet, t int64) {
	if p.payload.len == 0 || k.kind == Video && p.seq != e.keyFrame {
		return
	}
	if p.seq < e.newest() && k.replay(e, t) {
		return // it came late: those after it are in the ring
	}
	k.switchTo(e, p.seq)
}

// switchTo makes e the encoding that is forwarded, from that packet on.
func (k *Sink) switchTo(e *Encoding, seq int64) {
	if k.current != nil && k.current != e {
		k.current.remove(k)
	}
	k.current, k.next, k.inFormat = e, nil, nil
	k.replayed = seq - 1
	k.mark = k.kind == Audio
	k.temporal = allTemporal
	if k.layer.encoding == e {
		k.temporal = k.layer.temporal
	}
	k.dropping = frameMark{}
}

// setFormat opens a new span for the packet's format: the outgoing numbers go
// on after the last ones, the timestamp by the time that has passed between
// the two captures. False if the packet cannot be sent.
func (k *Sink) setFormat(e *Encoding, p *Packet, t int64) bool {
	if p.payload.len == 0 {
		k.spans.drop(p.seq, frameMark{}, 0)
		return false
	}
	out, primary := k.outFormat(p.format)
	if out == nil {
		k.mismatched([]Format{*p.format})
		return false
	}
	rtx := k.binding.rtxOf(out)
	if cur := k.spans.current(); k.inFormat != nil && cur != nil {
		if cur.codec == p.format.Codec && cur.payloadType == out.PayloadType && cur.rtxPayloadType == rtx && cur.primary == primary {
			k.inFormat = p.format // renegotiated: only the publisher's numbers differ
			return true
		}
	}
	if k.kind == Video && !p.info.KeyFrame { // of a new codec, or after a mismatch
		if k.inFormat != nil {
			k.spans.drop(p.seq, frameMark{p.timestamp, true}, 0)
		}
		e.requestKeyFrame(t)
		return false
	}
	s := span{
		encoding: e, codec: p.format.Codec, payloadType: out.PayloadType, rtxPayloadType: rtx, primary: primary,
		timestamp: k.continueAt(e, p) - p.timestamp,
	}
	if p.info.HasPictureID {
		s.pictureID = k.pictureID + 1 - p.info.PictureID
	}
	if p.info.HasTL0 {
		s.tl0 = k.tl0 + 1 - p.info.TL0
	}
	if d := p.extension(ExtDependency); len(d) >= 3 {
		s.pictureID = k.pictureID + 1 - binary.BigEndian.Uint16(d[1:])
	}
	k.inFormat = p.format
	k.spans.open(s, p.seq)
	return true
}

// continueAt is the outgoing timestamp of the first packet of a new span. The
// publishers' sender reports tell the time between two captures best; where
// one has not come yet, the times of arrival must do.
func (k *Sink) continueAt(e *Encoding, p *Packet) uint32 {
	l := &k.last
	if !l.any {
		return l.out
	}
	if l.encoding == e && k.inFormat != nil && l.clockRate == p.format.ClockRate {
		return l.out + p.timestamp - l.stamp // the codec alone has changed
	}
	elapsed := p.arrival - l.at
	before, ok1 := l.captured, l.dated
	if l.encoding != nil {
		before, ok1 = l.encoding.captureTime(l.stamp)
	}
	after, ok2 := e.captureTime(p.timestamp)
	// A capture clock that contradicts the arrivals by more than a second is
	// wrong (a publisher whose reports lie or whose clock was set).
	if d := after - before - elapsed; ok1 && ok2 && d > -second && d < second {
		elapsed = after - before
	}
	elapsed = min(max(elapsed, 0), maxPause)
	return l.out + max(ticks(elapsed, p.format.ClockRate), 1) // never the same frame, never back
}

// replay sends what the ring holds since the last key frame of e and goes on
// from there; false where that run is too long or has holes. k.mu is held, so
// that live packets wait until the run is out.
func (k *Sink) replay(e *Encoding, t int64) bool {
	run := e.sinceKeyFrame(t)
	// One who has seen frames of this encoding after that key frame would see
	// time run backwards.
	if len(run) == 0 || run[0].seq <= k.spans.last(e) {
		return false
	}
	if out, _ := k.outFormat(run[0].format); out == nil {
		return false
	}
	scratch := make([]byte, maxPacket)
	k.switchTo(e, run[0].seq)
	for i := range run {
		k.relay(e, &run[i], scratch, t)
	}
	k.replayed = run[len(run)-1].seq
	return true
}

// sinceKeyFrame copies the packets since the last key frame, nil where they
// are too many, too old or not all there.
func (e *Encoding) sinceKeyFrame(t int64) []Packet {
	e.mu.Lock()
	defer e.mu.Unlock()
	from, to := e.keyFrame, e.ring.newest
	if from < 0 || to-from >= maxReplay || t-e.last.Load() > activeTime {
		return nil
	}
	run := make([]Packet, 0, to-from+1)
	for seq := from; seq <= to; seq++ {
		p := e.ring.get(seq)
		if p == nil {
			return nil
		}
		c := *p
		c.buf = slices.Clone(p.buf)
		run = append(run, c)
	}
	return run
}

// mismatch says what the source has and what the sink would take.
func mismatch(have, take []Format) error {
	return fmt.Errorf("%w: the source sends %s, the receiver takes %s; there is no transcoding, so let both use one codec",
		ErrNoCommonFormat, formatNames(have), formatNames(take))
}

func formatNames(list []Format) string {
	var names []string
	for i := range list {
		name := list[i].Codec.String()
		if list[i].Codec == codec.H264 && list[i].Fmtp != "" {
			name += " (" + list[i].Fmtp + ")"
		}
		names = append(names, name)
	}
	if names == nil {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

func stack() string { return string(debug.Stack()) }
