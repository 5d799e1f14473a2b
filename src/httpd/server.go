package httpd

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ksfu/src/auth"
)

// Server is the running listeners.
type Server struct {
	options Options
	limits  Limits
	prefix  string
	log     *slog.Logger
	routes  map[string]Route
	assets  map[string]asset

	guard   auth.Guard
	hosts   *auth.Hosts
	proxies atomic.Pointer[auth.Proxies]
	keeper  *keeper

	anonymous, proxied, kurento *gate
	visitors                    *quota
	panics                      atomic.Uint64

	cancel  context.CancelFunc
	running sync.WaitGroup // connections, requests and goroutines; added to under mu, while not closing

	mu sync.Mutex
	// guarded by mu
	live    Options // what Reload has made of options
	fronts  []front
	conns   map[*conn]struct{}
	closing bool
	refused uint64 // as last logged
}

// front is one bound address.
type front struct {
	kind     Kind
	listener net.Listener
	server   *http.Server
}

// New binds the listeners and serves.
func New(o Options) (*Server, error) {
	s, err := prepare(o)
	if err != nil {
		return nil, err
	}
	for _, l := range []struct {
		kind  Kind
		value string
	}{{KindHTTPS, o.HTTPS}, {KindHTTP, o.HTTP}, {KindKurento, o.Kurento}} {
		bound, err := listen(l.kind, l.value)
		if err != nil {
			for _, f := range s.fronts {
				_ = f.listener.Close()
			}
			return nil, err
		}
		for _, b := range bound {
			s.fronts = append(s.fronts, front{kind: l.kind, listener: b})
		}
	}
	s.start()
	return s, nil
}

// prepare does all that can fail without binding a port.
func prepare(o Options) (*Server, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Addresses == nil {
		o.Addresses = systemAddresses
	}
	limits := o.Limits.withDefaults()
	s := &Server{
		options: o, live: o, limits: limits, log: o.Logger,
		anonymous: newGate(limits.Anonymous, limits.PerAddress),
		proxied:   newGate(limits.Proxied, limits.Proxied),
		kurento:   newGate(limits.Kurento, limits.Kurento),
		visitors:  newQuota(limits.Proxied, limits.PerAddress),
		conns:     make(map[*conn]struct{}),
	}
	var err error
	if s.prefix, err = cleanPrefix(o.Prefix); err != nil {
		return nil, err
	}
	if s.routes, err = routeTable(o.Routes); err != nil {
		return nil, err
	}
	if s.assets, err = loadAssets(o.Check); err != nil {
		return nil, err
	}
	keys, err := auth.NewKeyring(o.Tokens)
	if err != nil {
		return nil, err
	}
	s.guard = auth.Guard{Keys: keys, Lockout: auth.NewLockout(o.Now)}
	if s.hosts, err = auth.NewHosts(o.PublicHost, o.AllowOrigin); err != nil {
		return nil, err
	}
	proxies, err := auth.ParseProxies(o.TrustedProxies)
	if err != nil {
		return nil, err
	}
	s.proxies.Store(proxies)
	return s, s.prepareCertificate()
}

func (s *Server) prepareCertificate() error {
	o := s.options
	s.keeper = &keeper{hosts: s.hosts, addresses: o.Addresses, now: o.Now, log: s.log, names: o.Names}
	secure, err := addresses(KindHTTPS, o.HTTPS)
	switch {
	case err != nil:
		return err
	case (o.TLSCert == "") != (o.TLSKey == ""):
		return fmt.Errorf("%w: tls_cert %q and tls_key %q belong together; give both or neither", ErrCertificate, o.TLSCert, o.TLSKey)
	case len(secure) == 0:
	case o.TLSCert != "":
		if s.keeper.files, err = openFiles(o.TLSCert, o.TLSKey); err != nil {
			return err
		}
	case o.State == nil:
		return fmt.Errorf("HTTPS: %w; give one, tls_cert and tls_key, or HTTPS_PORT=0", ErrNoState)
	default:
		if s.keeper.local, err = openLeaf(o.State); err != nil {
			return err
		}
	}
	if err := s.keeper.check(); err != nil {
		if _, missing := s.keeper.certificate(nil); missing != nil {
			return err
		}
		s.keeper.report(err) // there is a certificate; that it could not be kept is no reason not to serve
	}
	return nil
}

func (s *Server) start() {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	for i := range s.fronts {
		f := &s.fronts[i]
		f.server = &http.Server{
			Handler:           s.handler(f.kind, addrOf(f.listener.Addr()).IsLoopback()),
			ReadHeaderTimeout: s.limits.Header,
			ReadTimeout:       s.limits.Request,
			WriteTimeout:      s.limits.Response,
			IdleTimeout:       s.limits.Idle,
			MaxHeaderBytes:    s.limits.HeaderBytes,
			ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
			BaseContext:       func(net.Listener) context.Context { return ctx },
			ConnContext:       withConn,
		}
		var l net.Listener = &listener{Listener: f.listener, server: s, kind: f.kind}
		if f.kind == KindHTTPS {
			l = tls.NewListener(l, &tls.Config{
				MinVersion:     tls.VersionTLS12,
				GetCertificate: s.keeper.certificate,
				NextProtos:     []string{"http/1.1"}, // WebSockets need it, and HTTP/2 would be one more thing to bound
			})
		}
		s.log.Info("listen", "kind", string(f.kind), "address", f.listener.Addr().String())
		s.running.Add(1)
		go func(server *http.Server) { // ends when Close closes the listener
			defer s.running.Done()
			_ = server.Serve(l)
		}(f.server)
	}
	s.running.Add(1)
	go func() { // ends when Close cancels
		defer s.running.Done()
		s.keeper.run(ctx, s.logRefused)
	}()
}

// Reload takes over what can change while the server runs: tokens, PublicHost,
// AllowOrigin, TrustedProxies and Names. WebSockets whose credential is no
// longer one are closed. For the rest it answers ErrRestart, having taken over
// what it can; for a wrong value it changes nothing of that option.
func (s *Server) Reload(o Options) error {
	proxies, err := auth.ParseProxies(o.TrustedProxies)
	if err != nil {
		return err
	}
	if err := s.hosts.Allow(o.PublicHost, o.AllowOrigin); err != nil {
		return err
	}
	if err := s.guard.Keys.Set(o.Tokens); err != nil {
		return err
	}
	s.proxies.Store(proxies)
	s.keeper.report(s.keeper.setNames(o.Names))
	for _, c := range s.open() {
		_, grants, isWebSocket := c.webSocket()
		if isWebSocket && len(grants) > 0 && !s.guard.Keys.Has(grants[0]) {
			c.farewell(closePolicy, "the credential was withdrawn")
			time.AfterFunc(s.limits.Farewell, func() { _ = c.Conn.Close() }) // whoever does not leave by himself
		}
	}
	s.mu.Lock()
	s.live.Tokens, s.live.PublicHost, s.live.AllowOrigin = o.Tokens, o.PublicHost, o.AllowOrigin
	s.live.TrustedProxies, s.live.Names = o.TrustedProxies, o.Names
	s.mu.Unlock()
	if !s.options.sameListeners(o) {
		return fmt.Errorf("listeners, prefix, certificate files, routes and limits: %w", ErrRestart)
	}
	return nil
}

// Addrs are the bound addresses of a kind; none where it is off.
func (s *Server) Addrs(kind Kind) []net.Addr {
	var addrs []net.Addr
	for _, f := range s.fronts { // not changed after New
		if f.kind == kind {
			addrs = append(addrs, f.listener.Addr())
		}
	}
	return addrs
}

// CA is the certificate of this node's own CA in PEM, nil where it has none.
func (s *Server) CA() []byte {
	if s.keeper.local == nil {
		return nil
	}
	return encodeCert(s.keeper.local.authority.cert)
}

// Close ends the server; see the package's comment. It may be called twice.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		s.running.Wait()
		return nil
	}
	s.closing = true
	s.mu.Unlock()
	for _, f := range s.fronts {
		_ = f.listener.Close()
		f.server.SetKeepAlivesEnabled(false)
	}
	s.cancel()
	var told sync.WaitGroup
	for _, c := range s.open() {
		if _, _, ok := c.webSocket(); ok {
			told.Add(1)
			go func() { // ends by the write's deadline
				defer told.Done()
				c.farewell(closeGoingAway, "the server is ending")
			}()
		} else if !c.gate.isBusy(c) {
			_ = c.Close()
		}
	}
	told.Wait()
	ended := make(chan struct{})
	go func() {
		s.running.Wait()
		close(ended)
	}()
	timer := time.NewTimer(s.limits.Farewell)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
		for _, c := range s.open() {
			_ = c.Close()
		}
		<-ended
	}
	for _, f := range s.fronts {
		_ = f.server.Close()
	}
	return nil
}

// open are the connections that are open now.
func (s *Server) open() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		list = append(list, c)
	}
	return list
}

func (s *Server) remember(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.conns[c] = struct{}{}
	s.running.Add(1)
	return true
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	s.running.Done()
}

// begin counts a request, so that Close waits for it.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.running.Add(1)
	return true
}

func (s *Server) gateFor(kind Kind, peer netip.Addr) *gate {
	switch {
	case kind == KindKurento:
		return s.kurento
	case s.proxies.Load().Trusted(peer):
		return s.proxied
	}
	return s.anonymous
}

// logRefused tells at most twice a minute that the caps were reached.
func (s *Server) logRefused() {
	var sum uint64
	for _, g := range []*gate{s.anonymous, s.proxied, s.kurento} {
		_, refused := g.counts()
		sum += refused
	}
	s.mu.Lock()
	fresh := sum - s.refused
	s.refused = sum
	s.mu.Unlock()
	if fresh > 0 {
		s.log.Warn("connections without a credential were turned away", "count", fresh)
	}
}

// cleanPrefix gives "" or "/a/b".
func cleanPrefix(prefix string) (string, error) {
	prefix = strings.Trim(prefix, "/")
	if prefix == "" {
		return "", nil
	}
	for element := range strings.SplitSeq(prefix, "/") {
		if element == "" || element == "." || element == ".." ||
			strings.IndexFunc(element, func(r rune) bool { return !isPathRune(r) }) >= 0 {
			return "", fmt.Errorf("http_prefix %q: %w; give a path such as /ksfu of letters, digits and . _ ~ -", prefix, ErrRoute)
		}
	}
	return "/" + prefix, nil
}

func isPathRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.' || r == '~'
}
