package kurento

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"ksfu/src/rtc"
)

// bound is how long anything in these tests may take.
const bound = 20 * time.Second

// newNode is a server over real endpoints of rtc.
func newNode(t *testing.T, change func(*Options)) *bench {
	t.Helper()
	t.Cleanup(func() { goleak.VerifyNone(t) })
	var engine *rtc.Engine
	var err error
	for range 5 { // the UDP port that the system chooses may be taken for TCP
		if engine, err = rtc.New(rtc.Options{Address: "127.0.0.1", SinglePort: -1, Logger: slog.New(slog.DiscardHandler)}); err == nil {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	return startBench(t, func(o *Options) {
		o.NewEndpoint = OnEngine(engine)
		o.Principal = func(*http.Request) (string, bool) { return "app", false }
		if change != nil {
			change(o)
		}
	})
}

// browser is a Pion peer that is signalled by its application server, which
// speaks the Kurento protocol on a connection of its own.
type browser struct {
	*client
	id     string
	pc     *webrtc.PeerConnection
	tracks chan *webrtc.TrackRemote
	seq    uint16
}

func newBrowser(t *testing.T, c *client, pipeline string) *browser {
	t.Helper()
	b := &browser{client: c, tracks: make(chan *webrtc.TrackRemote, 4)}
	b.id = c.create("WebRtcEndpoint", m{"mediaPipeline": pipeline})
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	codecs := &webrtc.MediaEngine{}
	err := codecs.RegisterDefaultCodecs()
	if err == nil {
		b.pc, err = webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(codecs)).NewPeerConnection(webrtc.Configuration{})
	}
	if err != nil {
		t.Fatal(err)
	}
	b.pc.OnTrack(func(r *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { b.tracks <- r })
	t.Cleanup(func() {
		if err := b.pc.GracefulClose(); err != nil {
			t.Error(err)
		}
	})
	for _, event := range []string{"IceCandidateFound", "IceGatheringDone", "IceComponentStateChanged", "ConnectionStateChanged", "MediaFlowInStateChanged", "MediaFlowOutStateChanged", "Error"} {
		c.subscribe(b.id, event)
	}
	return b
}

func (b *browser) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// negotiate lets the browser offer, with its candidates in the offer; the first
// one of the server trickles.
func (b *browser) negotiate(options *webrtc.OfferOptions) {
	b.t.Helper()
	gathered := webrtc.GatheringCompletePromise(b.pc)
	offer, err := b.pc.CreateOffer(options)
	b.must(err)
	b.must(b.pc.SetLocalDescription(offer))
	<-gathered
	answer, _ := b.invoke(b.id, "processOffer", m{"offer": b.pc.LocalDescription().SDP}).(string)
	b.must(b.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))
	b.invoke(b.id, "gatherCandidates", nil)
	found := b.until("IceCandidateFound", nil)["candidate"].(m)
	line, _ := found["candidate"].(string)
	mid, _ := found["sdpMid"].(string)
	b.must(b.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: line, SDPMid: &mid}))
	if options == nil {
		b.until("IceGatheringDone", nil)
	}
	b.events = nil
}

// until reads until an event of this type, with these fields, has come for the
// endpoint.
func (b *browser) until(event string, fields m) m {
	b.t.Helper()
	for {
	next:
		for i, e := range b.events {
			if e["type"] != event || e["object"] != b.id {
				continue
			}
			d, _ := e["data"].(m)
			for key, want := range fields {
				if d[key] != want {
					continue next
				}
			}
			b.events = append(b.events[:i:i], b.events[i+1:]...)
			return d
		}
		b.read()
	}
}

// publish sends VP8 frames, one packet each, every fiftieth a key frame.
func (b *browser) publish() {
	b.t.Helper()
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "video", "s")
	b.must(err)
	_, err = b.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	b.must(err)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() { // ended by the clean-up below
		defer close(done)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-tick.C:
				b.seq++
				payload := []byte{0x90, 0x80, 0x80 | byte(b.seq>>8), byte(b.seq), 0x11, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 2, 0x68, 1}
				if i%50 == 0 {
					payload[4] = 0x10
				}
				_ = track.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, Marker: true, SequenceNumber: b.seq, Timestamp: uint32(b.seq) * 3000}, Payload: payload})
			}
		}
	}()
	b.t.Cleanup(func() { close(stop); <-done })
}

func (b *browser) view(codecs ...string) {
	b.t.Helper()
	transceiver, err := b.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
	b.must(err)
	var chosen []webrtc.RTPCodecParameters
	for _, codec := range transceiver.Receiver().GetParameters().Codecs {
		for _, name := range codecs {
			if strings.EqualFold(codec.MimeType, "video/"+name) {
				chosen = append(chosen, codec)
			}
		}
	}
	if len(chosen) > 0 {
		b.must(transceiver.SetCodecPreferences(chosen))
	}
}

// frames reads packets of the track that came, without a gap.
func (b *browser) frames(n int) {
	b.t.Helper()
	var track *webrtc.TrackRemote
	select {
	case track = <-b.tracks:
	case <-time.After(bound):
		b.t.Fatal("no track came")
	}
	var last uint16
	for i := range n {
		b.must(track.SetReadDeadline(time.Now().Add(bound)))
		packet, _, err := track.ReadRTP()
		b.must(err)
		if i > 0 && packet.SequenceNumber != last+1 {
			b.t.Errorf("sequence %d after %d", packet.SequenceNumber, last)
		}
		last = packet.SequenceNumber
	}
	b.tracks <- track
}

// repaired reads until n packets have come and none between them is missing: the
// stream goes on through an ICE restart, and what it cost is sent again (Pion
// asks for that more than once).
func (b *browser) repaired(n int) {
	b.t.Helper()
	track := <-b.tracks
	b.must(track.SetReadDeadline(time.Now().Add(bound)))
	seen := map[uint16]bool{}
	var first, newest uint16
	for len(seen) < n || len(seen) != int(newest-first)+1 {
		packet, _, err := track.ReadRTP()
		b.must(err)
		if len(seen) == 0 {
			first, newest = packet.SequenceNumber, packet.SequenceNumber
		}
		if int16(packet.SequenceNumber-first) >= 0 {
			seen[packet.SequenceNumber] = true
		}
		if int16(packet.SequenceNumber-newest) > 0 {
			newest = packet.SequenceNumber
		}
	}
	b.tracks <- track
}

// One publisher reaches a viewer that is connected before anything is
// negotiated and one that is connected after; a source is switched on a running
// viewer; what is released stops.
func TestOneToMany(t *testing.T) {
	node := newNode(t, nil)
	pipeline := node.dial(t, "app").create("MediaPipeline", nil)
	publisher := newBrowser(t, node.dial(t, "app"), pipeline)
	early := newBrowser(t, node.dial(t, "app"), pipeline)
	late := newBrowser(t, node.dial(t, "app"), pipeline)

	publisher.invoke(publisher.id, "connect", m{"sink": early.id})
	early.view()
	early.negotiate(nil)
	publisher.publish()
	publisher.negotiate(nil)
	late.view()
	late.negotiate(nil)
	publisher.invoke(publisher.id, "connect", m{"sink": late.id})
	early.frames(30)
	late.frames(30)

	publisher.until("IceComponentStateChanged", m{"state": "READY"})
	publisher.until("ConnectionStateChanged", m{"newState": "CONNECTED"})
	publisher.until("MediaFlowOutStateChanged", m{"state": "FLOWING", "mediaType": "VIDEO"})
	late.until("MediaFlowInStateChanged", m{"state": "FLOWING", "mediaType": "VIDEO"})
	if got := publisher.invoke(publisher.id, "getConnectionState", nil); got != "CONNECTED" {
		t.Errorf("state %v", got)
	}
	if got := late.invoke(late.id, "isMediaFlowingIn", m{"mediaType": "VIDEO"}); got != true {
		t.Errorf("flowing %v", got)
	}
	for _, test := range []struct {
		b    *browser
		want string
	}{{publisher, "inboundrtp"}, {late, "outboundrtp"}, {late, "transport"}, {late, "localcandidate"}} {
		stats, _ := test.b.invoke(test.b.id, "getStats", nil).(m)
		found := false
		for _, s := range stats {
			found = found || s.(m)["type"] == test.want
		}
		if !found {
			t.Errorf("no %s in %v", test.want, stats)
		}
	}
	if pairs, _ := late.invoke(late.id, "getICECandidatePairs", nil).([]any); len(pairs) != 1 {
		t.Errorf("pairs %v", pairs)
	}

	second := newBrowser(t, node.dial(t, "app"), pipeline)
	second.publish()
	second.negotiate(nil)
	second.invoke(second.id, "connect", m{"sink": late.id, "mediaType": "VIDEO"})
	late.frames(60)

	publisher.do("release", m{"object": publisher.id})
	early.until("MediaFlowInStateChanged", m{"state": "NOT_FLOWING", "mediaType": "VIDEO"})
	late.frames(30)
}

// A viewer without the publisher's codec is told so, by an Error at itself.
func TestNoCommonCodec(t *testing.T) {
	node := newNode(t, nil)
	pipeline := node.dial(t, "app").create("MediaPipeline", nil)
	publisher := newBrowser(t, node.dial(t, "app"), pipeline)
	publisher.publish()
	publisher.invoke(publisher.id, "setVideoFormat", m{"caps": m{"codec": "VP8", "framerate": m{"numerator": 30, "denominator": 1}}})
	publisher.negotiate(nil)
	viewer := newBrowser(t, node.dial(t, "app"), pipeline)
	viewer.view("H264")
	viewer.negotiate(nil)
	publisher.invoke(publisher.id, "connect", m{"sink": viewer.id})
	viewer.until("Error", m{"type": "UNSUPPORTED_MEDIA_TYPE", "errorCode": float64(codeUnsupportedMedia)})
}

// With the extension on, an ICE restart is another processOffer.
func TestICERestart(t *testing.T) {
	node := newNode(t, func(o *Options) { o.Renegotiate = true })
	pipeline := node.dial(t, "app").create("MediaPipeline", nil)
	publisher := newBrowser(t, node.dial(t, "app"), pipeline)
	viewer := newBrowser(t, node.dial(t, "app"), pipeline)
	publisher.publish()
	publisher.negotiate(nil)
	publisher.invoke(publisher.id, "connect", m{"sink": viewer.id})
	viewer.view()
	viewer.negotiate(nil)
	viewer.frames(20)
	viewer.negotiate(&webrtc.OfferOptions{ICERestart: true})
	viewer.repaired(100)
}

// The server offers, as OpenVidu does for subscribers.
func TestServerOffers(t *testing.T) {
	node := newNode(t, nil)
	pipeline := node.dial(t, "app").create("MediaPipeline", nil)
	publisher := newBrowser(t, node.dial(t, "app"), pipeline)
	publisher.publish()
	publisher.negotiate(nil)
	viewer := newBrowser(t, node.dial(t, "app"), pipeline)
	publisher.invoke(publisher.id, "connect", m{"sink": viewer.id})
	offer, _ := viewer.invoke(viewer.id, "generateOffer", m{}).(string)
	viewer.invoke(viewer.id, "gatherCandidates", nil)
	viewer.must(viewer.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}))
	line, _ := viewer.until("IceCandidateFound", nil)["candidate"].(m)["candidate"].(string)
	viewer.must(viewer.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: line}))
	viewer.until("IceGatheringDone", nil)
	gathered := webrtc.GatheringCompletePromise(viewer.pc)
	answer, err := viewer.pc.CreateAnswer(nil)
	viewer.must(err)
	viewer.must(viewer.pc.SetLocalDescription(answer))
	<-gathered
	local, _ := viewer.invoke(viewer.id, "processAnswer", m{"answer": viewer.pc.LocalDescription().SDP}).(string)
	if !strings.HasPrefix(local, "v=0") {
		t.Errorf("local %q", local)
	}
	viewer.frames(20)
}

// What is no offer is refused, and what has nothing to accept is rejected, by
// the real endpoint too.
func TestBadSDP(t *testing.T) {
	node := newNode(t, nil)
	c := node.dial(t, "app")
	pipeline := c.create("MediaPipeline", nil)
	for name, test := range map[string]struct {
		offer string
		code  int // 0 = answered with port 0
	}{
		"empty":        {"", codeSDPParse},
		"junk":         {"hello", codeSDPParse},
		"over 128 KiB": {"v=0\r\ns=" + strings.Repeat("x", 128<<10), codeSDPParse},
		"plain RTP":    {"v=0\r\no=- 12345 12345 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 14808 RTP/AVP 0 8\r\nm=video 14809 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n", 0},
		"no ICE":       {"v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:111 opus/48000/2\r\na=sendrecv\r\na=mid:0\r\n", codeSDPParse},
	} {
		t.Run(name, func(t *testing.T) {
			c.t = t
			e := c.create("WebRtcEndpoint", m{"mediaPipeline": pipeline})
			if test.code != 0 {
				c.refusedInvoke(test.code, e, "processOffer", m{"offer": test.offer})
				return
			}
			answer, _ := c.invoke(e, "processOffer", m{"offer": test.offer}).(string)
			lines := 0
			for line := range strings.SplitSeq(answer, "\r\n") {
				var kind string
				port := -1
				if n, _ := fmt.Sscanf(line, "m=%s %d", &kind, &port); n == 2 {
					lines++
					if port != 0 {
						t.Errorf("%q", line)
					}
				}
			}
			if lines != strings.Count(test.offer, "m=") {
				t.Errorf("%d m-lines in %q", lines, answer)
			}
			c.invoke(e, "gatherCandidates", nil)
			if got := c.invoke(e, "getLocalSessionDescriptor", nil); got != answer {
				t.Errorf("local %q", got)
			}
		})
	}
}
