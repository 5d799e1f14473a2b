package media

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"ksfu/src/codec"
)

func h264Key(n byte) []byte {
	// STAP-A of SPS, PPS and an IDR slice.
	sps := []byte{0x67, 0x42, 0xe0, 0x1f, 0x8c, 0x8d, 0x40, 0x50, 0x17, 0xfc, 0xb0, 0x0f, 0x08, 0x84, 0x6a}
	b := []byte{0x18, 0, byte(len(sps))}
	b = append(b, sps...)
	return append(b, 0, 4, 0x68, 0xce, 0x3c, 0x80, 0, 3, 0x65, 0x88, n)
}

func TestPayloadTypesAreMapped(t *testing.T) {
	plain := Format{Codec: codec.VP8, ClockRate: 90000, PayloadType: 102}
	tests := map[string]struct {
		takes []Format
		send  packet
		want  uint8 // 0 = nothing
	}{
		"VP8":                     {[]Format{vp8Out, h264Out}, packet{pt: 96, payload: vp8Payload(1, 1, 0, true, true, true, 320, 20)}, 120},
		"H264 by its parameters":  {[]Format{vp8Out, {Codec: codec.H264, ClockRate: 90000, PayloadType: 102, Fmtp: "packetization-mode=0;profile-level-id=42e01f"}, h264Out}, packet{pt: 102, payload: h264Key(1)}, 108},
		"never by number":         {[]Format{plain}, packet{pt: 102, payload: h264Key(1)}, 0},
		"H264 to whom VP8 is all": {[]Format{vp8Out}, packet{pt: 102, payload: h264Key(1)}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newTestbed(t, Options{})
			p, v := b.publisher(lineOptions{streams: []Declared{{SSRC: 1}}}), b.viewer(tt.takes...)
			v.watch(p)
			tt.send.ssrc = 1
			p.send(tt.send)
			got := v.take(viewerVideo)
			switch {
			case tt.want == 0:
				if len(got) > 0 {
					t.Errorf("goes out as %d", got[0].PayloadType)
				}
			case len(got) != 1 || got[0].PayloadType != tt.want || got[0].SSRC != viewerVideo:
				t.Errorf("goes out as %+v", got)
			}
		})
	}
}

func TestMismatchIsToldOnce(t *testing.T) {
	b := newTestbed(t, Options{})
	v := b.viewer(vp8Out)
	p := b.publisher(lineOptions{streams: []Declared{{SSRC: 1}}, formats: []Format{h264In}})
	v.watch(p)
	for i := range 20 {
		p.send(packet{ssrc: 1, pt: 102, seq: uint16(i), timestamp: uint32(i * 3000), payload: h264Key(byte(i))})
		b.wait(100 * millisecond)
	}
	if len(v.failed) != 1 || !errors.Is(v.failed[0], ErrNoCommonFormat) {
		t.Fatalf("told %v", v.failed)
	}
	for _, part := range []string{"sends H264", "takes VP8", "profile-level-id=42e01f"} {
		if !strings.Contains(v.failed[0].Error(), part) {
			t.Errorf("%q does not say %q", v.failed[0], part)
		}
	}
	if n := p.rtcp.plis(); n > 0 {
		t.Errorf("%d key frames asked for in vain", n)
	}
	if sinks := *(*p.video.encodings.Load())[0].sinks.Load(); len(sinks) > 0 {
		t.Error("packets are still handed over")
	}
	// A publisher that comes to terms is forwarded; one that lapses is told of.
	p.negotiate(lineOptions{streams: []Declared{{SSRC: 1}}})
	s := p.vp8(1)
	s.seq, s.timestamp = 20, 100000
	s.flow(second, true, 1)
	if len(v.take(viewerVideo)) < 25 {
		t.Error("nothing comes after they agree")
	}
	for i := range 5 {
		p.send(packet{ssrc: 1, pt: 102, seq: s.seq + uint16(i), timestamp: uint32(300000 + i*3000), payload: h264Key(byte(i))})
	}
	if len(v.failed) != 1 {
		t.Errorf("told %v", v.failed)
	}
	v.video.SetSource(nil)
	v.video.SetSource(p.video)
	p.send(packet{ssrc: 1, pt: 102, seq: s.seq + 9, timestamp: 500000, payload: h264Key(3)})
	if len(v.failed) != 2 {
		t.Errorf("told %v after another connection", v.failed)
	}
}

// Numbers, timestamps and picture ids go on over a switch of the source; it
// happens at a key frame.
func TestSwitchSource(t *testing.T) {
	b := newTestbed(t, Options{})
	p1, p2, v := b.publisher(lineOptions{}), b.publisher(lineOptions{}), b.viewer()
	s1, s2 := p1.vp8(1), p2.vp8(2)
	v.watch(p1)
	s2.frame(true, 1)
	s1.flow(second, true, 3)
	b.pass(2 * second) // the key frame of the second is too old to be sent again
	before := v.take(viewerVideo)
	v.watch(p2)
	s1.frame(false, 3)
	s2.frame(false, 3)
	if got := v.take(viewerVideo); len(got) > 0 {
		t.Errorf("%d packets before a key frame", len(got))
	}
	if n := p2.rtcp.plis(); n != 1 {
		t.Errorf("%d key-frame requests", n)
	}
	s2.flow(second, true, 2)
	after := v.take(viewerVideo)
	continuous(t, append(before, after...))
	last := before[len(before)-1]
	if d := after[0].Timestamp - last.Timestamp; d < 90000*2 || d > 90000*2+9000 {
		t.Errorf("timestamp goes on by %d after 2 s", d)
	}
	if !after[0].info.KeyFrame || after[0].info.TL0 != last.info.TL0+1 {
		t.Errorf("begins with %+v after %+v", after[0].info, last.info)
	}
	if len(p1.video.sinks) > 0 {
		t.Error("still attached to the first source")
	}
}

func TestDisconnectAndBack(t *testing.T) {
	b := newTestbed(t, Options{})
	p, v := b.publisher(lineOptions{}), b.viewer()
	s := p.vp8(1)
	v.watch(p)
	s.flow(second, true, 2)
	v.video.SetSource(nil)
	s.flow(3*second, false, 2)
	before := v.take(viewerVideo)
	if len(before) > 62 {
		t.Errorf("%d packets, of which some after the disconnection", len(before))
	}
	if v.video.Source() != nil || v.video.Stats().Codec != "" {
		t.Error("still connected")
	}
	v.video.SetSource(p.video)
	s.flow(second, true, 2)
	after := v.take(viewerVideo)
	continuous(t, append(before, after...))
	if d := after[0].Timestamp - before[len(before)-1].Timestamp; d < 3*90000-3000 || d > 3*90000+9000 {
		t.Errorf("timestamp goes on by %d after 3 s", d)
	}
	v.video.SetSource(p.audio) // of another kind: no
	if v.video.Source() != p.video {
		t.Error("connected to audio")
	}
}

// A pause of a day is no step back.
func TestLongPause(t *testing.T) {
	for _, pause := range []int64{7 * 3600 * second, 24 * 3600 * second, 400 * 24 * 3600 * second} {
		b := newTestbed(t, Options{})
		p, v := b.publisher(lineOptions{}), b.viewer()
		s := p.vp8(1)
		v.watch(p)
		s.flow(second, true, 1)
		v.video.SetSource(nil)
		b.pass(pause)
		v.video.SetSource(p.video)
		s.flow(second, true, 1)
		continuous(t, v.take(viewerVideo))
	}
}

// The publisher changes its codec in the middle of things.
func TestCodecChanges(t *testing.T) {
	b := newTestbed(t, Options{})
	p, v := b.publisher(lineOptions{}), b.viewer()
	s := p.vp8(1)
	v.watch(p)
	s.flow(second, true, 1)
	v.take(viewerVideo)
	b.wait(second) // for the throttle of key-frame requests
	p.rtcp.plis()
	h264 := func(timestamp uint32, payload []byte) packet {
		s.seq++
		return packet{ssrc: 1, pt: 102, seq: s.seq - 1, timestamp: timestamp, marker: true, payload: payload}
	}
	late := s.packets(false, 0, false, 1)[0]
	p.send(h264(s.timestamp+3000, []byte{0x41, 1, 2}))
	if got := v.take(viewerVideo); len(got) > 0 || p.rtcp.plis() != 1 {
		t.Errorf("%d packets of a new codec before its key frame, or it was not asked for", len(got))
	}
	p.send(h264(s.timestamp+6000, h264Key(1)))
	p.send(h264(s.timestamp+9000, []byte{0x41, 1, 2}))
	p.send(late) // of the codec before: it has a number
	got := v.take(viewerVideo)
	if len(got) != 3 || got[0].PayloadType != 108 || got[1].PayloadType != 108 || got[2].PayloadType != 120 {
		t.Fatalf("goes out as %+v", got)
	}
	if got[0].SequenceNumber != got[2].SequenceNumber+1 || got[1].Timestamp-got[0].Timestamp != 3000 || got[0].Timestamp-got[2].Timestamp != 6000 {
		t.Errorf("numbers %v", seqs(got))
	}
	if v.video.Stats().Codec != "H264" || p.video.Stats().Codec != "H264" {
		t.Error("statistics tell another codec")
	}
}

// A renegotiation in the middle of a frame changes nothing of it.
func TestRenegotiationKeepsTheFrame(t *testing.T) {
	other := vp8Out
	other.PayloadType, other.RTX = 98, 99
	tests := map[string]struct {
		do   func(p *publisher, v *viewer)
		pt   uint8
		nack bool // packets from before can be sent again
	}{
		"of the publisher":            {func(p *publisher, _ *viewer) { p.negotiate(lineOptions{}) }, 120, true},
		"of the viewer":               {func(_ *publisher, v *viewer) { v.bind(viewerRTX, vp8Out, h264Out) }, 120, true},
		"of the viewer, with numbers": {func(_ *publisher, v *viewer) { v.bind(viewerRTX, other) }, 98, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newTestbed(t, Options{})
			p, v := b.publisher(lineOptions{}), b.viewer()
			s := p.vp8(1)
			v.watch(p)
			s.flow(second, true, 3)
			frame := s.packets(false, 0, false, 3)
			p.send(frame[0])
			tt.do(p, v)
			p.send(frame[1])
			p.send(frame[2])
			s.flow(second, false, 3)
			got := v.take(viewerVideo)
			continuous(t, got)
			if len(got) < 180 || got[len(got)-1].PayloadType != tt.pt {
				t.Errorf("%d packets, the last as %d", len(got), got[len(got)-1].PayloadType)
			}
			v.nack(got[80].SequenceNumber, got[len(got)-1].SequenceNumber)
			if n := len(v.take(viewerRTX)); n != map[bool]int{true: 2, false: 1}[tt.nack] {
				t.Errorf("%d packets sent again", n)
			}
		})
	}
}

func TestREDIsUnwrapped(t *testing.T) {
	redOut := Format{Codec: codec.RED, ClockRate: 48000, Channels: 2, PayloadType: 64, Fmtp: "109/109"}
	red := []byte{0x80 | 111, 0, 0, 3, 111, 'o', 'l', 'd', 'n', 'e', 'w'}
	tests := map[string]struct {
		takes []Format
		pt    uint8
		send  []byte
		want  string
		outPT uint8
	}{
		"Opus alone":       {[]Format{opusOut}, 63, red, "new", 109},
		"RED too":          {[]Format{opusOut, redOut}, 63, red, string(red), 64},
		"Opus to RED":      {[]Format{redOut, opusOut}, 111, []byte("opus"), "opus", 109},
		"cut short":        {[]Format{opusOut}, 63, []byte{0x80 | 111, 0, 0, 9, 111, 'o'}, "", 109},
		"nothing but RED":  {[]Format{opusOut}, 63, []byte{111}, "", 109},
		"Opus in between":  {[]Format{opusOut}, 111, []byte("opus"), "opus", 109},
		"no redundant one": {[]Format{opusOut}, 63, []byte{111, 'n', 'e', 'w'}, "new", 109},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newTestbed(t, Options{})
			p, v := b.publisher(lineOptions{audio: []Declared{{SSRC: 2}}}), b.viewer()
			v.audio.Bind(Binding{Writer: v, SSRC: viewerAudio, Formats: tt.takes})
			v.watch(p)
			p.send(packet{ssrc: 2, pt: 63, seq: 1, timestamp: 960, payload: red})
			p.send(packet{ssrc: 2, pt: tt.pt, seq: 2, timestamp: 1920, payload: tt.send})
			got := v.take(viewerAudio)
			if len(got) != 2 || string(got[1].payload) != tt.want || got[1].PayloadType != tt.outPT {
				t.Fatalf("comes as %+v", got)
			}
			if !got[0].Marker || got[1].Timestamp-got[0].Timestamp != 960 || got[1].SequenceNumber != got[0].SequenceNumber+1 {
				t.Errorf("does not go on: %+v", got)
			}
		})
	}
}

// The first packet of each source is marked as the begin of a talkspurt.
func TestAudioSwitch(t *testing.T) {
	b := newTestbed(t, Options{})
	v := b.viewer()
	var marks []bool
	for i := range 3 {
		p := b.publisher(lineOptions{audio: []Declared{{SSRC: 2}}})
		v.watch(p)
		for n := range 3 {
			p.send(packet{ssrc: 2, pt: 111, seq: uint16(1000*i + n), timestamp: uint32(77777*i + 960*n), payload: []byte("x")})
			b.wait(20 * millisecond)
		}
	}
	got := v.take(viewerAudio)
	for i, o := range got {
		marks = append(marks, o.Marker)
		if i > 0 && (o.SequenceNumber != got[i-1].SequenceNumber+1 || o.Timestamp-got[i-1].Timestamp != 960) {
			t.Errorf("packet %d: %d +%d", i, o.SequenceNumber, o.Timestamp-got[i-1].Timestamp)
		}
	}
	if want := []bool{true, false, false, true, false, false, true, false, false}; !slices.Equal(marks, want) {
		t.Errorf("marks %v", marks)
	}
}
