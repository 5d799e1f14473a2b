package httpd

import (
	"net"
	"net/netip"
	"slices"
	"strings"
)

// localDomains are the names our own CA may speak for: RFC 6762 (local), RFC
// 8375 (home.arpa), and OpenWrt's lan.
func localDomains() []string { return []string{"lan", "local", "home.arpa"} }

// localRanges are the addresses our own CA may speak for: private (RFC 1918,
// RFC 4193), loopback and link-local ones. Not 100.64.0.0/10: that is the
// provider's network, not the owner's.
func localRanges() []netip.Prefix {
	var ranges []netip.Prefix
	for _, s := range []string{
		"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16",
		"fc00::/7", "::1/128", "fe80::/10",
	} {
		ranges = append(ranges, netip.MustParsePrefix(s))
	}
	return ranges
}

// maxAddresses bounds a leaf of a machine with very many interfaces.
const maxAddresses = 48

// localNames are those of names that may stand in a leaf of ours, lower case
// (Apple's clients compare by letter case). One name outside the CA's
// constraints, even a bare host name, makes browsers refuse the whole leaf.
func localNames(names []string) []string {
	var local []string
	for _, name := range names {
		name = strings.ToLower(strings.TrimSuffix(name, "."))
		if isHostName(name) && slices.ContainsFunc(localDomains(), func(domain string) bool { return strings.HasSuffix(name, "."+domain) }) {
			local = append(local, name)
		}
	}
	slices.Sort(local)
	return slices.Compact(local)
}

// isHostName is RFC 1123 section 2.1, for a name in lower case.
func isHostName(name string) bool {
	if len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return true
}

// localAddresses are those of addrs that may stand in a leaf of ours and in a
// URL: link-local IPv6 addresses need a zone there, which no browser takes.
// The loopback addresses are always among them.
func localAddresses(addrs []netip.Addr) []netip.Addr {
	local := []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	for _, addr := range addrs {
		addr = addr.Unmap().WithZone("")
		if addr.IsLoopback() || addr.Is6() && addr.IsLinkLocalUnicast() {
			continue
		}
		if slices.ContainsFunc(localRanges(), func(r netip.Prefix) bool { return r.Contains(addr) }) {
			local = append(local, addr)
		}
	}
	slices.SortFunc(local, netip.Addr.Compare)
	local = slices.Compact(local)
	return local[:min(len(local), maxAddresses)]
}

// systemAddresses are the addresses of this machine's interfaces.
// net.InterfaceAddrs also works where net.Interfaces does not (emulated MIPS).
func systemAddresses() ([]netip.Addr, error) {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	var addrs []netip.Addr
	for _, item := range list {
		if network, ok := item.(*net.IPNet); ok {
			if addr, ok := netip.AddrFromSlice(network.IP); ok {
				addrs = append(addrs, addr.Unmap())
			}
		}
	}
	return addrs, nil
}
