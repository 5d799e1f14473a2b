package media

import (
	"testing"

	"github.com/pion/rtcp"
)

func TestReceiverReports(t *testing.T) {
	b := newTestbed(t, Options{})
	p := b.publisher(lineOptions{streams: []Declared{{SSRC: 1}}, audio: []Declared{{SSRC: 2}}})
	s := p.vp8(1)
	s.frame(true, 4, 1)
	b.wait(180 * millisecond)
	if n := len(take[*rtcp.ReceiverReport](&p.rtcp)); n > 0 {
		t.Errorf("%d reports within 180 ms", n)
	}
	b.wait(100 * millisecond)
	list := take[*rtcp.ReceiverReport](&p.rtcp)
	if len(list) != 1 || len(list[0].Reports) != 1 || list[0].SSRC != p.in.ssrc {
		t.Fatalf("reports %+v", list)
	}
	if r := list[0].Reports[0]; r.SSRC != 1 || r.FractionLost != 64 || r.TotalLost != 1 || r.LastSequenceNumber != uint32(s.seq-1) {
		t.Errorf("%+v", r)
	}
	// Each second; of what is heard alone.
	for range 4 {
		p.send(packet{ssrc: 2, pt: 111, seq: uint16(b.now() / second), payload: []byte("x")})
		b.wait(second)
	}
	list = take[*rtcp.ReceiverReport](&p.rtcp)
	if len(list) != 4 {
		t.Fatalf("%d reports in 4 s", len(list))
	}
	for _, r := range list {
		if len(r.Reports) != 1 || r.Reports[0].SSRC != 2 {
			t.Errorf("of a stream that stopped: %+v", r.Reports)
		}
	}
	b.wait(3 * second)
	if list = take[*rtcp.ReceiverReport](&p.rtcp); len(list) > 1 {
		t.Errorf("%d reports of silence", len(list))
	}
}

func TestMaxBitrateIsAsked(t *testing.T) {
	b := newTestbed(t, Options{})
	p := b.publisher(lineOptions{streams: []Declared{{SSRC: 1}}})
	s := p.vp8(1)
	asked := func() (bps float32) {
		t.Helper()
		s.flow(1500*millisecond, false, 1)
		for _, r := range take[*rtcp.ReceiverEstimatedMaximumBitrate](&p.rtcp) {
			bps = r.Bitrate
			if len(r.SSRCs) != 1 || r.SSRCs[0] != 1 {
				t.Errorf("of %v", r.SSRCs)
			}
		}
		return bps
	}
	if bps := asked(); bps != 0 {
		t.Errorf("asks for %v without a limit", bps)
	}
	p.in.SetMaxBitrate(500_000)
	if bps := asked(); bps != 500_000 {
		t.Errorf("asks for %v", bps)
	}
	if bps := asked(); bps != 500_000 {
		t.Errorf("does not repeat the limit: %v", bps)
	}
	p.in.SetMaxBitrate(0)
	if bps := asked(); bps < 1e9 {
		t.Errorf("does not lift the limit: %v", bps)
	}
}

func TestTransportFeedback(t *testing.T) {
	b := newTestbed(t, Options{})
	p := b.publisher(lineOptions{streams: []Declared{{SSRC: 1}}, audio: []Declared{{SSRC: 2}}})
	seen := map[uint16]bool{}
	n := 0
	for i := range 100 {
		k := packet{ssrc: uint32(i%2 + 1), pt: []uint8{96, 111}[i%2], seq: uint16(i), payload: vp8Payload(1, 1, 0, false, false, true, 320, 20)}
		k.ext = map[Extension]string{ExtTransportSeq: string([]byte{0xff, byte(200 + i)})} // wraps
		if 200+i > 255 {
			k.ext[ExtTransportSeq] = string([]byte{0, byte(200 + i)})
		}
		p.send(k)
		b.wait(10 * millisecond)
		for _, f := range take[*rtcp.TransportLayerCC](&p.rtcp) {
			n++
			for j := range f.PacketStatusCount {
				seen[f.BaseSequenceNumber+j] = true
			}
		}
	}
	if n < 9 || n > 11 || len(seen) < 85 {
		t.Errorf("%d feedbacks of %d packets in a second", n, len(seen))
	}
	b.wait(second)
	if list := take[*rtcp.TransportLayerCC](&p.rtcp); len(list) > 1 {
		t.Errorf("%d feedbacks of nothing", len(list))
	}
}

// What is over a datagram goes out in several.
func TestCompoundsFitDatagrams(t *testing.T) {
	feedback := func(n int) (list []rtcp.Packet) {
		for range n {
			list = append(list, &rtcp.TransportLayerNack{Nacks: make([]rtcp.NackPair, 60)}) // 252 bytes
		}
		return list
	}
	tests := map[string]struct {
		list []rtcp.Packet
		want []int
	}{
		"nothing":        {nil, nil},
		"one":            {feedback(1), []int{1}},
		"as many as fit": {feedback(4), []int{4}},
		"more":           {feedback(9), []int{4, 4, 1}},
		"a large one":    {append(feedback(1), &rtcp.TransportLayerNack{Nacks: make([]rtcp.NackPair, 250)}, feedback(1)[0]), []int{1, 1, 1}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var s sent
			(&Inbound{opts: InboundOptions{Write: s.write}}).send(tt.list)
			if len(s.writes) != len(tt.want) {
				t.Fatalf("%d datagrams, want %v", len(s.writes), tt.want)
			}
			for i, w := range s.writes {
				raw, err := rtcp.Marshal(w)
				if err != nil || len(w) != tt.want[i] || len(w) > 1 && len(raw) > maxCompound {
					t.Errorf("datagram %d has %d packets, %d bytes: %v", i, len(w), len(raw), err)
				}
			}
		})
	}
}

func (p *publisher) senderReport(ssrc uint32, wall int64, timestamp uint32) {
	p.bed.t.Helper()
	raw, err := (&rtcp.SenderReport{SSRC: ssrc, NTPTime: ntp(wall), RTPTime: timestamp}).Marshal()
	if err != nil {
		p.bed.t.Fatal(err)
	}
	p.in.ReceiveRTCP(raw)
}

// The publisher's clock, by the reports that spent least time on the way.
func TestClockOffset(t *testing.T) {
	type report struct{ ahead, delay int64 } // ns
	tests := map[string]struct {
		reports []report
		want    int64
	}{
		"one":                {[]report{{5 * second, 0}}, 5 * second},
		"behind":             {[]report{{-5000 * second, 0}}, -5000 * second},
		"a slower one":       {[]report{{5 * second, 0}, {5 * second, 64 * millisecond}}, 5*second - millisecond},
		"a faster one":       {[]report{{5 * second, 64 * millisecond}, {5 * second, 0}}, 5 * second},
		"the clock was set":  {[]report{{5 * second, 0}, {-3000 * second, 0}}, -3000 * second},
		"and forward":        {[]report{{5 * second, 0}, {3000 * second, 0}}, 3000 * second},
		"never heard of one": {nil, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newTestbed(t, Options{})
			p := b.publisher(lineOptions{streams: []Declared{{SSRC: 1, RTX: 11}}})
			p.vp8(1).frame(true, 1)
			p.senderReport(11, b.now()+777*second, 0) // of RTX: no media, no clock
			p.senderReport(99, b.now()+777*second, 0) // unknown
			for _, r := range tt.reports {
				b.pass(second)
				p.senderReport(1, b.now()+r.ahead-r.delay, 90000)
			}
			got, ok := p.in.clockOffset()
			if d := got - tt.want; ok != (len(tt.reports) > 0) || d < -1000 || d > 1000 {
				t.Errorf("offset %d (%v), want %d", got, ok, tt.want)
			}
		})
	}
}

func TestMalformedRTCP(t *testing.T) {
	b := newTestbed(t, Options{})
	p, v := b.publisher(lineOptions{}), b.viewer()
	for _, raw := range [][]byte{nil, {0}, {0x80, 200}, {0x81, 206, 0, 1, 0, 0, 0, 1}, {0x8f, 205, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8}} {
		p.in.ReceiveRTCP(raw)
		v.out.ReceiveRTCP(viewerVideo, raw)
	}
}
