package config

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Listen is where a listener listens.
type Listen struct {
	// Addrs are what net.Listen takes, "host:port" with the port above 0; ":port"
	// is every address of the machine. Empty = off.
	Addrs []string
}

// Off tells whether the listener is not wanted.
func (l Listen) Off() bool { return len(l.Addrs) == 0 }

// Loopback tells whether only this machine can reach the listener. A name other
// than localhost is taken for reachable.
func (l Listen) Loopback() bool {
	return !slices.ContainsFunc(l.Addrs, func(hostport string) bool {
		host, _, err := net.SplitHostPort(hostport)
		if err != nil {
			return true
		}
		addr, err := netip.ParseAddr(host)

		return err != nil || !addr.Unmap().IsLoopback()
	})
}

// Equal tells whether both listen at the same places.
func (l Listen) Equal(other Listen) bool { return slices.Equal(l.Addrs, other.Addrs) }

// String is the addresses separated by commas, or "off".
func (l Listen) String() string {
	if l.Off() {
		return "off"
	}

	return strings.Join(l.Addrs, ",")
}

// overlap tells whether two listeners want the same TCP port of some address.
func (l Listen) overlap(other Listen) bool {
	for _, a := range l.Addrs {
		for _, b := range other.Addrs {
			hostA, portA, _ := net.SplitHostPort(a)
			hostB, portB, _ := net.SplitHostPort(b)
			if portA == portB && (hostA == hostB || everywhere(hostA) || everywhere(hostB)) {
				return true
			}
		}
	}

	return false
}

func everywhere(host string) bool {
	addr, err := netip.ParseAddr(host)

	return host == "" || err == nil && addr.IsUnspecified()
}

// listener is a port or host:port; bare tells the hosts that a port alone means.
func listener(bare ...string) kind[Listen] {
	at := func(port int, hosts ...string) Listen {
		var l Listen
		for _, host := range hosts {
			l.Addrs = append(l.Addrs, net.JoinHostPort(host, strconv.Itoa(port)))
		}

		return l
	}

	return kind[Listen]{
		name: "listener", allowed: "a port from 1 to 65535, host:port, or 0 for off",
		parse: func(s string) (Listen, error) {
			if port, err := parseWhole(s); err == nil {
				switch {
				case port == 0:
					return Listen{}, nil
				case port > maxPort:
					return Listen{}, errNotAllowed
				}

				return at(int(port), bare...), nil
			}
			host, portText, err := net.SplitHostPort(s)
			if err != nil {
				return Listen{}, errNotAllowed
			}
			port, err := parseWhole(portText)
			switch {
			case err != nil || port > maxPort:
				return Listen{}, errNotAllowed
			case port == 0:
				return Listen{}, errors.New("port 0 of an address is no port; to turn the listener off give 0 alone")
			case strings.EqualFold(host, "localhost"):
				return at(int(port), loopback()...), nil
			case host != "" && !validHost(host):
				return Listen{}, errors.New("the host must be an address of this machine or a name, with IPv6 in brackets")
			}

			return at(int(port), host), nil
		},
		show: Listen.String,
	}
}

// loopback is what a listener for this machine alone uses: clients resolve
// localhost to either.
func loopback() []string { return []string{"127.0.0.1", "::1"} }
