package rtc

import (
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"ksfu/src/media"
)

// client is a plain Pion peer, the remote side of an endpoint.
type client struct {
	t      testing.TB
	pc     *webrtc.PeerConnection
	ep     *Endpoint
	video  *webrtc.TrackLocalStaticRTP
	seq    uint16
	events journal
	tracks chan *webrtc.TrackRemote
}

// remote is how a client differs from Pion's default.
type remote struct {
	settings func(*webrtc.SettingEngine)
	codecs   func(*webrtc.MediaEngine) error // nil = Pion's
	silent   bool                            // it is not told the endpoint's candidates, nor tells its own
}

func newClient(t testing.TB, e *Engine, o EndpointOptions) *client {
	t.Helper()
	return newRemote(t, e, o, remote{})
}

func newRemote(t testing.TB, e *Engine, o EndpointOptions, r remote) *client {
	t.Helper()
	c := &client{t: t, tracks: make(chan *webrtc.TrackRemote, 8)}
	o.Events = func(ev Event) {
		if found, ok := ev.(CandidateFound); ok && !r.silent {
			// Fails where the test has closed one of the two meanwhile.
			_ = c.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: found.Candidate.Candidate})
		}
		c.events.add(ev)
	}
	se := webrtc.SettingEngine{}
	se.SetIncludeLoopbackCandidate(true)
	if r.settings != nil {
		r.settings(&se)
	}
	m := &webrtc.MediaEngine{}
	if r.codecs == nil {
		r.codecs = (*webrtc.MediaEngine).RegisterDefaultCodecs
	}
	must(t, r.codecs(m))
	var err error
	c.pc, err = webrtc.NewAPI(webrtc.WithSettingEngine(se), webrtc.WithMediaEngine(m)).NewPeerConnection(webrtc.Configuration{})
	must(t, err)
	c.ep, err = e.NewEndpoint(o)
	must(t, err)
	c.pc.OnTrack(func(r *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { c.tracks <- r })
	if !r.silent {
		c.pc.OnICECandidate(func(cand *webrtc.ICECandidate) {
			if cand != nil {
				_ = c.ep.AddCandidate(Candidate{Candidate: cand.ToJSON().Candidate}) // the endpoint may be closed
			}
		})
	}
	t.Cleanup(c.leave)
	return c
}

func (c *client) leave() {
	if err := c.pc.GracefulClose(); err != nil {
		c.t.Error(err)
	}
}

// negotiate offers, and takes the endpoint's answer.
func (c *client) negotiate() { c.renegotiate(nil) }

func (c *client) renegotiate(o *webrtc.OfferOptions) {
	c.t.Helper()
	offer, err := c.pc.CreateOffer(o)
	must(c.t, err)
	must(c.t, c.pc.SetLocalDescription(offer))
	answer, err := c.ep.Answer(offer.SDP)
	must(c.t, err)
	must(c.t, c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))
	must(c.t, c.ep.Gather())
}

// answer takes the endpoint's offer, and answers.
func (c *client) answer(o OfferOptions) {
	c.t.Helper()
	offer, err := c.ep.Offer(o)
	must(c.t, err)
	must(c.t, c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}))
	answer, err := c.pc.CreateAnswer(nil)
	must(c.t, err)
	must(c.t, c.pc.SetLocalDescription(answer))
	must(c.t, c.ep.SetAnswer(answer.SDP))
	must(c.t, c.ep.Gather())
}

func (c *client) connected() {
	c.t.Helper()
	c.events.await(c.t, "connected", func(ev Event) bool { return ev == Event(ConnectionChanged{true}) })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// publish adds a track of Pion's; mime may be of either kind.
func (c *client) publish(mime string) *webrtc.RTPTransceiver {
	c.t.Helper()
	return c.publishCodec(webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 90000})
}

func (c *client) publishCodec(codec webrtc.RTPCodecCapability) *webrtc.RTPTransceiver {
	c.t.Helper()
	var err error
	c.video, err = webrtc.NewTrackLocalStaticRTP(codec, "track", "stream")
	must(c.t, err)
	tr, err := c.pc.AddTransceiverFromTrack(c.video, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	must(c.t, err)
	return tr
}

func (c *client) view() *webrtc.RTPTransceiver { return c.viewKind(webrtc.RTPCodecTypeVideo) }

func (c *client) viewKind(kind webrtc.RTPCodecType) *webrtc.RTPTransceiver {
	c.t.Helper()
	tr, err := c.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
	must(c.t, err)
	return tr
}

// vp8 sends one single-packet VP8 frame.
func (c *client) vp8(key bool) {
	payload := []byte{0x90, 0x80, 0x80 | byte(c.seq+1>>8), byte(c.seq + 1), 0x11, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 2, 0x68, 1}
	if key {
		payload[4] = 0x10
	}
	c.frame(payload)
}

// frame sends one packet, a whole frame.
func (c *client) frame(payload []byte) {
	c.seq++
	_ = c.video.WriteRTP(&rtp.Packet{ // fails when the connection is gone, which the other end sees
		Header:  rtp.Header{Version: 2, Marker: true, SequenceNumber: c.seq, Timestamp: uint32(c.seq) * 3000},
		Payload: payload,
	})
}

// pump publishes VP8 frames until the test is over.
func (c *client) pump() {
	i := 0
	c.repeat(func() { c.vp8(i%50 == 0); i++ })
}

// repeat calls f each 10 ms until the test is over.
func (c *client) repeat(f func()) {
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				f()
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

// read takes n packets of a track, which must follow each other.
func (c *client) read(r *webrtc.TrackRemote, n int) []*rtp.Packet {
	c.t.Helper()
	var list []*rtp.Packet
	for i := range n {
		must(c.t, r.SetReadDeadline(time.Now().Add(wait)))
		p, _, err := r.ReadRTP()
		must(c.t, err)
		if i > 0 && p.SequenceNumber != list[i-1].SequenceNumber+1 {
			c.t.Errorf("sequence number %d after %d", p.SequenceNumber, list[i-1].SequenceNumber)
		}
		list = append(list, p)
	}
	return list
}

// passesAll counts from now on, and tells when the returned function is called
// whether each packet that came from the publisher was sent to the viewer. On
// the way to a client a busy machine may lose some, from the system's refusal
// to take one on: the viewer asks for them again.
func passesAll(t testing.TB, pub, viewer *client) func() {
	t.Helper()
	// What was sent is read first: a packet that is counted meanwhile, or is on
	// its way, makes the difference larger, never smaller.
	count := func() (in, missing int64) {
		sent := viewer.ep.Sink(media.Video).Stats()
		out := int64(sent.Packets + sent.Refused)
		for _, e := range pub.ep.Source(media.Video).Stats().Encodings {
			in += int64(e.Packets)
		}
		return in, in - out
	}
	in, missing := count()
	for range 20 { // what came before the viewer did, without what is on its way
		_, m := count()
		missing = min(missing, m)
	}
	return func() {
		t.Helper()
		until(t, "as many packets out as in", func() bool {
			i, m := count()
			return i > in && m <= missing
		})
	}
}

// complete reads until n packets have come and none between them is missing; on
// a busy machine a socket's buffer may overflow, and what it cost is sent again
// (Pion asks for that more than once).
func (c *client) complete(r *webrtc.TrackRemote, n int) {
	c.t.Helper()
	must(c.t, r.SetReadDeadline(after(wait)))
	seen := map[uint16]bool{}
	var first, newest uint16
	for len(seen) < n || len(seen) != int(newest-first)+1 {
		p, _, err := r.ReadRTP()
		if err != nil {
			c.t.Errorf("%d of %d packets: %v", len(seen), int(newest-first)+1, err)
			return
		}
		if len(seen) == 0 {
			first, newest = p.SequenceNumber, p.SequenceNumber
		}
		if int16(p.SequenceNumber-first) >= 0 {
			seen[p.SequenceNumber] = true
		}
		if int16(p.SequenceNumber-newest) > 0 {
			newest = p.SequenceNumber
		}
	}
}

func both() EndpointOptions { return EndpointOptions{Receive: true, Send: true} }

func after(d time.Duration) time.Time { return time.Now().Add(d) }

func (c *client) failures() (list []Failure) {
	for _, ev := range c.events.list() {
		if f, ok := ev.(Failure); ok {
			list = append(list, f)
		}
	}
	return list
}
