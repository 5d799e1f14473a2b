package rtc

import (
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"ksfu/src/media"
)

// wait is the bound of every wait in these tests.
const wait = 20 * time.Second

func newEngine(t *testing.T, change func(*Options)) *Engine {
	t.Helper()
	o := Options{Address: "127.0.0.1", SinglePort: -1, Logger: slog.New(slog.NewTextHandler(testWriter{t}, nil))}
	if change != nil {
		change(&o)
	}
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		goleak.VerifyNone(t)
	})
	return e
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	if strings.Contains(string(p), "panic") {
		w.t.Error(string(p))
	}
	return len(p), nil
}

// client is a plain Pion peer, the remote side of an endpoint.
type client struct {
	t      *testing.T
	pc     *webrtc.PeerConnection
	ep     *Endpoint
	video  *webrtc.TrackLocalStaticRTP
	seq    uint16
	mu     sync.Mutex
	events []Event
	tracks chan *webrtc.TrackRemote
}

func newClient(t *testing.T, e *Engine, o EndpointOptions) *client {
	t.Helper()
	c := &client{t: t, tracks: make(chan *webrtc.TrackRemote, 4)}
	o.Events = func(ev Event) {
		c.mu.Lock()
		c.events = append(c.events, ev)
		c.mu.Unlock()
		if found, ok := ev.(CandidateFound); ok {
			if err := c.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: found.Candidate.Candidate}); err != nil {
				t.Error(err)
			}
		}
	}
	var err error
	if c.ep, err = e.NewEndpoint(o); err != nil {
		t.Fatal(err)
	}
	se := webrtc.SettingEngine{}
	se.SetIncludeLoopbackCandidate(true)
	m := &webrtc.MediaEngine{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	c.pc, err = webrtc.NewAPI(webrtc.WithSettingEngine(se), webrtc.WithMediaEngine(m)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	c.pc.OnTrack(func(r *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { c.tracks <- r })
	c.pc.OnICECandidate(func(cand *webrtc.ICECandidate) {
		if cand != nil {
			if err := c.ep.AddCandidate(Candidate{Candidate: cand.ToJSON().Candidate}); err != nil {
				t.Log(err)
			}
		}
	})
	t.Cleanup(func() {
		if err := c.pc.GracefulClose(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func (c *client) negotiate() {
	c.t.Helper()
	offer, err := c.pc.CreateOffer(nil)
	must(c.t, err)
	must(c.t, c.pc.SetLocalDescription(offer))
	answer, err := c.ep.Answer(offer.SDP)
	must(c.t, err)
	must(c.t, c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))
	must(c.t, c.ep.Gather())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (c *client) publish(mime string) {
	c.t.Helper()
	var err error
	c.video, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 90000}, "video", "s")
	must(c.t, err)
	_, err = c.pc.AddTransceiverFromTrack(c.video, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	must(c.t, err)
}

func (c *client) view() {
	c.t.Helper()
	_, err := c.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
	must(c.t, err)
}

// vp8 sends one single-packet VP8 frame.
func (c *client) vp8(key bool) {
	c.seq++
	payload := []byte{0x90, 0x80, 0x80 | byte(c.seq>>8), byte(c.seq), 0x11, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 2, 0x68, 1}
	if key {
		payload[4] = 0x10
	}
	_ = c.video.WriteRTP(&rtp.Packet{
		Header:  rtp.Header{Version: 2, Marker: true, SequenceNumber: c.seq, Timestamp: uint32(c.seq) * 3000},
		Payload: payload,
	})
}

// pump publishes frames until the test is over.
func (c *client) pump() {
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-tick.C:
				c.vp8(i%50 == 0)
			}
		}
	}()
	c.t.Cleanup(func() { close(stop); <-done })
}

func (c *client) track() *webrtc.TrackRemote {
	c.t.Helper()
	select {
	case r := <-c.tracks:
		return r
	case <-time.After(wait):
		c.t.Fatal("no track came")
		return nil
	}
}

// TestOneToMany sends a publisher's frames to three viewers: one that is
// connected before the publisher negotiates, one whose answer comes before any
// source is known to it, one that comes late.
func TestOneToMany(t *testing.T) {
	e := newEngine(t, nil)
	pub := newClient(t, e, EndpointOptions{Receive: true, Send: true})
	pub.publish(webrtc.MimeTypeVP8)
	early := newClient(t, e, EndpointOptions{Receive: true, Send: true})
	early.view()
	early.ep.Sink(media.Video).SetSource(pub.ep.Source(media.Video))
	early.negotiate()
	pub.negotiate()
	pub.pump()
	blind := newClient(t, e, EndpointOptions{Receive: true, Send: true})
	blind.view()
	blind.negotiate()
	late := newClient(t, e, EndpointOptions{Receive: true, Send: true})
	late.view()
	late.negotiate()
	blind.ep.Sink(media.Video).SetSource(pub.ep.Source(media.Video))
	late.ep.Sink(media.Video).SetSource(pub.ep.Source(media.Video))
	for i, c := range []*client{early, blind, late} {
		r := c.track()
		var last uint16
		for n := range 50 {
			must(t, r.SetReadDeadline(time.Now().Add(wait)))
			p, _, err := r.ReadRTP()
			must(t, err)
			if n == 0 && p.Payload[4]&1 != 0 {
				t.Errorf("viewer %d: the first frame is not a key frame", i)
			}
			if n > 0 && p.SequenceNumber != last+1 {
				t.Errorf("viewer %d: sequence %d after %d", i, p.SequenceNumber, last)
			}
			last = p.SequenceNumber
		}
	}
}
