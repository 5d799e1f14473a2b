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
	v4, v6 ice.UDPMux // nil where the family is not served
}

var errFamily = errors.New("no socket of this address family")

// GetListenAddresses are the host's addresses with the port.
func (m *portMux) GetListenAddresses() []net.Addr {
	var list []net.Addr
	for _, mux := range []ice.UDPMux{m.v4, m.v6} {
		if mux == nil {
			continue
		}
		for _, a := range mux.GetListenAddresses() {
			if m.of(a) == mux {
				list = append(list, a)
			}
		}
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
