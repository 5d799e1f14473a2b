package rtc

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/pion/mdns/v2"
	"golang.org/x/net/ipv4"
)

// resolveTimeout: a .local candidate whose name nobody answers for is given up.
const resolveTimeout = 3 * time.Second

// resolver is the one mDNS resolver of the process
// (draft-ietf-mmusic-mdns-ice-candidates): it resolves clients' .local
// candidates and answers for the random name that stands for our own addresses.
type resolver struct {
	conn *mdns.Conn
	name string // ours, without the trailing dot
}

func newResolver(n *network, log *pionLog) (*resolver, error) {
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		return nil, err
	}
	name := fmt.Sprintf("%x-%x-%x-%x-%x.local", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
	addr, err := net.ResolveUDPAddr("udp4", mdns.DefaultAddressIPv4)
	if err != nil {
		return nil, err
	}
	// SO_REUSEADDR, as ListenMulticastUDP sets: others on this host listen too.
	conn, err := net.ListenMulticastUDP("udp4", nil, addr)
	if err != nil {
		return nil, fmt.Errorf("mDNS for ICE candidates: %w (set MDNS_ENABLED to 0 to do without)", err)
	}
	found, err := n.Interfaces()
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	var ifcs []net.Interface
	for _, i := range found {
		ifcs = append(ifcs, i.Interface)
	}
	server, err := mdns.NewServer(ipv4.NewPacketConn(conn), nil,
		mdns.WithLocalNames(name), mdns.WithLoggerFactory(log), mdns.WithInterfaces(ifcs...), mdns.WithIncludeLoopback(true))
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("mDNS for ICE candidates: %w (set MDNS_ENABLED to 0 to do without)", err)
	}
	return &resolver{conn: server, name: name}, nil
}

// resolve finds the address of a .local name.
func (r *resolver) resolve(ctx context.Context, name string) (netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	_, addr, err := r.conn.QueryAddr(ctx, strings.ToLower(name))
	return addr, err
}

// Close ends the resolver.
func (r *resolver) Close() error { return r.conn.Close() }
