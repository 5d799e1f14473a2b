package rtc

import (
	"fmt"

	"github.com/pion/webrtc/v4"
)

// CreateDataChannel opens a data channel (RFC 8831) to the remote side and
// returns its number here.
func (ep *Endpoint) CreateDataChannel(o DataChannelOptions) (id uint16, err error) {
	if !ep.opts.DataChannels {
		return 0, ErrDataChannelsOff
	}
	ep.negotiating.Lock()
	defer ep.negotiating.Unlock()
	defer ep.contain(&err)
	pc, err := ep.connection()
	if err != nil {
		return 0, err
	}
	if err := ep.roomForChannel(); err != nil {
		return 0, err
	}
	init := &webrtc.DataChannelInit{Ordered: &o.Ordered, Protocol: &o.Protocol}
	if o.MaxPacketLifeTime >= 0 {
		v := uint16(min(o.MaxPacketLifeTime, 65535))
		init.MaxPacketLifeTime = &v
	}
	if o.MaxRetransmits >= 0 {
		v := uint16(min(o.MaxRetransmits, 65535))
		init.MaxRetransmits = &v
	}
	d, err := pc.CreateDataChannel(o.Label, init)
	if err != nil {
		return 0, fmt.Errorf("create data channel: %w", err)
	}
	return ep.addChannel(d), nil
}

func (ep *Endpoint) roomForChannel() error {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	if n := ep.engine.limits.DataChannels; len(ep.channels) >= n {
		return fmt.Errorf("%w: %d are open, which is the limit", ErrTooManyDataChannels, n)
	}
	return nil
}

// accept takes a channel that the remote side opens. Pion keeps something of
// each until the connection ends, so that there is an end to opening and
// closing too.
func (ep *Endpoint) accept(d *webrtc.DataChannel) {
	if n := 64 * ep.engine.limits.DataChannels; ep.accepted.Add(1) > int64(n) {
		ep.fail(fmt.Errorf("%w: more than %d were opened", ErrTooManyDataChannels, n))
		return
	}
	if err := ep.roomForChannel(); err != nil {
		ep.engine.opts.Logger.Debug("data channel closed", "error", err)
		_ = d.Close() // takes effect as it opens
		return
	}
	ep.addChannel(d)
}

// addChannel gives a channel a number and watches it.
func (ep *Endpoint) addChannel(d *webrtc.DataChannel) uint16 {
	ep.mu.Lock()
	id := uint16(0)
	for _, taken := ep.channels[id]; taken; _, taken = ep.channels[id] {
		id++
	}
	ep.channels[id] = d
	ep.mu.Unlock()
	d.OnMessage(func(m webrtc.DataChannelMessage) {
		defer ep.guard()
		ep.data.publish(m)
	})
	d.OnOpen(func() {
		defer ep.guard()
		ep.channelsOpened.Add(1)
		ep.emit(DataChannelChanged{ID: id, Open: true})
	})
	d.OnClose(func() {
		defer ep.guard()
		ep.mu.Lock()
		delete(ep.channels, id)
		ep.mu.Unlock()
		ep.channelsClosed.Add(1)
		ep.emit(DataChannelChanged{ID: id})
	})
	return id
}

// CloseDataChannel closes one by its number.
func (ep *Endpoint) CloseDataChannel(id uint16) error {
	ep.mu.Lock()
	d := ep.channels[id]
	if d != nil && d.ReadyState() == webrtc.DataChannelStateConnecting {
		delete(ep.channels, id) // it never opens, of which Pion tells nothing
	}
	ep.mu.Unlock()
	if d == nil {
		return ErrNoDataChannel
	}
	return d.Close()
}

// openChannel is the open one with the lowest number, nil if there is none.
func (ep *Endpoint) openChannel() *webrtc.DataChannel {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	var found *webrtc.DataChannel
	var lowest uint16
	for id, d := range ep.channels {
		if (found == nil || id < lowest) && d.ReadyState() == webrtc.DataChannelStateOpen {
			found, lowest = d, id
		}
	}
	return found
}
