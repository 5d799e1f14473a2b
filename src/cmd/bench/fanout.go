package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// fanout is the rival: the forwarder that Pion's examples show. A publisher's
// packets are read from its track and written to one TrackLocalStaticRTP that
// all its subscribers share; codecs and interceptors are Pion's defaults.
//
// Two settings differ from the defaults, so that both servers do the same work:
// loopback candidates are gathered, and an answer takes the DTLS server's role.
type fanout struct {
	api *webrtc.API

	// mu guards the following
	mu        sync.Mutex
	made      int
	endpoints map[string]*fanEndpoint
}

// fanEndpoint is one remote side: what it sends goes to audio and video.
type fanEndpoint struct {
	pc           *webrtc.PeerConnection
	audio, video *webrtc.TrackLocalStaticRTP
	videoSSRC    atomic.Uint32
}

func newFanout() (*fanout, error) {
	m, r := &webrtc.MediaEngine{}, &interceptor.Registry{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		return nil, fmt.Errorf("register codecs: %w", err)
	}
	if err := webrtc.RegisterDefaultInterceptors(m, r); err != nil {
		return nil, fmt.Errorf("register interceptors: %w", err)
	}
	se := webrtc.SettingEngine{}
	se.SetIncludeLoopbackCandidate(true)
	if err := se.SetAnsweringDTLSRole(webrtc.DTLSRoleServer); err != nil {
		return nil, fmt.Errorf("set the DTLS role: %w", err)
	}
	return &fanout{
		api:       webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(r), webrtc.WithSettingEngine(se)),
		endpoints: map[string]*fanEndpoint{},
	}, nil
}

// runFanout serves until ctx ends.
func runFanout(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("bench fanout", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:8888", "`address` of the signalling")
	if err := flags.Parse(args); err != nil {
		return err
	}
	f, err := newFanout()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	srv := &http.Server{Handler: f, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// newEndpoint makes an endpoint whose candidates go to found; it is called for
// each one, from Pion's goroutine.
func (f *fanout) newEndpoint(found func(id string, c webrtc.ICECandidateInit)) (string, error) {
	pc, err := f.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", fmt.Errorf("new connection: %w", err)
	}
	e := &fanEndpoint{pc: pc}
	if e.audio, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus}, "audio", "fanout"); err != nil {
		return "", fmt.Errorf("audio track: %w", err)
	}
	if e.video, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "video", "fanout"); err != nil {
		return "", fmt.Errorf("video track: %w", err)
	}
	f.mu.Lock()
	f.made++
	id := fmt.Sprintf("%d_kurento.WebRtcEndpoint", f.made)
	f.endpoints[id] = e
	f.mu.Unlock()
	pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c != nil {
			found(id, c.ToJSON())
		}
	})
	pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { e.forward(t) })
	return id, nil
}

// forward copies packets until the publisher leaves.
func (e *fanEndpoint) forward(t *webrtc.TrackRemote) {
	out := e.audio
	if t.Kind() == webrtc.RTPCodecTypeVideo {
		out = e.video
		e.videoSSRC.Store(uint32(t.SSRC()))
	}
	buf := make([]byte, receiveSize)
	for {
		n, _, err := t.Read(buf)
		if err != nil {
			return
		}
		if _, err := out.Write(buf[:n]); err != nil && !errors.Is(err, io.ErrClosedPipe) {
			return
		}
	}
}

// requestKeyFrame asks the publisher.
func (e *fanEndpoint) requestKeyFrame() {
	if ssrc := e.videoSSRC.Load(); ssrc != 0 {
		_ = e.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}})
	}
}

// connect lets sink be sent what e receives; it must come before the sink's offer.
func (e *fanEndpoint) connect(sink *fanEndpoint) error {
	for _, t := range []*webrtc.TrackLocalStaticRTP{e.audio, e.video} {
		sender, err := sink.pc.AddTrack(t)
		if err != nil {
			return fmt.Errorf("add track: %w", err)
		}
		go e.readFeedback(sender) // ends when the sink's connection closes
	}
	sink.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			e.requestKeyFrame()
		}
	})
	return nil
}

// readFeedback lets the interceptors see a subscriber's feedback and hands its
// key-frame requests on.
func (e *fanEndpoint) readFeedback(s *webrtc.RTPSender) {
	for {
		packets, _, err := s.ReadRTCP()
		if err != nil {
			return
		}
		for _, k := range packets {
			if _, ok := k.(*rtcp.PictureLossIndication); ok {
				e.requestKeyFrame()
			}
		}
	}
}

// answer takes an offer; candidates follow by themselves.
func (e *fanEndpoint) answer(offer string) (string, error) {
	if err := e.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", fmt.Errorf("set offer: %w", err)
	}
	a, err := e.pc.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("create answer: %w", err)
	}
	if err := e.pc.SetLocalDescription(a); err != nil {
		return "", fmt.Errorf("set answer: %w", err)
	}
	return a.SDP, nil
}
