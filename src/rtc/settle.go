package rtc

import (
	"fmt"
	"slices"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"ksfu/src/media"
)

// settle hands what was agreed on to media and to the candidates that waited.
func (ep *Endpoint) settle(pc *webrtc.PeerConnection, local, remoteText string, remote *description) error {
	made := &sdp.SessionDescription{}
	if err := made.UnmarshalString(local); err != nil {
		return fmt.Errorf("%w: %w", ErrSDP, err)
	}
	var lines []media.Line
	var sends [2]bool
	for _, m := range made.MediaDescriptions {
		kind, ok := kindOf(m.MediaName.Media)
		theirs := remote.line(attribute(m.Attributes, "mid"))
		if !ok || theirs == nil || m.MediaName.Port.Value == 0 {
			continue
		}
		agreed := common(formats(theirs.desc), formats(m))
		ids := extensions(theirs.desc)
		if ep.opts.Receive {
			line := media.Line{MID: theirs.mid, Source: ep.sources[kind], Extensions: ids}
			if theirs.send { // else nothing of it is taken, but the source is seen to stop
				line.Formats, line.RIDs, line.Streams = agreed, rids(theirs.desc), streams(theirs.desc)
			}
			lines = append(lines, line)
		}
		if ep.opts.Send && theirs.receive {
			sends[kind] = ep.bind(kind, agreed, ids)
		}
	}
	for _, kind := range media.Kinds() {
		ep.tracks[kind].active.Store(sends[kind])
	}
	ep.inbound.Negotiated(lines)
	ufrag, pwd := remote.credentials()
	ep.mu.Lock()
	ep.local, ep.remote, ep.layout = local, remoteText, remote.layout()
	ep.offered, ep.negotiated = false, true
	ep.candidates.place(local)
	ep.tellCandidates()
	waiting := ep.candidates.ready(ufrag, pwd)
	for _, c := range remote.candidates() {
		if again, err := ep.candidates.take(c.Candidate); !again && err == nil {
			waiting = append(waiting, c)
		}
	}
	ep.mu.Unlock()
	for _, c := range waiting {
		if err := ep.addCandidate(pc, c); err != nil {
			ep.engine.opts.Logger.Debug("candidate refused", "error", err)
		}
	}
	return nil
}

// bind gives the sink of a kind what was agreed on. Where that is what it has,
// the stream goes on as it is.
func (ep *Endpoint) bind(kind media.Kind, agreed []media.Format, ids media.ExtensionIDs) bool {
	w, ssrc, rtx, ok := ep.tracks[kind].binding()
	if !ok {
		return false
	}
	b := bound{ssrc: ssrc, rtx: rtx, formats: agreed, ids: ids}
	if old := ep.bound[kind]; old != nil && old.equal(b) {
		return true
	}
	ep.bound[kind] = &b
	ep.tracks[kind].active.Store(true)
	ep.sinks[kind].Bind(media.Binding{Writer: w, SSRC: ssrc, RTX: rtx, Formats: agreed, Extensions: ids})
	ep.outbound.Register(ep.sinks[kind])
	return true
}

// bound is what a sink was last bound to.
type bound struct {
	ssrc, rtx uint32
	formats   []media.Format
	ids       media.ExtensionIDs
}

func (b *bound) equal(c bound) bool {
	return b.ssrc == c.ssrc && b.rtx == c.rtx && b.ids == c.ids && slices.Equal(b.formats, c.formats)
}

// hold stops the media of a negotiation that ends with nothing accepted. The
// connection stays, for one that accepts something again.
func (ep *Endpoint) hold() {
	var lines []media.Line
	for _, kind := range media.Kinds() {
		ep.tracks[kind].active.Store(false)
		lines = append(lines, media.Line{Source: ep.sources[kind]})
	}
	if ep.opts.Receive {
		ep.inbound.Negotiated(lines)
	}
}
