package media

import (
	"log/slog"
	"time"
)

// Options of a Router.
type Options struct {
	// RingPackets is the number of packets of a video ring, rounded up to a
	// power of two; 0 = by bitrate.
	RingPackets int
	// BestQualityFirst starts a new sink at the highest simulcast layer that
	// exists instead of the lowest.
	BestQualityFirst bool
	// TemporalLayers lets temporal layers be dropped where that keeps a sink
	// within its limit.
	TemporalLayers bool
	// MeasureLatency times packets from their arrival until they are written to
	// each sink's transport. It costs a reading of the clock a packet.
	MeasureLatency bool
	// AudioLevelInterval is the time between a Speaker's decisions; 0 = 500 ms.
	AudioLevelInterval time.Duration
	// AudioLevelThreshold is the level in -dBov, from 0, the loudest, to 127,
	// that counts as speech; 0 = 40.
	AudioLevelThreshold int
	// AudioLevelFilter is the percentage of an interval's packets that must
	// reach the threshold for a source to speak; 0 = 20.
	AudioLevelFilter int
	// Logger must be set.
	Logger *slog.Logger
}

// Equal tells whether two sets of options make the same Router.
func (o Options) Equal(p Options) bool { return o == p }

func (o Options) withDefaults() Options {
	if n := o.RingPackets; n > 0 {
		size := 16
		for size < n && size < maxVideoRing {
			size *= 2
		}
		o.RingPackets = size
	}
	if o.AudioLevelInterval <= 0 {
		o.AudioLevelInterval = 500 * time.Millisecond
	}
	if o.AudioLevelThreshold <= 0 {
		o.AudioLevelThreshold = 40
	}
	if o.AudioLevelFilter <= 0 {
		o.AudioLevelFilter = 20
	}
	return o
}
