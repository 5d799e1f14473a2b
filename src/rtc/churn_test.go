package rtc

import (
	"os"
	"runtime"
	"sync"
	"testing"

	"github.com/pion/webrtc/v4"

	"ksfu/src/media"
)

func descriptors(t testing.TB) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(list)
}

// TestChurn: 100 viewers join and leave at all stages while a publisher sends.
// A viewer that stays loses nothing, and all goroutines, descriptors and
// endpoints are gone in the end.
func TestChurn(t *testing.T) {
	e := newEngine(t, nil)
	pub := newClient(t, e, both())
	pub.publish(webrtc.MimeTypeVP8)
	pub.negotiate()
	pub.pump()
	stays := newClient(t, e, both())
	stays.view()
	stays.ep.Sink(media.Video).SetSource(pub.ep.Source(media.Video))
	stays.negotiate()
	r := stays.track()
	stays.read(r, 10)
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	lossless := passesAll(t, pub, stays)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 25 {
				c := newClient(t, e, withData())
				c.view()
				sink := c.ep.Sink(media.Video)
				sink.SetSource(pub.ep.Source(media.Video))
				switch stage := (worker + i) % 5; stage {
				case 0: // before anything
				case 1:
					c.negotiate()
				case 2:
					c.negotiate()
					c.connected()
				default:
					c.negotiate()
					c.connected()
					c.complete(c.track(), 2)
				}
				if i%2 == 0 { // else the client goes first
					must(t, c.ep.Close())
				}
				c.leave()
				must(t, c.ep.Close())
			}
		}()
	}
	wg.Wait()
	lossless()
	if n := e.Endpoints(); n != 2 {
		t.Errorf("%d endpoints", n)
	}
	until(t, "goroutines as before", func() bool { return runtime.NumGoroutine() <= goroutines+2 })
	if n := descriptors(t); n > files+2 {
		t.Errorf("%d descriptors, were %d", n, files)
	}
}

// TestCloseAtAnyStage closes an endpoint as each of its events comes, while
// everything else is done to it, and expects no event after Close.
func TestCloseAtAnyStage(t *testing.T) {
	e := newEngine(t, nil)
	stages := map[string]func(Event) bool{
		"at once":     nil,
		"candidate":   func(ev Event) bool { _, ok := ev.(CandidateFound); return ok },
		"gathered":    func(ev Event) bool { return ev == Event(GatheringDone{}) },
		"checking":    func(ev Event) bool { return ev == Event(ICEStateChanged{ICEChecking}) },
		"ICE":         func(ev Event) bool { return ev == Event(ICEStateChanged{ICEConnected}) },
		"pair":        func(ev Event) bool { _, ok := ev.(PairSelected); return ok },
		"handshaking": func(ev Event) bool { return ev == Event(DTLSStateChanged{DTLSConnecting}) },
		"DTLS":        func(ev Event) bool { return ev == Event(DTLSStateChanged{DTLSConnected}) },
		"connected":   func(ev Event) bool { return ev == Event(ConnectionChanged{true}) },
	}
	for name, reached := range stages {
		t.Run(name, func(t *testing.T) {
			for range 5 {
				c := newClient(t, e, withData())
				c.view()
				stop := make(chan struct{})
				var wg sync.WaitGroup
				again := func(f func()) {
					wg.Add(1)
					go func() {
						defer wg.Done()
						for {
							select {
							case <-stop:
								return
							default:
								f()
								runtime.Gosched()
							}
						}
					}()
				}
				again(func() { _ = c.ep.Stats(); _, _, _ = c.ep.SelectedPair() })
				again(func() {
					_ = c.ep.AddCandidate(hostCandidate("192.0.2.1", 9))
					_ = c.ep.Gather()
					_ = c.ep.LocalDescription()
				})
				wg.Add(1)
				go func() {
					defer wg.Done()
					offer, err := c.pc.CreateOffer(nil)
					must(t, err)
					must(t, c.pc.SetLocalDescription(offer))
					answer, err := c.ep.Answer(offer.SDP)
					if err != nil {
						return // closed
					}
					_ = c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer})
					_ = c.ep.Gather()
					_, _ = c.ep.CreateDataChannel(DataChannelOptions{Label: "x", MaxPacketLifeTime: -1, MaxRetransmits: -1})
				}()
				if reached != nil {
					c.events.await(t, name, reached)
				}
				must(t, c.ep.Close())
				events := len(c.events.list())
				close(stop)
				wg.Wait()
				c.leave()
				if list := c.events.list(); len(list) != events {
					t.Errorf("after Close: %v", list[events:])
				}
			}
			if n := e.Endpoints(); n != 0 {
				t.Errorf("%d endpoints", n)
			}
		})
	}
}

// TestEngineClose ends endpoints in whatever state, and takes no more.
func TestEngineClose(t *testing.T) {
	e := newEngine(t, nil)
	for i := range 6 {
		c := newClient(t, e, both())
		c.view()
		if i%3 > 0 {
			c.negotiate()
		}
		if i%3 > 1 {
			c.connected()
		}
	}
	must(t, e.Close())
	if _, err := e.NewEndpoint(both()); err == nil {
		t.Error("a closed engine made an endpoint")
	}
}

func TestEndpointLimit(t *testing.T) {
	e := newEngine(t, func(o *Options) { o.Limits.Endpoints = 2 })
	for range 2 {
		_, err := e.NewEndpoint(both())
		must(t, err)
	}
	if _, err := e.NewEndpoint(both()); err == nil {
		t.Error("a third was made")
	}
}
