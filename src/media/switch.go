package media

import (
	"encoding/binary"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"ksfu/src/codec"
)

// switchTo makes e the encoding that is forwarded, from p on: the outgoing
// numbers go on after the last ones, the timestamp by the time that has passed
// between the two captures.
func (k *Sink) switchTo(e *Encoding, p *Packet) {
	if k.current != nil {
		k.current.remove(k)
	}
	k.current, k.next, k.inFormat = e, nil, nil
	k.replayed = p.seq - 1
	k.mark = k.kind == Audio
	k.setFormat(e, p)
}

// setFormat opens a new span for the packet's format; false if it has none
// here.
func (k *Sink) setFormat(e *Encoding, p *Packet) bool {
	out, primary := k.outFormat(p.format)
	if out == nil {
		if !k.failed {
			k.failed = true
			if k.opts.Failed != nil {
				k.opts.Failed(mismatch([]Format{*p.format}, k.binding.Formats))
			}
		}
		return false
	}
	s := span{encoding: e, payloadType: out.PayloadType, rtxPayloadType: out.RTX, primary: primary}
	if k.binding.RTX == 0 {
		s.rtxPayloadType = 0
	}
	s.timestamp = k.continueAt(e, p) - p.timestamp
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
	if k.lastIn == nil {
		return k.lastOut
	}
	if k.lastIn == e && k.current == e && k.inFormat != nil {
		return k.lastOut + p.timestamp - k.lastStamp // the codec alone has changed
	}
	elapsed := p.arrival - k.lastAt
	before, ok1 := k.lastIn.captureTime(k.lastStamp)
	after, ok2 := e.captureTime(p.timestamp)
	// A capture clock that contradicts the arrivals by more than a second is
	// wrong (a publisher whose reports lie or whose clock was set).
	if d := after - before - elapsed; ok1 && ok2 && d > -second && d < second {
		elapsed = after - before
	}
	ticks := elapsed / 1000 * int64(p.format.ClockRate) / 1_000_000
	return k.lastOut + uint32(max(ticks, 1)) // never the same frame, never back
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
	k.current, k.next, k.inFormat, k.replayed = e, nil, nil, run[0].seq-1
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

// dropsLayer tells whether p belongs to a temporal layer above the one allowed,
// and raises the layer where the stream lets it.
func (k *Sink) dropsLayer(p *Packet) bool {
	tid := int(p.info.Temporal)
	if tid <= k.layer.now {
		return false
	}
	if tid <= k.layer.temporal && p.info.Start && p.info.Switchable {
		k.layer.now = tid
		return false
	}
	if p.info.Start && p.info.HasPictureID {
		// The frame's picture id goes to the next one: VP8 receivers take a
		// hole in the ids for a lost frame.
		if s := k.spans.current(); s != nil {
			s.pictureID--
		}
	}
	return true
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
