package kurento

import (
	"fmt"
	"strings"
)

// mostMedia is how many m-lines are read (THREATS: SDP).
const mostMedia = 64

// rejectMedia answers an offer without ICE by rejecting each of its media: port
// 0 (RFC 3264 section 6). It tells whether the text is such an offer: SDP by
// its first lines (RFC 8866), with media, and with no ufrag (RFC 8839) that a
// WebRTC endpoint could have answered.
func rejectMedia(offer string) (answer string, ok bool) {
	lines := strings.Split(strings.ReplaceAll(offer, "\r\n", "\n"), "\n")
	if lines[0] != "v=0" {
		return "", false
	}
	type section struct{ line, mid string }
	var sections []section
	for _, line := range lines {
		switch {
		case strings.HasPrefix(line, "m="):
			fields := strings.Fields(line[len("m="):])
			if len(fields) < 4 || len(sections) == mostMedia {
				return "", false
			}
			sections = append(sections, section{line: fmt.Sprintf("m=%s 0 %s", fields[0], strings.Join(fields[2:], " "))})
		case strings.HasPrefix(line, "a=ice-ufrag:"):
			return "", false
		case strings.HasPrefix(line, "a=mid:") && len(sections) > 0:
			sections[len(sections)-1].mid = line
		}
	}
	if len(sections) == 0 {
		return "", false
	}
	var b strings.Builder
	b.WriteString("v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n")
	for _, s := range sections {
		b.WriteString(s.line + "\r\na=inactive\r\n")
		if s.mid != "" {
			b.WriteString(s.mid + "\r\n")
		}
	}
	return b.String(), true
}
