package rtc

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
)

// farEnd in the environment makes the test binary the clients of
// BenchmarkIdleSubscriber, so that the memory measured is the server's alone.
const farEnd = "KSFU_RTC_FAR_END"

// TestFarEnd answers offers, one of JSON a line.
func TestFarEnd(t *testing.T) {
	if os.Getenv(farEnd) == "" {
		return
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	var open []*webrtc.PeerConnection
	for in.Scan() {
		var offer string
		must(t, json.Unmarshal(in.Bytes(), &offer))
		se := webrtc.SettingEngine{}
		se.SetIncludeLoopbackCandidate(true)
		m := &webrtc.MediaEngine{}
		must(t, m.RegisterDefaultCodecs())
		pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(se), webrtc.WithMediaEngine(m)).NewPeerConnection(webrtc.Configuration{})
		must(t, err)
		open = append(open, pc)
		must(t, pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}))
		answer, err := pc.CreateAnswer(nil)
		must(t, err)
		gathered := webrtc.GatheringCompletePromise(pc)
		must(t, pc.SetLocalDescription(answer))
		<-gathered
		must(t, json.NewEncoder(os.Stdout).Encode(pc.LocalDescription().SDP))
	}
	for _, pc := range open {
		must(t, pc.GracefulClose())
	}
}

// BenchmarkIdleSubscriber connects subscribers without a source and reports
// what one of them costs (go test -bench Idle -benchtime 50x).
func BenchmarkIdleSubscriber(b *testing.B) {
	e := newEngine(b, nil)
	far := exec.Command(os.Args[0], "-test.run", "^TestFarEnd$") //nolint:gosec // ourselves
	far.Env = append(os.Environ(), farEnd+"=1")
	stdin, err := far.StdinPipe()
	must(b, err)
	stdout, err := far.StdoutPipe()
	must(b, err)
	must(b, far.Start())
	b.Cleanup(func() {
		must(b, stdin.Close())
		_ = far.Wait()
	})
	answers := bufio.NewScanner(stdout)
	answers.Buffer(nil, 1<<20)
	join := func() {
		var j journal
		ep, err := e.NewEndpoint(EndpointOptions{Send: true, Events: j.add})
		must(b, err)
		_, err = ep.Offer(OfferOptions{Audio: true, Video: true})
		must(b, err)
		until(b, "gathered", func() bool { return strings.Contains(ep.LocalDescription(), "a=end-of-candidates") })
		must(b, json.NewEncoder(stdin).Encode(ep.LocalDescription()))
		if !answers.Scan() {
			b.Fatal("the far end is gone")
		}
		var answer string
		must(b, json.Unmarshal(answers.Bytes(), &answer))
		must(b, ep.SetAnswer(answer))
		j.await(b, "connected", func(ev Event) bool { return ev == Event(ConnectionChanged{true}) })
	}
	join()
	goroutines, heap, stack, rss := memory(b)
	for b.Loop() {
		join()
	}
	g, h, s, r := memory(b)
	n := float64(b.N)
	b.ReportMetric(float64(g-goroutines)/n, "goroutines/sub")
	b.ReportMetric(float64(h-heap)/n/1024, "heapKiB/sub")
	b.ReportMetric(float64(s-stack)/n/1024, "stackKiB/sub")
	b.ReportMetric(float64(r-rss)/n, "rssKiB/sub")
	if os.Getenv("KSFU_RTC_STACKS") != "" {
		b.Log(goroutineCounts())
	}
}

func memory(tb testing.TB) (goroutines int, heap, stack, rss int64) {
	tb.Helper()
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	status, err := os.ReadFile("/proc/self/status")
	must(tb, err)
	for l := range strings.SplitSeq(string(status), "\n") {
		if f := strings.Fields(l); len(f) > 1 && f[0] == "VmRSS:" {
			rss, err = strconv.ParseInt(f[1], 10, 64)
			must(tb, err)
		}
	}
	return runtime.NumGoroutine(), int64(m.HeapAlloc), int64(m.StackInuse), rss
}

// goroutineCounts are the goroutines by what made them.
func goroutineCounts() string {
	buf := make([]byte, 8<<20)
	buf = buf[:runtime.Stack(buf, true)]
	counts := map[string]int{}
	for g := range bytes.SplitSeq(buf, []byte("\n\n")) {
		for l := range bytes.SplitSeq(g, []byte("\n")) {
			if bytes.HasPrefix(l, []byte("created by ")) {
				made, _, _ := strings.Cut(string(l), " in goroutine")
				counts[made]++
			}
		}
	}
	var out strings.Builder
	for made, n := range counts {
		fmt.Fprintf(&out, "\n%4d %s", n, made)
	}
	return out.String()
}
