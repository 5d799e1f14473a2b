package config

import (
	"errors"
	"net"
	"net/netip"
	"strings"
)

// NATAddr is an address to announce in ICE.
type NATAddr struct {
	Addr   netip.Addr
	Beside bool // beside the local addresses ("+ip") instead of in their place
}

// String is the address as the option writes it.
func (a NATAddr) String() string {
	if a.Beside {
		return "+" + a.Addr.String()
	}

	return a.Addr.String()
}

func natAddr() kind[NATAddr] {
	return kind[NATAddr]{
		name: "addresses", allowed: "an IP address, or +address to keep the local ones beside it",
		parse: func(s string) (NATAddr, error) {
			rest, beside := strings.CutPrefix(s, "+")
			addr, err := netip.ParseAddr(rest)
			if err != nil || addr.Zone() != "" || addr.IsUnspecified() || addr.IsMulticast() {
				return NATAddr{}, errNotAllowed
			}

			return NATAddr{addr.Unmap(), beside}, nil
		},
		show: NATAddr.String,
	}
}

// prefix is a range of addresses; a single address is one of its own length.
func prefix() kind[netip.Prefix] {
	return kind[netip.Prefix]{
		name: "addresses", allowed: "an IP address or a range such as 10.0.0.0/8",
		parse: func(s string) (netip.Prefix, error) {
			if p, err := netip.ParsePrefix(s); err == nil {
				return p.Masked(), nil
			}
			addr, err := netip.ParseAddr(s)
			if err != nil || addr.Zone() != "" {
				return netip.Prefix{}, errNotAllowed
			}
			addr = addr.Unmap()

			return netip.PrefixFrom(addr, addr.BitLen()), nil
		},
		show: func(p netip.Prefix) string {
			if p.IsSingleIP() {
				return p.Addr().String()
			}

			return p.String()
		},
	}
}

// hostName is a name or address without a port. Lower case, since Apple clients
// compare certificate names by letter case.
func hostName() kind[string] {
	return text("host", "a host name or IP address, without scheme and port", func(s string) (string, error) {
		if s != "" && !validHost(s) {
			return "", errNotAllowed
		}

		return strings.ToLower(s), nil
	})
}

// origin is what pages may call from (RFC 6454 section 6), or a host alone.
func origin() kind[string] {
	return text("origins", "https://host[:port], http://host[:port] or host[:port]; no path and no *", func(s string) (string, error) {
		s = strings.ToLower(s)
		scheme, hostport, ok := strings.Cut(s, "://")
		if !ok {
			scheme, hostport = "", s
		}
		if ok && scheme != "http" && scheme != "https" || hostport == "null" || !validHostPort(hostport) {
			return "", errNotAllowed
		}

		return s, nil
	})
}

// stunServer is a STUN URI (RFC 7064), or one without its scheme.
func stunServer() kind[string] {
	return text("STUN servers", "stun:host[:port] or host[:port]", func(s string) (string, error) {
		if strings.HasPrefix(strings.ToLower(s), "stuns:") {
			return "", errors.New("STUN over TLS finds no address for UDP, so it is not used; give stun:host[:port]")
		}
		if len(s) >= 5 && strings.EqualFold(s[:5], "stun:") {
			s = s[5:]
		}
		if !validHostPort(s) {
			return "", errNotAllowed
		}

		return "stun:" + s, nil
	})
}

// turnServer is a TURN URI (RFC 7065).
func turnServer() kind[string] {
	return text("TURN servers", "turn:host[:port] or turns:host[:port], with ?transport=udp or ?transport=tcp where wanted", func(s string) (string, error) {
		scheme, rest, _ := strings.Cut(s, ":")
		scheme = strings.ToLower(scheme)
		hostport, query, hasQuery := strings.Cut(rest, "?")
		switch {
		case strings.Contains(s, "@"):
			return "", errors.New("user and password do not belong in the address; set turn_username and turn_password")
		case scheme != "turn" && scheme != "turns", !validHostPort(hostport), hasQuery && query != "transport=udp" && query != "transport=tcp":
			return "", errNotAllowed
		}
		if hasQuery {
			hostport += "?" + query
		}

		return scheme + ":" + hostport, nil
	})
}

// validHostPort takes host or host:port, IPv6 in brackets.
func validHostPort(s string) bool {
	if inner, ok := strings.CutPrefix(s, "["); ok && strings.HasSuffix(inner, "]") {
		s += ":1" // an address without a port, in the form that SplitHostPort takes
	}
	host, portText, err := net.SplitHostPort(s)
	if err != nil {
		return !strings.ContainsAny(s, ":[]") && validHost(s)
	}
	port, err := parseWhole(portText)
	if strings.HasPrefix(s, "[") != strings.Contains(host, ":") {
		return false
	}

	return err == nil && port > 0 && port <= maxPort && validHost(host)
}
