package rtc

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"ksfu/src/codec"
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
// the others are rejected in the answer.
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
	var have [2]bool
	haveData := false
	for i, m := range session.MediaDescriptions {
		line := mline{desc: m, mid: attribute(m.Attributes, "mid")}
		if line.mid == "" { // RFC 9429 wants one, older clients leave it out
			line.mid = strconv.Itoa(i)
			m.Attributes = append(m.Attributes, sdp.NewAttribute("mid", line.mid))
		}
		line.send, line.receive = directions(session, m)
		proto := strings.Join(m.MediaName.Protos, "/")
		off := m.MediaName.Port.Value == 0 && !has(m.Attributes, "bundle-only")
		switch kind := m.MediaName.Media; {
		case off:
		case kind == "application":
			line.data = opts.DataChannels && !haveData && strings.Contains(proto, "DTLS/SCTP")
			line.accepted, haveData = line.data, haveData || line.data
		case kind == "audio" || kind == "video":
			if kind == "video" {
				line.kind = media.Video
			}
			names := opts.AudioCodecs
			if line.kind == media.Video {
				names = opts.VideoCodecs
			}
			line.accepted = !have[line.kind] && strings.HasSuffix(proto, "TLS/RTP/SAVPF") && known(m, line.kind, names)
			have[line.kind] = have[line.kind] || line.accepted
		}
		d.lines = append(d.lines, line)
	}
	if !d.acceptsAny() {
		return d, nil
	}
	return d, d.checkTransport()
}

// checkTransport wants ICE and DTLS of the lines that are used (RFC 8827).
func (d *description) checkTransport() error {
	for _, l := range d.lines {
		if !l.accepted {
			continue
		}
		for _, need := range []string{"ice-ufrag", "ice-pwd", "fingerprint"} {
			if attribute(l.desc.Attributes, need) == "" && attribute(d.session.Attributes, need) == "" {
				return fmt.Errorf("%w: the %s line has no a=%s; only WebRTC (ICE and DTLS-SRTP) is served here",
					ErrSDP, l.desc.MediaName.Media, need)
			}
		}
	}
	return nil
}

func (d *description) acceptsAny() bool {
	return slices.ContainsFunc(d.lines, func(l mline) bool { return l.accepted })
}

// forPion is the description without the lines that are not used.
func (d *description) forPion() (string, error) {
	s := *d.session
	s.MediaDescriptions = nil
	var mids []string
	for _, l := range d.lines {
		if l.accepted {
			m := *l.desc
			// An endpoint that bundles has one transport; a bundle-only line
			// has port 0 until it is accepted (RFC 8843 section 6).
			m.MediaName.Port.Value = max(m.MediaName.Port.Value, 9)
			s.MediaDescriptions = append(s.MediaDescriptions, &m)
			mids = append(mids, l.mid)
		}
	}
	s.Attributes = slices.Clone(s.Attributes)
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

// known tells whether a line offers a codec that is registered.
func known(m *sdp.MediaDescription, kind media.Kind, names []string) bool {
	list := audioCodecs()
	if kind == media.Video {
		list = videoCodecs()
	}
	for _, f := range formats(m) {
		for _, c := range list {
			if f.Codec == c.id && f.ClockRate == c.clockRate && codec.Match(c.id, f.Fmtp, c.fmtp) && allowed(names, c.id) {
				return true
			}
		}
	}
	return false
}

// formats are the codecs of an m-line in its order, RTX folded into what it
// repairs.
func formats(m *sdp.MediaDescription) []media.Format {
	byType := map[string]*media.Format{}
	rtx := map[string]string{}
	fmtp := map[string]string{}
	for _, a := range m.Attributes {
		pt, rest, _ := strings.Cut(a.Value, " ")
		switch a.Key {
		case "rtpmap":
			name, params, _ := strings.Cut(rest, "/")
			if strings.EqualFold(name, "rtx") {
				rtx[pt] = ""
				continue
			}
			rate, channels, _ := strings.Cut(params, "/")
			f := &media.Format{Codec: codec.Parse(name)}
			f.ClockRate, f.Channels = uint32(number(rate, 32)), uint16(number(channels, 16))
			byType[pt] = f
		case "fmtp":
			fmtp[pt] = rest
		}
	}
	// RFC 3551's static payload types need no rtpmap.
	for pt, id := range map[string]codec.ID{"0": codec.PCMU, "8": codec.PCMA, "9": codec.G722} {
		if byType[pt] == nil && slices.Contains(m.MediaName.Formats, pt) {
			byType[pt] = &media.Format{Codec: id, ClockRate: 8000}
		}
	}
	feedback(m, byType)
	var list []media.Format
	for _, pt := range m.MediaName.Formats {
		f := byType[pt]
		if f == nil || f.Codec == codec.Unknown {
			continue
		}
		f.Fmtp, f.PayloadType = fmtp[pt], uint8(number(pt, 7))
		for r := range rtx {
			for _, p := range strings.Split(fmtp[r], ";") {
				if strings.TrimSpace(p) == "apt="+pt {
					f.RTX = uint8(number(r, 7))
				}
			}
		}
		list = append(list, *f)
	}
	return list
}

// feedback reads the a=rtcp-fb lines (RFC 4585 section 4.2).
func feedback(m *sdp.MediaDescription, byType map[string]*media.Format) {
	for _, a := range m.Attributes {
		if a.Key != "rtcp-fb" {
			continue
		}
		pt, what, _ := strings.Cut(a.Value, " ")
		for t, f := range byType {
			if pt != t && pt != "*" {
				continue
			}
			switch strings.TrimSpace(what) {
			case "nack":
				f.NACK = true
			case "nack pli":
				f.PLI = true
			case "ccm fir":
				f.FIR = true
			case "goog-remb":
				f.REMB = true
			case "transport-cc":
				f.TWCC = true
			}
		}
	}
}

// common are those of remote's formats that local has under the same payload
// type, in local's order, with the feedback of both.
func common(remote, local []media.Format) []media.Format {
	var list []media.Format
	for _, l := range local {
		for _, r := range remote {
			if r.PayloadType == l.PayloadType && r.Codec == l.Codec {
				r.NACK, r.PLI, r.FIR = r.NACK && l.NACK, r.PLI && l.PLI, r.FIR && l.FIR
				r.REMB, r.TWCC = r.REMB && l.REMB, r.TWCC && l.TWCC
				if l.RTX == 0 {
					r.RTX = 0
				}
				list = append(list, r)
			}
		}
	}
	return list
}

// extensions are the header extensions of a line (RFC 8285 section 5).
func extensions(m *sdp.MediaDescription) media.ExtensionIDs {
	var x media.ExtensionIDs
	for _, a := range m.Attributes {
		if a.Key != "extmap" {
			continue
		}
		id, uri, _ := strings.Cut(a.Value, " ")
		id, _, _ = strings.Cut(id, "/") // a direction
		uri, _, _ = strings.Cut(uri, " ")
		if n := number(id, 8); n > 0 {
			x.SetURI(uri, uint8(n))
		}
	}
	return x
}

// rids are the simulcast encodings that a line sends, in its order (RFC 8853).
func rids(m *sdp.MediaDescription) []string {
	fields := strings.Fields(attribute(m.Attributes, "simulcast"))
	for i := 0; i+1 < len(fields); i += 2 {
		if fields[i] != "send" {
			continue
		}
		var list []string
		for _, alternatives := range strings.Split(fields[i+1], ";") {
			rid, _, _ := strings.Cut(alternatives, ",")
			if rid = strings.TrimPrefix(rid, "~"); rid != "" && len(list) < media.MaxEncodings {
				list = append(list, rid)
			}
		}
		return list
	}
	return nil
}

// streams are the SSRCs that a line declares (RFC 5576), RTX folded in.
func streams(m *sdp.MediaDescription) []media.Declared {
	repairs := map[uint32]uint32{} // RTX SSRC of
	isRepair := map[uint32]bool{}
	for _, a := range m.Attributes {
		if f := strings.Fields(a.Value); a.Key == "ssrc-group" && len(f) == 3 && f[0] == "FID" {
			media, rtx := uint32(number(f[1], 32)), uint32(number(f[2], 32))
			repairs[media], isRepair[rtx] = rtx, true
		}
	}
	var list []media.Declared
	for _, a := range m.Attributes {
		if a.Key != "ssrc" {
			continue
		}
		id, _, _ := strings.Cut(a.Value, " ")
		ssrc := uint32(number(id, 32))
		known := slices.ContainsFunc(list, func(d media.Declared) bool { return d.SSRC == ssrc })
		if ssrc != 0 && !isRepair[ssrc] && !known && len(list) < media.MaxEncodings {
			list = append(list, media.Declared{SSRC: ssrc, RTX: repairs[ssrc]})
		}
	}
	return list
}

// directions tells what the remote side does on a line (RFC 8866 section 6.7).
func directions(s *sdp.SessionDescription, m *sdp.MediaDescription) (send, receive bool) {
	for _, attrs := range [][]sdp.Attribute{m.Attributes, s.Attributes} {
		for _, a := range attrs {
			switch a.Key {
			case "sendrecv":
				return true, true
			case "sendonly":
				return true, false
			case "recvonly":
				return false, true
			case "inactive":
				return false, false
			}
		}
	}
	return true, true
}

func attribute(attrs []sdp.Attribute, key string) string {
	for _, a := range attrs {
		if a.Key == key {
			return a.Value
		}
	}
	return ""
}

func has(attrs []sdp.Attribute, key string) bool {
	return slices.ContainsFunc(attrs, func(a sdp.Attribute) bool { return a.Key == key })
}

// number is s as an unsigned number of so many bits, 0 where it is none.
func number(s string, bits int) uint64 {
	n, err := strconv.ParseUint(s, 10, bits)
	if err != nil {
		return 0
	}
	return n
}
