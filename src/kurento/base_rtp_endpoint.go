package kurento

import (
	"ksfu/src/jsonrpc"
	"ksfu/src/media"
)

func baseRTPEndpointClass() *class {
	k := &class{name: "BaseRtpEndpoint", events: []string{"MediaStateChanged", "ConnectionStateChanged"}}
	k.define("requestKeyframe()", func(c *call, o *object, _ args) (any, error) {
		c.peer(o).Source(media.Video).RequestKeyFrame()
		return nil, nil
	})
	// The lower limits are an encoder's affair, and kept. The default of the
	// upper one is no limit, where Kurento has 500 kbps for its encoder.
	k.stored("minVideoRecvBandwidth:int=0", kilobits, nil)
	k.stored("minVideoSendBandwidth:int=100", kilobits, nil)
	k.stored("maxVideoSendBandwidth:int=0", kilobits, limitSending)
	k.property("mediaState:MediaState", connectionState, nil)
	k.property("connectionState:ConnectionState", connectionState, nil)
	// Packets are forwarded as they came: kept, without effect.
	k.stored("mtu:int=1200", func(v any) *jsonrpc.Error {
		if n, _ := v.(int64); n < 64 || n > 65_535 {
			return fail(codeIllegalParam, "'mtu' must be 64 to 65535 bytes")
		}
		return nil
	}, nil)
	// Kept: the estimate that these steer is made by rtc.
	k.stored("rembParams:RembParams", nil, nil)
	remb := k.operations["getRembParams"]
	get := remb.run
	remb.run = func(c *call, o *object, a args) (any, error) {
		value, err := get(c, o, a)
		if value == nil && err == nil {
			// Kurento gives its defaults before any were set.
			value = defaults(c.srv.model.types["RembParams"])
		}
		return value, err
	}
	return k
}

func defaults(t *complexType) args {
	a := args{}
	for _, field := range t.fields {
		if field.fallback != nil {
			a[field.name] = field.fallback
		}
	}
	return a
}

func connectionState(c *call, o *object) (any, error) {
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	return connectedName(o.webrtc.connected), nil
}

func connectedName(connected bool) string {
	if connected {
		return "CONNECTED"
	}
	return "DISCONNECTED"
}

// limitSending lets rtc choose the layer that fits the lower one of the limits
// that are set.
func limitSending(c *call, o *object) {
	c.srv.mu.Lock()
	var p *peer
	if o.webrtc != nil {
		p = o.webrtc.peer
	}
	limit := o.number("maxVideoSendBandwidth") * 1000
	if encoder := o.number("maxEncoderBitrate"); encoder > 0 && (limit == 0 || encoder < limit) {
		limit = encoder
	}
	c.srv.mu.Unlock()
	if p != nil {
		p.SetMaxSendBitrate(limit)
	}
}

// number is a stored property; those asked for here default to 0. The caller
// holds Server.mu.
func (o *object) number(name string) int {
	n, _ := o.values[name].(int64)
	return int(n)
}
