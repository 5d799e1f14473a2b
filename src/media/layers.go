package media

import "slices"

// choice is the layer that a sink is allowed.
type choice struct {
	encoding *Encoding
	temporal int   // highest temporal layer allowed
	downAt   int64 // when a limit took a layer away, 0 = it never did
	downBy   int   // the limit that did
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
		if slices.Contains(all, k.current) {
			return k.current
		}
		return all[0]
	}
	if k.kind == Video && slices.Contains(layers, k.layer.encoding) {
		return k.layer.encoding
	}
	first := layers[0]
	if k.kind == Video && k.router.options().BestQualityFirst {
		first = layers[len(layers)-1]
	}
	k.layer = choice{encoding: first, temporal: allTemporal}
	return first
}

// allocate gives the sink the best layer within limit bits per second (0 = no
// limit) and returns what that takes and what it would take without the limit.
// Called by its Outbound; k.mu is free.
func (k *Sink) allocate(limit int, t int64) (took, wanted int) {
	k.mu.Lock()
	defer k.unlock()
	if k.source == nil || k.kind != Video || !k.ready || k.ended {
		return 0, 0
	}
	layers := k.source.layers(t)
	if len(layers) == 0 {
		return 0, 0
	}
	_, _, wanted = k.pick(layers, k.maxRate, t)
	if k.maxRate > 0 && (limit == 0 || k.maxRate < limit) {
		limit = k.maxRate
	}
	best, temporal, took := k.pick(layers, limit, t)
	old := k.layer
	was, is := slices.Index(layers, old.encoding), slices.Index(layers, best)
	if was >= 0 && is > was && limit > 0 && old.downAt != 0 && t-old.downAt < upHold && limit <= old.downBy+old.downBy/10 {
		best, temporal, is = old.encoding, old.temporal, was
		took = best.bitrate(temporal, t)
	}
	k.layer.encoding, k.layer.temporal = best, temporal
	if was > is {
		k.layer.downAt, k.layer.downBy = t, limit
	}
	if best == k.current {
		k.temporal = min(k.temporal, temporal) // raised by drops, where the stream lets it
	}
	if best != old.encoding {
		k.reconsider(t)
	}
	return took, wanted
}

// pick finds the highest layer that fits, temporal layers where they are in
// use, and the lowest in any case.
func (k *Sink) pick(layers []*Encoding, limit int, t int64) (e *Encoding, temporal, rate int) {
	lowest := allTemporal
	if k.router.options().TemporalLayers {
		lowest = 0
	}
	for i := len(layers) - 1; i >= 0; i-- {
		e = layers[i]
		for temporal = allTemporal; temporal >= lowest; temporal-- {
			rate = e.bitrate(temporal, t)
			allowed := float64(limit)
			if e == k.layer.encoding && temporal == k.layer.temporal {
				allowed *= keepMargin
			}
			if limit == 0 || float64(rate) <= allowed && (e == k.layer.encoding || e.settled(t)) {
				return e, temporal, rate
			}
		}
	}
	return layers[0], lowest, rate
}
