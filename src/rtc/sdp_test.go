package rtc

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"
)

const (
	sessionLines   = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
	transportLines = "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=setup:actpass\r\n" +
		"a=fingerprint:sha-256 0E:57:5B:62:5C:0D:2C:4F:36:1E:6B:8E:1A:0D:B5:7B:31:4A:9C:6E:61:5D:0E:F0:74:3C:6B:18:60:7A:2F:91\r\n"
	audioLine = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"
	videoLine = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n"
	dataLine  = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=sctp-port:5000\r\n"
)

// bundled makes a session of the lines, with mids and BUNDLE.
func bundled(lines ...string) string {
	var mids, text []string
	for i, l := range lines {
		mids = append(mids, fmt.Sprint(i))
		text = append(text, l, fmt.Sprintf("a=mid:%d\r\n", i))
	}
	return sessionLines + transportLines + "a=group:BUNDLE " + strings.Join(mids, " ") + "\r\n" + strings.Join(text, "")
}

func TestRefusedSDP(t *testing.T) {
	e := newEngine(t, nil)
	without := func(key string) string {
		var keep []string
		for _, l := range strings.SplitAfter(bundled(audioLine), "\r\n") {
			if !strings.HasPrefix(l, key) {
				keep = append(keep, l)
			}
		}
		return strings.Join(keep, "")
	}
	for name, c := range map[string]struct {
		sdp  string
		want error
	}{
		"empty":            {"", ErrEmptySDP},
		"blank":            {" \r\n\t", ErrEmptySDP},
		"garbage":          {"nonsense", ErrSDP},
		"binary":           {"\x00\xff\xfe", ErrSDP},
		"cut off":          {"v=0\r\no=-", ErrSDP},
		"128 KiB":          {sessionLines + strings.Repeat("a=x\r\n", 128<<10/5), ErrSDPTooLarge},
		"no ufrag":         {without("a=ice-ufrag"), ErrSDP},
		"no password":      {without("a=ice-pwd"), ErrSDP},
		"no fingerprint":   {without("a=fingerprint"), ErrSDP},
		"bad fingerprint":  {strings.ReplaceAll(bundled(audioLine), "a=fingerprint:sha-256 0E", "a=fingerprint:0E"), ErrSDP},
		"65 lines":         {bundled(slices.Repeat([]string{audioLine}, 65)...), ErrSDP},
		"one mid twice":    {bundled(audioLine+"a=mid:1\r\n", videoLine), ErrSDP},
		"mid of two words": {strings.ReplaceAll(bundled(audioLine), "a=mid:0", "a=mid:a b"), ErrSDP},
		"unreadable media": {bundled("m=audio\r\n"), ErrSDP},
	} {
		t.Run(name, func(t *testing.T) {
			ep, err := e.NewEndpoint(both())
			must(t, err)
			if _, err := ep.Answer(c.sdp); !errors.Is(err, c.want) {
				t.Errorf("Answer: %v, want %v", err, c.want)
			}
			// Nothing of it stays: the next offer is answered.
			if _, err := ep.Answer(bundled(audioLine)); err != nil {
				t.Errorf("a good offer after it: %v", err)
			}
			must(t, ep.Close())
		})
	}
}

func TestRejectedLines(t *testing.T) {
	e := newEngine(t, nil)
	data := EndpointOptions{Receive: true, Send: true, DataChannels: true}
	noVideo := EndpointOptions{Receive: true, Send: true, VideoCodecs: []string{"H264"}}
	replace := func(s, old, with string) string { return strings.Replace(s, old, with, 1) }
	noMids := sessionLines + transportLines + audioLine + videoLine
	for name, c := range map[string]struct {
		options EndpointOptions
		sdp     string
		want    string // a letter for each line: y used, n rejected
	}{
		"audio and video":         {both(), bundled(audioLine, videoLine), "yy"},
		"video first":             {both(), bundled(videoLine, audioLine), "yy"},
		"data not asked for":      {both(), bundled(audioLine, dataLine, videoLine), "yny"},
		"data":                    {data, bundled(audioLine, dataLine), "yy"},
		"data alone":              {data, bundled(dataLine), "y"},
		"two data lines":          {data, bundled(dataLine, dataLine), "yn"},
		"the second audio":        {both(), bundled(audioLine, audioLine, videoLine, videoLine), "ynyn"},
		"plain RTP":               {both(), bundled(replace(audioLine, "UDP/TLS/RTP/SAVPF", "RTP/AVP")), "n"},
		"plain RTP beside":        {both(), bundled(replace(audioLine, "UDP/TLS/RTP/SAVPF", "RTP/AVP"), videoLine), "ny"},
		"SDES":                    {both(), bundled(replace(audioLine, "UDP/TLS/RTP/SAVPF", "RTP/SAVP")), "n"},
		"over TCP":                {both(), bundled(replace(audioLine, "UDP/", "TCP/")), "y"},
		"rejected by the offerer": {both(), bundled(replace(audioLine, "audio 9", "audio 0"), videoLine), "ny"},
		"bundle-only":             {both(), bundled(audioLine, replace(videoLine, "video 9", "video 0")+"a=bundle-only\r\n"), "yy"},
		"unknown codec":           {both(), bundled(replace(audioLine, "opus", "iLBC"), videoLine), "ny"},
		"codec not allowed":       {noVideo, bundled(audioLine, videoLine), "yn"},
		"payload type over 127":   {both(), bundled(audioLine, strings.ReplaceAll(videoLine, "96", "200")), "yn"},
		"unknown media":           {both(), bundled(replace(audioLine, "audio", "text"), audioLine), "ny"},
		"not bundled":             {both(), replace(bundled(audioLine, videoLine), "BUNDLE 0 1", "BUNDLE 0"), "yn"},
		"two bundles":             {both(), replace(bundled(audioLine, videoLine), "BUNDLE 0 1", "BUNDLE 0\r\na=group:BUNDLE 1"), "yn"},
		"no mids":                 {both(), noMids, "yn"},
		"some mids":               {both(), replace(noMids, videoLine, videoLine+"a=mid:0\r\n"), "yn"},
		"nothing":                 {both(), sessionLines, ""},
	} {
		t.Run(name, func(t *testing.T) {
			ep, err := e.NewEndpoint(c.options)
			must(t, err)
			answer, err := ep.Answer(c.sdp)
			must(t, err)
			var used strings.Builder
			offered, answered := parse(t, c.sdp), parse(t, answer)
			for i, m := range answered.MediaDescriptions {
				if m.MediaName.Media != offered.MediaDescriptions[i].MediaName.Media {
					t.Errorf("line %d is %s, was offered as %s", i, m.MediaName.Media, offered.MediaDescriptions[i].MediaName.Media)
				}
				if m.MediaName.Port.Value == 0 {
					used.WriteByte('n')
				} else {
					used.WriteByte('y')
				}
			}
			if got := used.String(); got != c.want {
				t.Errorf("lines %s, want %s\n%s", got, c.want, answer)
			}
			for _, a := range answered.Attributes {
				if a.Key == "group" && len(strings.Fields(a.Value))-1 != strings.Count(c.want, "y") {
					t.Errorf("a=group:%s of lines %s", a.Value, c.want)
				}
			}
			must(t, ep.Close())
		})
	}
}

func parse(t testing.TB, text string) *sdp.SessionDescription {
	t.Helper()
	s := &sdp.SessionDescription{}
	must(t, s.UnmarshalString(text))
	return s
}

// direction is the first line's.
func direction(t testing.TB, text string) string {
	t.Helper()
	m := parse(t, text).MediaDescriptions[0]
	found := ""
	for _, a := range m.Attributes {
		if isDirection(a) {
			if found != "" {
				t.Errorf("two directions: %s and %s", found, a.Key)
			}
			found = a.Key
		}
	}
	return found
}

func TestDirections(t *testing.T) {
	e := newEngine(t, nil)
	for _, c := range []struct {
		receive, send bool
		offered       string
		want          string
	}{
		{true, true, "sendrecv", "sendrecv"},
		{true, true, "sendonly", "recvonly"},
		{true, true, "recvonly", "sendonly"},
		{true, true, "inactive", "inactive"},
		{true, false, "sendrecv", "recvonly"},
		{true, false, "sendonly", "recvonly"},
		{true, false, "recvonly", "inactive"},
		{true, false, "inactive", "inactive"},
		{false, true, "sendrecv", "sendonly"},
		{false, true, "sendonly", "inactive"},
		{false, true, "recvonly", "sendonly"},
		{false, true, "inactive", "inactive"},
		{false, false, "sendrecv", "inactive"},
		{false, false, "sendonly", "inactive"},
		{false, false, "recvonly", "inactive"},
		{false, false, "inactive", "inactive"},
	} {
		for _, kind := range []string{audioLine, videoLine} {
			t.Run(fmt.Sprintf("%s receive=%v send=%v %s", kind[2:7], c.receive, c.send, c.offered), func(t *testing.T) {
				ep, err := e.NewEndpoint(EndpointOptions{Receive: c.receive, Send: c.send})
				must(t, err)
				answer, err := ep.Answer(bundled(kind + "a=" + c.offered + "\r\n"))
				must(t, err)
				if got := direction(t, answer); got != c.want {
					t.Errorf("answered %s, want %s", got, c.want)
				}
				if sends := strings.Contains(answer, "a=ssrc:"); sends != (c.want == "sendrecv" || c.want == "sendonly") {
					t.Errorf("SSRCs declared: %v, in a line that is %s", sends, c.want)
				}
				must(t, ep.Close())
			})
		}
	}
}
