package media

import "ksfu/src/codec"

// Format is a codec as one side negotiated it.
type Format struct {
	Codec       codec.ID
	ClockRate   uint32 // Hz
	Channels    uint16
	Fmtp        string // the value of a=fmtp without the payload type
	PayloadType uint8
	RTX         uint8 // payload type of its RTX (RFC 4588), 0 = not negotiated
	NACK        bool  // a=rtcp-fb nack
	PLI         bool  // a=rtcp-fb nack pli
	FIR         bool  // a=rtcp-fb ccm fir
	REMB        bool  // a=rtcp-fb goog-remb
	TWCC        bool  // a=rtcp-fb transport-cc
}

// Match tells whether a stream of f can be sent to one who negotiated g.
// Payload types play no part: they differ from side to side.
func (f *Format) Match(g *Format) bool {
	return f.Codec == g.Codec && f.ClockRate == g.ClockRate &&
		(f.Channels == g.Channels || f.Channels <= 1 && g.Channels <= 1) &&
		codec.Match(f.Codec, f.Fmtp, g.Fmtp)
}

// findFormat returns the one of formats that takes f, nil if none does.
func findFormat(formats []Format, f *Format) *Format {
	for i := range formats {
		if f.Match(&formats[i]) {
			return &formats[i]
		}
	}
	return nil
}
