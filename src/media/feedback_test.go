package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/pion/rtcp"
)

func TestNACKAsRTX(t *testing.T) {
	b := newTestbed(t, Options{})
	p, v := b.publisher(lineOptions{}), b.viewer()
	s := p.vp8(1)
	v.watch(p)
	s.flow(second, true, 3)
	got := v.take(viewerVideo)
	v.nack(got[10].SequenceNumber, got[11].SequenceNumber, got[40].SequenceNumber)
	again := v.take(viewerRTX)
	if len(again) != 3 {
		t.Fatalf("%d packets sent again", len(again))
	}
	for i, n := range []int{10, 11, 40} {
		a, w := again[i], got[n]
		if a.PayloadType != vp8Out.RTX || a.Timestamp != w.Timestamp || a.Marker != w.Marker || i > 0 && a.SequenceNumber != again[i-1].SequenceNumber+1 {
			t.Errorf("header %+v of %+v", a.Header, w.Header)
		}
		if binary.BigEndian.Uint16(a.payload) != w.SequenceNumber || !bytes.Equal(a.payload[2:], w.payload) {
			t.Errorf("payload % x of % x", a.payload, w.payload)
		}
	}
	if st := v.video.Stats(); st.NACKs != 3 || st.Retransmitted != 3 {
		t.Errorf("counted %+v", st)
	}
}

// Without RTX a packet is sent again as it was, to the last bit: AEAD's nonce
// is made of its numbers (RFC 7714 section 9.1).
func TestNACKWithoutRTX(t *testing.T) {
	b := newTestbed(t, Options{TemporalLayers: true})
	p, v := b.publisher(lineOptions{}), b.newViewer()
	v.bind(0, vp8Out)
	v.out.SetConnected(true)
	v.watch(p)
	s := p.vp8(1)
	s.ext = map[Extension]string{ExtOrientation: "\x01"}
	v.video.setTemporal(0)
	var sent []out
	for i := range 40 { // with dropped, late and lost packets
		frame := s.packets(i == 0, uint8(i%2), true, 3)
		for _, n := range []int{0, 2, 1} {
			if i%7 != 3 || n != 2 {
				p.send(frame[n])
			}
		}
		v.video.setTemporal(0)
	}
	sent = v.take(viewerVideo)
	first := map[uint16]out{}
	for _, o := range sent {
		if other, twice := first[o.SequenceNumber]; twice {
			t.Fatalf("%d is two packets: %+v and %+v", o.SequenceNumber, other, o)
		}
		first[o.SequenceNumber] = o
	}
	answered := 0
	for _, o := range sent {
		b.pass(second)
		v.nack(o.SequenceNumber)
		for _, again := range v.take(viewerVideo) {
			answered++
			if !bytes.Equal(again.raw, o.raw) {
				t.Errorf("%d was\n% x and is\n% x", o.SequenceNumber, o.raw, again.raw)
			}
			if again.GetExtension(idsOut[ExtAbsSendTime]) != nil {
				t.Error("carries the time of sending")
			}
		}
	}
	if answered < 50 {
		t.Errorf("%d of %d packets sent again", answered, len(sent))
	}
}

// setTemporal is what allocate does within a limit.
func (k *Sink) setTemporal(n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.layer.temporal, k.temporal = n, n
}

func TestNACKIsBounded(t *testing.T) {
	b := newTestbed(t, Options{})
	p, v := b.publisher(lineOptions{}), b.viewer()
	s := p.vp8(1)
	v.watch(p)
	s.flow(second, true, 3)
	got := v.take(viewerVideo)
	all := seqs(got)
	for _, tt := range []struct {
		pass int64
		want int
	}{{second, maxResend}, {0, 0}, {99 * millisecond, 0}, {millisecond, maxResend}} {
		b.pass(tt.pass)
		v.nack(all...)
		if n := len(v.take(viewerRTX)); n != tt.want {
			t.Errorf("%d packets sent again after %d ms, want %d", n, tt.pass/millisecond, tt.want)
		}
	}
}

func TestNACKOfWhatIsNotThere(t *testing.T) {
	b := newTestbed(t, Options{RingPackets: 16})
	p, v := b.publisher(lineOptions{audio: []Declared{{SSRC: 2}}}), b.viewer()
	s := p.vp8(1)
	v.nack(1, 2, 3)
	v.watch(p)
	s.frame(true, 1)
	first := v.take(viewerVideo)[0].SequenceNumber
	s.frame(false, 2, 0)
	p.send(packet{ssrc: 2, pt: 111, seq: 5, payload: []byte("x")})
	audio := v.take(viewerAudio)[0].SequenceNumber
	for range 20 {
		s.frame(false, 1)
	}
	for name, n := range map[string]*rtcp.TransportLayerNack{
		"left the ring": {MediaSSRC: viewerVideo, Nacks: []rtcp.NackPair{{PacketID: first}}},
		"before all":    {MediaSSRC: viewerVideo, Nacks: []rtcp.NackPair{{PacketID: first - 9}}},
		"not sent yet":  {MediaSSRC: viewerVideo, Nacks: []rtcp.NackPair{{PacketID: first + 1000, LostPackets: 0xffff}}},
		"never came":    {MediaSSRC: viewerVideo, Nacks: []rtcp.NackPair{{PacketID: first + 1}}},
		"audio":         {MediaSSRC: viewerAudio, Nacks: []rtcp.NackPair{{PacketID: audio}}},
		"RTX itself":    {MediaSSRC: viewerRTX, Nacks: []rtcp.NackPair{{PacketID: first + 20}}},
		"nobody's":      {MediaSSRC: 4711, Nacks: []rtcp.NackPair{{PacketID: first + 20}}},
	} {
		v.take(viewerVideo)
		v.rtcpIn(n.MediaSSRC, n)
		if got := append(append(v.take(viewerVideo), v.take(viewerRTX)...), v.take(viewerAudio)...); len(got) > 0 {
			t.Errorf("%s: sends %+v", name, got)
		}
	}
}

// What a viewer misses because we do comes when it comes to us.
func TestUpstreamLossReachesTheViewer(t *testing.T) {
	b := newTestbed(t, Options{})
	p, v := b.publisher(lineOptions{streams: []Declared{{SSRC: 1, RTX: 11}}}), b.viewer()
	s := p.vp8(1)
	v.watch(p)
	s.frame(true, 1)
	lost := s.frame(false, 3, 1)
	s.frame(false, 2)
	nacks := take[*rtcp.TransportLayerNack](&p.rtcp)
	if len(nacks) != 1 || fmt.Sprint(nacks[0].Nacks[0].PacketList()) != fmt.Sprint([]uint16{lost[1].seq}) || nacks[0].MediaSSRC != 1 {
		t.Fatalf("asked for %+v", nacks)
	}
	v.take(viewerVideo)
	p.send(repair(11, 1, lost[1], nil))
	got := v.take(viewerVideo)
	if len(got) != 1 || !bytes.Equal(got[0].payload[6:], lost[1].payload[6:]) {
		t.Errorf("came as %+v", got)
	}
	b.wait(5 * second)
	if n := len(take[*rtcp.TransportLayerNack](&p.rtcp)); n > 0 {
		t.Errorf("asked %d times for what has come", n)
	}
}

func TestReportsOfViewers(t *testing.T) {
	b := newTestbed(t, Options{})
	p, v := b.publisher(lineOptions{}), b.viewer()
	v.watch(p)
	p.vp8(1).flow(2*second, true, 1)
	srs := take[*rtcp.SenderReport](&v.rtcp)
	if len(srs) == 0 {
		t.Fatal("no sender report")
	}
	sr := srs[len(srs)-1]
	lsr := uint32(sr.NTPTime >> 16)
	sentAt := ntpNanos(sr.NTPTime)
	tests := map[string]struct {
		block rtcp.ReceptionReport
		lost  uint64
		rtt   int64 // ms
	}{
		"round trip of 50 ms": {rtcp.ReceptionReport{LastSenderReport: lsr, Delay: 65536 / 2, TotalLost: 7, FractionLost: 64}, 7, 50},
		"negative loss":       {rtcp.ReceptionReport{LastSenderReport: lsr, Delay: 65536 / 2, TotalLost: 0xfffffe, FractionLost: 64}, 0, 50},
		"without a report":    {rtcp.ReceptionReport{TotalLost: 9, FractionLost: 64}, 9, 50},
		"a time to come":      {rtcp.ReceptionReport{LastSenderReport: lsr + 1<<24, TotalLost: 9, FractionLost: 64}, 9, 50},
	}
	b.pass(sentAt + second/2 + 50*millisecond - b.now())
	v.rtcpIn(viewerVideo, &rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{
		{SSRC: viewerVideo, LastSenderReport: lsr, Delay: 65536 / 2},
	}})
	for name, tt := range tests {
		tt.block.SSRC = viewerVideo
		v.rtcpIn(viewerVideo, &rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{tt.block, {SSRC: viewerRTX, TotalLost: 1000}}})
		v.rtcpIn(viewerRTX, &rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: viewerRTX, TotalLost: 1000}}})
		st := v.video.Stats()
		if ms := st.RTT.Milliseconds(); st.Lost != tt.lost || ms < tt.rtt-1 || ms > tt.rtt+1 || st.FractionLost != 0.25 {
			t.Errorf("%s: lost %d (%v), round trip %v", name, st.Lost, st.FractionLost, st.RTT)
		}
	}
}
