package rtc

import (
	"errors"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"

	"ksfu/src/media"
)

// TestWeOffer sends a stream to one who answers, and takes one from another.
func TestWeOffer(t *testing.T) {
	e := newEngine(t, nil)
	pub := newClient(t, e, EndpointOptions{Receive: true})
	viewer := newClient(t, e, EndpointOptions{Send: true})
	viewer.ep.Sink(media.Video).SetSource(pub.ep.Source(media.Video))
	var err error
	pub.video, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "video", "s")
	must(t, err)
	_, err = pub.pc.AddTrack(pub.video)
	must(t, err)
	pub.answer(OfferOptions{Video: true, Audio: true, ICERestart: true}) // which the first need not be
	viewer.answer(OfferOptions{Video: true})
	pub.pump()
	viewer.read(viewer.track(), 30)
	if got := direction(t, viewer.ep.LocalDescription()); got != "sendonly" {
		t.Errorf("offered %s by one that only sends", got)
	}
	if lines := parse(t, pub.ep.LocalDescription()).MediaDescriptions; len(lines) != 2 || lines[0].MediaName.Media != "audio" {
		t.Errorf("offered %d lines, %s", len(lines), pub.ep.LocalDescription())
	}
}

func TestSetAnswerErrors(t *testing.T) {
	e := newEngine(t, nil)
	ep, err := e.NewEndpoint(both())
	must(t, err)
	answer := bundled(audioLine, videoLine)
	expect := func(what string, want error) {
		t.Helper()
		if err := ep.SetAnswer(answer); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	expect("before an offer", ErrNoOffer)
	offer, err := ep.Offer(OfferOptions{Audio: true, Video: true})
	must(t, err)
	if again, err := ep.Offer(OfferOptions{Audio: true}); err != nil || again != offer {
		t.Errorf("a second offer: %v\n%s", err, again)
	}
	if _, err := ep.Answer(answer); !errors.Is(err, ErrSDP) {
		t.Errorf("an offer against ours: %v", err)
	}
	for what, want := range map[string]error{
		"":                           ErrEmptySDP,
		"garbage":                    ErrSDP,
		strings.Repeat("x", 129<<10): ErrSDPTooLarge,
		strings.ReplaceAll(strings.ReplaceAll(answer, "audio 9", "audio 0"), "video 9", "video 0"): ErrSDP,
	} {
		if err := ep.SetAnswer(what); !errors.Is(err, want) {
			t.Errorf("%.20q: %v, want %v", what, err, want)
		}
	}
	answer = strings.ReplaceAll(answer, "actpass", "active")
	must(t, ep.SetAnswer(answer))
	expect("a second time", ErrAnswered)
	must(t, ep.Close())
	expect("after Close", ErrClosed)
	if _, err := ep.Offer(OfferOptions{Video: true}); !errors.Is(err, ErrClosed) {
		t.Errorf("Offer after Close: %v", err)
	}
	if _, err := ep.Answer(answer); !errors.Is(err, ErrClosed) {
		t.Errorf("Answer after Close: %v", err)
	}
}

// TestAnswerRejectsALine: what the other side does not want is not sent to it.
func TestAnswerRejectsALine(t *testing.T) {
	e := newEngine(t, nil)
	ep, err := e.NewEndpoint(both())
	must(t, err)
	_, err = ep.Offer(OfferOptions{Audio: true, Video: true})
	must(t, err)
	answer := strings.ReplaceAll(bundled(audioLine, videoLine), "actpass", "active")
	must(t, ep.SetAnswer(strings.Replace(answer, "audio 9", "audio 0", 1)))
	if ep.tracks[media.Audio].active.Load() || !ep.tracks[media.Video].active.Load() {
		t.Error("active: audio, or not video")
	}
	// The next offer keeps the line in its place.
	offer, err := ep.Offer(OfferOptions{Audio: true, Video: true, ICERestart: true})
	must(t, err)
	if lines := parse(t, offer).MediaDescriptions; len(lines) != 2 || lines[1].MediaName.Media != "video" {
		t.Errorf("offer\n%s", offer)
	}
}

// TestOfferKeepsRejectedLines: an offer of ours after an answer of ours has the
// lines of that one (RFC 3264 section 8).
func TestOfferKeepsRejectedLines(t *testing.T) {
	e := newEngine(t, nil)
	ep, err := e.NewEndpoint(both())
	must(t, err)
	_, err = ep.Answer(bundled(dataLine, videoLine, videoLine))
	must(t, err)
	offer, err := ep.Offer(OfferOptions{Audio: true, Video: true, ICERestart: true})
	must(t, err)
	var lines strings.Builder
	for _, m := range parse(t, offer).MediaDescriptions {
		lines.WriteByte(m.MediaName.Media[0])
		if m.MediaName.Port.Value == 0 {
			lines.WriteByte('-')
		}
	}
	if got := lines.String(); got != "a-vv-a" { // application, video, video, and the audio that is new
		t.Errorf("lines %s\n%s", got, offer)
	}
}

// TestHold: a viewer that holds is sent nothing, one that resumes gets on.
func TestHold(t *testing.T) {
	e := newEngine(t, nil)
	pub := newClient(t, e, both())
	pub.publish(webrtc.MimeTypeVP8)
	pub.negotiate()
	pub.pump()
	viewer := newClient(t, e, both())
	viewer.view()
	viewer.ep.Sink(media.Video).SetSource(pub.ep.Source(media.Video))
	viewer.negotiate()
	r := viewer.track()
	viewer.read(r, 10)
	offer := viewer.pc.LocalDescription().SDP
	for _, c := range []struct{ offered, answered string }{
		{"inactive", "inactive"}, {"recvonly", "sendonly"}, {"sendonly", "recvonly"}, {"recvonly", "sendonly"},
	} {
		answer, err := viewer.ep.Answer(strings.ReplaceAll(offer, "a=recvonly", "a="+c.offered))
		must(t, err)
		if got := direction(t, answer); got != c.answered {
			t.Errorf("%s answered with %s", c.offered, got)
		}
		before := viewer.ep.Stats().PacketsSent
		if c.answered == "sendonly" {
			until(t, "media again", func() bool { return viewer.ep.Stats().PacketsSent > before+10 })
			continue
		}
		in := pub.ep.Stats().PacketsReceived
		until(t, "what is not passed on", func() bool { return pub.ep.Stats().PacketsReceived > in+20 })
		if n := viewer.ep.Stats().PacketsSent - before; n > 1 { // one may be under way
			t.Errorf("%s: %d packets sent", c.offered, n)
		}
	}
	must(t, r.SetReadDeadline(after(wait)))
	_, _, err := r.ReadRTP()
	must(t, err)
}

// TestNothingLeft: a renegotiation that rejects all lines stops the media.
func TestNothingLeft(t *testing.T) {
	e := newEngine(t, nil)
	c := newClient(t, e, both())
	c.publish(webrtc.MimeTypeVP8)
	c.negotiate()
	c.pump()
	c.events.await(t, "flow", func(ev Event) bool { return ev == Event(FlowChanged{Kind: media.Video, Flowing: true}) })
	answer, err := c.ep.Answer(strings.ReplaceAll(c.pc.LocalDescription().SDP, "m=video 9", "m=video 0"))
	must(t, err)
	if strings.Contains(answer, "m=video 9") {
		t.Errorf("answer\n%s", answer)
	}
	c.events.await(t, "no flow", func(ev Event) bool { return ev == Event(FlowChanged{Kind: media.Video}) })
}

// TestSendOnlyEndpoint drops what a client sends that was told not to.
func TestSendOnlyEndpoint(t *testing.T) {
	e := newEngine(t, nil)
	c := newClient(t, e, EndpointOptions{Send: true})
	c.publish(webrtc.MimeTypeVP8)
	c.view()
	offer, err := c.pc.CreateOffer(nil)
	must(t, err)
	must(t, c.pc.SetLocalDescription(offer))
	answer, err := c.ep.Answer(offer.SDP)
	must(t, err)
	// The client is made to send all the same.
	answer = strings.Replace(answer, "a=inactive", "a=recvonly", 1)
	must(t, c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))
	must(t, c.ep.Gather())
	c.connected()
	c.pump()
	until(t, "packets", func() bool { return c.ep.Stats().PacketsReceived > 20 })
	if c.ep.Source(media.Video).Flowing() {
		t.Error("the source of an endpoint that does not receive flows")
	}
}

func TestCodecRestriction(t *testing.T) {
	e := newEngine(t, nil)
	ep, err := e.NewEndpoint(both())
	must(t, err)
	must(t, ep.SetCodecs(media.Video, []string{"h264"}))
	must(t, ep.SetCodecs(media.Audio, []string{}))
	offer, err := ep.Offer(OfferOptions{Audio: true, Video: true})
	must(t, err)
	lines := parse(t, offer).MediaDescriptions
	if len(lines) != 1 {
		t.Fatalf("offer\n%s", offer)
	}
	for _, f := range formats(lines[0]) {
		if f.Codec.String() != "H264" {
			t.Errorf("offered %s", f.Codec)
		}
	}
	if err := ep.SetCodecs(media.Video, nil); !errors.Is(err, ErrAnswered) {
		t.Errorf("SetCodecs after an offer: %v", err)
	}
}
