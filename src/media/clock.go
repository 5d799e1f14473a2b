package media

import "time"

const (
	millisecond = int64(time.Millisecond)
	second      = int64(time.Second)
)

// epoch is the zero of now: the process's start, with its wall-clock reading.
var epoch = time.Now() //nolint:gochecknoglobals // the zero of the monotonic clock, never written again

// now is the monotonic time in nanoseconds since epoch.
func now() int64 { return int64(time.Since(epoch)) }

// ntp is t as a 64-bit NTP timestamp (RFC 5905 section 6): seconds since 1900
// in the upper half, their fraction in the lower.
func ntp(t int64) uint64 {
	const from1900to1970 = 2208988800
	wall := epoch.UnixNano() + t
	sec, nsec := uint64(wall/second)+from1900to1970, uint64(wall%second)
	return sec<<32 | nsec<<32/uint64(second)
}

// ntpNanos is an NTP timestamp's nanoseconds on the same scale as now. Only
// differences are meaningful where the sender's clock is another one.
func ntpNanos(n uint64) int64 {
	const from1900to1970 = 2208988800
	sec, frac := int64(n>>32)-from1900to1970, int64(n&0xffffffff)
	return sec*second + frac*second>>32 - epoch.UnixNano()
}

// absSendTime is t in the 24-bit 6.18 fixed point seconds of the abs-send-time
// header extension (http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time).
func absSendTime(t int64) uint32 {
	return uint32(ntp(t)>>14) & 0xffffff
}
