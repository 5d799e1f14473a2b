package rtc

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/webrtc/v4"
)

// announced is what a local candidate of Pion's becomes: nothing where its
// address is not announced, several where others stand for it.
func (e *Engine) announced(candidate string) []string {
	f := strings.Fields(candidate)
	if len(f) < 8 || !e.announces(net.ParseIP(f[4])) {
		return nil
	}
	var list []string
	if e.opts.NAT1To1Srflx && f[7] == "host" && f[2] == "udp" {
		list = e.reflexive(f)
	}
	var hosts []string
	for _, host := range e.hosts(f) {
		if own, ok := e.hidden(host); ok {
			hosts = append(hosts, own)
		}
	}
	return append(hosts, list...)
}

// hosts are a candidate and, where it stands for the shared socket, one for
// each further address of that, each a step less preferred (RFC 8445 section
// 5.1.2.1's local preference).
func (e *Engine) hosts(f []string) [][]string {
	list := [][]string{f}
	priority, err := strconv.ParseUint(f[3], 10, 32)
	if e.mux == nil || f[7] != "host" || f[2] != "udp" || err != nil {
		return list
	}
	for i, ip := range e.mux.beside(net.ParseIP(f[4])) {
		other := slices.Clone(f)
		other[0] += strconv.Itoa(i)
		other[3] = strconv.FormatUint(priority-uint64(i+1)<<8, 10)
		other[4] = ip.String()
		list = append(list, other)
	}
	return list
}

// announces tells whether a local address goes into candidates: loopback ones
// are of no use to another host (RFC 8445 section 5.1.1.1).
func (e *Engine) announces(ip net.IP) bool {
	if ip.To4() == nil && ip.IsLinkLocalUnicast() {
		return false // means nothing without a zone, which a candidate has none of
	}
	return ip == nil || !ip.IsLoopback() || e.opts.Loopback || e.opts.Address != "" || e.net.onlyLoopback()
}

// hidden puts the shared .local name in the place of what would tell the
// addresses of the LAN.
func (e *Engine) hidden(f []string) (line string, ok bool) {
	if e.mdns == nil {
		return strings.Join(f, " "), true
	}
	f = append([]string(nil), f...)
	for i := 8; i+1 < len(f); i += 2 { // what is hidden must not stand beside a reflexive address
		switch f[i] {
		case "raddr":
			f[i+1] = "0.0.0.0" // RFC 8839 section 5.1
		case "rport":
			f[i+1] = "9"
		}
	}
	if ip := net.ParseIP(f[4]); f[7] == "host" && ip != nil && ip.IsPrivate() {
		if ip.To4() == nil {
			return "", false // the name is answered for on IPv4 only
		}
		f[4] = e.mdns.name
	}
	return strings.Join(f, " "), true
}

// reflexivePriority is that of the first component of a server reflexive
// candidate (RFC 8445 section 5.1.2).
const reflexivePriority = 100<<24 | 65535<<8 | 255

// reflexive are the configured addresses of a host candidate's family, as
// candidates of the same port. (Pion would open another socket for them.)
func (e *Engine) reflexive(host []string) []string {
	var list []string
	for i, a := range e.opts.NAT1To1 {
		a = strings.TrimPrefix(a, "+")
		if strings.Contains(a, ":") != strings.Contains(host[4], ":") {
			continue
		}
		related := "0.0.0.0"
		if strings.Contains(a, ":") {
			related = "::"
		}
		line := fmt.Sprintf("%s%d %s %s %d %s %s typ srflx raddr %s rport 9", host[0], i, host[1], host[2],
			reflexivePriority, a, host[5], related)
		list = append(list, strings.Join(append([]string{line}, host[8:]...), " "))
	}
	return list
}

// rewriteRules announce the given addresses as host candidates instead of
// local ones or, with a plus sign, beside them.
func rewriteRules(o Options) []webrtc.ICEAddressRewriteRule {
	if o.NAT1To1Srflx {
		return nil // see reflexive
	}
	var replace, add []string
	for _, a := range o.NAT1To1 {
		if strings.HasPrefix(a, "+") {
			add = append(add, a[1:])
		} else {
			replace = append(replace, a)
		}
	}
	var rules []webrtc.ICEAddressRewriteRule
	rule := func(addrs []string, mode webrtc.ICEAddressRewriteMode) {
		if len(addrs) > 0 {
			rules = append(rules, webrtc.ICEAddressRewriteRule{
				External: addrs, AsCandidateType: webrtc.ICECandidateTypeHost, Mode: mode,
			})
		}
	}
	rule(replace, webrtc.ICEAddressRewriteReplace)
	rule(add, webrtc.ICEAddressRewriteAppend)
	return rules
}
