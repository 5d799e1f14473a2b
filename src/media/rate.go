package media

// rate measures bits per second over about a second, in steps of a tenth, so
// that a stream that stops is seen to within a second.
type rate struct {
	buckets [10]uint64 // bytes
	at      int64      // index of the newest bucket, in tenths of a second
	from    int64      // of the first one after a silence
}

const rateStep = second / 10

func (r *rate) advance(t int64) {
	step := t / rateStep
	if step-r.at >= int64(len(r.buckets)) {
		r.buckets = [10]uint64{}
		r.at, r.from = step, step
		return
	}
	for r.at < step {
		r.at++
		r.buckets[r.at%int64(len(r.buckets))] = 0
	}
}

func (r *rate) add(bytes int, t int64) {
	r.advance(t)
	r.buckets[r.at%int64(len(r.buckets))] += uint64(bytes)
}

// settled tells that half a second was measured since the stream began: frames
// are too far apart for less to mean anything.
func (r *rate) settled(t int64) bool {
	r.advance(t)
	return r.at-r.from >= int64(len(r.buckets))/2
}

// bits is the rate in bits per second at t. The bucket being filled is left
// out, but for a stream that has no other yet.
func (r *rate) bits(t int64) int {
	r.advance(t)
	full := min(r.at-r.from, int64(len(r.buckets))-1)
	if full <= 0 {
		return int(r.buckets[r.at%int64(len(r.buckets))] * 8 * 10)
	}
	var sum uint64
	for i, b := range r.buckets {
		if int64(i) != r.at%int64(len(r.buckets)) {
			sum += b
		}
	}
	return int(sum * 8 * 10 / uint64(full))
}
