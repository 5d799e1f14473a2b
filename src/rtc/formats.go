package rtc

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"ksfu/src/codec"
	"ksfu/src/media"
)

// known tells whether a line offers a codec that is registered.
func known(m *sdp.MediaDescription, kind media.Kind, names []string) bool {
	for _, f := range formats(m) {
		if c := registration(f, kind); c != nil && allowed(names, c.id) {
			return true
		}
	}
	return false
}

// registration is the registered codec that a format is, nil if there is none.
func registration(f media.Format, kind media.Kind) *registered {
	list := audioCodecs()
	if kind == media.Video {
		list = videoCodecs()
	}
	for i, c := range list {
		if f.Codec == c.id && f.ClockRate == c.clockRate && codec.Match(c.id, f.Fmtp, c.fmtp) {
			return &list[i]
		}
	}
	return nil
}

// spellOut writes the format parameters of a line as they are registered: Pion
// compares them by rules of its own, knows fewer defaults and leaves a codec
// out for a parameter that is the sender's own affair.
func spellOut(m *sdp.MediaDescription, kind media.Kind) {
	for _, f := range formats(m) {
		if c := registration(f, kind); c != nil && f.Codec != codec.RED {
			setFmtp(m, f.PayloadType, c.fmtp)
		}
	}
}

// spellBack writes the parameters of an answer as they were offered.
func spellBack(m, offered *sdp.MediaDescription) {
	theirs := formats(offered)
	for _, f := range formats(m) {
		if i := slices.IndexFunc(theirs, func(g media.Format) bool { return g.PayloadType == f.PayloadType }); i >= 0 {
			setFmtp(m, f.PayloadType, theirs[i].Fmtp)
		}
	}
}

// setFmtp replaces the a=fmtp of a payload type where it was, else puts it
// behind its a=rtpmap; an empty one is left out.
func setFmtp(m *sdp.MediaDescription, payloadType uint8, value string) {
	pt := strconv.Itoa(int(payloadType))
	is := func(key string) func(sdp.Attribute) bool {
		return func(a sdp.Attribute) bool {
			return a.Key == key && (a.Value == pt || strings.HasPrefix(a.Value, pt+" "))
		}
	}
	at := slices.IndexFunc(m.Attributes, is("fmtp"))
	if at < 0 {
		at = slices.IndexFunc(m.Attributes, is("rtpmap")) + 1
	}
	m.Attributes = slices.DeleteFunc(m.Attributes, is("fmtp"))
	if value != "" {
		m.Attributes = slices.Insert(m.Attributes, min(at, len(m.Attributes)), sdp.NewAttribute("fmtp", pt+" "+value))
	}
}

// anyAllowed tells whether a kind has a codec left to offer.
func anyAllowed(kind media.Kind, opts EndpointOptions) bool {
	list, names := audioCodecs(), opts.AudioCodecs
	if kind == media.Video {
		list, names = videoCodecs(), opts.VideoCodecs
	}
	return slices.ContainsFunc(list, func(c registered) bool { return allowed(names, c.id) })
}

// formats are the codecs of an m-line in its order, RTX folded into what it
// repairs.
func formats(m *sdp.MediaDescription) []media.Format {
	byType := map[string]*media.Format{}
	rtx := map[string]bool{}
	fmtp := map[string]string{}
	for _, a := range m.Attributes {
		pt, rest, _ := strings.Cut(a.Value, " ")
		switch a.Key {
		case "rtpmap":
			name, params, _ := strings.Cut(rest, "/")
			if strings.EqualFold(name, "rtx") {
				rtx[pt] = true
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
		n, err := strconv.ParseUint(pt, 10, 7)
		if err != nil || f == nil || f.Codec == codec.Unknown {
			continue
		}
		f.Fmtp, f.PayloadType = fmtp[pt], uint8(n)
		for _, r := range m.MediaName.Formats {
			if f.RTX == 0 && rtx[r] && repairs(fmtp[r], pt) {
				f.RTX = uint8(number(r, 7))
			}
		}
		list = append(list, *f)
	}
	return list
}

// repairs tells whether an RTX format is that of a payload type (RFC 4588
// section 8.1).
func repairs(fmtp, payloadType string) bool {
	for p := range strings.SplitSeq(fmtp, ";") {
		if strings.TrimSpace(p) == "apt="+payloadType {
			return true
		}
	}
	return false
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
