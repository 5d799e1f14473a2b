package rtc

import (
	"net"
	"slices"
	"testing"

	"github.com/pion/ice/v4"
)

// listedMux is a socket that has the addresses.
type listedMux struct {
	ice.UDPMux
	ips []string
}

func (m *listedMux) GetListenAddresses() []net.Addr {
	var list []net.Addr
	for _, ip := range m.ips {
		list = append(list, &net.UDPAddr{IP: net.ParseIP(ip), Port: 50000})
	}
	return list
}

// TestPortMuxOneCandidateASocket: agents get one candidate of each socket, and
// the others of its addresses are announced all the same.
func TestPortMuxOneCandidateASocket(t *testing.T) {
	tests := []struct {
		name     string
		v4, v6   []string
		agents   []string // what candidates are made of
		announce map[string][]string
	}{
		{
			"router",
			[]string{"127.0.0.1", "192.168.1.1", "203.0.113.7"},
			[]string{"127.0.0.1", "::1", "fe80::1", "fd00::1", "2001:db8::1"}, // Pion lists IPv4 there too
			[]string{"192.168.1.1", "fd00::1"},
			map[string][]string{
				"192.168.1.1": {"192.168.1.1", "203.0.113.7"}, "fd00::1": {"fd00::1", "2001:db8::1"},
				"198.51.100.1": {"198.51.100.1"}, // configured
			},
		},
		{"one address", []string{"127.0.0.1", "10.0.0.1"}, nil, []string{"10.0.0.1"}, map[string][]string{"10.0.0.1": {"10.0.0.1"}}},
		{"nothing to announce", []string{"127.0.0.1"}, nil, []string{"127.0.0.1"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := &Engine{net: newNetwork()}
			e.mux = &portMux{announces: func(ip net.IP) bool { return !ip.IsLoopback() && !ip.IsLinkLocalUnicast() }}
			if test.v4 != nil {
				e.mux.v4 = &listedMux{ips: test.v4}
			}
			if test.v6 != nil {
				e.mux.v6 = &listedMux{ips: test.v6}
			}
			var agents []string
			for _, a := range e.mux.GetListenAddresses() {
				agents = append(agents, a.(*net.UDPAddr).IP.String())
			}
			if !slices.Equal(agents, test.agents) {
				t.Errorf("agents get %v, want %v", agents, test.agents)
			}
			for from, want := range test.announce {
				var got []string
				seen := map[string]bool{}
				for _, f := range e.hosts([]string{"candidate:7", "1", "udp", "2130706431", from, "50000", "typ", "host"}) {
					got = append(got, f[4])
					if seen[f[0]] || seen[f[3]] {
						t.Errorf("%v: foundation or priority twice", f)
					}
					seen[f[0]], seen[f[3]] = true, true
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s is announced as %v, want %v", from, got, want)
				}
			}
		})
	}
}
