package auth

import (
	"container/list"
	"net/netip"
	"sync"
	"time"
)

const (
	// maxFailures and lockTime are what coturn uses against guessers: at most
	// 10 guesses a minute from one address.
	maxFailures = 5
	lockTime    = 30 * time.Second
	// forgetAfter is how long a failure counts. Longer than lockTime, so that
	// pacing guesses just below the limit gains nothing.
	forgetAfter = time.Minute
	// maxAddresses bounds the memory that many addresses can take (about 25 KiB).
	maxAddresses = 256
)

// Lockout counts failures by address and tells which addresses to ignore.
type Lockout struct {
	now func() time.Time

	mu sync.Mutex
	// guarded by mu
	entries map[netip.Prefix]*list.Element
	recent  *list.List // of *failures, the latest first
}

type failures struct {
	from  netip.Prefix
	count int
	last  time.Time
	until time.Time // locked until then
}

// NewLockout makes an empty one; now nil is time.Now.
func NewLockout(now func() time.Time) *Lockout {
	if now == nil {
		now = time.Now
	}
	return &Lockout{now: now, entries: make(map[netip.Prefix]*list.Element), recent: list.New()}
}

// Locked tells how long the address is locked out yet, 0 = it is not.
func (l *Lockout) Locked(addr netip.Addr) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	element, ok := l.entries[Network(addr)]
	if !ok {
		return 0
	}
	return max(0, element.Value.(*failures).until.Sub(l.now()))
}

// Fail counts one failure of an address.
func (l *Lockout) Fail(addr netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, from := l.now(), Network(addr)
	element, ok := l.entries[from]
	if !ok {
		if l.recent.Len() >= maxAddresses {
			oldest := l.recent.Back()
			delete(l.entries, oldest.Value.(*failures).from)
			l.recent.Remove(oldest)
		}
		element = l.recent.PushFront(&failures{from: from})
		l.entries[from] = element
	}
	l.recent.MoveToFront(element)
	f := element.Value.(*failures)
	if now.Sub(f.last) >= forgetAfter {
		f.count = 0
	}
	f.count++
	f.last = now
	if f.count >= maxFailures {
		f.count, f.until = 0, now.Add(lockTime)
	}
}

// Network is what counts as one caller: an IPv4 address, or the /64 that one
// IPv6 host has to itself (RFC 4291 section 2.5.4).
func Network(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{} // no address: all such callers count as one
	}
	return prefix
}
