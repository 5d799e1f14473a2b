// Package secret is a string that prints as ***: a token, a password, a key.
//
// String owns nothing but the text. However it is printed (any verb of fmt, text
// and JSON encodings, slog) it shows as ***, also as an unexported field
// of a printed struct, where fmt cannot call methods; the empty secret shows as
// empty, so that "not set" stays visible. Reveal is the one way to the text, so
// that a search for it finds every place that uses a secret.
//
// The package starts no goroutine and blocks nowhere. A String is immutable and
// safe for concurrent use.
package secret
