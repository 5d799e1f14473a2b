package rtc

import (
	"crypto/rsa"
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/webrtc/v4"
)

// TestSRTPProfile: the choice is ours, by what the CPU does well, and what the
// client lacks is not forced on it. The statistics name it.
func TestSRTPProfile(t *testing.T) {
	e := newEngine(t, nil)
	best := profileName(srtpProfiles()[0])
	if want := "SRTP_AEAD_AES_128_GCM"; hasAES() != (best == want) {
		t.Errorf("AES instructions %v, first profile %s", hasAES(), best)
	}
	for name, c := range map[string]struct {
		client []dtls.SRTPProtectionProfile
		want   string
	}{
		"all, the worse one first": {
			[]dtls.SRTPProtectionProfile{dtls.SRTP_AES128_CM_HMAC_SHA1_80, dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AEAD_AES_128_GCM}, best,
		},
		"CM alone":  {[]dtls.SRTPProtectionProfile{dtls.SRTP_AES128_CM_HMAC_SHA1_80}, "SRTP_AES128_CM_HMAC_SHA1_80"},
		"GCM alone": {[]dtls.SRTPProtectionProfile{dtls.SRTP_AEAD_AES_128_GCM}, "SRTP_AEAD_AES_128_GCM"},
	} {
		for way, negotiate := range map[string]func(*client){
			"": (*client).negotiate, ", we offer": func(c *client) { c.answer(OfferOptions{Video: true}) },
		} {
			t.Run(name+way, func(t *testing.T) {
				cl := newRemote(t, e, both(), remote{settings: func(se *webrtc.SettingEngine) {
					se.SetSRTPProtectionProfiles(c.client...)
				}})
				if way == "" {
					cl.view()
				}
				negotiate(cl)
				cl.connected()
				s := cl.ep.Stats()
				if s.SRTPProfile != c.want || s.DTLS != DTLSConnected {
					t.Errorf("profile %q, DTLS %s, want %s", s.SRTPProfile, s.DTLS, c.want)
				}
			})
		}
	}
}

// TestDTLSServer: an answer is passive, but for an offerer that wants to be.
func TestDTLSServer(t *testing.T) {
	e := newEngine(t, nil)
	for offered, want := range map[string]string{"actpass": "passive", "active": "passive", "passive": "active"} {
		ep, err := e.NewEndpoint(EndpointOptions{Receive: true, Send: true, DataChannels: true})
		must(t, err)
		answer, err := ep.Answer(strings.ReplaceAll(bundled(audioLine, dataLine), "setup:actpass", "setup:"+offered))
		must(t, err)
		for _, m := range parse(t, answer).MediaDescriptions {
			if got := attribute(m.Attributes, "setup"); got != want {
				t.Errorf("%s line: %s to %s, want %s", m.MediaName.Media, got, offered, want)
			}
		}
		must(t, ep.Close())
	}
}

// TestPassiveClient connects with one that is the DTLS server itself.
func TestPassiveClient(t *testing.T) {
	e := newEngine(t, nil)
	c := newClient(t, e, both())
	c.view()
	offer, err := c.pc.CreateOffer(nil)
	must(t, err)
	must(t, c.pc.SetLocalDescription(offer))
	answer, err := c.ep.Answer(strings.ReplaceAll(offer.SDP, "setup:actpass", "setup:passive"))
	must(t, err)
	must(t, c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))
	must(t, c.ep.Gather())
	c.connected()
}

func TestCertificates(t *testing.T) {
	e := newEngine(t, nil)
	for name, useRSA := range map[string]bool{"ECDSA": false, "RSA": true} {
		t.Run(name, func(t *testing.T) {
			o := both()
			o.RSA = useRSA
			c := newClient(t, e, o)
			c.view()
			c.negotiate()
			c.connected()
			shown, err := x509.ParseCertificate(c.pc.SCTP().Transport().GetRemoteCertificate())
			must(t, err)
			if _, isRSA := shown.PublicKey.(*rsa.PublicKey); isRSA != useRSA {
				t.Errorf("public key %T", shown.PublicKey)
			}
			// A process runs for years, and a router's clock may start in 1970.
			if shown.NotBefore.After(time.Unix(0, 0)) || shown.NotAfter.Before(time.Now().AddDate(100, 0, 0)) {
				t.Errorf("valid from %v to %v", shown.NotBefore, shown.NotAfter)
			}
			shownAs := c.ep.Stats().LocalFingerprint
			if !strings.HasPrefix(shownAs, "sha-256 ") || !strings.Contains(c.ep.LocalDescription(), "a=fingerprint:"+shownAs+"\r\n") {
				t.Errorf("fingerprint %q is not the SDP's", shownAs)
			}
			again, err := e.certs.get(useRSA)
			must(t, err)
			if fps, err := again.GetFingerprints(); err != nil || !strings.EqualFold("sha-256 "+fps[0].Value, shownAs) {
				t.Errorf("another certificate for the next endpoint: %v %v", fps, err)
			}
		})
	}
}

// TestWrongFingerprint: who has not the key of the SDP's fingerprint is not
// let in.
func TestWrongFingerprint(t *testing.T) {
	e := newEngine(t, nil)
	c := newClient(t, e, both())
	c.view()
	offer, err := c.pc.CreateOffer(nil)
	must(t, err)
	must(t, c.pc.SetLocalDescription(offer))
	at := strings.Index(offer.SDP, "a=fingerprint:sha-256 ") + len("a=fingerprint:sha-256 ")
	other := "00:11"
	if strings.HasPrefix(offer.SDP[at:], other) {
		other = "11:00"
	}
	answer, err := c.ep.Answer(offer.SDP[:at] + other + offer.SDP[at+len(other):])
	must(t, err)
	must(t, c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))
	must(t, c.ep.Gather())
	c.events.await(t, "DTLS failed", func(ev Event) bool { return ev == Event(DTLSStateChanged{DTLSFailed}) })
	if c.ep.Connected() {
		t.Error("connected")
	}
}
