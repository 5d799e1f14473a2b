package media

import "slices"

// choice is the layer that a sink is allowed.
type choice struct {
	encoding *Encoding
	temporal int // highest temporal layer allowed
	now      int // the one forwarded: raised where the stream lets it
	chosen   bool
	downAt   int64 // when a limit took a layer away, and which limit
	downBy   int
}

const (
	// A layer is kept until it is this much above the limit, so that the
	// swinging of a measured rate does not switch to and fro.
	keepMargin = 1.15
	// A layer that a limit took away is not tried again by the same limit for
	// so long: each switch costs a key frame.
	upHold      = 5 * second
	allTemporal = maxTemporal - 1
)

// choose is the encoding that the sink should forward now; nil if there is
// none. k.mu is held.
func (k *Sink) choose(t int64) *Encoding {
	layers := k.source.layers(t)
	if len(layers) == 0 {
		// Nothing is active: stay, or wait on what may come.
		all := *k.source.encodings.Load()
		if len(all) == 0 {
			return nil
		}
		for _, e := range all {
			if e == k.current {
				return e
			}
		}
		return all[0]
	}
	if k.kind == Audio {
		k.layer = choice{encoding: layers[0], temporal: allTemporal, now: allTemporal, chosen: true}
		return layers[0]
	}
	for _, e := range layers {
		if k.layer.chosen && e == k.layer.encoding {
			return e
		}
	}
	first := layers[0]
	if k.router.opts.BestQualityFirst {
		first = layers[len(layers)-1]
	}
	k.layer = choice{encoding: first, temporal: allTemporal, now: allTemporal, chosen: true}
	return first
}

// allocate gives the sink the best layer within limit bits per second (0 = no
// limit) and returns what it takes. Called by its Outbound; k.mu is free.
func (k *Sink) allocate(limit int, t int64) int {
	k.mu.Lock()
	if k.source == nil || k.kind != Video || !k.ready {
		k.mu.Unlock()
		return 0
	}
	if k.maxRate > 0 && (limit == 0 || k.maxRate < limit) {
		limit = k.maxRate
	}
	layers := k.source.layers(t)
	if len(layers) == 0 {
		k.mu.Unlock()
		return 0
	}
	best, temporal, rate := k.pick(layers, limit, t)
	old := k.layer
	was, is := slices.Index(layers, old.encoding), slices.Index(layers, best)
	held := is > was && limit > 0 && old.downAt != 0 && t-old.downAt < upHold && limit <= old.downBy*11/10
	if was >= 0 && held {
		best, temporal, is = old.encoding, old.temporal, was
		rate = best.bitrate(temporal, t)
	}
	changed := best != old.encoding
	next := choice{encoding: best, temporal: temporal, now: old.now, chosen: true, downAt: old.downAt, downBy: old.downBy}
	if changed || temporal < next.now {
		next.now = temporal
	}
	if was > is {
		next.downAt, next.downBy = t, limit
	}
	k.layer = next
	k.mu.Unlock()
	if changed {
		k.update()
	}
	return rate
}

// pick finds the highest layer that fits, temporal layers where they are in
// use, and the lowest in any case.
func (k *Sink) pick(layers []*Encoding, limit int, t int64) (*Encoding, int, int) {
	lowest := 0
	if k.router.opts.TemporalLayers {
		lowest = allTemporal
	}
	for i := len(layers) - 1; i >= 0; i-- {
		e := layers[i]
		for skip := 0; skip <= lowest; skip++ {
			temporal := allTemporal - skip
			rate := e.bitrate(temporal, t)
			allowed := limit
			if e == k.layer.encoding && temporal == k.layer.temporal {
				allowed = int(float64(limit) * keepMargin)
			}
			if limit == 0 || rate <= allowed || i == 0 && skip == lowest {
				return e, temporal, rate
			}
		}
	}
	return layers[0], allTemporal, 0
}

// wanted is what the sink would take without a transport's limit.
func (k *Sink) wanted(t int64) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.source == nil || !k.ready {
		return 0
	}
	layers := k.source.layers(t)
	if len(layers) == 0 {
		return 0
	}
	_, _, rate := k.pick(layers, k.maxRate, t)
	return rate
}
