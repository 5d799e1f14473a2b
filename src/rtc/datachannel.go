package rtc

import (
	"github.com/pion/webrtc/v4"
)

// CreateDataChannel opens a data channel (RFC 8831) to the remote side and
// returns its number here.
func (ep *Endpoint) CreateDataChannel(o DataChannelOptions) (uint16, error) {
	if !ep.opts.DataChannels {
		return 0, ErrDataChannelsOff
	}
	pc, err := ep.connection()
	if err != nil {
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
		return 0, err
	}
	return ep.addChannel(d), nil
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
	d.OnOpen(func() {
		ep.channelsOpened.Add(1)
		ep.emit(DataChannelChanged{ID: id, Open: true})
	})
	d.OnClose(func() {
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
	ep.mu.Unlock()
	if d == nil {
		return ErrNoDataChannel
	}
	return d.Close()
}
