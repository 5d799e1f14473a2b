package rtc

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"ksfu/src/media"
)

// mline is one m-line of a remote description and what becomes of it here.
type mline struct {
	desc     *sdp.MediaDescription
	mid      string
	kind     media.Kind
	accepted bool
	data     bool // an accepted data channel line
	send     bool // the remote side sends
	receive  bool // and receives
}

// description is a remote description that has been checked.
type description struct {
	session *sdp.SessionDescription
	lines   []mline
}

// parseRemote checks an SDP (RFC 8866) before Pion sees it. The first audio
// and the first video line are used, the data channel line where asked for;
// the others are rejected in the answer. There is one transport: a line that is
// not bundled with the first used one (RFC 8843) is rejected too.
func parseRemote(text string, limits Limits, opts EndpointOptions) (*description, error) {
	switch {
	case strings.TrimSpace(text) == "":
		return nil, ErrEmptySDP
	case len(text) > limits.SDPSize:
		return nil, fmt.Errorf("%w: %d bytes, at most %d are taken", ErrSDPTooLarge, len(text), limits.SDPSize)
	}
	session := &sdp.SessionDescription{}
	if err := session.UnmarshalString(text); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSDP, err)
	}
	if n := len(session.MediaDescriptions); n > limits.MediaLines {
		return nil, fmt.Errorf("%w: %d m-lines, at most %d are taken", ErrSDP, n, limits.MediaLines)
	}
	d := &description{session: session}
	if err := d.identify(); err != nil {
		return nil, err
	}
	var have [2]bool
	haveData := false
	var with []string // what lines must be bundled with, nil before the first
	for i := range d.lines {
		l := &d.lines[i]
		if !d.offers(l, opts) || l.data && haveData || !l.data && have[l.kind] {
			l.data = false
			continue
		}
		if with == nil {
			with = d.bundle(l.mid)
		} else if !slices.Contains(with, l.mid) {
			l.data = false
			continue
		}
		l.accepted = true
		if l.data {
			haveData = true
		} else {
			have[l.kind] = true
		}
	}
	if !d.acceptsAny() {
		return d, nil
	}
	return d, d.checkTransport()
}

// identify makes the lines, each with a mid of its own. RFC 9429 wants one,
// older clients leave it out.
func (d *description) identify() error {
	taken := map[string]bool{}
	for _, m := range d.session.MediaDescriptions {
		mid := attribute(m.Attributes, "mid")
		if mid != "" && taken[mid] {
			return fmt.Errorf("%w: two m-lines have a=mid:%s", ErrSDP, mid)
		}
		if strings.ContainsFunc(mid, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return fmt.Errorf("%w: a=mid:%q is no token (RFC 5888 section 4)", ErrSDP, mid)
		}
		taken[mid] = true
	}
	for i, m := range d.session.MediaDescriptions {
		line := mline{desc: m, mid: attribute(m.Attributes, "mid")}
		if line.mid == "" {
			line.mid = strconv.Itoa(i)
			for taken[line.mid] {
				line.mid += "x"
			}
			taken[line.mid] = true
			m.Attributes = append(m.Attributes, sdp.NewAttribute("mid", line.mid))
		}
		line.send, line.receive = directions(d.session, m)
		d.lines = append(d.lines, line)
	}
	return nil
}

// offers tells whether a line by itself is one that can be used, and of what
// kind it is.
func (d *description) offers(l *mline, opts EndpointOptions) bool {
	m := l.desc
	proto := strings.Join(m.MediaName.Protos, "/")
	if m.MediaName.Port.Value == 0 && !has(m.Attributes, "bundle-only") {
		return false
	}
	switch m.MediaName.Media {
	case "application":
		l.data = opts.DataChannels && strings.Contains(proto, "DTLS/SCTP")
		return l.data
	case "audio":
		l.kind = media.Audio
		return strings.HasSuffix(proto, "TLS/RTP/SAVPF") && known(m, l.kind, opts.AudioCodecs)
	case "video":
		l.kind = media.Video
		return strings.HasSuffix(proto, "TLS/RTP/SAVPF") && known(m, l.kind, opts.VideoCodecs)
	}
	return false
}

// bundle is the BUNDLE group that a line is in, itself included.
func (d *description) bundle(mid string) []string {
	for _, a := range d.session.Attributes {
		if f := strings.Fields(a.Value); a.Key == "group" && len(f) > 1 && f[0] == "BUNDLE" && slices.Contains(f[1:], mid) {
			return f[1:]
		}
	}
	return []string{mid}
}

// transport is an attribute of the transport (RFC 8859 category TRANSPORT or
// IDENTICAL): it may stand on any line of the bundle or above all of them.
func (d *description) transport(key string) string {
	for _, l := range d.lines {
		if l.accepted {
			if v := attribute(l.desc.Attributes, key); v != "" {
				return v
			}
		}
	}
	return attribute(d.session.Attributes, key)
}

// checkTransport wants ICE and DTLS of the lines that are used (RFC 8827).
func (d *description) checkTransport() error {
	for _, need := range []string{"ice-ufrag", "ice-pwd", "fingerprint"} {
		if d.transport(need) == "" {
			return fmt.Errorf("%w: there is no a=%s; only WebRTC (ICE and DTLS-SRTP) is served here", ErrSDP, need)
		}
	}
	return nil
}

// credentials name the remote side's ICE generation.
func (d *description) credentials() (ufrag, pwd string) {
	return d.transport("ice-ufrag"), d.transport("ice-pwd")
}

// candidates are those in the description; they go the way of trickled ones.
func (d *description) candidates() []Candidate {
	var list []Candidate
	for i, l := range d.lines {
		if !l.accepted {
			continue
		}
		for _, a := range l.desc.Attributes {
			if a.Key == "candidate" {
				list = append(list, Candidate{Candidate: "candidate:" + a.Value, SDPMid: l.mid, SDPMLineIndex: uint16(i)})
			}
		}
	}
	return list
}

func (d *description) acceptsAny() bool {
	return slices.ContainsFunc(d.lines, func(l mline) bool { return l.accepted })
}

// forPion is the description as Pion is given it: without the lines that are
// not used and without candidates, which have limits of their own. Pion is not
// told what the remote side sends (media finds streams by itself), nor the
// directions: its transceivers stay as they are through hold and resume, where
// it would stop them for good.
func (d *description) forPion() (string, error) {
	s := *d.session
	s.MediaDescriptions = nil
	s.Attributes = slices.DeleteFunc(slices.Clone(s.Attributes), isDirection)
	var mids []string
	for _, l := range d.lines {
		if !l.accepted {
			continue
		}
		m := *l.desc
		// An endpoint that bundles has one transport; a bundle-only line
		// has port 0 until it is accepted (RFC 8843 section 6).
		m.MediaName.Port.Value = max(m.MediaName.Port.Value, 9)
		m.Attributes = slices.DeleteFunc(slices.Clone(m.Attributes), func(a sdp.Attribute) bool {
			switch a.Key {
			case "candidate", "end-of-candidates", "ssrc", "ssrc-group", "msid", "rid", "simulcast":
				return true
			}
			return isDirection(a)
		})
		for _, key := range []string{"ice-ufrag", "ice-pwd", "fingerprint", "setup"} {
			if v := d.transport(key); v != "" && attribute(m.Attributes, key) == "" {
				m.Attributes = append(m.Attributes, sdp.NewAttribute(key, v))
			}
		}
		if !l.data {
			// Where a line declares no SSRC, Pion adds a transceiver for each
			// that comes. This one is none, and it looks no further.
			m.Attributes = append(m.Attributes, sdp.NewPropertyAttribute("sendrecv"), sdp.NewAttribute("ssrc", "none"))
			spellOut(&m, l.kind)
		}
		s.MediaDescriptions = append(s.MediaDescriptions, &m)
		mids = append(mids, l.mid)
	}
	setBundle(&s, mids)
	b, err := s.Marshal()
	return string(b), err
}

// line finds an accepted line, nil if there is none.
func (d *description) line(mid string) *mline {
	for i := range d.lines {
		if d.lines[i].accepted && d.lines[i].mid == mid {
			return &d.lines[i]
		}
	}
	return nil
}

// setBundle replaces the BUNDLE group, which every m-line is part of here.
func setBundle(s *sdp.SessionDescription, mids []string) {
	s.Attributes = slices.DeleteFunc(s.Attributes, func(a sdp.Attribute) bool {
		return a.Key == "group" && strings.HasPrefix(a.Value, "BUNDLE")
	})
	if len(mids) > 0 {
		s.Attributes = append(s.Attributes, sdp.NewAttribute("group", "BUNDLE "+strings.Join(mids, " ")))
	}
}
