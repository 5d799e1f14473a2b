// Package httpd is everything that answers over TCP: the listeners, TLS, the
// routes under an optional path prefix, /health, /ca and the pages.
//
// # What it owns
//
// Three listeners (HTTPS, plain HTTP, and Kurento's own port), their
// connections from accept to close, and the certificates: a CA of this node's
// own with a leaf for its local names, or given files. What happens on a route
// it does not know: it is handed http.Handlers.
//
// # Who may pass
//
// A request passes these in order: the caps on connections (at accept), Host
// and Origin, the credential. A handler finds the caller in its request's
// context (auth.PrincipalFrom). A connection counts against the caps until a
// request with a valid credential arrives on it, so that callers who have one
// are never kept out by those who have none.
//
// # Goroutines, blocking, concurrency
//
// New binds the listeners and serves at once; it starts one goroutine per
// listener, one that looks after the certificates, and net/http starts one per
// connection. Close ends all of them and returns when they have ended: the
// ports are free at once, requests under way have a moment to finish, and
// WebSockets that are still open get a close frame 1001 (RFC 6455 section
// 7.4.1). Reload and Close may be called from anywhere.
package httpd
