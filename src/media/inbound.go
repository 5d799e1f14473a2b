package media

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
)

// Declared is an RTP stream that the SDP names (RFC 5576).
type Declared struct {
	SSRC, RTX uint32 // RTX is 0 where the stream has none
}

// Line is one m-line of a transport as it was negotiated for receiving.
type Line struct {
	MID     string
	Source  *Source
	Formats []Format // the preferred one first
	RIDs    []string // of simulcast, in the SDP's order
	// Streams are the SSRCs declared. Several without RIDs are simulcast as it
	// was before there were RIDs, in their order.
	Streams    []Declared
	Extensions ExtensionIDs
}

// labels are what the encodings of the line are told apart by.
func (l *Line) labels() []string {
	if len(l.RIDs) > 0 {
		return l.RIDs
	}
	list := []string{""}
	for i := 1; i < min(len(l.Streams), MaxEncodings); i++ {
		list = append(list, strconv.Itoa(i))
	}
	return list
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
	sources     []*Source // all that ever had a line: one that lost it must be seen to stop
	streams     map[uint32]*stream
	extensions  ExtensionIDs // of all lines: BUNDLE gives an id one meaning
	formats     [128]*lineFormat
	feedback    *twcc.Recorder
	hasFeedback bool
	feedbackAt  int64
	reportAt    int64
	maxBitrate  int
	limited     bool // a limit was asked for
	closed      bool
	failed      bool
}

// stream is what an SSRC carries.
type stream struct {
	encoding *Encoding
	line     *Line
	repairs  bool // RTX of encoding
}

// lineFormat is a payload type's meaning in one line, and in others.
type lineFormat struct {
	line   *Line
	format *Format
	rtx    bool
	next   *lineFormat
}

func (f *lineFormat) of(line *Line) *lineFormat {
	for ; f != nil; f = f.next {
		if f.line == line {
			return f
		}
	}
	return nil
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
	in.setLines(lines)
	for i := range lines {
		lines[i].Source.negotiated(lines[i].Formats, lines[i].RIDs, lines[i].labels())
	}
	for i := range lines {
		if len(lines[i].RIDs) > 0 {
			continue
		}
		for j, d := range lines[i].Streams[:min(len(lines[i].Streams), MaxEncodings)] {
			in.declare(&lines[i], lines[i].labels()[j], d)
		}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	for ssrc, st := range in.streams {
		if st.encoding.ended.Load() {
			delete(in.streams, ssrc)
		}
	}
}

func (in *Inbound) setLines(lines []Line) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.lines = lines
	in.formats = [128]*lineFormat{}
	in.extensions = ExtensionIDs{}
	for i := range lines {
		line := &lines[i]
		if !slices.Contains(in.sources, line.Source) {
			in.sources = append(in.sources, line.Source)
		}
		for ext := range extCount {
			in.extensions.Set(ext, line.Extensions.ID(ext))
		}
		for j := range line.Formats {
			f := &line.Formats[j]
			in.setFormat(f.PayloadType, lineFormat{line: line, format: f})
			if f.RTX != 0 {
				in.setFormat(f.RTX, lineFormat{line: line, format: f, rtx: true})
			}
		}
	}
	for ssrc, st := range in.streams {
		for i := range lines {
			if lines[i].Source == st.encoding.source {
				in.streams[ssrc] = &stream{st.encoding, &lines[i], st.repairs}
			}
		}
	}
}

func (in *Inbound) setFormat(payloadType uint8, f lineFormat) {
	at := &in.formats[payloadType&0x7f]
	if (*at).of(f.line) == nil {
		f.next = *at
		*at = &f
	}
}

func (in *Inbound) declare(line *Line, label string, d Declared) {
	e := line.Source.encoding(in, label, d.SSRC, true, in.router.now())
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

// Receive takes one decrypted RTP packet; b is only used during the call.
// What is malformed or belongs to nothing negotiated is dropped.
func (in *Inbound) Receive(b []byte) {
	h, ok := parseHeader(b)
	if !ok {
		return
	}
	t := in.router.now()
	var ext [extCount]extSpan
	f, st := in.lookup(b, &h, &ext, t)
	if f == nil {
		return
	}
	if st == nil {
		if f, st = in.learn(b, &h, &ext, f, t); st == nil {
			return
		}
	}
	if st.repairs != f.rtx {
		return
	}
	if st.encoding.ended.Load() {
		if st = in.renew(st, t); st == nil {
			return
		}
	}
	if f.rtx {
		// The first two payload bytes are the original sequence number, the
		// payload type tells the original one (RFC 4588 section 4). Without a
		// payload it is padding to probe the path.
		if h.payload.len <= 2 {
			return
		}
		h.seq = binary.BigEndian.Uint16(b[h.payload.off:])
		h.payload.off += 2
		h.payload.len -= 2
	}
	if st.encoding.push(b, &h, &ext, f.format, f.rtx, t) {
		return
	}
	if st = in.renew(st, t); st != nil {
		st.encoding.push(b, &h, &ext, f.format, f.rtx, t)
	}
}

// lookup reads the extensions, notes the arrival for the feedback and finds
// what is known of the packet's payload type and SSRC.
func (in *Inbound) lookup(b []byte, h *header, ext *[extCount]extSpan, t int64) (*lineFormat, *stream) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return nil, nil
	}
	if h.ext.len > 0 {
		parseExtensions(&in.extensions, h.profile, b[h.ext.off:h.ext.off+h.ext.len], int(h.ext.off), ext)
	}
	if s := ext[ExtTransportSeq]; s.len >= 2 {
		in.feedback.Record(h.ssrc, binary.BigEndian.Uint16(b[s.off:]), t/1000)
		in.hasFeedback = true
	}
	f, st := in.formats[h.payloadType], in.streams[h.ssrc]
	if st != nil {
		f = f.of(st.line)
	}
	return f, st
}

// Close ends the sources of this transport: sinks see them stop.
func (in *Inbound) Close() {
	in.router.removeTicker(in)
	in.mu.Lock()
	in.closed = true
	clear(in.streams)
	in.mu.Unlock()
	for _, s := range in.sourceList() {
		s.end()
	}
}

func (in *Inbound) sourceList() []*Source {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.sources)
}
