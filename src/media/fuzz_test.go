package media

import (
	"testing"

	"github.com/pion/rtcp"

	"ksfu/src/codec"
)

// fuzzFormats are all codecs, with payload types from 96 on; RTX is one more.
func fuzzFormats() (audio, video []Format) {
	pt := uint8(96)
	for id := codec.Opus; id <= codec.AV1; id++ {
		f := Format{Codec: id, ClockRate: 90000, PayloadType: pt, NACK: true, PLI: true, REMB: true}
		pt += 2
		if id.Video() {
			f.RTX = f.PayloadType + 1
			video = append(video, f)
			continue
		}
		f.ClockRate = 48000
		audio = append(audio, f)
	}
	return audio, video
}

// fuzzbed is a publisher of everything with viewers of everything, of some and
// of the least.
type fuzzbed struct {
	*testbed
	p       *publisher
	viewers []*viewer
}

func newFuzzbed(t testing.TB) *fuzzbed {
	b := &fuzzbed{testbed: newTestbed(t, Options{TemporalLayers: true, RingPackets: 16})}
	audio, video := fuzzFormats()
	b.p = b.publisher(lineOptions{})
	b.p.in.Negotiated([]Line{
		{MID: "0", Source: b.p.audio, Formats: audio, Streams: []Declared{{SSRC: 2}}, Extensions: extensionIDs(idsIn)},
		{MID: "1", Source: b.p.video, Formats: video, Streams: []Declared{{SSRC: 1, RTX: 11}}, Extensions: extensionIDs(idsIn)},
	})
	for i := range 3 {
		v := b.newViewer()
		ids, rtx := extensionIDs(idsOut), uint32(viewerRTX)
		switch i {
		case 1:
			audio, rtx = audio[:1], 0
		case 2:
			video = video[:1]
			ids.Set(ExtAudioLevel, 200)
			ids.Set(ExtDependency, 16)
		}
		v.audio.Bind(Binding{Writer: v, SSRC: viewerAudio, Formats: audio, Extensions: ids})
		v.video.Bind(Binding{Writer: v, SSRC: viewerVideo, RTX: rtx, Formats: video, Extensions: ids})
		v.out.Register(v.audio)
		v.out.Register(v.video)
		v.out.SetConnected(true)
		v.video.setTemporal(i)
		v.watch(b.p)
		b.viewers = append(b.viewers, v)
	}
	return b
}

// settle lets time pass, asks for all that was sent again and sees whether
// anything panicked.
func (b *fuzzbed) settle(t *testing.T) {
	for _, v := range b.viewers {
		if got := v.take(viewerVideo); len(got) > 0 {
			v.nack(seqs(got)...)
		}
		v.take(viewerAudio)
	}
	b.wait(2*second + 100*millisecond)
	for _, v := range b.viewers {
		v.video.Stats()
		v.out.Close()
	}
	b.p.in.Close()
	if n := b.router.Panics(); n > 0 {
		t.Fatalf("%d panics", n)
	}
}

// cut takes packets out of data: a length in two bytes, then so many.
func cut(data []byte, each func([]byte)) {
	for len(data) > 2 {
		n := min(int(data[0])<<8|int(data[1]), len(data)-2)
		each(data[2 : 2+n])
		data = data[2+n:]
	}
}

func join(list ...[]byte) (data []byte) {
	for _, b := range list {
		data = append(data, byte(len(b)>>8), byte(len(b)))
		data = append(data, b...)
	}
	return data
}

// FuzzReceive: whatever a publisher sends, nothing panics or blocks.
func FuzzReceive(f *testing.F) {
	audio, video := fuzzFormats()
	key := vp8Payload(1, 1, 0, true, true, true, 320, 20)
	for _, format := range append(audio, video...) {
		ssrc := uint32(2)
		if format.Codec.Video() {
			ssrc = 1
		}
		k := packet{ssrc: ssrc, pt: format.PayloadType, seq: 7, timestamp: 9, payload: key, ext: map[Extension]string{ExtAudioLevel: "\x90", ExtTransportSeq: "\x00\x09"}}
		h := packet{ssrc: ssrc, pt: format.PayloadType, seq: 9, timestamp: 3009, payload: h264Key(1)}
		list := [][]byte{k.bytes(f), h.bytes(f)}
		if format.RTX != 0 {
			list = append(list, repair(11, 5, packet{pt: format.PayloadType, seq: 8, timestamp: 10, payload: h264Key(2)}, nil).bytes(f))
		}
		h.seq, h.padding, h.payload = 6, 9, nil
		f.Add(join(append(list, h.bytes(f))...))
	}
	f.Add(join(
		packet{ssrc: 5, pt: 112, seq: 7, payload: key, ext: map[Extension]string{ExtMID: "1", ExtRID: "h"}}.bytes(f),
		packet{ssrc: 5, pt: 106, seq: 60000, payload: key, ext: map[Extension]string{ExtMID: "1"}}.bytes(f),
		packet{ssrc: 1, pt: 106, seq: 7, payload: key}.bytes(f), packet{ssrc: 1, pt: 106, seq: 8, payload: key}.bytes(f),
	))
	f.Fuzz(func(t *testing.T, data []byte) {
		b := newFuzzbed(t)
		n := 0
		cut(data, func(raw []byte) {
			b.p.in.Receive(raw)
			if n++; n%5 == 0 {
				b.wait(20 * millisecond)
			}
		})
		b.settle(t)
	})
}

// fuzzStream is a call that runs.
func fuzzStream(t testing.TB) *fuzzbed {
	b := newFuzzbed(t)
	s := b.p.vp8(1)
	for i := range 6 {
		for _, k := range s.packets(i == 0, uint8(i%3), true, 2) {
			k.pt = 96 + 2*uint8(codec.VP8-codec.Opus)
			b.p.send(k)
		}
		b.p.send(packet{ssrc: 2, pt: 96, seq: uint16(i), payload: []byte("opus")})
		b.wait(20 * millisecond)
	}
	return b
}

func addRTCP(f *testing.F) {
	nack := &rtcp.TransportLayerNack{MediaSSRC: viewerVideo, Nacks: []rtcp.NackPair{{PacketID: 1, LostPackets: 0xffff}}}
	for _, list := range [][]rtcp.Packet{
		{&rtcp.SenderReport{SSRC: 1, NTPTime: 1 << 63, RTPTime: 5, Reports: []rtcp.ReceptionReport{{SSRC: viewerVideo, LastSenderReport: 9}}}},
		{&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: viewerVideo, TotalLost: 1<<24 - 1}}}, nack},
		{&rtcp.PictureLossIndication{MediaSSRC: viewerVideo}, &rtcp.FullIntraRequest{FIR: []rtcp.FIREntry{{SSRC: viewerVideo}}}},
		{&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 3e38, SSRCs: []uint32{viewerVideo}}},
		{&rtcp.SourceDescription{}, &rtcp.Goodbye{Sources: []uint32{1}}},
	} {
		raw, err := rtcp.Marshal(list)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
}

// FuzzReceiveRTCP: whatever a publisher reports, nothing panics or blocks.
func FuzzReceiveRTCP(f *testing.F) {
	addRTCP(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		b := fuzzStream(t)
		b.p.in.ReceiveRTCP(data)
		for _, v := range b.viewers {
			v.video.SetSource(nil)
			v.watch(b.p)
		}
		b.settle(t)
	})
}

// FuzzFeedback: whatever a viewer reports and asks for, nothing panics or
// blocks.
func FuzzFeedback(f *testing.F) {
	addRTCP(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		b := fuzzStream(t)
		for _, v := range b.viewers {
			for _, ssrc := range []uint32{viewerVideo, viewerAudio, viewerRTX, 0} {
				v.out.ReceiveRTCP(ssrc, data)
			}
		}
		b.settle(t)
	})
}
