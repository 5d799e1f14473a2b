package rtc

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ksfu/src/media"
)

var update = flag.Bool("update", false, "write the golden files anew")

// plain replaces what differs from run to run by names in the order of first use.
func plain(sdp string) string {
	sdp = strings.ReplaceAll(sdp, "\r\n", "\n")
	for _, p := range []string{`o=- (\d+ \d+)`, `ice-ufrag:(\S+)`, `ice-pwd:(\S+)`, `fingerprint:(\S+ \S+)`} {
		sdp = regexp.MustCompile(p).ReplaceAllStringFunc(sdp, func(m string) string {
			return strings.Replace(m, regexp.MustCompile(p).FindStringSubmatch(m)[1], "*", 1)
		})
	}
	var seen []string
	for _, m := range regexp.MustCompile(`a=ssrc:(\d+)`).FindAllStringSubmatch(sdp, -1) {
		if !slices.Contains(seen, m[1]) {
			seen = append(seen, m[1])
		}
	}
	for i, ssrc := range seen {
		sdp = strings.ReplaceAll(sdp, ssrc, "SSRC"+strconv.Itoa(i))
	}
	return sdp
}

// TestAnswers holds the answers to what browsers offer.
func TestAnswers(t *testing.T) {
	e := newEngine(t, func(o *Options) { o.MaxVideoBitrate = 2_000_000 })
	offers, err := filepath.Glob("testdata/sdp/*.offer")
	must(t, err)
	if len(offers) == 0 {
		t.Fatal("no offers")
	}
	for _, path := range offers {
		t.Run(filepath.Base(path), func(t *testing.T) {
			offer, err := os.ReadFile(path)
			must(t, err)
			ep, err := e.NewEndpoint(EndpointOptions{Receive: true, Send: true, DataChannels: strings.Contains(path, "firefox")})
			must(t, err)
			answer, err := ep.Answer(strings.ReplaceAll(string(offer), "\n", "\r\n"))
			must(t, err)
			golden := strings.TrimSuffix(path, ".offer") + ".answer"
			if *update {
				must(t, os.WriteFile(golden, []byte(plain(answer)), 0o644))
			}
			want, err := os.ReadFile(golden)
			must(t, err)
			if got := plain(answer); got != string(want) {
				t.Errorf("the answer has changed (-update writes it anew):\n%s", difference(string(want), got))
			}
			must(t, ep.Close())
		})
	}
}

func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	var out []string
	for _, l := range w {
		if !slices.Contains(g, l) {
			out = append(out, "- "+l)
		}
	}
	for _, l := range g {
		if !slices.Contains(w, l) {
			out = append(out, "+ "+l)
		}
	}
	if out == nil {
		return "the order of lines"
	}
	return strings.Join(out, "\n")
}

// TestCodecOrder: VP8 comes first and what cannot be forwarded is left out,
// whatever the browser's order; each video codec keeps its RTX.
func TestCodecOrder(t *testing.T) {
	e := newEngine(t, nil)
	offers, err := filepath.Glob("testdata/sdp/*.offer")
	must(t, err)
	for _, path := range offers {
		offer, err := os.ReadFile(path)
		must(t, err)
		ep, err := e.NewEndpoint(both())
		must(t, err)
		answer, err := ep.Answer(string(offer))
		must(t, err)
		theirs := map[uint8]media.Format{}
		for _, m := range parse(t, string(offer)).MediaDescriptions {
			for _, f := range formats(m) {
				theirs[f.PayloadType] = f
			}
		}
		for _, m := range parse(t, answer).MediaDescriptions {
			list := formats(m)
			switch m.MediaName.Media {
			case "audio":
				if list[0].Codec.String() != "opus" {
					t.Errorf("%s: audio begins with %s", path, list[0].Codec)
				}
			case "video":
				if list[0].Codec.String() != "VP8" {
					t.Errorf("%s: video begins with %s", path, list[0].Codec)
				}
				for _, f := range list {
					if f.RTX == 0 || f.RTX != theirs[f.PayloadType].RTX {
						t.Errorf("%s: %s %d has RTX %d, was offered with %d", path, f.Codec, f.PayloadType, f.RTX, theirs[f.PayloadType].RTX)
					}
				}
			}
		}
		must(t, ep.Close())
	}
}

func TestBandwidth(t *testing.T) {
	e := newEngine(t, func(o *Options) { o.MaxVideoBitrate = 3_000_000 })
	for name, c := range map[string]struct {
		offered      string
		audio, video int
		want         []string
	}{
		"the engine's":          {"sendrecv", 0, -1, []string{"", "b=AS:3000 b=TIAS:3000000"}},
		"the endpoint's":        {"sendrecv", 64_000, 500_000, []string{"b=AS:64 b=TIAS:64000", "b=AS:500 b=TIAS:500000"}},
		"not over the engine's": {"sendrecv", 0, 9_000_000, []string{"", "b=AS:3000 b=TIAS:3000000"}},
		"no limit is limited":   {"sendrecv", 0, 0, []string{"", "b=AS:3000 b=TIAS:3000000"}},
		"none for a viewer":     {"recvonly", 64_000, 500_000, []string{"", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			ep, err := e.NewEndpoint(both())
			must(t, err)
			if c.audio > 0 {
				ep.SetMaxRecvBitrate(media.Audio, c.audio)
			}
			if c.video >= 0 {
				ep.SetMaxRecvBitrate(media.Video, c.video)
			}
			line := "a=" + c.offered + "\r\n"
			answer, err := ep.Answer(bundled(audioLine+line, videoLine+line))
			must(t, err)
			for i, m := range parse(t, answer).MediaDescriptions {
				var got []string
				for _, b := range m.Bandwidth {
					got = append(got, "b="+b.Type+":"+strconv.FormatUint(b.Bandwidth, 10))
				}
				if strings.Join(got, " ") != c.want[i] {
					t.Errorf("line %d: %v, want %s", i, got, c.want[i])
				}
			}
			must(t, ep.Close())
		})
	}
}
