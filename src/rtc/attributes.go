package rtc

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"ksfu/src/media"
)

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
		if n := number(id, 8); n > 0 && n != 15 { // RFC 8285 section 4.2
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
		for alternatives := range strings.SplitSeq(fields[i+1], ";") {
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

func isDirection(a sdp.Attribute) bool {
	return a.Key == "sendrecv" || a.Key == "sendonly" || a.Key == "recvonly" || a.Key == "inactive"
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
