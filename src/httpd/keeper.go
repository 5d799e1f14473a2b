package httpd

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ksfu/src/auth"
)

// checkEvery is how soon a new address or certificate file is noticed.
const checkEvery = 30 * time.Second

// keeper looks after the certificate and tells auth under which names this
// node may be called. Connections are not touched: tls.Config asks for the
// certificate at each handshake.
type keeper struct {
	hosts     *auth.Hosts
	addresses func() ([]netip.Addr, error)
	now       func() time.Time
	log       *slog.Logger

	mu sync.Mutex // serialises check, which run and Reload call
	// guarded by mu
	names []string
	local *localLeaf // one of these two, or neither where there is no HTTPS
	files *certFiles
	last  string // error that was logged

	own atomic.Pointer[[]string] // names and addresses, sorted: names first
}

// check renews what must be and publishes the names.
func (k *keeper) check() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	addrs, err := k.addresses()
	if err != nil {
		k.log.Debug("list addresses", "error", err)
	}
	names, addrs := localNames(k.names), localAddresses(addrs)
	var own []string
	var renewed bool
	switch {
	case k.files != nil:
		renewed, err = k.files.check()
		own = slices.Collect(maps.Keys(certHosts(k.files.current.Load().Leaf)))
	case k.local != nil:
		renewed, err = k.local.check(names, addrs, k.now())
		if current := k.local.current.Load(); current != nil {
			own = slices.Collect(maps.Keys(certHosts(current.Leaf)))
		}
	default:
		err = nil
		own = slices.Clone(names)
		for _, addr := range addrs {
			own = append(own, addr.String())
		}
	}
	slices.SortFunc(own, byUse)
	k.own.Store(&own)
	k.hosts.SetOwn(own)
	if renewed {
		k.log.Info("certificate is in use", "names", own)
	}
	return err
}

// run checks until the context ends.
func (k *keeper) run(ctx context.Context, each func()) {
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		k.report(k.check())
		each()
	}
}

// report logs a lasting error once.
func (k *keeper) report(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		k.last = ""
		return
	}
	if text := err.Error(); text != k.last {
		k.last = text
		k.log.Warn("keep certificate", "error", err)
	}
}

func (k *keeper) setNames(names []string) error {
	k.mu.Lock()
	k.names = slices.Clone(names)
	k.mu.Unlock()
	return k.check()
}

var errNoCertificate = errors.New("no certificate yet")

// certificate is tls.Config's GetCertificate.
func (k *keeper) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	var current *tls.Certificate
	switch {
	case k.files != nil:
		current = k.files.current.Load()
	case k.local != nil:
		current = k.local.current.Load()
	}
	if current == nil {
		return nil, errNoCertificate
	}
	return current, nil
}

// byUse puts names before addresses, IPv4 before IPv6, loopback last: the
// order in which a person wants links.
func byUse(a, b string) int {
	rank := func(s string) int {
		addr, err := netip.ParseAddr(s)
		switch {
		case err != nil:
			return 0
		case addr.IsLoopback():
			return 3
		case addr.Is4():
			return 1
		}
		return 2
	}
	if d := rank(a) - rank(b); d != 0 {
		return d
	}
	addrA, errA := netip.ParseAddr(a)
	addrB, errB := netip.ParseAddr(b)
	if errA == nil && errB == nil {
		return addrA.Compare(addrB)
	}
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}
