package main

import (
	"reflect"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

func TestRecord(t *testing.T) {
	want := record{video: true, key: true, packets: 21, frame: 7, number: 1 << 31, sent: 1 << 40}
	for _, c := range []struct {
		name string
		at   int
		cut  int
		ok   bool
	}{
		{"at the start", 0, 0, true},
		{"behind a descriptor", 14, 0, true},
		{"as far as is looked", recordReach, 0, true},
		{"farther", recordReach + 1, 0, false},
		{"cut short", 14, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := make([]byte, c.at+recordLen)
			want.put(b[c.at:])
			got, ok := findRecord(b[:len(b)-c.cut])
			if ok != c.ok || ok && got != want {
				t.Errorf("got %+v %v", got, ok)
			}
		})
	}
}

func TestSplitRTP(t *testing.T) {
	full := []byte{0xb1, 96, 1, 2, 0, 0, 0, 1, 0, 0, 0, 2, 9, 9, 9, 9, 0xbe, 0xde, 0, 1, 1, 2, 3, 4, 'x', 'y', 0, 0, 3}
	for _, c := range []struct {
		name    string
		packet  []byte
		payload string
		ok      bool
	}{
		{"CSRC, extension and padding", full, "xy", true},
		{"padding larger than the packet", append(full[:len(full):len(full)], 200), "", false},
		{"cut in the extension", full[:18], "", false},
		{"cut in the header", full[:11], "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			seq, payload, ok := splitRTP(c.packet)
			if ok != c.ok || string(payload) != c.payload || ok && seq != 0x0102 {
				t.Errorf("got %d %q %v", seq, payload, ok)
			}
		})
	}
}

func FuzzPacket(f *testing.F) {
	seed := make([]byte, rtpHeaderLen+recordLen)
	seed[0] = 0x80
	record{video: true}.put(seed[rtpHeaderLen:])
	f.Add(seed)
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &subscriber{win: &window{}, keyed: make(chan struct{})}
		st := &stream{video: true}
		s.win.open(1, time.Second)
		for range 2 {
			s.take(st, b, 10)
		}
		if st.unique > 1 {
			t.Errorf("one packet counted %d times", st.unique)
		}
	})
}

// TestVideoFrames checks what the publisher claims to send.
func TestVideoFrames(t *testing.T) {
	c, err := newBench(plan{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPublisher(c.connections[profileGCM], c.clock, &window{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	p.win.open(1, time.Hour)
	next := p.videoFrames()
	next()
	key := int(p.sent.Load())
	if want := keyFactor * videoRate / 8 / frameRate / videoPayload; key != want {
		t.Errorf("key frame of %d packets, want %d", key, want)
	}
	const frames = 10 * frameRate
	for range frames {
		next()
	}
	rate := (int(p.sent.Load()) - key) * videoPayload * 8 / 10
	if rate < videoRate-videoPayload*8 || rate > videoRate+videoPayload*8 {
		t.Errorf("%d bit/s, want %d", rate, videoRate)
	}
}

// TestTake follows a subscriber through what can happen to packets.
func TestTake(t *testing.T) {
	st := &stream{video: true}
	s := &subscriber{win: &window{}, keyed: make(chan struct{}), streams: []*stream{st}}
	s.win.open(100, time.Second)
	seq := byte(0)
	packet := func(r record) []byte {
		b := make([]byte, rtpHeaderLen+recordLen)
		seq++
		b[0], b[3] = 0x80, seq
		r.video = true
		r.put(b[rtpHeaderLen:])
		return b
	}
	steps := []struct {
		name   string
		rec    record
		now    int64
		ask    bool
		unique int
		keyed  bool
	}{
		{"before the window, no key frame yet", record{number: 0, sent: 50, packets: 1}, 90, true, 0, false},
		{"asked just now", record{number: 1, sent: 100, packets: 1}, 200, false, 1, false},
		{"asked long ago", record{number: 2, sent: 100, packets: 1}, 90 + int64(keyRequestInterval), true, 2, false},
		{"half a key frame", record{number: 3, sent: 100, key: true, frame: 4, packets: 2}, 400, false, 3, false},
		{"the same again", record{number: 3, sent: 100, key: true, frame: 4, packets: 2}, 400, false, 3, false},
		{"the other half", record{number: 4, sent: 100, key: true, frame: 4, packets: 2}, 500, false, 4, true},
		{"after the window", record{number: 5, sent: 100 + int64(time.Second), packets: 1}, 2e9, false, 4, true},
	}
	for _, c := range steps {
		ask := s.take(st, packet(c.rec), c.now)
		unique, _, delays := s.arrived()
		if ask != c.ask || unique != c.unique || len(delays) != c.unique || (s.firstKey != 0) != c.keyed {
			t.Errorf("%s: asks %v, unique %d, key frame at %d", c.name, ask, unique, s.firstKey)
		}
	}
	if _, repeated, _ := s.arrived(); repeated != 1 {
		t.Errorf("%d repeated, want 1", repeated)
	}
	if packet, key := s.first(); packet != 90 || key != 500 {
		t.Errorf("first packet at %d, key frame at %d", packet, key)
	}
}

func TestGaps(t *testing.T) {
	for _, c := range []struct {
		name     string
		seen     []uint16
		due      []uint16
		fraction uint8
		lost     uint32
	}{
		{"in order", []uint16{1, 2, 3}, nil, 0, 0},
		{"one lost", []uint16{1, 2, 4}, []uint16{3}, 64, 1},
		{"lost and come", []uint16{1, 3, 2, 4}, nil, 0, 0},
		{"around the wrap", []uint16{65534, 1}, []uint16{65535, 0}, 128, 2},
		{"from before the start", []uint16{0, 65535, 1}, nil, 0, 0},
		{"a new start", []uint16{1, 3, 5000, 5001}, nil, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var g gaps
			for _, s := range c.seen {
				g.saw(s)
			}
			if got := g.due(1); len(got)+len(c.due) > 0 && !reflect.DeepEqual(got, c.due) {
				t.Errorf("due %v, want %v", got, c.due)
			}
			if got := g.due(2); len(got) > 0 {
				t.Errorf("asked again at once for %v", got)
			}
			if f, l := g.report(); f != c.fraction || l != c.lost {
				t.Errorf("fraction %d, lost %d, want %d, %d", f, l, c.fraction, c.lost)
			}
		})
	}
}

func TestGapsGiveUp(t *testing.T) {
	var g gaps
	g.saw(1)
	g.saw(3)
	asked := 0
	for i := range int64(3 * nackTries) {
		asked += len(g.due(i * int64(nackRetry)))
	}
	if asked != nackTries || len(g.missing) != 0 {
		t.Errorf("asked %d times, %d still missing", asked, len(g.missing))
	}
}

func TestFeedback(t *testing.T) {
	audio, video := &stream{ssrc: 1}, &stream{ssrc: 2, video: true}
	s := &subscriber{streams: []*stream{audio, video, {ssrc: 3}}}
	for _, seq := range []uint16{1, 4} {
		audio.gaps.saw(seq)
		video.gaps.saw(seq)
	}
	video.report = senderReport{middle: 77, at: 1}
	out := s.feedback(1+int64(time.Second), true)
	if len(out) != 2 {
		t.Fatalf("%d packets, want a report and a request: %v", len(out), out)
	}
	rr, ok := out[0].(*rtcp.ReceiverReport)
	if !ok || len(rr.Reports) != 2 || rr.Reports[1].LastSenderReport != 77 || rr.Reports[1].Delay != 65536 || rr.Reports[1].TotalLost != 2 {
		t.Errorf("report %v", out[0])
	}
	nack, ok := out[1].(*rtcp.TransportLayerNack)
	if !ok || nack.MediaSSRC != 2 || !reflect.DeepEqual(nack.Nacks[0].PacketList(), []uint16{2, 3}) {
		t.Errorf("request %v", out[1])
	}
	if again := s.feedback(2+int64(time.Second), false); len(again) != 0 {
		t.Errorf("asked again at once: %v", again)
	}
}
