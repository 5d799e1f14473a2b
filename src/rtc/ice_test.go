package rtc

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"

	"ksfu/src/media"
)

// gatherAll answers an offer and returns the candidates, as fields.
func gatherAll(t *testing.T, e *Engine) [][]string {
	t.Helper()
	var j journal
	o := both()
	o.Events = j.add
	ep, err := e.NewEndpoint(o)
	must(t, err)
	_, err = ep.Answer(bundled(videoLine))
	must(t, err)
	must(t, ep.Gather())
	j.await(t, "GatheringDone", func(ev Event) bool { return ev == Event(GatheringDone{}) })
	var list [][]string
	for _, ev := range j.list() {
		if c, ok := ev.(CandidateFound); ok {
			list = append(list, strings.Fields(c.Candidate.Candidate))
		}
	}
	must(t, ep.Close())
	return list
}

// TestSinglePort: all endpoints' candidates name the one port, UDP and TCP.
func TestSinglePort(t *testing.T) {
	e := newEngine(t, nil)
	for range 5 {
		protocols := map[string]bool{}
		for _, f := range gatherAll(t, e) {
			if f[5] != strconv.Itoa(e.Port()) || f[4] != "127.0.0.1" {
				t.Errorf("candidate %v, the port is %d", f, e.Port())
			}
			protocols[f[2]] = true
		}
		if !protocols["udp"] || !protocols["tcp"] {
			t.Errorf("protocols %v", protocols)
		}
	}
	if e.Endpoints() != 0 {
		t.Errorf("%d endpoints after all were closed", e.Endpoints())
	}
}

func TestPortRange(t *testing.T) {
	e := newEngine(t, func(o *Options) {
		o.Address, o.SinglePort, o.Loopback = "", 0, true
		o.PortMin, o.PortMax = 42000, 42100
	})
	list := gatherAll(t, e)
	for _, f := range list {
		if port, _ := strconv.Atoi(f[5]); port < 42000 || port > 42100 || f[2] != "udp" {
			t.Errorf("candidate %v", f)
		}
	}
	if len(list) == 0 {
		t.Error("no candidates")
	}
	c := newClient(t, e, both())
	c.view()
	c.negotiate()
	c.connected()
}

func TestNAT1To1(t *testing.T) {
	for name, c := range map[string]struct {
		addresses []string
		srflx     bool
		want      []string
	}{
		"instead":           {[]string{"203.0.113.7"}, false, []string{"tcp 203.0.113.7 host", "udp 203.0.113.7 host"}},
		"beside":            {[]string{"+203.0.113.7"}, false, []string{"tcp 127.0.0.1 host", "tcp 203.0.113.7 host", "udp 127.0.0.1 host", "udp 203.0.113.7 host"}},
		"beside, reflexive": {[]string{"203.0.113.7"}, true, []string{"tcp 127.0.0.1 host", "udp 127.0.0.1 host", "udp 203.0.113.7 srflx"}},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t, func(o *Options) { o.NAT1To1, o.NAT1To1Srflx = c.addresses, c.srflx })
			var got []string
			for _, f := range gatherAll(t, e) {
				if f[5] != strconv.Itoa(e.Port()) {
					t.Errorf("candidate %v, the port is %d", f, e.Port())
				}
				got = append(got, f[2]+" "+f[4]+" "+f[7])
			}
			slices.Sort(got)
			if got = slices.Compact(got); !slices.Equal(got, c.want) {
				t.Errorf("candidates %q, want %q", got, c.want)
			}
		})
	}
	if _, err := New(Options{NAT1To1: []string{"host.example.com"}, Logger: newEngine(t, nil).opts.Logger}); err == nil {
		t.Error("a name was taken for an address")
	}
}

func TestBadServers(t *testing.T) {
	logger := newEngine(t, nil).opts.Logger
	for _, url := range []string{"http://host", "stun", "turn:host"} {
		if _, err := New(Options{STUNServers: []string{url}, Logger: logger}); err == nil {
			t.Errorf("%q was taken for a STUN server", url)
		}
	}
}

func TestIPv6(t *testing.T) {
	e := newEngine(t, func(o *Options) { o.Address = "::1" })
	for _, f := range gatherAll(t, e) {
		if f[4] != "::1" {
			t.Errorf("candidate %v", f)
		}
	}
	c := newClient(t, e, both())
	c.view()
	c.negotiate()
	c.connected()
	if local, remote, ok := c.ep.SelectedPair(); !ok || !strings.Contains(local, " ::1 ") || !strings.Contains(strings.Fields(remote)[4], ":") {
		t.Errorf("pair %q %q %v", local, remote, ok)
	}
}

// tcpOnly is a client that has nothing but ICE-TCP.
func tcpOnly() remote {
	return remote{settings: func(se *webrtc.SettingEngine) {
		se.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	}}
}

func TestTCPOnly(t *testing.T) {
	e := newEngine(t, nil)
	pub := newClient(t, e, both())
	pub.publish(webrtc.MimeTypeVP8)
	pub.negotiate()
	pub.pump()
	c := newRemote(t, e, both(), tcpOnly())
	c.view()
	c.ep.Sink(media.Video).SetSource(pub.ep.Source(media.Video))
	c.negotiate()
	c.read(c.track(), 30)
	if local, _, ok := c.ep.SelectedPair(); !ok || !strings.Contains(local, " tcp ") {
		t.Errorf("pair %q", local)
	}
	s := c.ep.Stats()
	i := slices.IndexFunc(s.Pairs, func(p PairStats) bool { return p.Selected })
	if i < 0 {
		t.Fatalf("no selected pair in %+v", s.Pairs)
	}
	for _, want := range []string{s.Pairs[i].LocalID, s.Pairs[i].RemoteID} {
		if j := slices.IndexFunc(s.Candidates, func(c CandidateStats) bool { return c.ID == want }); j < 0 || s.Candidates[j].Protocol != "tcp" {
			t.Errorf("candidate %s of the pair in %+v", want, s.Candidates)
		}
	}
}

func TestLite(t *testing.T) {
	e := newEngine(t, func(o *Options) {
		o.Lite = true
		o.STUNServers = []string{"stun:192.0.2.1:3478"} // of no use to it, and no error
	})
	pub := newClient(t, e, both())
	pub.publish(webrtc.MimeTypeVP8)
	pub.negotiate()
	pub.pump()
	c := newClient(t, e, both())
	c.view()
	c.ep.Sink(media.Video).SetSource(pub.ep.Source(media.Video))
	c.negotiate()
	if !strings.Contains(c.ep.LocalDescription(), "a=ice-lite\r\n") {
		t.Error("the answer has no a=ice-lite")
	}
	c.read(c.track(), 30)
}

func ufragOf(t *testing.T, sdp string) string {
	t.Helper()
	return attribute(parse(t, sdp).MediaDescriptions[0].Attributes, "ice-ufrag")
}

// TestICERestart restarts by the client's offer and by ours. Media goes on, no
// disconnection is told, the candidates are those of the new generation.
func TestICERestart(t *testing.T) {
	e := newEngine(t, nil)
	for name, restart := range map[string]func(*client){
		"by the client": func(c *client) { c.renegotiate(&webrtc.OfferOptions{ICERestart: true}) },
		"by us":         func(c *client) { c.answer(OfferOptions{ICERestart: true}) },
	} {
		t.Run(name, func(t *testing.T) {
			pub := newClient(t, e, both())
			pub.publish(webrtc.MimeTypeVP8)
			pub.negotiate()
			pub.pump()
			c := newClient(t, e, both())
			c.view()
			c.ep.Sink(media.Video).SetSource(pub.ep.Source(media.Video))
			c.negotiate()
			r := c.track()
			c.read(r, 10)
			c.events.await(t, "GatheringDone", func(ev Event) bool { return ev == Event(GatheringDone{}) })
			for round := range 2 {
				before := len(c.events.list())
				old := ufragOf(t, c.ep.LocalDescription())
				restart(c)
				now := ufragOf(t, c.ep.LocalDescription())
				if now == old {
					t.Fatal("the ufrag is the old one")
				}
				pairs := 0
				c.events.await(t, "another pair", func(ev Event) bool {
					if _, ok := ev.(PairSelected); ok {
						pairs++
					}
					return pairs == round+2
				})
				done := 0
				c.events.await(t, "GatheringDone", func(ev Event) bool {
					if ev == Event(GatheringDone{}) {
						done++
					}
					return done == round+2
				})
				for _, ev := range c.events.list()[before:] {
					switch ev := ev.(type) {
					case ConnectionChanged:
						t.Errorf("told %+v", ev)
					case CandidateFound:
						if !strings.Contains(ev.Candidate.Candidate, "ufrag "+now) {
							t.Errorf("candidate %q of generation %s", ev.Candidate.Candidate, now)
						}
					}
				}
				if strings.Contains(c.ep.LocalDescription(), "ufrag "+old) {
					t.Error("the description has candidates of the old generation")
				}
				if !c.ep.Connected() {
					t.Error("not connected")
				}
				must(t, r.SetReadDeadline(after(wait)))
				_, _, err := r.ReadRTP()
				must(t, err)
			}
		})
	}
}

// TestCandidateOfTheNextGeneration: candidates that are ahead of their SDP wait.
func TestCandidateOfTheNextGeneration(t *testing.T) {
	e := newEngine(t, nil)
	ep, err := e.NewEndpoint(both())
	must(t, err)
	_, err = ep.Answer(bundled(videoLine))
	must(t, err)
	next := hostCandidate("192.0.2.77", 7000)
	next.Candidate += " ufrag wxyz"
	must(t, ep.AddCandidate(next))
	remoteCandidates := func() (n int) {
		for _, c := range ep.Stats().Candidates {
			if c.Remote {
				n++
			}
		}
		return n
	}
	if n := remoteCandidates(); n != 0 {
		t.Errorf("%d candidates at ICE before their SDP", n)
	}
	_, err = ep.Answer(strings.ReplaceAll(bundled(videoLine), "abcd", "wxyz"))
	must(t, err)
	until(t, "the candidate at ICE", func() bool { return remoteCandidates() == 1 })
}

func TestPortInUse(t *testing.T) {
	taken, err := net.ListenPacket("udp4", "127.0.0.1:0")
	must(t, err)
	defer func() { must(t, taken.Close()) }()
	_, port, err := net.SplitHostPort(taken.LocalAddr().String())
	must(t, err)
	n, err := strconv.Atoi(port)
	must(t, err)
	_, err = New(Options{Address: "127.0.0.1", SinglePort: n, Logger: newEngine(t, nil).opts.Logger})
	if err == nil || !strings.Contains(fmt.Sprint(err), "ICE_SINGLE_PORT") {
		t.Errorf("error %v", err)
	}
}
