package httpd

import (
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"ksfu/src/auth"
	"ksfu/src/node"
	"ksfu/src/state"
)

// Options is what a Server is made from.
type Options struct {
	// Where to listen: "port", ":port" or "host:port", or several of these with
	// spaces between. "" is the default, "0" and "off" are no listener, ":0"
	// takes a free port (tests).
	HTTPS   string // default 8443, all addresses
	HTTP    string // default 8080, all addresses
	Kurento string // default 8888; a bare port listens on 127.0.0.1 and [::1] alone

	Prefix         string   // path that everything is served under too; "" = none
	PublicHost     string   // name in links, accepted as Host and Origin
	AllowOrigin    []string // further origins, "https://app.example.org" or "app.example.org"
	TrustedProxies []string // addresses and ranges whose X-Forwarded-* counts

	TLSCert, TLSKey string   // PEM files, watched; both or none. None = a CA of our own
	Names           []string // this node's names; those in .lan, .local and .home.arpa go into the leaf

	Tokens []auth.Token // credentials; none = nobody passes but on Kurento's loopback port
	Routes []Route
	Check  fs.FS // the files of the page /check; nil = no such page

	State  *state.Dir // keeps CA and leaf; required with HTTPS and without TLSCert
	Node   Status     // what /health tells to those with a credential; nil = the word alone
	Limits Limits
	Logger *slog.Logger // nil = silent

	Now       func() time.Time             // clock, nil = time.Now
	Addresses func() ([]netip.Addr, error) // this machine's addresses, nil = asks the system
}

// Status is what /health asks of the node.
type Status interface{ Status() node.Status }

// Route is a handler and where it stands.
type Route struct {
	Path    string // "/kurento"; matched whole, a slash at its end aside
	Handler http.Handler
	// Kurento puts it on the Kurento port too, where it needs no token.
	Kurento bool
}

// Equal tells whether a Server from other would listen, route and serve the
// same; functions, handlers and the logger are not compared.
func (o Options) Equal(other Options) bool {
	return o.sameListeners(other) &&
		o.PublicHost == other.PublicHost && slices.Equal(o.AllowOrigin, other.AllowOrigin) &&
		slices.Equal(o.TrustedProxies, other.TrustedProxies) && slices.Equal(o.Names, other.Names) &&
		slices.Equal(o.Tokens, other.Tokens)
}

// sameListeners compares what cannot change while the server runs.
func (o Options) sameListeners(other Options) bool {
	return o.HTTPS == other.HTTPS && o.HTTP == other.HTTP && o.Kurento == other.Kurento &&
		o.Prefix == other.Prefix && o.TLSCert == other.TLSCert && o.TLSKey == other.TLSKey &&
		o.Limits.withDefaults() == other.Limits.withDefaults() &&
		slices.EqualFunc(o.Routes, other.Routes, func(a, b Route) bool { return a.Path == b.Path && a.Kurento == b.Kurento })
}
