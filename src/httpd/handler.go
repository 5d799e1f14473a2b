package httpd

import (
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"ksfu/src/auth"
)

// handler answers what comes by one listener.
func (s *Server) handler(kind Kind, loopback bool) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		c := connOf(r.Context())
		if c == nil || !s.begin() {
			rw.Header().Set("Connection", "close")
			rw.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		defer s.running.Done()
		c.gate.work(c, 1)
		defer c.gate.work(c, -1)
		w := &response{ResponseWriter: rw, conn: c}
		defer s.contain(w, r)
		setHeaders(w.Header(), kind == KindHTTPS)
		if !isUpgrade(r) {
			r.Body = http.MaxBytesReader(w, r.Body, s.limits.BodyBytes)
		}
		if kind == KindKurento {
			s.answerKurento(w, r, loopback)
			return
		}
		s.answer(w, r, kind)
	})
}

// contain keeps a panic to its request.
func (s *Server) contain(w *response, r *http.Request) {
	value := recover()
	if value == nil {
		return
	}
	if value == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
		panic(value)
	}
	s.panics.Add(1)
	s.log.Error("contain panic", "path", r.URL.Path, "panic", fmt.Sprint(value), "stack", string(debug.Stack()))
	if _, _, hijacked := w.conn.webSocket(); hijacked {
		_ = w.conn.Close() // net/http does not, once a handler has taken it over
		return
	}
	if w.began {
		panic(http.ErrAbortHandler) // the answer is spoilt: net/http ends the connection
	}
	notice{
		http.StatusInternalServerError, "Something went wrong in this node.",
		"Its log has the details. Trying again may help.",
	}.write(w, r)
}

// answer serves HTTP and HTTPS.
func (s *Server) answer(w *response, r *http.Request, kind Kind) {
	path := s.pathOf(r)
	peer, proxies := w.conn.peer, s.proxies.Load()
	trusted := proxies.Trusted(peer)
	inside := kind == KindHTTPS || trusted || peer.IsLoopback()
	always := path == "/health" || path == "/ca" || path == "/ca.crt" || path == "/ca.pem"
	if !always {
		if !inside {
			s.toHTTPS(w, r)
			return
		}
		if err := s.judge(w.conn, r); err != nil {
			refuse(w, r, err)
			return
		}
	}
	client := proxies.Client(peer, r.Header)
	route, isRoute := s.routes[path]
	granted, err := auth.Grant{}, auth.ErrNoCredential
	if inside && (isRoute || path == "/health") {
		granted, err = s.guard.Check(r, client)
	}
	if err == nil {
		w.conn.grant(granted.Fingerprint)
		r = r.WithContext(auth.WithPrincipal(r.Context(), granted.Principal))
	} else if trusted {
		leave, ok := s.visitors.enter(client)
		if !ok {
			w.Header().Set("Retry-After", "5")
			notice{
				http.StatusServiceUnavailable, "Too many requests from this address are under way.",
				"Wait a few seconds and try again.",
			}.write(w, r)
			return
		}
		defer leave()
	}
	switch {
	case path == "/health":
		s.health(w, r, err)
	case always:
		s.ca(w, r, path)
	case isRoute && err != nil:
		refuse(w, r, err)
	case isRoute:
		s.handOver(w, r, route)
	default:
		s.page(w, r, path)
	}
}

// answerKurento serves Kurento's own port: its paths alone, and without a
// token where the port is this machine's and the caller says nothing of a
// proxy, behind which anybody may stand.
func (s *Server) answerKurento(w *response, r *http.Request, loopback bool) {
	if err := s.judge(w.conn, r); err != nil {
		refuse(w, r, err)
		return
	}
	principal := auth.Principal{Name: auth.Local}
	if !loopback || !w.conn.peer.IsLoopback() || auth.Forwarded(r.Header) {
		granted, err := s.guard.Check(r, s.proxies.Load().Client(w.conn.peer, r.Header))
		if err != nil {
			refuse(w, r, err)
			return
		}
		w.conn.grant(granted.Fingerprint)
		principal = granted.Principal
	}
	route, ok := s.routes[s.pathOf(r)]
	if !ok || !route.Kurento {
		if isUpgrade(r) && invalidPath(w, r) {
			return
		}
		notice{
			http.StatusNotFound, "There is nothing at this path.",
			"This port serves the Kurento API alone: connect a WebSocket to /kurento.",
		}.write(w, r)
		return
	}
	s.handOver(w, r.WithContext(auth.WithPrincipal(r.Context(), principal)), route)
}

// handOver gives a request to its route's handler, which finds the path as it
// stands in the table, without prefix.
func (s *Server) handOver(w *response, r *http.Request, route Route) {
	// A form of a foreign page can post these without asking (the "simple"
	// types of the Fetch standard); nothing here takes them.
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
	default:
		kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if kind == "text/plain" || kind == "application/x-www-form-urlencoded" || kind == "multipart/form-data" {
			notice{
				http.StatusUnsupportedMediaType, "This content type is not taken here.",
				"Send application/json, or what the API's description names.",
			}.write(w, r)
			return
		}
	}
	inner := r.Clone(r.Context())
	inner.URL.Path, inner.URL.RawPath = route.Path, ""
	route.Handler.ServeHTTP(w, inner)
}

// judge applies the rules for Host and Origin.
func (s *Server) judge(c *conn, r *http.Request) error {
	if err := s.hosts.CheckHost(s.proxies.Load().Host(c.peer, r)); err != nil {
		return err
	}
	for _, origin := range r.Header.Values("Origin") {
		if err := s.hosts.CheckOrigin(origin, true); err != nil {
			return err
		}
	}
	return nil
}

// refuse says why a request may not pass.
func refuse(w *response, r *http.Request, err error) {
	var locked *auth.LockedError
	switch {
	case errors.As(err, &locked):
		w.Header().Set("Retry-After", strconv.Itoa(locked.Seconds()))
		notice{
			http.StatusTooManyRequests, "Too many wrong tokens came from this address.",
			fmt.Sprintf("Wait %d seconds and try again with the right one.", locked.Seconds()),
		}.write(w, r)
	case errors.Is(err, auth.ErrHost):
		notice{
			http.StatusForbidden, "This node is not called by this name.",
			"Open it by its address or by its own name, or set public_host to the name you use.",
		}.write(w, r)
	case errors.Is(err, auth.ErrOrigin):
		notice{
			http.StatusForbidden, "A page of this origin may not use this node.",
			"If it is a page of yours, add its origin to allow_origin.",
		}.write(w, r)
	case errors.Is(err, auth.ErrWrongCredential):
		w.Header().Set("WWW-Authenticate", `Bearer realm="ksfu", error="invalid_token"`)
		notice{
			http.StatusUnauthorized, "This token is not valid here.",
			"Take the one that ksfu prints at its start, or whose file it names there.",
		}.write(w, r)
	default:
		w.Header().Set("WWW-Authenticate", `Bearer realm="ksfu"`)
		notice{
			http.StatusUnauthorized, "This needs a token.",
			"Add ?access_token=TOKEN to the address, or send the header Authorization: Bearer TOKEN. ksfu prints it at its start, or names the file it is in.",
		}.write(w, r)
	}
}

// toHTTPS sends a stranger on the plain port to the one that nobody can read.
func (s *Server) toHTTPS(w *response, r *http.Request) {
	target := s.secureHost(w.conn, r)
	if target == "" {
		notice{
			http.StatusForbidden, "This port serves this machine and its reverse proxy alone.",
			"Use HTTPS, or name the proxy in trusted_proxy.",
		}.write(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", (&url.URL{Scheme: "https", Host: target, Path: r.URL.Path, RawQuery: r.URL.RawQuery}).String())
	w.WriteHeader(http.StatusTemporaryRedirect)
}

// secureHost is the host:port of our HTTPS as this caller can reach it, "" =
// there is none. Never an unchecked Host: that would redirect anywhere.
func (s *Server) secureHost(c *conn, r *http.Request) string {
	bound := s.Addrs(KindHTTPS)
	if len(bound) == 0 {
		return s.publicHost()
	}
	port := strconv.Itoa(portOf(bound[0]))
	if s.hosts.CheckHost(r.Host) == nil {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = strings.Trim(r.Host, "[]")
		}
		return net.JoinHostPort(host, port)
	}
	if local := addrOf(c.LocalAddr()); local != (netip.Addr{}) && s.hosts.CheckHost(local.String()) == nil {
		return net.JoinHostPort(local.String(), port)
	}
	return ""
}

func (s *Server) publicHost() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live.PublicHost
}

// pathOf is the path of a request without the prefix and without a slash at
// its end; "/" for the root.
func (s *Server) pathOf(r *http.Request) string {
	path := r.URL.Path
	if rest, ok := strings.CutPrefix(path, s.prefix); ok && s.prefix != "" && (rest == "" || rest[0] == '/') {
		path = rest
	}
	if path = strings.TrimSuffix(path, "/"); path == "" {
		return "/"
	}
	return path
}

// routeTable checks the routes and indexes them.
func routeTable(routes []Route) (map[string]Route, error) {
	table := make(map[string]Route, len(routes))
	for _, route := range routes {
		clean, err := cleanPrefix(route.Path)
		_, double := table[clean]
		switch {
		case err != nil:
			return nil, err
		case clean == "" || route.Handler == nil || double:
			return nil, fmt.Errorf("route %q: %w: it needs a path and a handler of its own", route.Path, ErrRoute)
		case slices.Contains([]string{"/health", "/ca", "/ca.crt", "/ca.pem", "/check"}, clean):
			return nil, fmt.Errorf("route %q: %w: this path is taken", route.Path, ErrRoute)
		}
		route.Path = clean
		table[clean] = route
	}
	return table, nil
}
