package rtc

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pion/rtcp"

	"ksfu/src/media"
)

// fuzzEngine has no sockets of its own, and no endpoint of it gets any.
func fuzzEngine(f *testing.F) *Engine {
	f.Helper()
	e, err := New(Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := e.Close(); err != nil {
			f.Error(err)
		}
	})
	return e
}

// FuzzParseRemote: what is taken goes on to Pion in a form that parses again,
// and media can read it.
func FuzzParseRemote(f *testing.F) {
	offers, err := filepath.Glob("testdata/sdp/*.offer")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range offers {
		offer, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(offer))
	}
	f.Add(bundled(audioLine, videoLine, dataLine))
	f.Add(sessionLines)
	f.Fuzz(func(t *testing.T, text string) {
		limits := Limits{}.withDefaults()
		d, err := parseRemote(text, limits, EndpointOptions{Receive: true, Send: true, DataChannels: true})
		if err != nil {
			if !errors.Is(err, ErrSDP) && !errors.Is(err, ErrEmptySDP) && !errors.Is(err, ErrSDPTooLarge) {
				t.Fatalf("error %v", err)
			}
			return
		}
		for _, l := range d.lines {
			_, _, _, _ = formats(l.desc), extensions(l.desc), rids(l.desc), streams(l.desc)
			if l.accepted && d.line(l.mid) == nil {
				t.Errorf("line %q is not found again", l.mid)
			}
		}
		_ = d.candidates()
		if _, err := rejectAll(d); err != nil {
			t.Errorf("reject: %v", err)
		}
		if !d.acceptsAny() {
			return
		}
		out, err := d.forPion()
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseRemote(out, Limits{SDPSize: 1 << 20, MediaLines: 64}, EndpointOptions{Receive: true, Send: true, DataChannels: true})
		if err != nil || !again.acceptsAny() {
			t.Errorf("%v of what Pion is given:\n%s", err, out)
		}
	})
}

// FuzzAnswer gives offers to Pion itself. Whatever it makes of them, the
// endpoint answers, refuses and closes; it does not panic.
func FuzzAnswer(f *testing.F) {
	e := fuzzEngine(f)
	f.Add(bundled(audioLine, videoLine, dataLine))
	f.Add(bundled(videoLine + "a=rid:h send\r\na=simulcast:send h;~m\r\na=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"))
	f.Add(bundled(audioLine+"a=ssrc-group:FID 1 2\r\na=ssrc:1 cname:x\r\n", dataLine+"a=max-message-size:0\r\n"))
	f.Fuzz(func(t *testing.T, text string) {
		ep, err := e.NewEndpoint(EndpointOptions{Receive: true, Send: true, DataChannels: true})
		if err != nil {
			t.Fatal(err)
		}
		before := e.Panics()
		if answer, err := ep.Answer(text); err == nil {
			if n, m := strings.Count(text, "m="), strings.Count(answer, "m="); m > n {
				t.Errorf("%d lines to %d", m, n)
			}
			_, _ = ep.Answer(text)
		}
		if e.Panics() != before {
			t.Error("panic")
		}
		if err := ep.Close(); err != nil {
			t.Error(err)
		}
	})
}

// FuzzCandidate takes candidates before and after the SDP.
func FuzzCandidate(f *testing.F) {
	e := fuzzEngine(f)
	for _, s := range []string{
		"candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host",
		"candidate:1 1 tcp 2130706431 2001:db8::1 9 typ srflx raddr 0.0.0.0 rport 9 tcptype active generation 0 ufrag abcd network-cost 999",
		"candidate:842163049 1 UDP 1677729535 x.local 41203 typ host",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		ep, err := e.NewEndpoint(EndpointOptions{Receive: true})
		if err != nil {
			t.Fatal(err)
		}
		early := ep.AddCandidate(Candidate{Candidate: line})
		if _, err := ep.Answer(bundled(videoLine)); err != nil {
			t.Fatal(err)
		}
		late := ep.AddCandidate(Candidate{Candidate: line + " "})
		for _, err := range []error{early, late} {
			if err != nil && !errors.Is(err, ErrBadCandidate) {
				t.Errorf("error %v", err)
			}
		}
		_ = e.announced(line)
		if e.Panics() != 0 {
			t.Error("panic")
		}
		if err := ep.Close(); err != nil {
			t.Error(err)
		}
	})
}

// FuzzBuffer: decrypted RTP and RTCP of any content, as an authenticated client
// can send it, to an endpoint with a viewer.
func FuzzBuffer(f *testing.F) {
	e := fuzzEngine(f)
	newEndpoint := func() *Endpoint {
		ep, err := e.NewEndpoint(EndpointOptions{Receive: true, Send: true})
		if err != nil {
			f.Fatal(err)
		}
		extensions := "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"
		if _, err := ep.Answer(bundled(audioLine, strings.Replace(videoLine, "VP8/90000", "VP8/90000\r\na=rtcp-fb:96 nack", 1)+extensions)); err != nil {
			f.Fatal(err)
		}
		return ep
	}
	pub, viewer := newEndpoint(), newEndpoint()
	viewer.Sink(media.Video).SetSource(pub.Source(media.Video))
	viewer.outbound.SetConnected(true)
	_, ssrc, _, _ := viewer.tracks[media.Video].binding()
	f.Add([]byte{0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 0x10, 0, 0, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1}, false)
	f.Add([]byte{0xb0, 0xe0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 0xbe, 0xde, 0, 1, 0x40, '1', 0xa0, 'h', 0x10, 1, 2}, false)
	for _, p := range []rtcp.Packet{
		&rtcp.PictureLossIndication{MediaSSRC: ssrc},
		&rtcp.TransportLayerNack{MediaSSRC: ssrc, Nacks: []rtcp.NackPair{{PacketID: 1, LostPackets: 0xffff}}},
		&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 1e6, SSRCs: []uint32{ssrc}},
		&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: ssrc}}},
		&rtcp.SenderReport{SSRC: 9, NTPTime: 1 << 63, RTPTime: 1},
		&rtcp.FullIntraRequest{MediaSSRC: ssrc, FIR: []rtcp.FIREntry{{SSRC: ssrc}}},
	} {
		b, err := p.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, true)
	}
	f.Fuzz(func(t *testing.T, b []byte, isRTCP bool) {
		ep := pub
		if isRTCP {
			ep = viewer
		}
		in := &buffer{endpoint: ep, rtcp: isRTCP, ssrc: ssrc}
		if n, err := in.Write(b); n != len(b) || err != nil {
			t.Errorf("Write: %d %v", n, err)
		}
		if e.Panics() != 0 {
			t.Error("panic")
		}
	})
}
