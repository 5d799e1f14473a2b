package rtc

import (
	"errors"
	"fmt"
	"net"

	"github.com/pion/ice/v4"
)

// portMux is the single UDP port: one socket for each address family. Unlike
// Pion's MultiUDPMuxDefault it asks for the addresses anew each time, so that
// those which come later are announced, and keeps the families apart: Pion's
// mux on [::] lists IPv4 addresses too, which its socket cannot send from.
type portMux struct {
	v4, v6    ice.UDPMux // nil where the family is not served
	announces func(net.IP) bool
}

var errFamily = errors.New("no socket of this address family")

// GetListenAddresses are what an agent makes host candidates of: one address
// for each socket, though the socket has all of its family. Candidates that
// share a socket take each other's packets: a check's response counts for the
// wrong pair, and one join in ten waited for the next check, 200 ms, or for two.
// The other addresses are announced by Engine.announced.
func (m *portMux) GetListenAddresses() []net.Addr {
	var list []net.Addr
	for _, mux := range []ice.UDPMux{m.v4, m.v6} {
		if all := m.addresses(mux); len(all) > 0 {
			list = append(list, all[0])
		}
	}
	return list
}

// addresses are those of a family that are announced; where none is, any.
func (m *portMux) addresses(mux ice.UDPMux) []net.Addr {
	if mux == nil {
		return nil
	}
	var announced, other []net.Addr
	for _, a := range mux.GetListenAddresses() {
		u, ok := a.(*net.UDPAddr)
		switch {
		case !ok || m.of(a) != mux:
		case m.announces(u.IP):
			announced = append(announced, a)
		default:
			other = append(other, a)
		}
	}
	if announced == nil {
		return other
	}
	return announced
}

// beside are the further addresses of the socket that ip is one of.
func (m *portMux) beside(ip net.IP) []net.IP {
	var list []net.IP
	known := false
	for _, a := range m.addresses(m.of(&net.UDPAddr{IP: ip})) {
		u, ok := a.(*net.UDPAddr)
		switch {
		case !ok:
		case u.IP.Equal(ip):
			known = true
		default:
			list = append(list, u.IP)
		}
	}
	if !known {
		return nil // a rewritten address, or one that has gone
	}
	return list
}

func (m *portMux) of(addr net.Addr) ice.UDPMux {
	if u, ok := addr.(*net.UDPAddr); ok && u.IP.To4() == nil {
		return m.v6
	}
	return m.v4
}

// GetConn is the share that an agent has of the socket of addr's family.
func (m *portMux) GetConn(ufrag string, addr net.Addr) (net.PacketConn, error) {
	mux := m.of(addr)
	if mux == nil {
		return nil, fmt.Errorf("%w: %s", errFamily, addr)
	}
	return mux.GetConn(ufrag, addr)
}

// RemoveConnByUfrag ends an agent's shares.
func (m *portMux) RemoveConnByUfrag(ufrag string) {
	for _, mux := range []ice.UDPMux{m.v4, m.v6} {
		if mux != nil {
			mux.RemoveConnByUfrag(ufrag)
		}
	}
}

// Close ends the sockets.
func (m *portMux) Close() error {
	var errs []error
	for _, mux := range []ice.UDPMux{m.v4, m.v6} {
		if mux != nil {
			errs = append(errs, mux.Close())
		}
	}
	return errors.Join(errs...)
}
