package config

import (
	"bufio"
	"bytes"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// derive fills in what follows from other values or from the machine, and
// refuses values that contradict each other.
func (l *loader) derive() {
	l.ports()
	l.listeners()
	l.ice()
	l.turn()
	l.tls()
	l.memory()
	l.stateDir()
	l.reachability()
}

// conflict refuses values of several options, naming each with its source.
func (l *loader) conflict(hint string, options ...string) {
	shown := make([]string, len(options))
	sources := make([]string, len(options))
	for i, name := range options {
		r := l.cfg.row(name)
		if r.wrong {
			return // one of them is a problem of its own already
		}
		shown[i] = name + " = " + strconv.Quote(r.value)
		sources[i] = r.source
	}
	l.fail(&Problem{Name: strings.Join(shown, ", "), Where: strings.Join(sources, ", "), Err: ErrConflict, Hint: hint})
}

// ports settles the single port against the range.
func (l *loader) ports() {
	c := l.cfg
	l.umbrellaRange()
	switch {
	case c.ICEPortRange.IsZero() || c.ICESinglePort == 0:
	case l.given("ice_single_port"):
		l.conflict("media uses one port or a range; set one of the two to 0", "ice_single_port", "ice_port_range")
	default:
		c.ICESinglePort = 0
		c.derive("ice_single_port", "0", "off because of ice_port_range")
	}
}

// umbrellaRange folds UMBRELLA_MIN_PORT and UMBRELLA_MAX_PORT into the range.
func (l *loader) umbrellaRange() {
	c := l.cfg
	low, high := l.settings["umbrella_min_port"], l.settings["umbrella_max_port"]
	if len(low) == 0 && len(high) == 0 {
		return
	}
	if len(low) == 0 || len(high) == 0 {
		one := append(low, high...)[0]
		l.fail(&Problem{Name: one.key, Value: quote(one.raw, false), Where: one.where, Err: ErrConflict, Hint: "a range has two ends; set UMBRELLA_MIN_PORT and UMBRELLA_MAX_PORT"})

		return
	}
	if c.rangeFrom == 0 || c.rangeTo == 0 {
		return // wrong values, reported
	}
	source := low[len(low)-1].source + ", " + high[len(high)-1].source
	both := PortRange{uint16(c.rangeFrom), uint16(c.rangeTo)}
	switch {
	case c.rangeFrom > c.rangeTo:
		l.fail(&Problem{Name: "UMBRELLA_MIN_PORT, UMBRELLA_MAX_PORT", Value: strconv.Quote(both.String()), Where: source, Err: ErrValue, Hint: "the range ends before it begins"})
	case l.given("ice_port_range") && c.ICEPortRange != both:
		l.fail(&Problem{
			Name: "UMBRELLA_MIN_PORT, UMBRELLA_MAX_PORT", Value: strconv.Quote(both.String()), Where: source, Err: ErrConflict,
			Hint: "ice_port_range is " + strconv.Quote(c.ICEPortRange.String()) + " (" + c.Source("ice_port_range") + "); keep one of the two",
		})
	default:
		c.ICEPortRange = both
		c.derive("ice_port_range", both.String(), source)
	}
}

// listeners refuses two listeners on one TCP port. The single ICE port is a TCP
// port too.
func (l *loader) listeners() {
	c := l.cfg
	ports := []struct {
		name string
		at   Listen
	}{{"http_port", c.HTTP}, {"https_port", c.HTTPS}, {"kurento_port", c.Kurento}, {"ice_single_port", Listen{}}}
	if c.ICESinglePort != 0 {
		ports[3].at.Addrs = []string{":" + strconv.Itoa(c.ICESinglePort)}
	}
	for i, p := range ports {
		for _, other := range ports[:i] {
			if p.at.overlap(other.at) {
				l.conflict("two listeners cannot share a TCP port; give each its own", other.name, p.name)
			}
		}
	}
}

func (l *loader) ice() {
	c := l.cfg
	if c.Cloud && c.MDNS {
		l.conflict("cloud mode has no mDNS: nobody there answers for .local names", "cloud", "mdns_enabled")
	}
	if c.MDNS && len(c.NAT1To1) > 0 && c.CandidateType == "host" {
		l.conflict("own host candidates cannot both be hidden behind a .local name and announce these addresses; turn one off or set ice_candidate_type to srflx", "mdns_enabled", "ice_nat_1to1_ips")
	}
	if c.ICELite && c.CandidateType == "srflx" {
		l.conflict("an ICE lite node has host candidates only (RFC 8445 section 2.5)", "ice_lite", "ice_candidate_type")
	}
	if c.KeepaliveEvery >= c.DisconnectedIn && c.DisconnectedIn > 0 {
		l.warn("ice_keepalive_interval (%s) is not below ice_disconnected_timeout (%s): silent connections will seem to break", c.KeepaliveEvery, c.DisconnectedIn)
	}
}

func (l *loader) turn() {
	c := l.cfg
	if len(c.TURNServers) == 0 {
		if c.TURNUsername != "" || !c.TURNPassword.Empty() {
			l.warn("turn_username and turn_password are not used: turn_servers names none")
		}

		return
	}
	if c.TURNUsername == "" {
		l.conflict("TURN servers ask for a user; set turn_username", "turn_servers", "turn_username")
	}
	if c.TURNPassword.Empty() {
		l.conflict("TURN servers ask for a password; set turn_password (KSFU_TURN_PASSWORD_FILE names a file that holds it)", "turn_servers", "turn_password")
	}
}

// tls completes the paths and looks for the predecessor's files.
func (l *loader) tls() {
	c := l.cfg
	if c.TLSCert == "" && c.TLSKey == "" {
		cert, key := filepath.Join(l.dir, "service.crt"), filepath.Join(l.dir, "service.key")
		hasCert, hasKey := exists(cert), exists(key)
		switch {
		case hasCert && hasKey:
			c.TLSCert, c.TLSKey = cert, key
			c.derive("tls_cert", cert, "found in the working directory")
			c.derive("tls_key", key, "found in the working directory")
		case hasCert:
			l.warn("service.crt in the working directory is not used: service.key is missing")
		case hasKey:
			l.warn("service.key in the working directory is not used: service.crt is missing")
		}

		return
	}
	if c.TLSCert == "" || c.TLSKey == "" {
		l.conflict("a certificate and its key go together; set both", "tls_cert", "tls_key")
	}
	for _, f := range []struct {
		name string
		path *string
	}{{"tls_cert", &c.TLSCert}, {"tls_key", &c.TLSKey}} {
		if *f.path == "" {
			continue
		}
		if !filepath.IsAbs(*f.path) {
			*f.path = filepath.Join(l.dir, *f.path)
			c.derive(f.name, *f.path, c.Source(f.name))
		}
		if _, err := readLimited(*f.path, maxFile); err != nil {
			l.fail(&Problem{Name: f.name, Value: strconv.Quote(*f.path), Where: c.Source(f.name), Err: ErrFile, Hint: why(err)})
		}
	}
}

// memory takes a quarter of a router's RAM where nothing is said.
func (l *loader) memory() {
	c := l.cfg
	if c.MemoryMB != 0 || !l.onOpenWrt() || c.row("memory_mb").wrong {
		return
	}
	total := l.totalKB()
	if total < 4<<10 {
		l.warn("memory_mb: the size of the memory is unknown, so there is no limit; set one")

		return
	}
	c.MemoryMB = total / 4 / 1024
	c.derive("memory_mb", strconv.FormatInt(c.MemoryMB, 10), "a quarter of RAM")
}

// totalKB is the machine's memory by proc(5), 0 if unknown.
func (l *loader) totalKB() int64 {
	src, err := readLimited(filepath.Join(l.root, "proc/meminfo"), maxFile)
	if err != nil {
		return 0
	}
	for lines := bufio.NewScanner(bytes.NewReader(src)); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) == 3 && fields[0] == "MemTotal:" {
			total, _ := strconv.ParseInt(fields[1], 10, 64)

			return total
		}
	}

	return 0
}

// reachability warns of a node that will know only addresses of its own network.
func (l *loader) reachability() {
	c := l.cfg
	if len(c.STUNServers) > 0 || len(c.TURNServers) > 0 || len(c.NAT1To1) > 0 || l.given("stun_servers") {
		return
	}
	addrs, err := l.addrs()
	if err != nil {
		return // unknown is not absent
	}
	if slices.ContainsFunc(addrs, public) {
		return
	}
	l.warn("no public address is known and stun_servers is empty: only this network can reach the media; set ice_nat_1to1_ips or stun_servers")
}

func public(a net.Addr) bool {
	p, err := netip.ParsePrefix(a.String())
	if err != nil {
		return false
	}
	addr := p.Addr().Unmap().WithZone("")
	shared := netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, 0, 0}), 10) // carrier-grade NAT, RFC 6598

	return addr.IsGlobalUnicast() && !addr.IsPrivate() && !shared.Contains(addr)
}

func exists(path string) bool {
	_, err := os.Stat(path)

	return err == nil
}
