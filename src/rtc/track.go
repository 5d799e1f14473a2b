package rtc

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"ksfu/src/media"
)

// track is what Pion sends of one kind: it lends the sender's stream and SSRCs
// to a sink and does nothing else.
type track struct {
	endpoint *Endpoint
	kind     media.Kind
	active   atomic.Bool // the remote side wants it

	mu        sync.Mutex // guards the following
	writer    webrtc.TrackLocalWriter
	ssrc, rtx uint32
}

var _ webrtc.TrackLocal = (*track)(nil)

// Bind is called when the sender has been negotiated for the first time.
func (t *track) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	t.mu.Lock()
	t.writer, t.ssrc, t.rtx = c.WriteStream(), uint32(c.SSRC()), uint32(c.SSRCRetransmission())
	t.mu.Unlock()
	list := c.CodecParameters()
	if len(list) == 0 {
		return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
	}
	return list[0], nil // Pion wants one; the sink chooses for each packet
}

// Unbind forgets the sender's stream.
func (t *track) Unbind(webrtc.TrackLocalContext) error {
	t.mu.Lock()
	t.writer = nil
	t.mu.Unlock()
	return nil
}

// ID of the track in the SDP's msid.
func (t *track) ID() string { return t.kind.String() }

// RID is empty: sinks send one encoding.
func (t *track) RID() string { return "" }

// StreamID of the SDP's msid; the tracks of an endpoint are one stream, so
// that receivers keep them in sync.
func (t *track) StreamID() string { return "ksfu" }

// Kind as Pion names it.
func (t *track) Kind() webrtc.RTPCodecType { return codecType(t.kind) }

// binding is what the sink needs; ok is false before Bind.
func (t *track) binding() (w media.Writer, ssrc, rtx uint32, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.writer == nil {
		return nil, 0, 0, false
	}
	return &writer{t, t.writer}, t.ssrc, t.rtx, true
}

var (
	errHeld  = errors.New("the remote side does not receive")
	errNotUp = errors.New("SRTP is not up")
)

// writer sends and counts what a track sends.
type writer struct {
	track  *track
	stream webrtc.TrackLocalWriter
}

// WriteRTP encrypts and sends one packet.
func (w *writer) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	if !w.track.active.Load() {
		return 0, errHeld
	}
	n, err := w.stream.WriteRTP(h, payload)
	switch {
	case err != nil:
		return 0, err
	case n == 0:
		return 0, errNotUp // Pion's way of saying so
	}
	w.track.endpoint.bytesSent.Add(uint64(n))
	w.track.endpoint.packetsSent.Add(1)
	return n, nil
}

func codecType(k media.Kind) webrtc.RTPCodecType {
	if k == media.Video {
		return webrtc.RTPCodecTypeVideo
	}
	return webrtc.RTPCodecTypeAudio
}
