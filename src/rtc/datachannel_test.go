package rtc

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/pion/webrtc/v4"
)

func withData() EndpointOptions {
	return EndpointOptions{Receive: true, Send: true, DataChannels: true}
}

// channel opens a data channel of the client's and waits until it is open.
func (c *client) channel() *webrtc.DataChannel {
	c.t.Helper()
	d, err := c.pc.CreateDataChannel("chat", nil)
	must(c.t, err)
	return d
}

func opened(t testing.TB, d *webrtc.DataChannel) {
	t.Helper()
	until(t, "data channel open", func() bool { return d.ReadyState() == webrtc.DataChannelStateOpen })
}

func TestDataChannelsOnlyWhenAsked(t *testing.T) {
	e := newEngine(t, nil)
	c := newClient(t, e, both())
	c.view()
	d := c.channel()
	c.negotiate()
	c.connected()
	if _, err := c.ep.CreateDataChannel(DataChannelOptions{Label: "x"}); !errors.Is(err, ErrDataChannelsOff) {
		t.Errorf("create: %v", err)
	}
	if d.ReadyState() == webrtc.DataChannelStateOpen || c.ep.Stats().DataChannelsOpened != 0 {
		t.Error("a channel is open")
	}
}

// TestDataChannels opens and closes them from both sides.
func TestDataChannels(t *testing.T) {
	e := newEngine(t, nil)
	c := newClient(t, e, withData())
	incoming := make(chan *webrtc.DataChannel, 1)
	c.pc.OnDataChannel(func(d *webrtc.DataChannel) { incoming <- d })
	theirs := c.channel()
	c.negotiate()
	opened(t, theirs)
	c.events.await(t, "channel 0", func(ev Event) bool { return ev == Event(DataChannelChanged{ID: 0, Open: true}) })
	id, err := c.ep.CreateDataChannel(DataChannelOptions{Label: "ours", Protocol: "p", MaxPacketLifeTime: -1, MaxRetransmits: 3})
	must(t, err)
	if id != 1 {
		t.Errorf("number %d", id)
	}
	c.events.await(t, "channel 1", func(ev Event) bool { return ev == Event(DataChannelChanged{ID: 1, Open: true}) })
	ours := <-incoming
	if ours.Label() != "ours" || ours.Protocol() != "p" || ours.Ordered() || *ours.MaxRetransmits() != 3 {
		t.Errorf("channel %q %q %v", ours.Label(), ours.Protocol(), ours.Ordered())
	}
	must(t, c.ep.CloseDataChannel(1))
	c.events.await(t, "channel 1 closed", func(ev Event) bool { return ev == Event(DataChannelChanged{ID: 1}) })
	must(t, theirs.Close())
	c.events.await(t, "channel 0 closed", func(ev Event) bool { return ev == Event(DataChannelChanged{ID: 0}) })
	if err := c.ep.CloseDataChannel(1); !errors.Is(err, ErrNoDataChannel) {
		t.Errorf("close again: %v", err)
	}
	if _, err := c.ep.CreateDataChannel(DataChannelOptions{MaxPacketLifeTime: 1, MaxRetransmits: 1}); err == nil {
		t.Error("both limits were taken")
	}
	if s := c.ep.Stats(); s.DataChannelsOpened != 2 || s.DataChannelsClosed != 2 {
		t.Errorf("opened %d, closed %d", s.DataChannelsOpened, s.DataChannelsClosed)
	}
}

// TestDataChannelLimits: beyond the limit channels are closed, and one who goes
// on opening them is.
func TestDataChannelLimits(t *testing.T) {
	e := newEngine(t, func(o *Options) { o.Limits.DataChannels = 2 })
	c := newClient(t, e, withData())
	c.channel()
	c.negotiate()
	c.events.await(t, "the first", func(ev Event) bool { return ev == Event(DataChannelChanged{ID: 0, Open: true}) })
	_, err := c.ep.CreateDataChannel(DataChannelOptions{Label: "x", MaxPacketLifeTime: -1, MaxRetransmits: -1})
	must(t, err)
	if _, err := c.ep.CreateDataChannel(DataChannelOptions{Label: "y"}); !errors.Is(err, ErrTooManyDataChannels) {
		t.Errorf("a third: %v", err)
	}
	for range 64 * 2 {
		if _, err := c.pc.CreateDataChannel("more", nil); err != nil {
			break // the endpoint has closed the connection
		}
	}
	ev := c.events.await(t, "failure", func(ev Event) bool { _, ok := ev.(Failure); return ok })
	if f, _ := ev.(Failure); !errors.Is(f.Err, ErrTooManyDataChannels) || !f.Fatal {
		t.Errorf("%+v", ev)
	}
	until(t, "closed", func() bool { return e.Endpoints() == 0 })
}

// TestDataSource passes messages on to two sinks, text as text; one without an
// open channel drops them and is counted.
func TestDataSource(t *testing.T) {
	e := newEngine(t, nil)
	src := newClient(t, e, withData())
	from := src.channel()
	src.negotiate()
	opened(t, from)
	type message struct {
		sink int
		text string
	}
	got := make(chan message, 100)
	var sinks []*client
	for i := range 2 {
		c := newClient(t, e, withData())
		d := c.channel()
		d.OnMessage(func(m webrtc.DataChannelMessage) {
			got <- message{i, fmt.Sprint(m.IsString, " ", string(m.Data))}
		})
		c.negotiate()
		opened(t, d)
		c.events.await(t, "channel", func(ev Event) bool { return ev == Event(DataChannelChanged{ID: 0, Open: true}) })
		c.ep.SetDataSource(src.ep)
		sinks = append(sinks, c)
	}
	none := newClient(t, e, withData())
	none.ep.SetDataSource(src.ep)
	must(t, from.SendText("hello"))
	must(t, from.Send([]byte{65, 66}))
	want := map[int][]string{}
	for range 4 {
		m := <-got
		want[m.sink] = append(want[m.sink], m.text)
	}
	for i := range sinks {
		if fmt.Sprint(want[i]) != "[true hello false AB]" {
			t.Errorf("sink %d got %q", i, want[i])
		}
	}
	until(t, "counters", func() bool {
		return none.ep.Stats().DataDropped == 2 && sinks[0].ep.Stats().DataSent == 2 && sinks[0].ep.Stats().DataDropped == 0
	})
	sinks[0].ep.SetDataSource(nil)
	must(t, sinks[1].ep.Close())
	must(t, from.SendText("alone"))
	until(t, "the last message", func() bool { return none.ep.Stats().DataDropped == 3 })
	if n := sinks[0].ep.Stats().DataSent; n != 2 {
		t.Errorf("%d messages to one that is disconnected", n)
	}
	must(t, src.ep.Close())
	sinks[0].ep.SetDataSource(src.ep) // of one that is closed: nothing
	if sinks[0].ep.data.source != nil || src.ep.data.list() != nil {
		t.Error("a closed source has a sink")
	}
}

// TestSlowDataSink: who does not take what is sent loses messages, and the
// others do not wait.
func TestSlowDataSink(t *testing.T) {
	e := newEngine(t, nil)
	src := newClient(t, e, withData())
	from := src.channel()
	src.negotiate()
	opened(t, from)
	block := make(chan struct{})
	slow, fast := newClient(t, e, withData()), newClient(t, e, withData())
	var received atomic.Int64
	for _, c := range []*client{slow, fast} {
		d := c.channel()
		d.OnMessage(func(webrtc.DataChannelMessage) {
			if c == slow {
				<-block // Pion reads no further, and its window closes
			} else {
				received.Add(1)
			}
		})
		c.negotiate()
		opened(t, d)
		c.events.await(t, "channel", func(ev Event) bool { return ev == Event(DataChannelChanged{ID: 0, Open: true}) })
		c.ep.SetDataSource(src.ep)
	}
	const messages = 400
	payload := make([]byte, 16<<10) // 6.4 MB: more than window and buffer of the slow one
	for i := range messages {
		must(t, from.Send(payload))
		// The fast one has what it is sent before more comes: it must lose none.
		until(t, "message at the fast sink", func() bool { return received.Load() == int64(i+1) })
	}
	if s := fast.ep.Stats(); s.DataDropped != 0 || s.DataSent != messages {
		t.Errorf("fast: sent %d, dropped %d", s.DataSent, s.DataDropped)
	}
	if s := slow.ep.Stats(); s.DataDropped == 0 {
		t.Errorf("slow: sent %d, dropped %d", s.DataSent, s.DataDropped)
	}
	close(block)
}
