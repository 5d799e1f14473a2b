package auth_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"ksfu/src/auth"
)

type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func newClock() *clock { return &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func request(token string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r
}

func TestLockout(t *testing.T) {
	c := newClock()
	guard := &auth.Guard{Keys: keyring(t), Lockout: auth.NewLockout(c.now)}
	home, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for i := range 20 {
		if _, err := guard.Check(request(""), home); !errors.Is(err, auth.ErrNoCredential) {
			t.Fatalf("request %d without a token: %v", i, err)
		}
	}
	for i := range 5 {
		if _, err := guard.Check(request("wrong"), home); !errors.Is(err, auth.ErrWrongCredential) {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	_, err := guard.Check(request(apiToken), home)
	var locked *auth.LockedError
	if !errors.As(err, &locked) || !errors.Is(err, auth.ErrLocked) || locked.Seconds() != 30 {
		t.Fatalf("after 5 failures the right token gives %v", err)
	}
	if _, err := guard.Check(request(apiToken), other); err != nil {
		t.Errorf("another address is locked too: %v", err)
	}
	c.t = c.t.Add(30*time.Second - 1)
	if _, err := guard.Check(request(apiToken), home); !errors.Is(err, auth.ErrLocked) {
		t.Errorf("just before 30 s: %v", err)
	}
	c.t = c.t.Add(1)
	if _, err := guard.Check(request(apiToken), home); err != nil {
		t.Errorf("after 30 s: %v", err)
	}
}

// A thousand guesses in a minute: at most 15 are looked at (THREATS 18).
func TestGuessesPerMinute(t *testing.T) {
	for _, pace := range []time.Duration{0, time.Millisecond, 60 * time.Millisecond, time.Second, 7 * time.Second} {
		t.Run(pace.String(), func(t *testing.T) {
			c := newClock()
			guard := &auth.Guard{Keys: keyring(t), Lockout: auth.NewLockout(c.now)}
			end, evaluated := c.t.Add(time.Minute), 0
			for i := 0; i < 1000 && c.t.Before(end); i++ {
				addr := netip.MustParseAddr("2001:db8:1:2::").Next()
				if i%2 == 1 {
					addr = netip.MustParseAddr(fmt.Sprintf("2001:db8:1:2:ffff::%x", i)) // same /64
				}
				if _, err := guard.Check(request("wrong"), addr); errors.Is(err, auth.ErrWrongCredential) {
					evaluated++
				}
				c.t = c.t.Add(pace)
			}
			if evaluated > 15 {
				t.Errorf("%d guesses were evaluated", evaluated)
			}
		})
	}
}

func TestLockoutIsBounded(t *testing.T) {
	c := newClock()
	lockout := auth.NewLockout(c.now)
	first := netip.MustParseAddr("10.0.0.1")
	for range 5 {
		lockout.Fail(first)
	}
	addr := netip.MustParseAddr("10.1.0.0")
	for range 255 {
		addr = addr.Next()
		lockout.Fail(addr)
	}
	if lockout.Locked(first) == 0 {
		t.Error("256 addresses do not fit")
	}
	lockout.Fail(addr.Next())
	if lockout.Locked(first) != 0 {
		t.Error("the table grew beyond 256 addresses")
	}
}

func TestOldFailuresAreForgotten(t *testing.T) {
	c := newClock()
	lockout := auth.NewLockout(c.now)
	addr := netip.MustParseAddr("192.0.2.1")
	for range 20 {
		lockout.Fail(addr)
		c.t = c.t.Add(time.Minute)
	}
	if lockout.Locked(addr) != 0 {
		t.Error("one failure a minute locked an address out")
	}
}

func TestNetwork(t *testing.T) {
	tests := []struct{ addr, want string }{
		{"192.0.2.1", "192.0.2.1/32"},
		{"::ffff:192.0.2.1", "192.0.2.1/32"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"fe80::1%eth0", "fe80::/64"},
	}
	for _, test := range tests {
		if got := auth.Network(netip.MustParseAddr(test.addr)).String(); got != test.want {
			t.Errorf("Network(%s) = %s, want %s", test.addr, got, test.want)
		}
	}
	if auth.Network(netip.Addr{}).IsValid() {
		t.Error("no address has a network")
	}
}
