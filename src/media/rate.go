package media

// rate measures bits per second over about a second, in steps of a tenth, so
// that a stream that stops is seen to within a second.
type rate struct {
	buckets [10]uint64 // bytes
	at      int64      // index of the newest bucket, in tenths of a second
}

const rateStep = second / 10

func (r *rate) advance(t int64) {
	step := t / rateStep
	if step-r.at >= int64(len(r.buckets)) {
		r.buckets = [10]uint64{}
		r.at = step
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

// bits is the rate in bits per second at t. The bucket being filled is left
// out; a stream younger than a second shows less than it will.
func (r *rate) bits(t int64) int {
	r.advance(t)
	var sum uint64
	for i, b := range r.buckets {
		if int64(i) != r.at%int64(len(r.buckets)) {
			sum += b
		}
	}
	return int(sum * 8 * 10 / 9)
}
