package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"
)

// ssrcs are the encodings of a source as "rid:ssrc".
func ssrcs(s *Source) (list []string) {
	for _, e := range *s.encodings.Load() {
		list = append(list, fmt.Sprintf("%s:%d", e.rid, e.ssrc))
	}
	return list
}

func packets(s *Source) (n uint64) {
	for _, e := range s.Stats().Encodings {
		n += e.Packets
	}
	return n
}

func TestLearn(t *testing.T) {
	rids := lineOptions{rids: []string{"l", "m", "h"}}
	vp8 := vp8Payload(1, 1, 0, true, true, true, 320, 20)
	video := func(ssrc uint32, ext map[Extension]string) packet {
		return packet{ssrc: ssrc, pt: 96, payload: vp8, ext: ext}
	}
	type x = map[Extension]string
	tests := map[string]struct {
		lines lineOptions
		send  []packet
		video []string
		audio []string
	}{
		"declared":                         {lineOptions{streams: []Declared{{SSRC: 1}}}, []packet{video(1, nil)}, []string{":1"}, nil},
		"by payload type":                  {lineOptions{}, []packet{video(1, nil)}, []string{":1"}, nil},
		"audio by payload type":            {lineOptions{}, []packet{{ssrc: 9, pt: 111, payload: vp8}}, nil, []string{":9"}},
		"unknown payload type":             {lineOptions{}, []packet{{ssrc: 9, pt: 77, payload: vp8}}, nil, nil},
		"by MID":                           {lineOptions{}, []packet{video(1, x{ExtMID: "1"})}, []string{":1"}, nil},
		"of another line's MID":            {lineOptions{}, []packet{video(1, x{ExtMID: "0"})}, nil, nil},
		"unknown MID":                      {lineOptions{}, []packet{video(1, x{ExtMID: "7"})}, nil, nil},
		"RIDs":                             {rids, []packet{video(3, x{ExtMID: "1", ExtRID: "h"}), video(1, x{ExtMID: "1", ExtRID: "l"})}, []string{"l:1", "h:3"}, nil},
		"RID without MID":                  {rids, []packet{video(1, x{ExtRID: "m"})}, []string{"m:1"}, nil},
		"RID not agreed on":                {rids, []packet{video(1, x{ExtMID: "1", ExtRID: "q"})}, nil, nil},
		"no RID where there should be":     {rids, []packet{video(1, x{ExtMID: "1"})}, nil, nil},
		"RID where there should be none":   {lineOptions{}, []packet{video(1, x{ExtRID: "m"})}, nil, nil},
		"RTX before what it repairs":       {rids, []packet{{ssrc: 11, pt: 97, payload: vp8, ext: x{ExtMID: "1", ExtRepairedRID: "l"}}}, nil, nil},
		"another SSRC by payload type":     {lineOptions{streams: []Declared{{SSRC: 1}}}, []packet{video(1, nil), video(2, nil)}, []string{":1"}, nil},
		"another SSRC by MID":              {lineOptions{streams: []Declared{{SSRC: 1}}}, []packet{video(1, nil), video(2, x{ExtMID: "1"})}, []string{":2"}, nil},
		"simulcast before there were RIDs": {lineOptions{streams: []Declared{{SSRC: 1}, {SSRC: 2}, {SSRC: 3}, {SSRC: 4}}}, []packet{video(2, nil)}, []string{":1", "1:2", "2:3"}, nil},
		"an audio payload type in video":   {lineOptions{streams: []Declared{{SSRC: 1}}}, []packet{{ssrc: 1, pt: 111, payload: vp8}}, []string{":1"}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newTestbed(t, Options{})
			p := b.publisher(tt.lines)
			for i, k := range tt.send {
				k.seq = uint16(i)
				p.send(k)
			}
			if got := ssrcs(p.video); !slices.Equal(got, tt.video) {
				t.Errorf("video has %v, want %v", got, tt.video)
			}
			if got := ssrcs(p.audio); !slices.Equal(got, tt.audio) {
				t.Errorf("audio has %v, want %v", got, tt.audio)
			}
		})
	}
}

// Chromium sends MID and RID until the first receiver report alone.
func TestLearnOnce(t *testing.T) {
	b := newTestbed(t, Options{})
	p := b.publisher(lineOptions{rids: []string{"l", "h"}})
	low, high := p.vp8(1), p.vp8(2)
	low.ext, high.ext = map[Extension]string{ExtMID: "1", ExtRID: "l"}, map[Extension]string{ExtMID: "1", ExtRID: "h"}
	low.frame(true, 1)
	high.frame(true, 1)
	p.send(repair(11, 1, low.packets(false, 0, false, 1)[0], map[Extension]string{ExtMID: "1", ExtRepairedRID: "l"}))
	low.ext, high.ext = nil, nil
	for range 5 {
		low.frame(false, 1)
		high.frame(false, 1)
	}
	p.send(repair(11, 2, low.packets(false, 0, false, 1)[0], nil))
	for i, want := range []uint64{8, 6} {
		if e := p.video.Stats().Encodings[i]; e.Packets != want {
			t.Errorf("%s has %d packets, want %d", e.RID, e.Packets, want)
		}
	}
}

// repair wraps a packet as RFC 4588 has it.
func repair(ssrc uint32, seq uint16, p packet, ext map[Extension]string) packet {
	p.ssrc, p.pt, p.payload, p.ext = ssrc, p.pt+1, append(binary.BigEndian.AppendUint16(nil, p.seq), p.payload...), ext
	p.seq = seq
	return p
}

func TestRTX(t *testing.T) {
	b := newTestbed(t, Options{})
	p := b.publisher(lineOptions{streams: []Declared{{SSRC: 1, RTX: 11}}})
	v := b.viewer()
	v.watch(p)
	s := p.vp8(1)
	s.frame(true, 1)
	lost := s.frame(false, 2, 0)
	s.frame(false, 1)
	v.take(viewerVideo)
	p.send(repair(11, 500, lost[0], nil))
	got := v.take(viewerVideo)
	if len(got) != 1 || !slices.Equal(got[0].payload[6:], lost[0].payload[6:]) || got[0].Marker || got[0].PayloadType != 120 {
		t.Fatalf("the lost packet came as %+v", got)
	}
	for name, k := range map[string]packet{
		"twice":                     repair(11, 501, lost[0], nil),
		"what was not lost":         repair(11, 502, lost[1], nil),
		"padding alone":             {ssrc: 11, pt: 97, seq: 503, padding: 200},
		"a number alone":            {ssrc: 11, pt: 97, seq: 504, payload: []byte{0, 1}},
		"half a number":             {ssrc: 11, pt: 97, seq: 505, payload: []byte{0}},
		"media's payload type":      {ssrc: 11, pt: 96, seq: 506, payload: vp8Payload(9, 9, 0, true, true, true, 320, 20)},
		"RTX on the media's SSRC":   {ssrc: 1, pt: 97, seq: 507, payload: vp8Payload(9, 9, 0, true, true, true, 320, 20)},
		"the media packet at last":  lost[0],
		"what is older than a ring": repair(11, 508, packet{pt: 96, seq: lost[0].seq - 3000, payload: lost[0].payload}, nil),
	} {
		p.send(k)
		if got := v.take(viewerVideo); len(got) > 0 {
			t.Errorf("%s was sent on: %+v", name, got)
		}
	}
	if n := packets(p.video); n != 4 {
		t.Errorf("%d packets counted", n)
	}
	if b.router.Panics() != 0 {
		t.Error("panicked")
	}
}

// Padding on the media's own SSRC has numbers, which viewers do not see.
func TestPaddingIsNotForwarded(t *testing.T) {
	b := newTestbed(t, Options{})
	p := b.publisher(lineOptions{streams: []Declared{{SSRC: 1}}})
	v := b.viewer()
	v.watch(p)
	s := p.vp8(1)
	s.frame(true, 2)
	for range 3 {
		p.send(packet{ssrc: 1, pt: 96, seq: s.seq, timestamp: s.timestamp, padding: 100})
		s.seq++
	}
	s.frame(false, 2)
	// One that comes late has a number already: an empty packet fills it.
	late := packet{ssrc: 1, pt: 96, seq: s.seq, timestamp: s.timestamp, padding: 100}
	s.seq++
	s.frame(false, 1)
	p.send(late)
	got := v.take(viewerVideo)
	continuous(t, got[:4])
	if len(got) != 6 || got[4].SequenceNumber != got[3].SequenceNumber+2 || got[5].SequenceNumber != got[3].SequenceNumber+1 || len(got[5].payload) > 0 {
		t.Errorf("numbers %v", seqs(got))
	}
}

func TestTooManyStreams(t *testing.T) {
	b := newTestbed(t, Options{})
	p := b.publisher(lineOptions{streams: []Declared{{SSRC: 1}}})
	v := b.viewer()
	v.watch(p)
	s := p.vp8(1)
	s.frame(true, 1)
	for ssrc := uint32(1000); ssrc < 2000; ssrc++ {
		p.send(packet{ssrc: ssrc, pt: 97, payload: []byte("1234"), ext: map[Extension]string{ExtMID: "1"}})
	}
	if len(p.in.streams) != MaxStreams {
		t.Errorf("%d streams are kept", len(p.in.streams))
	}
	if len(p.failed) != 1 || !errors.Is(p.failed[0], ErrTooManyStreams) {
		t.Errorf("told %v", p.failed)
	}
	s.frame(false, 1)
	if got := v.take(viewerVideo); len(got) != 2 {
		t.Errorf("%d packets of the call that runs", len(got))
	}
}

func TestTwoPublishersOfOneSSRC(t *testing.T) {
	b := newTestbed(t, Options{})
	for range 2 {
		p, v := b.publisher(lineOptions{streams: []Declared{{SSRC: 1}}}), b.viewer()
		v.watch(p)
		defer func() {
			if got := v.take(viewerVideo); len(got) != 10 {
				t.Errorf("%d packets", len(got))
			} else {
				continuous(t, got)
			}
		}()
		s := p.vp8(1)
		s.frame(true, 5)
		s.frame(false, 5)
	}
}

func TestClosedInbound(t *testing.T) {
	b := newTestbed(t, Options{})
	p := b.publisher(lineOptions{streams: []Declared{{SSRC: 1}}})
	v := b.viewer()
	v.watch(p)
	s := p.vp8(1)
	s.frame(true, 1)
	b.wait(100 * millisecond)
	p.in.Close()
	p.rtcp.writes = nil
	v.take(viewerVideo)
	s.frame(true, 1)
	b.wait(3 * second)
	if got := v.take(viewerVideo); len(got) > 0 || len(p.rtcp.writes) > 0 {
		t.Errorf("%d packets and %d RTCP after Close", len(got), len(p.rtcp.writes))
	}
	if !slices.Equal(p.flow, []string{"video on", "video off"}) || !slices.Equal(v.flow, p.flow) {
		t.Errorf("flow %v, of the viewer %v", p.flow, v.flow)
	}
}
