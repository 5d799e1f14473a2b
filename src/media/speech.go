package media

import "sync/atomic"

// speech counts what a source's packets say of their loudness (RFC 6464). The
// counts only grow: each Speaker keeps what it has seen of them.
type speech struct {
	packets atomic.Uint64
	spoken  atomic.Uint64 // packets that reached the threshold
	loud    atomic.Uint64 // their sum of 127 less the level in -dBov
}

func (s *speech) heard(level uint8, threshold int) {
	s.packets.Add(1)
	if int(level) <= threshold {
		s.spoken.Add(1)
		s.loud.Add(uint64(127 - level))
	}
}

// spoken is speech at one time, or between two.
type spoken struct{ packets, spoken, loud uint64 }

func (s *speech) now() spoken {
	return spoken{s.packets.Load(), s.spoken.Load(), s.loud.Load()}
}

func (a spoken) since(b spoken) spoken {
	return spoken{a.packets - b.packets, a.spoken - b.spoken, a.loud - b.loud}
}
