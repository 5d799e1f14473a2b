package media

import (
	"testing"

	"github.com/pion/rtcp"
)

// person publishes audio and video whose timestamps have nothing in common but
// the clock of the machine, which is wrong.
type person struct {
	p            *publisher
	audio, video *stream8 // audio's numbers alone are used
	clock        int64    // ns that its clock is ahead
	delay        int64    // ns from capture to arrival
	began        int64
	key          bool
}

func (b *testbed) person(n uint32, clock, delay int64) *person {
	p := b.publisher(lineOptions{streams: []Declared{{SSRC: n}}, audio: []Declared{{SSRC: n + 100}}})
	return &person{p: p, audio: p.vp8(n + 100), video: p.vp8(n), clock: clock, delay: delay, began: b.now()}
}

// stamps are the timestamps of what is captured at a time.
func (x *person) stamps(at int64) (audio, video uint32) {
	return x.audio.ssrc*1e6 + ticks(at-x.began, 48000), x.video.ssrc*1e6 + ticks(at-x.began, 90000)
}

// speak sends for so long: a packet of each each 20 ms, sender reports each
// second.
func (x *person) speak(ns int64) {
	b := x.p.bed
	for end := b.now() + ns; b.now() < end; b.wait(20 * millisecond) {
		captured := b.now() - x.delay
		audio, video := x.stamps(captured)
		if b.now()%second == 0 {
			x.p.senderReport(x.audio.ssrc, captured+x.clock, audio)
			x.p.senderReport(x.video.ssrc, captured+x.clock, video)
		}
		x.p.send(packet{ssrc: x.audio.ssrc, pt: 111, seq: x.audio.seq, timestamp: audio, payload: []byte("x")})
		x.audio.seq++
		k := x.video.packets(!x.key, 0, true, 1)[0]
		x.key = true
		k.timestamp = video
		x.p.send(k)
	}
}

// shown is when a receiver shows a timestamp, by the last sender report.
func shown(sr *rtcp.SenderReport, timestamp, clockRate uint32) int64 {
	return ntpNanos(sr.NTPTime) + int64(int32(timestamp-sr.RTPTime))*second/int64(clockRate)
}

// What was captured together is shown together, whoever is watched.
func TestLipsStayInSync(t *testing.T) {
	b := newTestbed(t, Options{})
	people := []*person{
		b.person(1, 0, 5*millisecond),
		b.person(2, 3*3600*second, 80*millisecond),
		b.person(3, -40*second, 20*millisecond),
	}
	v := b.viewer()
	var audioEnd, videoEnd uint32
	for i, n := range []int{0, 1, 2, 0, 1} {
		x := people[n]
		for _, y := range people { // reports are there before the switch, keys after it
			if y != x {
				y.speak(0)
			}
		}
		x.key = false
		v.watch(x.p)
		x.speak(1100 * millisecond)
		srs := map[uint32]*rtcp.SenderReport{}
		v.take(viewerAudio)
		v.take(viewerVideo)
		x.speak(2 * second)
		for _, sr := range take[*rtcp.SenderReport](&v.rtcp) {
			srs[sr.SSRC] = sr
		}
		audio, video := v.take(viewerAudio), v.take(viewerVideo)
		if len(audio) != len(video) || len(audio) < 99 || srs[viewerAudio] == nil || srs[viewerVideo] == nil {
			t.Fatalf("step %d: %d of audio, %d of video, %d reports", i, len(audio), len(video), len(srs))
		}
		for j := range audio {
			a := shown(srs[viewerAudio], audio[j].Timestamp, 48000)
			w := shown(srs[viewerVideo], video[j].Timestamp, 90000)
			if d := a - w; d < -millisecond || d > millisecond {
				t.Fatalf("step %d, packet %d: audio is shown %d us after its picture", i, j, d/1000)
			}
		}
		if i > 0 && (int32(audio[0].Timestamp-audioEnd) < 0 || int32(video[0].Timestamp-videoEnd) < 0) {
			t.Errorf("step %d: time goes back", i)
		}
		audioEnd, videoEnd = audio[len(audio)-1].Timestamp, video[len(video)-1].Timestamp
		// And about when it was captured, on our clock.
		a := shown(srs[viewerAudio], audioEnd, 48000)
		if d := b.now() - 20*millisecond - a; d < -millisecond || d > 100*millisecond {
			t.Errorf("step %d: shown %d ms after it came", i, -d/millisecond)
		}
	}
}

// Over a switch the time between two pictures is that between their captures,
// not that between their arrivals.
func TestTimestampsFollowCaptures(t *testing.T) {
	tests := map[string]struct {
		reports bool
		want    int64 // ms between the last and the first picture
	}{
		"both report": {true, 100 - 60},
		"none does":   {false, 100},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newTestbed(t, Options{})
			x, y := b.person(1, 0, 5*millisecond), b.person(2, 7777*second, 80*millisecond)
			v := b.viewer()
			if !tt.reports {
				b.pass(10 * millisecond) // senders report at whole seconds
			}
			x.speak(1500 * millisecond)
			y.speak(1500 * millisecond)
			x.speak(20 * millisecond)
			x.key = false
			v.watch(x.p)
			x.speak(500 * millisecond)
			b.pass(80 * millisecond)
			y.key = false
			y.delay += 60 * millisecond // of its key frame, which is large
			v.watch(y.p)
			y.speak(20 * millisecond)
			got := v.take(viewerVideo)
			d := int64(got[len(got)-1].Timestamp-got[len(got)-2].Timestamp) * 1000 / 90000
			if d < tt.want-2 || d > tt.want+2 {
				t.Errorf("%d ms, want %d", d, tt.want)
			}
		})
	}
}
