package media

import (
	"bytes"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"ksfu/src/codec"
)

// testbed is a router whose time moves by wait alone.
type testbed struct {
	t      testing.TB
	router *Router
	mu     sync.Mutex
	at     int64
}

func newTestbed(t testing.TB, opts Options) *testbed {
	t.Helper()
	b := &testbed{t: t, at: 1000 * second}
	opts.Logger = slog.New(slog.DiscardHandler)
	b.router = newRouter(opts, b.now)
	return b
}

func (b *testbed) now() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.at
}

func (b *testbed) pass(ns int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at += ns
}

// wait lets time pass in the router's ticks.
func (b *testbed) wait(ns int64) {
	for end := b.now() + ns; b.now() < end; {
		b.pass(min(int64(tickInterval), end-b.now()))
		b.router.tickAll()
	}
}

// sent is RTCP that was written, newest last.
type sent struct {
	mu     sync.Mutex
	writes [][]rtcp.Packet
}

func (s *sent) write(p []rtcp.Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes = append(s.writes, slices.Clone(p))
}

// take returns what was written of a type since the last take of anything.
func take[T rtcp.Packet](s *sent) []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []T
	for _, w := range s.writes {
		for _, p := range w {
			if x, ok := p.(T); ok {
				list = append(list, x)
			}
		}
	}
	s.writes = nil
	return list
}

func (s *sent) plis() int { return len(take[*rtcp.PictureLossIndication](s)) }

// The formats of both sides have different numbers.
var (
	vp8In   = Format{Codec: codec.VP8, ClockRate: 90000, PayloadType: 96, RTX: 97, NACK: true, PLI: true, FIR: true, REMB: true, TWCC: true}
	h264In  = Format{Codec: codec.H264, ClockRate: 90000, PayloadType: 102, RTX: 103, Fmtp: "profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1", NACK: true, PLI: true}
	opusIn  = Format{Codec: codec.Opus, ClockRate: 48000, Channels: 2, PayloadType: 111}
	redIn   = Format{Codec: codec.RED, ClockRate: 48000, Channels: 2, PayloadType: 63, Fmtp: "111/111"}
	vp8Out  = Format{Codec: codec.VP8, ClockRate: 90000, PayloadType: 120, RTX: 124, NACK: true, PLI: true}
	h264Out = Format{Codec: codec.H264, ClockRate: 90000, PayloadType: 108, RTX: 109, Fmtp: "packetization-mode=1;profile-level-id=42e034;level-asymmetry-allowed=1", NACK: true, PLI: true}
	opusOut = Format{Codec: codec.Opus, ClockRate: 48000, Channels: 2, PayloadType: 109}
)

func extensionIDs(pairs map[Extension]uint8) (ids ExtensionIDs) {
	for ext, id := range pairs {
		ids.Set(ext, id)
	}
	return ids
}

var (
	idsIn  = map[Extension]uint8{ExtAudioLevel: 1, ExtMID: 4, ExtRID: 10, ExtRepairedRID: 11, ExtTransportSeq: 3, ExtOrientation: 13}
	idsOut = map[Extension]uint8{ExtAudioLevel: 7, ExtOrientation: 2, ExtAbsSendTime: 5}
)

// publisher is a transport that sends.
type publisher struct {
	bed          *testbed
	in           *Inbound
	audio, video *Source
	rtcp         sent
	flow         []string
	failed       []error
}

type lineOptions struct {
	rids    []string
	streams []Declared
	formats []Format
	audio   []Declared
}

func (b *testbed) publisher(o lineOptions) *publisher {
	p := &publisher{bed: b}
	flow := func(kind string) SourceOptions {
		return SourceOptions{Flow: func(f bool) {
			p.flow = append(p.flow, kind+map[bool]string{true: " on", false: " off"}[f])
		}}
	}
	p.audio, p.video = b.router.NewSource(Audio, flow("audio")), b.router.NewSource(Video, flow("video"))
	p.in = b.router.NewInbound(InboundOptions{Write: p.rtcp.write, Failed: func(err error) { p.failed = append(p.failed, err) }})
	p.negotiate(o)
	return p
}

func (p *publisher) negotiate(o lineOptions) {
	if o.formats == nil {
		o.formats = []Format{vp8In, h264In}
	}
	p.in.Negotiated([]Line{
		{MID: "0", Source: p.audio, Formats: []Format{opusIn, redIn}, Streams: o.audio, Extensions: extensionIDs(idsIn)},
		{MID: "1", Source: p.video, Formats: o.formats, RIDs: o.rids, Streams: o.streams, Extensions: extensionIDs(idsIn)},
	})
}

// packet is one that a publisher sends.
type packet struct {
	ssrc      uint32
	pt        uint8
	seq       uint16
	timestamp uint32
	marker    bool
	payload   []byte
	ext       map[Extension]string
	padding   byte
}

func (p packet) bytes(t testing.TB) []byte {
	t.Helper()
	r := rtp.Packet{Header: rtp.Header{
		Version: 2, SSRC: p.ssrc, PayloadType: p.pt, SequenceNumber: p.seq, Timestamp: p.timestamp, Marker: p.marker,
		Padding: p.padding > 0, PaddingSize: p.padding,
	}, Payload: p.payload}
	for ext := range extCount {
		if v, ok := p.ext[ext]; ok {
			if err := r.SetExtension(idsIn[ext], []byte(v)); err != nil {
				t.Fatal(err)
			}
		}
	}
	raw, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func (p *publisher) send(k packet) { p.in.Receive(k.bytes(p.bed.t)) }

// stream sends frames of VP8, one packet each 33 ms if not told otherwise.
type stream8 struct {
	p         *publisher
	ssrc      uint32
	seq       uint16
	timestamp uint32
	picture   uint16
	tl0       uint8
	size      int // bytes of a packet's payload
	width     uint16
	ext       map[Extension]string
}

func (p *publisher) vp8(ssrc uint32) *stream8 {
	return &stream8{p: p, ssrc: ssrc, seq: uint16(ssrc * 1000), timestamp: ssrc * 100000, picture: uint16(ssrc * 100), tl0: uint8(ssrc), size: 40, width: 320}
}

// frame sends one of n packets; the numbers of lost ones are not sent.
func (s *stream8) frame(key bool, n int, lost ...int) []packet {
	return s.layer(key, 0, true, n, lost...)
}

func (s *stream8) layer(key bool, tid uint8, sync bool, n int, lost ...int) []packet {
	list := s.packets(key, tid, sync, n)
	for i, p := range list {
		if !slices.Contains(lost, i) {
			s.p.send(p)
		}
	}
	return list
}

// packets makes a frame and moves on by it.
func (s *stream8) packets(key bool, tid uint8, sync bool, n int) []packet {
	s.picture = (s.picture + 1) & 0x7fff
	if tid == 0 {
		s.tl0++
	}
	s.timestamp += 3000
	var list []packet
	for i := range n {
		list = append(list, packet{
			ssrc: s.ssrc, pt: vp8In.PayloadType, seq: s.seq, timestamp: s.timestamp, marker: i == n-1, ext: s.ext,
			payload: vp8Payload(s.picture, s.tl0, tid, sync, key, i == 0, s.width, s.size),
		})
		s.seq++
	}
	return list
}

// flow sends frames for so long; the first is a key frame if asked for.
func (s *stream8) flow(ns int64, key bool, n int) {
	for end := s.p.bed.now() + ns; s.p.bed.now() < end; key = false {
		s.frame(key, n)
		s.p.bed.wait(second / 30)
	}
}

func vp8Payload(picture uint16, tl0, tid uint8, sync, key, start bool, width uint16, size int) []byte {
	b := []byte{0x80, 0xe0, 0x80 | byte(picture>>8), byte(picture), tl0, tid << 6}
	if start {
		b[0] |= 0x10
	}
	if sync {
		b[5] |= 0x20
	}
	switch {
	case start && key:
		height := width * 9 / 16
		b = append(b, 0, 0, 0, 0x9d, 0x01, 0x2a, byte(width), byte(width>>8), byte(height), byte(height>>8))
	case start:
		b = append(b, 1)
	}
	for len(b) < size {
		b = append(b, byte(len(b)))
	}
	return b
}

// out is a packet as a viewer got it.
type out struct {
	rtp.Header
	payload []byte
	raw     []byte
	info    codec.Info
}

// viewer is a transport that is sent to.
type viewer struct {
	bed          *testbed
	out          *Outbound
	audio, video *Sink
	rtcp         sent
	flow         []string
	failed       []error

	mu      sync.Mutex
	packets []out
	hook    func()
}

const (
	viewerAudio = 0xa0
	viewerVideo = 0xb0
	viewerRTX   = 0xb1
)

// WriteRTP records.
func (v *viewer) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	if v.hook != nil {
		v.hook()
	}
	raw, err := (&rtp.Packet{Header: *h, Payload: payload}).Marshal()
	if err != nil {
		return 0, err
	}
	o := out{Header: h.Clone(), payload: bytes.Clone(payload), raw: raw}
	if h.PayloadType == vp8Out.PayloadType {
		o.info = codec.Inspect(codec.VP8, payload, h.Marker)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.packets = append(v.packets, o)
	return len(raw), nil
}

func (b *testbed) viewer(formats ...Format) *viewer {
	v := b.newViewer()
	if formats == nil {
		formats = []Format{vp8Out, h264Out}
	}
	v.bind(viewerRTX, formats...)
	v.out.SetConnected(true)
	return v
}

func (b *testbed) newViewer() *viewer {
	v := &viewer{bed: b}
	v.out = b.router.NewOutbound(v.rtcp.write)
	opts := func(kind string) SinkOptions {
		return SinkOptions{
			Flow: func(f bool) {
				v.flow = append(v.flow, kind+map[bool]string{true: " on", false: " off"}[f])
			},
			Failed: func(err error) { v.failed = append(v.failed, err) },
		}
	}
	v.audio, v.video = v.out.NewSink(Audio, opts("audio")), v.out.NewSink(Video, opts("video"))
	return v
}

func (v *viewer) bind(rtx uint32, formats ...Format) {
	audio := []Format{opusOut}
	v.audio.Bind(Binding{Writer: v, SSRC: viewerAudio, Formats: audio, Extensions: extensionIDs(idsOut)})
	v.video.Bind(Binding{Writer: v, SSRC: viewerVideo, RTX: rtx, Formats: formats, Extensions: extensionIDs(idsOut)})
	v.out.Register(v.audio)
	v.out.Register(v.video)
}

// watch connects both kinds.
func (v *viewer) watch(p *publisher) {
	v.audio.SetSource(p.audio)
	v.video.SetSource(p.video)
}

// take returns what came on an SSRC since the last take.
func (v *viewer) take(ssrc uint32) []out {
	v.mu.Lock()
	defer v.mu.Unlock()
	var list, rest []out
	for _, o := range v.packets {
		if o.SSRC == ssrc {
			list = append(list, o)
		} else {
			rest = append(rest, o)
		}
	}
	v.packets = rest
	return list
}

func (v *viewer) rtcpIn(ssrc uint32, list ...rtcp.Packet) {
	v.bed.t.Helper()
	raw, err := rtcp.Marshal(list)
	if err != nil {
		v.bed.t.Fatal(err)
	}
	v.out.ReceiveRTCP(ssrc, raw)
}

func (v *viewer) remb(bps float32) {
	v.bed.t.Helper()
	v.rtcpIn(viewerVideo, &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: bps, SSRCs: []uint32{viewerVideo}})
}

func (v *viewer) nack(seqs ...uint16) {
	v.bed.t.Helper()
	v.rtcpIn(viewerVideo, &rtcp.TransportLayerNack{MediaSSRC: viewerVideo, Nacks: rtcp.NackPairsFromSequenceNumbers(seqs)})
}

// seqs, stamps and pictures of packets.
func seqs(list []out) (s []uint16) {
	for _, o := range list {
		s = append(s, o.SequenceNumber)
	}
	return s
}

// continuous fails where numbers, timestamps or picture ids of a video do not
// go on by one and upwards.
func continuous(t *testing.T, list []out) {
	t.Helper()
	for i := 1; i < len(list); i++ {
		a, b := list[i-1], list[i]
		if b.SequenceNumber != a.SequenceNumber+1 {
			t.Fatalf("packet %d: number %d after %d", i, b.SequenceNumber, a.SequenceNumber)
		}
		if int32(b.Timestamp-a.Timestamp) < 0 {
			t.Fatalf("packet %d: timestamp goes back by %d", i, a.Timestamp-b.Timestamp)
		}
		if b.info.HasPictureID {
			want := a.info.PictureID
			if b.Timestamp != a.Timestamp {
				want = (want + 1) & 0x7fff
			}
			if b.info.PictureID != want {
				t.Fatalf("packet %d: picture id %d after %d", i, b.info.PictureID, a.info.PictureID)
			}
		}
	}
}
