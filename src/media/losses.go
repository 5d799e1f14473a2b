package media

const (
	// A packet is late, not lost, until two newer ones or 20 ms have passed it
	// (as TCP waits for duplicate acknowledgements).
	reorderPackets = 2
	reorderTime    = 20 * millisecond
	// initialRTT is what a round trip to the publisher is taken for until a
	// retransmission has been timed.
	initialRTT = 100 * millisecond
	minRTT     = 10 * millisecond
	maxRTT     = second
)

// missing is a packet that has not come.
type missing struct {
	seq   int64
	since int64 // ns, when the hole was seen
	asked int64 // ns, 0 = not yet
	tries int
}

// losses is the list of packets of one encoding that are asked for again
// (RFC 4585 section 6.2.1), oldest first.
type losses struct {
	list []missing
	rtt  int64 // ns, smoothed over answered requests
}

// gap records that the packets between after and before did not come. It
// reports false where the hole is too large to be asked for.
func (l *losses) gap(after, before, t int64) bool {
	if before-after-1 > maxMissing-int64(len(l.list)) {
		l.list = l.list[:0]
		return false
	}
	for seq := after + 1; seq < before; seq++ {
		l.list = append(l.list, missing{seq: seq, since: t})
	}
	return true
}

// found takes a packet that has come off the list.
func (l *losses) found(seq, t int64) {
	for i := range l.list {
		m := &l.list[i]
		if m.seq != seq {
			continue
		}
		if m.tries == 1 { // with more, which request was answered is unknown (Karn)
			l.sample(t - m.asked)
		}
		l.list = append(l.list[:i], l.list[i+1:]...)
		return
	}
}

func (l *losses) sample(rtt int64) {
	rtt = min(max(rtt, minRTT), maxRTT)
	if l.rtt == 0 {
		l.rtt = rtt
		return
	}
	l.rtt += (rtt - l.rtt) / 8 // RFC 6298 section 2's alpha
}

// due appends to seqs the 16-bit numbers to be asked for at t, and drops what
// has been asked for often enough or is no longer wanted.
func (l *losses) due(newest, oldest, t int64, seqs []uint16) []uint16 {
	wait := l.rtt
	if wait == 0 {
		wait = initialRTT
	}
	kept := l.list[:0]
	for _, m := range l.list {
		if m.seq < oldest || m.tries >= maxNACKTries && t-m.asked >= wait {
			continue
		}
		late := newest-m.seq >= reorderPackets || t-m.since >= reorderTime
		if m.tries < maxNACKTries && late && (m.tries == 0 || t-m.asked >= wait+wait/4) {
			m.tries++
			m.asked = t
			seqs = append(seqs, uint16(m.seq))
		}
		kept = append(kept, m)
	}
	l.list = kept
	return seqs
}
