package media

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
)

const (
	// Transport-wide feedback each 100 ms: what libwebrtc's sender-side
	// estimation is tuned for at 2 % of a 1 Mbit/s stream.
	twccInterval = 100 * millisecond
	// Receiver reports each second (RFC 3550's interval for a reduced minimum
	// at video rates), the first one after 200 ms: until it has seen one,
	// Chromium spends 20 bytes a packet on MID and RID.
	reportInterval = second
	firstReport    = 200 * millisecond
)

// Declared is an RTP stream that the SDP names (RFC 5576).
type Declared struct {
	SSRC, RTX uint32 // RTX is 0 where the stream has none
}

// Line is one m-line of a transport as it was negotiated for receiving.
type Line struct {
	MID        string
	Source     *Source
	Formats    []Format // the preferred one first
	RIDs       []string // of simulcast, in the SDP's order
	Streams    []Declared
	Extensions ExtensionIDs
}

// InboundOptions configure an Inbound.
type InboundOptions struct {
	// Write sends RTCP to the publisher. It must not block.
	Write func([]rtcp.Packet)
	// MaxBitrate in bits per second is asked of the publisher's video by REMB;
	// 0 = no limit.
	MaxBitrate int
	// Failed is told once when the remote side breaks a limit.
	Failed func(error)
}

// Inbound is the receiving side of one transport: it finds the encoding that a
// packet belongs to and reports back to the publisher. Receive is called from
// one goroutine at a time; the rest is safe at any time.
type Inbound struct {
	router *Router
	opts   InboundOptions
	ssrc   uint32 // our sender SSRC in RTCP
	offset atomic.Pointer[int64]

	mu          sync.Mutex // guards the following
	lines       []Line
	sources     []*Source
	streams     map[uint32]*stream
	extensions  ExtensionIDs // of all lines: BUNDLE gives an id one meaning
	formats     [128]*lineFormat
	feedback    *twcc.Recorder
	hasFeedback bool
	feedbackAt  int64
	reportAt    int64
	maxBitrate  int
	closed      bool
	failed      bool
}

// stream is what an SSRC carries.
type stream struct {
	encoding *Encoding
	line     *Line
	repairs  bool // RTX of encoding
}

// lineFormat is a payload type's meaning; ambiguous where two lines use it.
type lineFormat struct {
	line      *Line
	format    *Format
	rtx       bool
	ambiguous bool
}

// NewInbound makes the receiving side of a transport; Close ends it.
func (r *Router) NewInbound(opts InboundOptions) *Inbound {
	in := &Inbound{router: r, opts: opts, ssrc: rand.Uint32(), streams: map[uint32]*stream{}, maxBitrate: opts.MaxBitrate}
	in.feedback = twcc.NewRecorder(in.ssrc)
	r.addTicker(in)
	return in
}

// Negotiated takes what was agreed on. What has been learned of streams stays.
func (in *Inbound) Negotiated(lines []Line) {
	in.mu.Lock()
	in.lines = lines
	in.formats = [128]*lineFormat{}
	in.extensions = ExtensionIDs{}
	in.sources = in.sources[:0]
	for i := range lines {
		line := &lines[i]
		in.sources = append(in.sources, line.Source)
		for ext := Extension(0); ext < extCount; ext++ {
			if id := line.Extensions.ID(ext); id != 0 {
				in.extensions.Set(ext, id)
			}
		}
		for j := range line.Formats {
			f := &line.Formats[j]
			in.setFormat(f.PayloadType, lineFormat{line: line, format: f})
			if f.RTX != 0 {
				in.setFormat(f.RTX, lineFormat{line: line, format: f, rtx: true})
			}
		}
	}
	for _, st := range in.streams {
		for i := range lines {
			if lines[i].Source == st.encoding.source {
				st.line = &lines[i]
			}
		}
	}
	in.mu.Unlock()
	for i := range lines {
		lines[i].Source.negotiated(lines[i].Formats, lines[i].RIDs)
	}
	for i := range lines {
		for _, d := range lines[i].Streams {
			if len(lines[i].RIDs) == 0 {
				in.declare(&lines[i], d)
			}
		}
	}
}

func (in *Inbound) setFormat(payloadType uint8, f lineFormat) {
	old := in.formats[payloadType&0x7f]
	f.ambiguous = old != nil && old.line != f.line
	in.formats[payloadType&0x7f] = &f
}

func (in *Inbound) declare(line *Line, d Declared) {
	e := line.Source.encoding(in, "", d.SSRC)
	if e == nil {
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.streams[d.SSRC] = &stream{encoding: e, line: line}
	if d.RTX != 0 {
		in.streams[d.RTX] = &stream{encoding: e, line: line, repairs: true}
	}
}

// SetMaxBitrate changes the limit asked of the publisher's video.
func (in *Inbound) SetMaxBitrate(bps int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.maxBitrate = bps
	in.reportAt = 0
}

// Receive takes one decrypted RTP packet; b is only used during the call.
// What is malformed or belongs to nothing negotiated is dropped.
func (in *Inbound) Receive(b []byte) {
	h, ok := parseHeader(b)
	if !ok {
		return
	}
	t := now()
	var ext [extCount]extSpan
	in.mu.Lock()
	if h.ext.len > 0 {
		parseExtensions(&in.extensions, h.profile, b[h.ext.off:h.ext.off+h.ext.len], int(h.ext.off), &ext)
	}
	if s := ext[ExtTransportSeq]; s.len >= 2 {
		seq, _ := uint16At(b[s.off:])
		in.feedback.Record(h.ssrc, seq, t/1000)
		in.hasFeedback = true
	}
	f := in.formats[h.payloadType]
	st := in.streams[h.ssrc]
	in.mu.Unlock()
	if f == nil {
		return
	}
	if st == nil {
		if st = in.learn(b, &h, &ext, f); st == nil {
			return
		}
	}
	if !st.repairs {
		if f.rtx {
			return
		}
		st.encoding.push(b, &h, &ext, f.format, t)
		return
	}
	// RTX: the first two payload bytes are the original sequence number, the
	// payload type tells the original one (RFC 4588 section 4). Without a
	// payload it is padding to probe the path.
	if !f.rtx || h.payload.len < 2 {
		return
	}
	h.seq = binary.BigEndian.Uint16(b[h.payload.off:])
	h.payload.off += 2
	h.payload.len -= 2
	if h.payload.len > 0 {
		st.encoding.push(b, &h, &ext, f.format, t)
	}
}

// learn finds out what an undeclared SSRC carries by the MID, RID and repaired
// RID extensions, which senders may leave out once they have been acknowledged,
// or by a payload type that only one m-line uses.
func (in *Inbound) learn(b []byte, h *header, ext *[extCount]extSpan, f *lineFormat) *stream {
	text := func(e Extension) string { s := ext[e]; return string(b[s.off : s.off+s.len]) }
	line := f.line
	if mid := text(ExtMID); mid != "" {
		in.mu.Lock()
		line = nil
		for i := range in.lines {
			if in.lines[i].MID == mid {
				line = &in.lines[i]
			}
		}
		in.mu.Unlock()
	} else if f.ambiguous {
		return nil
	}
	if line == nil {
		return nil
	}
	st := &stream{line: line}
	rid := text(ExtRID)
	if f.rtx {
		rid = text(ExtRepairedRID)
		st.repairs = true
		for _, e := range *line.Source.encodings.Load() {
			if e.rid == rid && e.in == in {
				st.encoding = e
			}
		}
	}
	known := len(line.RIDs) == 0 && rid == ""
	for _, r := range line.RIDs {
		known = known || r == rid
	}
	if !known {
		return nil
	}
	if !st.repairs {
		st.encoding = line.Source.encoding(in, rid, h.ssrc)
	}
	if st.encoding == nil {
		return nil
	}
	in.mu.Lock()
	if len(in.streams) >= MaxStreams {
		tell := !in.failed
		in.failed = true
		in.mu.Unlock()
		if tell && in.opts.Failed != nil {
			in.opts.Failed(ErrTooManyStreams)
		}
		return nil
	}
	in.streams[h.ssrc] = st
	in.mu.Unlock()
	return st
}

// ReceiveRTCP takes decrypted RTCP of the publisher; b may be a compound packet.
func (in *Inbound) ReceiveRTCP(b []byte) {
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		return // malformed: RFC 3550 appendix A.2 drops the whole
	}
	t := now()
	for _, p := range packets {
		if sr, ok := p.(*rtcp.SenderReport); ok {
			in.senderReport(sr, t)
		}
	}
}

func (in *Inbound) senderReport(sr *rtcp.SenderReport, t int64) {
	in.mu.Lock()
	st := in.streams[sr.SSRC]
	in.mu.Unlock()
	if st == nil || st.repairs {
		return
	}
	// How far the publisher's clock is ahead of ours: the report that spent
	// least time on the way tells best. Downwards it follows slowly, for clocks
	// that drift apart.
	sample := ntpNanos(sr.NTPTime) - t
	if old := in.offset.Load(); old != nil && sample < *old {
		sample = *old + (sample-*old)/64
	}
	in.offset.Store(&sample)
	st.encoding.mu.Lock()
	st.encoding.stats.senderReport(sr, t)
	st.encoding.mu.Unlock()
}

// clockOffset is the publisher's wall clock less ours in ns.
func (in *Inbound) clockOffset() (int64, bool) {
	if p := in.offset.Load(); p != nil {
		return *p, true
	}
	return 0, false
}

// Restarted is to be called when the path to the publisher has changed (ICE
// restart): what was asked for meanwhile may be lost, so key frames are asked
// for at once.
func (in *Inbound) Restarted() {
	t := now()
	for _, s := range in.sourceList() {
		for _, e := range *s.encodings.Load() {
			if s.kind == Video && len(*e.sinks.Load()) > 0 {
				e.forceKeyFrame(t)
			}
		}
	}
}

func (in *Inbound) sourceList() []*Source {
	in.mu.Lock()
	defer in.mu.Unlock()
	return append([]*Source(nil), in.sources...)
}

func (in *Inbound) send(p []rtcp.Packet) { in.opts.Write(p) }

// tick sends the reports that are due.
func (in *Inbound) tick(t int64) {
	for _, s := range in.sourceList() {
		s.tick(t)
	}
	var out []rtcp.Packet
	in.mu.Lock()
	if in.closed {
		in.mu.Unlock()
		return
	}
	if in.hasFeedback && t-in.feedbackAt >= twccInterval {
		in.feedbackAt, in.hasFeedback = t, false
		out = in.feedback.BuildFeedbackPacket()
	}
	if in.reportAt == 0 {
		in.reportAt = t + firstReport
	}
	report := t >= in.reportAt && len(in.streams) > 0
	if report {
		in.reportAt = t + reportInterval
	}
	limit := in.maxBitrate
	in.mu.Unlock()
	if report {
		out = append(out, in.reports(t, limit)...)
	}
	if len(out) > 0 {
		in.send(out)
	}
}

// reports are the receiver report of all encodings and the REMB.
func (in *Inbound) reports(t int64, limit int) []rtcp.Packet {
	rr := &rtcp.ReceiverReport{SSRC: in.ssrc}
	var video []uint32
	remb := false
	for _, s := range in.sourceList() {
		for _, e := range *s.encodings.Load() {
			e.mu.Lock()
			if e.stats.received > 0 {
				rr.Reports = append(rr.Reports, e.stats.report(e.ssrc, t))
			}
			if s.kind == Video {
				video = append(video, e.ssrc)
				remb = remb || e.format != nil && e.format.REMB
			}
			e.mu.Unlock()
		}
	}
	if len(rr.Reports) == 0 {
		return nil
	}
	out := []rtcp.Packet{rr}
	if limit > 0 && remb {
		out = append(out, &rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: in.ssrc, Bitrate: float32(limit), SSRCs: video})
	}
	return out
}

// Close ends the sources of this transport: sinks see them stop.
func (in *Inbound) Close() {
	in.router.removeTicker(in)
	in.mu.Lock()
	in.closed = true
	in.mu.Unlock()
	for _, s := range in.sourceList() {
		s.end()
	}
}
