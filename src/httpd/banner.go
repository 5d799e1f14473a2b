package httpd

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ksfu/src/auth"
)

// maxLinks is how many ways to reach one thing the banner lists.
const maxLinks = 4

// Banner is what the program prints when it has started: ready-made links. To
// a terminal they carry the token, as its reader is the owner; elsewhere, where
// the text ends in a log, it names the file that the token is in.
func (s *Server) Banner(terminal bool) string {
	s.mu.Lock()
	live := s.live
	s.mu.Unlock()
	token, found := firstAPIToken(live.Tokens)
	fragment, query := "", ""
	if terminal && found {
		escaped := url.QueryEscape(token.Value.Reveal())
		fragment, query = "#access_token="+escaped, "?access_token="+escaped
	}
	var b strings.Builder
	section := func(title string, links []string) {
		if len(links) == 0 {
			return
		}
		b.WriteString("  " + title + "\n")
		for _, link := range links {
			b.WriteString("    " + link + "\n")
		}
	}
	b.WriteString("ksfu is ready.\n")
	if len(s.assets) > 0 {
		section("Try the camera on this machine:", s.links(KindHTTP, "http", "/check/"+fragment, true))
		section("Try the camera from another device:", s.remoteLinks("/check/"+fragment, live.PublicHost))
	}
	if s.keeper.local != nil {
		section("A device trusts this node after installing its certificate:", s.caLinks())
	}
	if _, ok := s.routes["/kurento"]; ok {
		section("Kurento API for programs on this machine, without a token:", s.localKurento())
		section("Kurento API with a token:", slices.Concat(s.remoteKurento(query), s.webSockets(query, live.PublicHost)))
	}
	switch {
	case !found:
		b.WriteString("  No API token is set: nothing but this machine's Kurento port can be used.\n")
	case !terminal && token.From != "":
		b.WriteString("  The token is in the " + token.From + ": add #access_token=TOKEN to a page's link, ?access_token=TOKEN to an API address.\n")
	case !terminal:
		b.WriteString("  The token is the one in the configuration: add #access_token=TOKEN to a page's link, ?access_token=TOKEN to an API address.\n")
	case token.From != "":
		b.WriteString("  The token is kept in the " + token.From + ".\n")
	}
	return b.String()
}

func firstAPIToken(tokens []auth.Token) (auth.Token, bool) {
	for _, t := range tokens {
		if !t.Admin {
			return t, true
		}
	}
	return auth.Token{}, false
}

// links are the URLs of one listener: as localhost (a secure context without
// any certificate), or by this node's names and addresses.
func (s *Server) links(kind Kind, scheme, path string, localhost bool) []string {
	var links []string
	for _, bound := range s.Addrs(kind) {
		addr, port := addrOf(bound), strconv.Itoa(portOf(bound))
		link := func(host string) { links = append(links, scheme+"://"+net.JoinHostPort(host, port)+s.prefix+path) }
		reach := addr.IsUnspecified() || addr.IsLoopback()
		switch {
		case localhost && reach:
			link("localhost")
		case localhost:
		case addr.IsUnspecified():
			for _, own := range s.remoteHosts() {
				link(own)
			}
		case !addr.IsLoopback():
			link(addr.String())
		}
	}
	links = slices.Compact(links)
	return links[:min(len(links), maxLinks)]
}

// remoteHosts are the names and addresses that others can use.
func (s *Server) remoteHosts() []string {
	var hosts []string
	for _, own := range *s.keeper.own.Load() {
		addr, err := netip.ParseAddr(own)
		if (err != nil && !strings.HasPrefix(own, "*.")) || (err == nil && !addr.IsLoopback()) {
			hosts = append(hosts, own)
		}
	}
	return hosts
}

func (s *Server) remoteLinks(path, publicHost string) []string {
	links := s.links(KindHTTPS, "https", path, false)
	if publicHost != "" {
		links = append([]string{"https://" + s.publicAddress(publicHost) + s.prefix + path}, links...)
	}
	return links[:min(len(links), maxLinks)]
}

func (s *Server) webSockets(query, publicHost string) []string {
	var links []string
	for _, link := range s.remoteLinks("/kurento"+query, publicHost) {
		links = append(links, "wss"+strings.TrimPrefix(link, "https"))
	}
	if len(links) == 0 {
		links = s.links(KindHTTP, "ws", "/kurento"+query, true)
	}
	return links
}

// publicAddress adds our port to the public name, unless a proxy in front
// answers for it, as it does where we serve no HTTPS.
func (s *Server) publicAddress(host string) string {
	if bound := s.Addrs(KindHTTPS); len(bound) > 0 && portOf(bound[0]) != 443 {
		return net.JoinHostPort(host, strconv.Itoa(portOf(bound[0])))
	}
	return host
}

// caLinks go over plain HTTP: without the CA, HTTPS would show a warning.
func (s *Server) caLinks() []string {
	if links := s.links(KindHTTP, "http", "/ca", false); len(links) > 0 {
		return links
	}
	return s.links(KindHTTPS, "https", "/ca", false)
}

func (s *Server) localKurento() []string {
	var links []string
	for _, bound := range s.Addrs(KindKurento) {
		if addrOf(bound).IsLoopback() {
			links = append(links, "ws://"+bound.String()+"/kurento")
		}
	}
	return links
}

func (s *Server) remoteKurento(query string) []string {
	return s.links(KindKurento, "ws", "/kurento"+query, false)
}
