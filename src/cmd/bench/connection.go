package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"
)

// profile is an SRTP protection profile as the JSON names it.
type profile string

const (
	profileCM  profile = "cm"  // AES_CM_128_HMAC_SHA1_80, RFC 5764
	profileGCM profile = "gcm" // AEAD_AES_128_GCM, RFC 7714
)

// payload types of the generator's offers.
const (
	typeOpus = 111
	typeVP8  = 96
	typeRTX  = 97
)

func (p profile) dtls() dtls.SRTPProtectionProfile {
	if p == profileCM {
		return dtls.SRTP_AES128_CM_HMAC_SHA1_80
	}
	return dtls.SRTP_AEAD_AES_128_GCM
}

func (p profile) String() string {
	if p == profileCM {
		return "AES_CM_128_HMAC_SHA1_80"
	}
	return "AEAD_AES_128_GCM"
}

func opus() webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"}
}

func vp8() webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}
}

// connections makes the generator's PeerConnections: those that send as a real
// publisher does (retransmission, sender reports, transport-wide numbers), and
// lean ones that receive, whose feedback this program writes itself.
type connections struct {
	sending, receiving *webrtc.API
	config             webrtc.Configuration
}

// newConnections makes connections that offer one SRTP profile and nothing else.
func newConnections(p profile, cert webrtc.Certificate) (*connections, error) {
	sending, err := newAPI(p, func(m *webrtc.MediaEngine, r *interceptor.Registry) error {
		if err := webrtc.ConfigureNack(m, r); err != nil {
			return err
		}
		if err := webrtc.ConfigureRTCPReports(r); err != nil {
			return err
		}
		return webrtc.ConfigureTWCCHeaderExtensionSender(m, r)
	})
	if err != nil {
		return nil, err
	}
	receiving, err := newAPI(p, func(*webrtc.MediaEngine, *interceptor.Registry) error { return nil })
	if err != nil {
		return nil, err
	}
	return &connections{
		sending: sending, receiving: receiving,
		config: webrtc.Configuration{Certificates: []webrtc.Certificate{cert}, BundlePolicy: webrtc.BundlePolicyMaxBundle},
	}, nil
}

func newAPI(p profile, configure func(*webrtc.MediaEngine, *interceptor.Registry) error) (*webrtc.API, error) {
	m, r := &webrtc.MediaEngine{}, &interceptor.Registry{}
	video := vp8()
	video.RTCPFeedback = []webrtc.RTCPFeedback{{Type: "ccm", Parameter: "fir"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"}}
	for _, c := range []struct {
		kind webrtc.RTPCodecType
		webrtc.RTPCodecParameters
	}{
		{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecParameters{RTPCodecCapability: opus(), PayloadType: typeOpus}},
		{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecParameters{RTPCodecCapability: video, PayloadType: typeVP8}},
		{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecParameters{RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: fmt.Sprintf("apt=%d", typeVP8),
		}, PayloadType: typeRTX}},
	} {
		if err := m.RegisterCodec(c.RTPCodecParameters, c.kind); err != nil {
			return nil, fmt.Errorf("register %s: %w", c.MimeType, err)
		}
	}
	if err := configure(m, r); err != nil {
		return nil, fmt.Errorf("configure interceptors: %w", err)
	}
	quiet := logging.NewDefaultLoggerFactory()
	quiet.Writer = io.Discard
	se := webrtc.SettingEngine{LoggerFactory: quiet}
	se.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	se.SetIncludeLoopbackCandidate(true)
	se.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	se.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	se.DisableActiveTCP(true)
	se.SetSRTPProtectionProfiles(p.dtls())
	// A server whose core is busy answers checks late: a run must show that as
	// delay, not as a lost connection.
	se.SetICETimeouts(10*time.Second, 25*time.Second, 2*time.Second)
	return webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(r), webrtc.WithSettingEngine(se)), nil
}

// connection is a PeerConnection and the news of its state.
type connection struct {
	*webrtc.PeerConnection
	up, down         chan struct{} // closed once
	upOnce, downOnce sync.Once
}

func newConnection(api *webrtc.API, config webrtc.Configuration) (*connection, error) {
	pc, err := api.NewPeerConnection(config)
	if err != nil {
		return nil, fmt.Errorf("new connection: %w", err)
	}
	c := &connection{PeerConnection: pc, up: make(chan struct{}), down: make(chan struct{})}
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		switch s {
		case webrtc.PeerConnectionStateConnected:
			c.upOnce.Do(func() { close(c.up) })
		case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
			c.downOnce.Do(func() { close(c.down) })
		default:
		}
	})
	return c, nil
}

// offer makes a complete offer: the candidates of one interface are there in
// less time than trickling them would take.
func (c *connection) offer(ctx context.Context) (string, error) {
	gathered := webrtc.GatheringCompletePromise(c.PeerConnection)
	o, err := c.CreateOffer(nil)
	if err != nil {
		return "", fmt.Errorf("create offer: %w", err)
	}
	if err := c.SetLocalDescription(o); err != nil {
		return "", fmt.Errorf("set offer: %w", err)
	}
	select {
	case <-gathered:
		return c.LocalDescription().SDP, nil
	case <-ctx.Done():
		return "", fmt.Errorf("gather candidates: %w", ctx.Err())
	}
}

// connected waits until media can flow.
func (c *connection) connected(ctx context.Context) error {
	select {
	case <-c.up:
		return nil
	case <-c.down:
		return errNotConnected
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", errNotConnected, ctx.Err())
	}
}
