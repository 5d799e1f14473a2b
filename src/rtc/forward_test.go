package rtc

import (
	"testing"

	"github.com/pion/webrtc/v4"

	"ksfu/src/media"
)

// TestOneToMany sends a publisher's frames to three viewers: one that is
// connected before the publisher negotiates, one whose answer comes before any
// source is known to it, one that comes late.
func TestOneToMany(t *testing.T) {
	e := newEngine(t, nil)
	pub := newClient(t, e, both())
	pub.publish(webrtc.MimeTypeVP8)
	early := newClient(t, e, both())
	early.view()
	early.ep.Sink(media.Video).SetSource(pub.ep.Source(media.Video))
	early.negotiate()
	pub.negotiate()
	pub.pump()
	blind := newClient(t, e, both())
	blind.view()
	blind.negotiate()
	late := newClient(t, e, both())
	late.view()
	late.negotiate()
	blind.ep.Sink(media.Video).SetSource(pub.ep.Source(media.Video))
	late.ep.Sink(media.Video).SetSource(pub.ep.Source(media.Video))
	for i, c := range []*client{early, blind, late} {
		list := c.read(c.track(), 50)
		if list[0].Payload[4]&1 != 0 {
			t.Errorf("viewer %d: the first frame is not a key frame", i)
		}
	}
	if n := e.Panics(); n != 0 {
		t.Errorf("%d panics", n)
	}
}
