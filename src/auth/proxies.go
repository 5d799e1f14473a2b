package auth

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies is the set of reverse proxies whose word about a client counts.
type Proxies struct {
	ranges []netip.Prefix
}

// ParseProxies reads addresses and ranges ("10.0.0.1", "fd00::/8").
func ParseProxies(list []string) (*Proxies, error) {
	p := &Proxies{}
	for _, item := range list {
		prefix, err := netip.ParsePrefix(item)
		if err != nil {
			addr, addrErr := netip.ParseAddr(item)
			if addrErr != nil || addr.Zone() != "" {
				return nil, fmt.Errorf("trusted_proxy %q: %w; give one such as 10.0.0.1 or 10.0.0.0/8", item, ErrBadProxy)
			}
			addr = addr.Unmap()
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		p.ranges = append(p.ranges, prefix.Masked())
	}
	return p, nil
}

// Trusted tells whether addr is a trusted proxy.
func (p *Proxies) Trusted(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, r := range p.ranges {
		if r.Contains(addr) {
			return true
		}
	}
	return false
}

// Client is where a request comes from: the address of the connection or, from
// a trusted proxy, the last one of X-Forwarded-For that is not itself a trusted
// proxy. What stands left of that one its sender may have invented.
func (p *Proxies) Client(peer netip.Addr, header http.Header) netip.Addr {
	peer = peer.Unmap()
	if !p.Trusted(peer) {
		return peer
	}
	hops := strings.Split(strings.Join(header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		addr, ok := parseHop(hops[i])
		if !ok {
			return peer
		}
		if peer = addr; !p.Trusted(addr) {
			return addr
		}
	}
	return peer
}

// Host is the host a request is for: that of the request or, from a trusted
// proxy, the one the proxy was asked for.
func (p *Proxies) Host(peer netip.Addr, r *http.Request) string {
	if !p.Trusted(peer) {
		return r.Host
	}
	forwarded := r.Header.Values("X-Forwarded-Host")
	if len(forwarded) == 0 {
		return r.Host
	}
	// Each proxy appends; the last value is from the one that we trust.
	hosts := strings.Split(forwarded[len(forwarded)-1], ",")
	return strings.TrimSpace(hosts[len(hosts)-1])
}

// Forwarded tells whether a request says that it has passed a proxy.
func Forwarded(header http.Header) bool {
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Real-Ip"} {
		if _, ok := header[name]; ok {
			return true
		}
	}
	return false
}

// parseHop reads one value of X-Forwarded-For; some proxies add the port.
func parseHop(hop string) (netip.Addr, bool) {
	hop = strings.TrimSpace(hop)
	if addr, err := netip.ParseAddr(strings.Trim(hop, "[]")); err == nil {
		return addr.Unmap(), true
	}
	if addr, err := netip.ParseAddrPort(hop); err == nil {
		return addr.Addr().Unmap(), true
	}
	return netip.Addr{}, false
}
