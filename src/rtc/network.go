package rtc

import (
	"net"
	"sync"
	"time"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
)

// interfacesAge is how long the list of interfaces serves: a burst of joins
// asks once, and an address that has changed is announced a second later.
const interfacesAge = time.Second

// network is the host's network for Pion. Unlike Pion's own it sees addresses
// that come and go, and it works where interfaces cannot be enumerated but
// addresses can (big-endian MIPS under emulation).
type network struct {
	*stdnet.Net

	mu   sync.Mutex // guards the following
	list []*transport.Interface
	at   time.Time
}

func newNetwork() *network {
	n, err := stdnet.NewNet()
	if err != nil {
		n = &stdnet.Net{}
	}
	return &network{Net: n}
}

// Interfaces of the host with their addresses, at most interfacesAge old.
func (n *network) Interfaces() ([]*transport.Interface, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.list != nil && time.Since(n.at) < interfacesAge {
		return n.list, nil
	}
	list, err := interfaces()
	if err != nil {
		return nil, err
	}
	n.list, n.at = list, time.Now()
	return list, nil
}

func interfaces() ([]*transport.Interface, error) {
	found, err := net.Interfaces()
	if err != nil {
		return pseudoInterface()
	}
	var list []*transport.Interface
	for _, ifc := range found {
		addrs, err := ifc.Addrs()
		if err != nil {
			continue // it has gone meanwhile
		}
		i := transport.NewInterface(ifc)
		for _, a := range addrs {
			i.AddAddress(a)
		}
		list = append(list, i)
	}
	return list, nil
}

// pseudoInterface holds all addresses where the interfaces are not to be had.
func pseudoInterface() ([]*transport.Interface, error) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	i := transport.NewInterface(net.Interface{Index: 1, MTU: 1500, Name: "all", Flags: net.FlagUp | net.FlagMulticast})
	for _, a := range addrs {
		i.AddAddress(a)
	}
	return []*transport.Interface{i}, nil
}

// onlyLoopback tells whether the host has no address but loopback and
// link-local ones.
func (n *network) onlyLoopback() bool {
	list, err := n.Interfaces()
	if err != nil {
		return false
	}
	for _, i := range list {
		addrs, err := i.Addrs()
		if err != nil || i.Flags&net.FlagUp == 0 {
			continue
		}
		for _, a := range addrs {
			if p, ok := a.(*net.IPNet); ok && !p.IP.IsLoopback() && !p.IP.IsLinkLocalUnicast() {
				return false
			}
		}
	}
	return true
}
