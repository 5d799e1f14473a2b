package auth

import (
	"fmt"
	"net/http"
	"net/netip"
	"time"
)

// Guard checks credentials: a Keyring behind a Lockout.
type Guard struct {
	Keys    *Keyring
	Lockout *Lockout
}

// Grant is what a good credential gives.
type Grant struct {
	Principal   Principal
	Fingerprint Fingerprint // of the credential, to tell later whether it still holds
}

// Check tells who a request from addr is from: ErrNoCredential,
// ErrWrongCredential, ErrLocked (as *LockedError) or a Grant. A locked address
// is not evaluated, or its lock would be no limit on guessing.
func (g *Guard) Check(r *http.Request, addr netip.Addr) (Grant, error) {
	token, ok := FromRequest(r)
	if !ok {
		return Grant{}, ErrNoCredential
	}
	if left := g.Lockout.Locked(addr); left > 0 {
		return Grant{}, &LockedError{Left: left}
	}
	principal, fingerprint, ok := g.Keys.Find(token)
	if !ok {
		g.Lockout.Fail(addr)
		return Grant{}, ErrWrongCredential
	}
	return Grant{Principal: principal, Fingerprint: fingerprint}, nil
}

// LockedError is ErrLocked with the time that is left.
type LockedError struct{ Left time.Duration }

func (e *LockedError) Error() string {
	return fmt.Sprintf("%v; try again in %d s", ErrLocked, e.Seconds())
}

// Unwrap makes it ErrLocked.
func (e *LockedError) Unwrap() error { return ErrLocked }

// Seconds is the time left, rounded up, as in Retry-After (RFC 9110 section 10.2.3).
func (e *LockedError) Seconds() int { return int((e.Left + time.Second - 1) / time.Second) }
