package rtc

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
	"golang.org/x/net/dns/dnsmessage"
)

func hostCandidate(address string, port int) Candidate {
	return Candidate{Candidate: fmt.Sprintf("candidate:1 1 udp 2130706431 %s %d typ host", address, port)}
}

func TestCandidatesRefused(t *testing.T) {
	e := newEngine(t, nil)
	ep, err := e.NewEndpoint(both())
	must(t, err)
	for name, c := range map[string]struct {
		line string
		want error
	}{
		"end of candidates": {"", nil},
		"host":              {"candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host", nil},
		"without prefix":    {"1 1 udp 2130706431 192.0.2.2 5000 typ host", nil},
		"tcp":               {"candidate:1 1 tcp 2130706431 192.0.2.1 9 typ host tcptype active", nil},
		"IPv6":              {"candidate:1 1 udp 2130706431 2001:db8::1 5000 typ host", nil},
		"relay":             {"candidate:1 1 udp 2130706431 192.0.2.1 5001 typ relay raddr 0.0.0.0 rport 0", nil},
		"mDNS":              {"candidate:1 1 udp 2130706431 4e8f1d9c-6d3c-4f0a-9d53-4c9a1f3f2b11.local 5000 typ host", nil},
		"words":             {"candidate:this is not one", ErrBadCandidate},
		"empty":             {"candidate:", ErrBadCandidate},
		"port":              {"candidate:1 1 udp 2130706431 192.0.2.1 70000 typ host", ErrBadCandidate},
		"type":              {"candidate:1 1 udp 2130706431 192.0.2.1 5000 typ best", ErrBadCandidate},
		"a name of the DNS": {"candidate:1 1 udp 2130706431 host.example.com 5000 typ host", ErrBadCandidate},
		"16 KiB":            {"candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host x " + strings.Repeat("y", 16<<10), ErrBadCandidate},
	} {
		if err := ep.AddCandidate(Candidate{Candidate: c.line}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	must(t, ep.Close())
	if err := ep.AddCandidate(hostCandidate("192.0.2.9", 1)); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if err := ep.Gather(); !errors.Is(err, ErrClosed) {
		t.Errorf("Gather after Close: %v", err)
	}
}

// TestManyCandidates: 64 are kept of each ICE generation, wherever they come.
func TestManyCandidates(t *testing.T) {
	e := newEngine(t, nil)
	var inSDP strings.Builder
	for i := range 200 {
		inSDP.WriteString("a=" + hostCandidate("198.51.100.1", 1000+i).Candidate + "\r\n")
	}
	for name, c := range map[string]struct {
		offer string // before the candidates, "" = none
		kept  int
	}{
		"before the SDP": {"", 64},
		"after it":       {bundled(videoLine), 64},
		"in it":          {bundled(videoLine + inSDP.String()), 0},
	} {
		t.Run(name, func(t *testing.T) {
			ep, err := e.NewEndpoint(both())
			must(t, err)
			if c.offer != "" {
				_, err := ep.Answer(c.offer)
				must(t, err)
			}
			kept := 0
			for i := range 10_000 {
				err := ep.AddCandidate(hostCandidate("192.0.2.1", 1000+i))
				if err == nil {
					kept++
				} else if !errors.Is(err, ErrTooManyCandidates) {
					t.Fatal(err)
				}
			}
			if kept != c.kept {
				t.Errorf("%d kept", kept)
			}
			if err := ep.AddCandidate(hostCandidate("192.0.2.1", 1000)); kept > 0 && err != nil {
				t.Errorf("one that is known: %v", err)
			}
			if _, err := ep.Answer(bundled(videoLine)); err != nil {
				t.Error(err)
			}
			until(t, "candidates at ICE", func() bool {
				n := 0
				for _, c := range ep.Stats().Candidates {
					if c.Remote {
						n++
					}
				}
				return n == 64
			})
			must(t, ep.Close())
		})
	}
}

// TestTrickle: the events come in order, when they are asked for, and name the
// first line that is used.
func TestTrickle(t *testing.T) {
	e := newEngine(t, nil)
	for name, early := range map[string]bool{"Gather at once": true, "Gather later": false} {
		t.Run(name, func(t *testing.T) {
			var j journal
			o := both()
			o.Events = j.add
			ep, err := e.NewEndpoint(o)
			must(t, err)
			if err := ep.Gather(); !errors.Is(err, ErrNoDescription) {
				t.Errorf("Gather before any SDP: %v", err)
			}
			_, err = ep.Answer(bundled(dataLine, videoLine, audioLine))
			must(t, err)
			if !early {
				until(t, "gathered", func() bool { return strings.Contains(ep.LocalDescription(), "a=end-of-candidates") })
				if list := gathering(&j); len(list) != 0 {
					t.Errorf("events before Gather: %v", list)
				}
			}
			must(t, ep.Gather())
			j.await(t, "GatheringDone", func(ev Event) bool { return ev == Event(GatheringDone{}) })
			found := 0
			list := gathering(&j)
			for _, ev := range list {
				if c, ok := ev.(CandidateFound); ok {
					found++
					if c.Candidate.SDPMid != "1" || c.Candidate.SDPMLineIndex != 1 || !strings.HasPrefix(c.Candidate.Candidate, "candidate:") {
						t.Errorf("candidate %+v", c.Candidate)
					}
					line := "a=" + c.Candidate.Candidate + "\r\n"
					if !strings.Contains(ep.LocalDescription(), line) {
						t.Errorf("LocalDescription has no %q", line)
					}
				}
			}
			if found == 0 || list[len(list)-1] != Event(GatheringDone{}) {
				t.Errorf("events %v", list)
			}
			must(t, ep.Close())
		})
	}
}

// gathering are the events of local candidates.
func gathering(j *journal) []Event {
	return slices.DeleteFunc(j.list(), func(ev Event) bool {
		_, ok := ev.(CandidateFound)
		return !ok && ev != Event(GatheringDone{})
	})
}

// TestVanilla connects two sides that tell all candidates in the SDP.
func TestVanilla(t *testing.T) {
	e := newEngine(t, nil)
	c := newRemote(t, e, both(), remote{silent: true})
	c.view()
	gathered := webrtc.GatheringCompletePromise(c.pc)
	offer, err := c.pc.CreateOffer(nil)
	must(t, err)
	must(t, c.pc.SetLocalDescription(offer))
	<-gathered
	_, err = c.ep.Answer(c.pc.LocalDescription().SDP)
	must(t, err)
	until(t, "gathered", func() bool { return strings.Contains(c.ep.LocalDescription(), "a=end-of-candidates") })
	must(t, c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: c.ep.LocalDescription()}))
	c.connected()
}

// TestEarlyCandidates connects a side whose candidates all come before its SDP.
func TestEarlyCandidates(t *testing.T) {
	e := newEngine(t, nil)
	c := newRemote(t, e, both(), remote{})
	c.view()
	gathered := webrtc.GatheringCompletePromise(c.pc)
	offer, err := c.pc.CreateOffer(nil)
	must(t, err)
	must(t, c.pc.SetLocalDescription(offer))
	<-gathered
	until(t, "candidates", func() bool {
		c.ep.mu.Lock()
		defer c.ep.mu.Unlock()
		return len(c.ep.candidates.waiting) > 0
	})
	answer, err := c.ep.Answer(offer.SDP)
	must(t, err)
	must(t, c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))
	must(t, c.ep.Gather())
	c.connected()
}

// TestAnnounced: what a local candidate becomes.
func TestAnnounced(t *testing.T) {
	plain := newEngine(t, func(o *Options) { o.Address = ""; o.SinglePort = 0 })
	hiding := &Engine{opts: plain.opts, net: plain.net, mdns: &resolver{name: "n.local"}}
	for name, c := range map[string]struct {
		e        *Engine
		in, want string // want "" = left out
	}{
		"public":               {plain, "candidate:1 1 udp 1 192.0.2.1 5 typ host ufrag x", "candidate:1 1 udp 1 192.0.2.1 5 typ host ufrag x"},
		"link-local IPv6":      {plain, "candidate:1 1 udp 1 fe80::1 5 typ host", ""},
		"link-local IPv4":      {plain, "candidate:1 1 udp 1 169.254.1.1 5 typ host", "candidate:1 1 udp 1 169.254.1.1 5 typ host"},
		"garbage":              {plain, "candidate:1 1 udp", ""},
		"private, hidden":      {hiding, "candidate:1 1 udp 1 192.168.1.1 5 typ host", "candidate:1 1 udp 1 n.local 5 typ host"},
		"private IPv6, hidden": {hiding, "candidate:1 1 udp 1 fd77::1 5 typ host", ""},
		"public, not hidden":   {hiding, "candidate:1 1 udp 1 192.0.2.1 5 typ host", "candidate:1 1 udp 1 192.0.2.1 5 typ host"},
		"reflexive": {
			hiding, "candidate:1 1 udp 1 192.0.2.1 5 typ srflx raddr 192.168.1.1 rport 5",
			"candidate:1 1 udp 1 192.0.2.1 5 typ srflx raddr 0.0.0.0 rport 9",
		},
	} {
		if got := strings.Join(c.e.announced(c.in), "\n"); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestSharedResolver answers for a .local candidate as a browser on the LAN
// does, and reads the name that hides our own addresses.
func TestSharedResolver(t *testing.T) {
	e := newEngine(t, func(o *Options) { o.MDNS = true; o.Address = "" })
	const name = "4e8f1d9c-6d3c-4f0a-9d53-4c9a1f3f2b11.local"
	responder(t, name+".")
	ep, err := e.NewEndpoint(both())
	must(t, err)
	_, err = ep.Answer(bundled(videoLine))
	must(t, err)
	must(t, ep.AddCandidate(hostCandidate(strings.ToUpper(name[:8])+name[8:], 6000)))
	until(t, "the name resolved", func() bool {
		return slices.ContainsFunc(ep.Stats().Candidates, func(c CandidateStats) bool {
			return c.Remote && c.Address == "198.51.100.7" && c.Port == 6000
		})
	})
	// One that nobody answers for keeps nobody waiting.
	must(t, ep.AddCandidate(hostCandidate("00000000-0000-0000-0000-000000000000.local", 6000)))
	must(t, ep.Close())
}

// responder answers mDNS questions for one name until the test is over.
func responder(t *testing.T, name string) {
	t.Helper()
	group := &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}
	in, err := net.ListenMulticastUDP("udp4", nil, group)
	must(t, err)
	out, err := net.DialUDP("udp4", nil, group)
	must(t, err)
	done := make(chan struct{})
	go func() { // ends when in is closed
		defer close(done)
		b := make([]byte, 9000)
		for {
			n, _, err := in.ReadFromUDP(b)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(b[:n]) != nil || m.Response {
				continue
			}
			for _, q := range m.Questions {
				if strings.EqualFold(q.Name.String(), name) && q.Type == dnsmessage.TypeA {
					answer := dnsmessage.Message{
						Header: dnsmessage.Header{Response: true, Authoritative: true},
						Answers: []dnsmessage.Resource{{
							Header: dnsmessage.ResourceHeader{Name: q.Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET, TTL: 120},
							Body:   &dnsmessage.AResource{A: [4]byte{198, 51, 100, 7}},
						}},
					}
					if packed, err := answer.Pack(); err == nil {
						_, _ = out.Write(packed)
					}
				}
			}
		}
	}()
	t.Cleanup(func() {
		_ = in.Close()
		_ = out.Close()
		<-done
	})
}
