package kurento

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"ksfu/src/media"
	"ksfu/src/rtc"
)

// The transcripts are golden: "> " is what a client sends, "< " what it gets,
// "! " what happens at the n-th endpoint of rtc, "# " a remark. Each UUID is
// written as <n> in the order of appearance. KSFU_UPDATE=1 writes what came.
func TestTranscripts(t *testing.T) {
	files, _ := filepath.Glob("testdata/transcripts/*.txt")
	if len(files) == 0 {
		t.Fatal("no transcripts")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			b := newBench(t, nil)
			c := b.dial(t, "app")
			ids := &numbering{numbers: map[string]int{}}
			var got strings.Builder
			for line := range strings.SplitSeq(strings.TrimRight(string(data), "\n"), "\n") {
				switch {
				case strings.HasPrefix(line, "> "):
					got.WriteString(line + "\n")
					for _, message := range c.exchange(ids.restore(line[2:])) {
						got.WriteString("< " + ids.number(message) + "\n")
					}
				case strings.HasPrefix(line, "! "):
					got.WriteString(line + "\n")
					happen(t, b, line[2:])
					for _, message := range c.exchange("") {
						got.WriteString("< " + ids.number(message) + "\n")
					}
				case !strings.HasPrefix(line, "< "):
					got.WriteString(line + "\n")
				}
			}
			if got.String() == string(data) {
				return
			}
			if os.Getenv("KSFU_UPDATE") != "" {
				if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			want := strings.Split(string(data), "\n")
			for i, line := range strings.Split(got.String(), "\n") {
				if i >= len(want) || line != want[i] {
					t.Fatalf("line %d:\ngot  %s\nwant %s", i+1, line, strings.Join(want[min(i, len(want)-1):min(i+1, len(want))], ""))
				}
			}
			t.Fatal("lines are missing at the end")
		})
	}
}

// exchange sends a text and gives all messages that come of it.
func (c *client) exchange(text string) []string {
	c.t.Helper()
	replies := 0
	if text != "" {
		if err := c.ws.WriteMessage(1, []byte(text)); err != nil {
			c.t.Fatal(err)
		}
		replies = 1
	}
	var list []string
	for {
		c.b.server.deliverer.Wait()
		const barrier = "barrier"
		if err := c.ws.WriteMessage(1, []byte(`{"jsonrpc":"2.0","id":"`+barrier+`","method":"ping"}`)); err != nil {
			c.t.Fatal(err)
		}
		for {
			r, message := c.read()
			if r.ID == barrier {
				break
			}
			if r.Method == "" {
				replies--
			}
			list = append(list, message)
		}
		if replies <= 0 {
			return list
		}
	}
}

// happen lets the n-th endpoint of rtc tell of something.
func happen(t *testing.T, b *bench, what string) {
	t.Helper()
	fields := strings.Fields(what)
	n, err := strconv.Atoi(fields[0])
	if err != nil {
		t.Fatal(err)
	}
	f := b.engine.at(n)
	switch fields[1] {
	case "candidate":
		f.send(rtc.CandidateFound{Candidate: rtc.Candidate{Candidate: "candidate:1 1 udp 1 192.0.2.1 50000 typ host", SDPMid: "0"}})
	case "gathered":
		f.send(rtc.GatheringDone{})
	case "ice":
		f.send(rtc.ICEStateChanged{State: rtc.ICEState(fields[2])})
	case "dtls":
		f.send(rtc.DTLSStateChanged{State: rtc.DTLSState(fields[2])})
	case "pair":
		f.send(rtc.PairSelected{Local: "candidate:1", Remote: "candidate:2"})
	case "connected":
		f.send(rtc.ConnectionChanged{Connected: fields[2] == "true"})
	case "flow":
		kind := media.Audio
		if fields[2] == "video" {
			kind = media.Video
		}
		f.send(rtc.FlowChanged{Kind: kind, In: fields[3] == "in", Flowing: fields[4] == "true"})
	case "channel":
		f.send(rtc.DataChannelChanged{ID: 7, Open: fields[2] == "open"})
	case "nocodec":
		f.sinks[media.Video].SetSource(nil)
		f.send(rtc.Failure{Err: fmt.Errorf("video: %w: VP8 against H264", media.ErrNoCommonFormat)})
	case "broken":
		f.send(rtc.Failure{Err: rtc.ErrPanic, Fatal: true})
	default:
		t.Fatalf("what is %q?", what)
	}
}

var uuidPattern = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

type numbering struct {
	numbers map[string]int
	order   []string
}

func (n *numbering) number(text string) string {
	return uuidPattern.ReplaceAllStringFunc(text, func(id string) string {
		if _, known := n.numbers[id]; !known {
			n.order = append(n.order, id)
			n.numbers[id] = len(n.order)
		}
		return fmt.Sprintf("<%d>", n.numbers[id])
	})
}

func (n *numbering) restore(text string) string {
	for i, id := range n.order {
		text = strings.ReplaceAll(text, fmt.Sprintf("<%d>", i+1), id)
	}
	return text
}
