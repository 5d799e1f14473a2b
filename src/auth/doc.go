// Package auth decides who a request is from and whether a web page may send
// it: bearer tokens (RFC 6750), lock-out of guessers, the Host and Origin rules
// that keep foreign pages and DNS rebinding away, and the client's address
// behind a trusted reverse proxy.
//
// It owns the tokens (as hashes), the table of recent failures and the lists of
// accepted hosts and proxies. It knows no listener and no route: httpd asks it
// and acts. What it grants is a Principal, which httpd puts into the request's
// context and adapters read.
//
// The package starts no goroutines and nothing in it blocks, but for
// LoadTokens, which uses the store it is given. Everything is safe for
// concurrent use.
package auth
