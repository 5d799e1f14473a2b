package auth

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
)

// Hosts is the set of names and addresses under which this node may be called,
// and the origins whose pages may call it. Without it a foreign page could
// drive the node by a name that it points here (DNS rebinding), or across
// origins.
type Hosts struct {
	own     atomic.Pointer[[]string]
	allowed atomic.Pointer[allowed]
}

type allowed struct {
	hosts   []string // public_host, and the hosts of allow_origin
	origins []string // allow_origin with a scheme: "https://app.example.org"
	bare    []string // public_host, and allow_origin without a scheme: any scheme and port
}

// NewHosts takes public_host ("" = none) and allow_origin. Localhost and
// loopback addresses are always in the set.
func NewHosts(publicHost string, allowOrigin []string) (*Hosts, error) {
	h := &Hosts{}
	h.own.Store(&[]string{})
	if err := h.Allow(publicHost, allowOrigin); err != nil {
		return nil, err
	}
	return h, nil
}

// Allow replaces public_host and allow_origin.
func (h *Hosts) Allow(publicHost string, allowOrigin []string) error {
	next := &allowed{}
	add := func(option, item string) error {
		host := hostOf(item)
		if scheme, rest, ok := strings.Cut(item, "://"); ok {
			host = hostOf(rest)
			origin, err := url.Parse(item)
			if err != nil || origin.Path != "" || origin.RawQuery != "" || origin.Fragment != "" || origin.User != nil || (scheme != "http" && scheme != "https") {
				host = ""
			} else {
				next.origins = append(next.origins, canonicalOrigin(scheme, origin.Host))
			}
		} else if host != "" {
			next.bare = append(next.bare, host)
		}
		if host == "" || strings.ContainsAny(host, "*/ @?#") {
			return fmt.Errorf("%s %q: %w; give each by name, such as https://app.example.org or app.example.org", option, item, ErrBadHost)
		}
		next.hosts = append(next.hosts, host)
		return nil
	}
	if publicHost != "" {
		if strings.Contains(publicHost, "://") {
			return fmt.Errorf("public_host %q: %w; give the name alone, such as ksfu.example.org", publicHost, ErrBadHost)
		}
		if err := add("public_host", publicHost); err != nil {
			return err
		}
	}
	for _, item := range allowOrigin {
		if err := add("allow_origin", item); err != nil {
			return err
		}
	}
	h.allowed.Store(next)
	return nil
}

// SetOwn replaces the names and addresses of the leaf certificate. A name may
// begin with "*." for one label, as in RFC 6125 section 6.4.3.
func (h *Hosts) SetOwn(names []string) {
	own := make([]string, 0, len(names))
	for _, name := range names {
		if name = hostOf(name); name != "" {
			own = append(own, name)
		}
	}
	h.own.Store(&own)
}

// CheckHost tells whether a request for this Host header may be answered.
func (h *Hosts) CheckHost(host string) error {
	name := hostOf(host)
	if name != "" && (h.isOwn(name) || slices.Contains(h.allowed.Load().hosts, name)) {
		return nil
	}
	return fmt.Errorf("%w: %q", ErrHost, host)
}

// CheckOrigin tells whether a page of this origin may send a request. Origin is
// the header's value; present false means that there was none, as from
// programs. Browsers always send a scheme or "null" (RFC 6454 section 7.1), so
// a bare host:port, which kurento-client sends, comes from no page.
func (h *Hosts) CheckOrigin(origin string, present bool) error {
	if !present || origin == "" {
		return nil
	}
	refused := fmt.Errorf("%w: %q", ErrOrigin, origin)
	if strings.EqualFold(origin, "null") {
		return refused
	}
	scheme, rest, ok := strings.Cut(origin, "://")
	if !ok {
		if hostOf(origin) == "" || strings.ContainsAny(origin, "/@, ") {
			return refused
		}
		return nil
	}
	scheme = strings.ToLower(scheme)
	name := hostOf(rest)
	if name == "" || strings.ContainsAny(rest, "/@?#, ") || (scheme != "http" && scheme != "https") {
		return refused
	}
	allowed := h.allowed.Load()
	if h.isOwn(name) || slices.Contains(allowed.bare, name) || slices.Contains(allowed.origins, canonicalOrigin(scheme, rest)) {
		return nil
	}
	return refused
}

func (h *Hosts) isOwn(name string) bool {
	if name == "localhost" {
		return true
	}
	if addr, err := netip.ParseAddr(name); err == nil && addr.Unmap().IsLoopback() {
		return true
	}
	_, parent, hasParent := strings.Cut(name, ".")
	for _, own := range *h.own.Load() {
		if own == name {
			return true
		}
		if suffix, wild := strings.CutPrefix(own, "*."); wild && hasParent && parent == suffix {
			return true
		}
	}
	return false
}

// hostOf is the host of "host", "host:port", "[v6]" or "[v6]:port" in the form
// that is compared: lower case, without the root's dot, addresses as netip
// writes them. "" = it is none of these.
func hostOf(hostport string) string {
	host := hostport
	if strings.HasPrefix(host, "[") {
		end := strings.IndexByte(host, ']')
		if end < 0 || !validPort(host[end+1:]) {
			return ""
		}
		host = host[1:end]
		if !strings.Contains(host, ":") {
			return ""
		}
	} else if i := strings.IndexByte(host, ':'); i >= 0 && strings.IndexByte(host[i+1:], ':') < 0 {
		if !validPort(host[i:]) {
			return ""
		}
		host = host[:i]
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().WithZone("").String()
	}
	if strings.Contains(host, ":") {
		return ""
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// validPort takes "" and ":digits".
func validPort(s string) bool {
	if s == "" {
		return true
	}
	if s[0] != ':' || len(s) > 6 {
		return false
	}
	return strings.Trim(s[1:], "0123456789") == ""
}

// canonicalOrigin drops the scheme's default port (RFC 6454 section 4).
func canonicalOrigin(scheme, hostport string) string {
	port := ""
	if i := strings.LastIndexByte(hostport, ':'); i > strings.LastIndexByte(hostport, ']') {
		port = hostport[i:]
	}
	if scheme == "http" && port == ":80" || scheme == "https" && port == ":443" {
		port = ""
	}
	return scheme + "://" + hostOf(hostport) + port
}
