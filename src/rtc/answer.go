package rtc

import (
	"slices"
	"strings"

	"github.com/pion/sdp/v3"

	"ksfu/src/codec"
	"ksfu/src/media"
)

// compose makes what we send of what Pion made: rejected lines are put back in
// their places, directions are what the endpoint may do, codecs stand in our
// order, bandwidths and simulcast are named and candidates are left to trickle.
// Pion keeps its own version, which allows a superset. layout is what the lines
// of the last negotiation were; an offer keeps them in their places (RFC 3264
// section 8) and adds to them, an answer has no others.
func (ep *Endpoint) compose(made string, remote *description, layout []place) (string, error) {
	s := &sdp.SessionDescription{}
	if err := s.UnmarshalString(made); err != nil {
		return "", err
	}
	for _, m := range s.MediaDescriptions {
		ep.adjust(m, remote)
	}
	if remote != nil {
		layout = remote.layout()
	}
	own := s.MediaDescriptions
	s.MediaDescriptions = nil
	var mids []string
	take := func(m *sdp.MediaDescription) {
		s.MediaDescriptions = append(s.MediaDescriptions, m)
		mids = append(mids, attribute(m.Attributes, "mid"))
	}
	for _, l := range layout {
		i := slices.IndexFunc(own, func(m *sdp.MediaDescription) bool { return attribute(m.Attributes, "mid") == l.mid })
		if l.accepted && i >= 0 && own[i].MediaName.Port.Value != 0 {
			take(own[i])
		} else {
			s.MediaDescriptions = append(s.MediaDescriptions, l.rejected)
		}
		if i >= 0 {
			own = slices.Delete(own, i, i+1)
		}
	}
	if remote == nil {
		for _, m := range own {
			take(m)
		}
	}
	setBundle(s, mids)
	if !has(s.Attributes, "ice-options") {
		s.Attributes = append(s.Attributes, sdp.NewAttribute("ice-options", "trickle")) // RFC 8840 section 4.1.1
	}
	b, err := s.Marshal()
	return string(b), err
}

// place is what is remembered of a line: its mid, whether it is used, and how
// it is rejected.
type place struct {
	mid      string
	accepted bool
	rejected *sdp.MediaDescription
}

func (d *description) layout() []place {
	var list []place
	for _, l := range d.lines {
		list = append(list, place{l.mid, l.accepted, rejected(l)})
	}
	return list
}

// rejected is the answer to an m-line that is not used (RFC 3264 section 6).
func rejected(l mline) *sdp.MediaDescription {
	name := l.desc.MediaName
	name.Port = sdp.RangedPort{}
	m := &sdp.MediaDescription{
		MediaName: name,
		ConnectionInformation: &sdp.ConnectionInformation{ // Firefox wants one on each line
			NetworkType: "IN", AddressType: "IP4", Address: &sdp.Address{Address: "0.0.0.0"},
		},
		Attributes: []sdp.Attribute{sdp.NewAttribute("mid", l.mid)},
	}
	if name.Media == "application" {
		return m
	}
	m.Attributes = append(m.Attributes, sdp.NewPropertyAttribute("inactive"))
	for _, a := range l.desc.Attributes {
		if a.Key == "rtpmap" && !l.accepted { // clients on Pion refuse an answer with formats that it does not explain
			m.Attributes = append(m.Attributes, a)
		}
	}
	return m
}

// rejectAll answers an offer of which nothing can be used.
func rejectAll(d *description) (string, error) {
	s, err := sdp.NewJSEPSessionDescription(false)
	if err != nil {
		return "", err
	}
	for _, l := range d.lines {
		s.MediaDescriptions = append(s.MediaDescriptions, rejected(l))
	}
	b, err := s.Marshal()
	return string(b), err
}

func (ep *Endpoint) adjust(m *sdp.MediaDescription, remote *description) {
	m.Attributes = slices.DeleteFunc(m.Attributes, func(a sdp.Attribute) bool {
		return a.Key == "candidate" || a.Key == "end-of-candidates"
	})
	if remote != nil && remote.transport("setup") == "passive" {
		setAttribute(m, "setup", "active") // RFC 5763 section 5: one of the two is
	}
	kind, ok := kindOf(m.MediaName.Media)
	if !ok || m.MediaName.Port.Value == 0 {
		return
	}
	send, receive := ep.opts.Send, ep.opts.Receive
	if remote != nil {
		if l := remote.line(attribute(m.Attributes, "mid")); l != nil {
			send, receive = send && l.receive, receive && l.send
			spellBack(m, l.desc)
			if receive {
				receiveSimulcast(m, rids(l.desc))
			}
		}
	}
	setDirection(m, send, receive)
	order := audioPreference()
	if kind == media.Video {
		order = videoPreference()
	}
	sortFormats(m, order)
	sortExtensions(m)
	ep.mu.Lock()
	limit := ep.maxRecv[kind]
	ep.mu.Unlock()
	if kbps := limit / 1000; kbps > 0 && receive {
		m.Bandwidth = []sdp.Bandwidth{
			{Type: "AS", Bandwidth: uint64(kbps)},
			{Type: "TIAS", Bandwidth: uint64(limit)}, // RFC 3890, in bits per second
		}
	}
}

// receiveSimulcast takes the layers offered (RFC 8853).
func receiveSimulcast(m *sdp.MediaDescription, rids []string) {
	if len(rids) == 0 {
		return
	}
	for _, rid := range rids {
		m.Attributes = append(m.Attributes, sdp.NewAttribute("rid", rid+" recv"))
	}
	m.Attributes = append(m.Attributes, sdp.NewAttribute("simulcast", "recv "+strings.Join(rids, ";")))
}

func setAttribute(m *sdp.MediaDescription, key, value string) {
	for i := range m.Attributes {
		if m.Attributes[i].Key == key {
			m.Attributes[i].Value = value
		}
	}
}

func setDirection(m *sdp.MediaDescription, send, receive bool) {
	word := "inactive"
	switch {
	case send && receive:
		word = "sendrecv"
	case send:
		word = "sendonly"
	case receive:
		word = "recvonly"
	}
	m.Attributes = slices.DeleteFunc(m.Attributes, func(a sdp.Attribute) bool {
		return isDirection(a) || !send && (a.Key == "msid" || a.Key == "ssrc" || a.Key == "ssrc-group")
	})
	m.Attributes = append(m.Attributes, sdp.NewPropertyAttribute(word))
}

// sortFormats puts the codecs of a line into our order of preference; those of
// one codec, and all that follow, keep theirs.
func sortFormats(m *sdp.MediaDescription, order []codec.ID) {
	rank := map[string]int{}
	name := map[string]string{}
	for _, a := range m.Attributes {
		if pt, rest, _ := strings.Cut(a.Value, " "); a.Key == "rtpmap" {
			name[pt], _, _ = strings.Cut(rest, "/")
		}
	}
	for _, pt := range m.MediaName.Formats {
		rank[pt] = slices.Index(order, codec.Parse(name[pt]))
		if rank[pt] < 0 {
			rank[pt] = len(order)
		}
	}
	slices.SortStableFunc(m.MediaName.Formats, func(a, b string) int { return rank[a] - rank[b] })
}

// sortExtensions puts the extensions in the order of their ids; Pion's changes
// from answer to answer.
func sortExtensions(m *sdp.MediaDescription) {
	var at []int
	var list []sdp.Attribute
	for i, a := range m.Attributes {
		if a.Key == "extmap" {
			at, list = append(at, i), append(list, a)
		}
	}
	id := func(a sdp.Attribute) int {
		n, _, _ := strings.Cut(a.Value, " ")
		return int(number(n, 8))
	}
	slices.SortFunc(list, func(a, b sdp.Attribute) int { return id(a) - id(b) })
	for i := range at {
		m.Attributes[at[i]] = list[i]
	}
}

func kindOf(name string) (media.Kind, bool) {
	switch name {
	case "audio":
		return media.Audio, true
	case "video":
		return media.Video, true
	}
	return 0, false
}
