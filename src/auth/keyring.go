package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
)

const (
	// minToken is the least length of a token. 16 characters of base 32 are 80
	// bits: with 10 guesses a minute per address, beyond any botnet.
	minToken = 16
	// maxToken bounds what is hashed for a stranger.
	maxToken = 512
)

// Fingerprint tells credentials apart without being one.
type Fingerprint [sha256.Size]byte

// Keyring holds the tokens of this node.
type Keyring struct {
	keys atomic.Pointer[[]key]
}

type key struct {
	hash      Fingerprint
	principal Principal
}

// NewKeyring checks and takes tokens. Several tokens of one name share that
// name's scope, which is how one is replaced without a gap.
func NewKeyring(tokens []Token) (*Keyring, error) {
	k := &Keyring{}
	if err := k.Set(tokens); err != nil {
		return nil, err
	}
	return k, nil
}

// Set replaces all tokens at once, or none where one of them cannot be used.
func (k *Keyring) Set(tokens []Token) error {
	keys := make([]key, 0, len(tokens))
	for _, t := range tokens {
		value := t.Value.Reveal()
		if err := checkToken(t.Name, value); err != nil {
			return err
		}
		hash := Fingerprint(sha256.Sum256([]byte(value)))
		if i := slices.IndexFunc(keys, func(have key) bool { return have.hash == hash }); i >= 0 {
			if keys[i].principal != t.principal() {
				return fmt.Errorf("token %q: %w: token %q has the same value; give each its own", t.Name, ErrBadToken, keys[i].principal.Name)
			}
			continue
		}
		keys = append(keys, key{hash: hash, principal: t.principal()})
	}
	k.keys.Store(&keys)
	return nil
}

// Find tells whose token this is. The time it takes depends on the number of
// tokens alone: hashes of equal length are compared, all of them, in constant
// time.
func (k *Keyring) Find(token string) (Principal, Fingerprint, bool) {
	hash := Fingerprint(sha256.Sum256([]byte(token)))
	keys, found := *k.keys.Load(), -1
	for i, have := range keys {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(have.hash[:], hash[:]), i, found)
	}
	if found < 0 || len(token) > maxToken {
		return Principal{}, hash, false
	}
	return keys[found].principal, hash, true
}

// Has tells whether a credential that was good is still so.
func (k *Keyring) Has(f Fingerprint) bool {
	return slices.ContainsFunc(*k.keys.Load(), func(have key) bool { return have.hash == f })
}

// FromRequest is the token a request carries, by RFC 6750 section 2.1 or 2.3;
// false where it carries none. The header is preferred, as its sender chose it
// with more care than a link's.
func FromRequest(r *http.Request) (string, bool) {
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token), true
	}
	if !strings.Contains(r.URL.RawQuery, "access_token") {
		return "", false
	}
	values := r.URL.Query()
	if !values.Has("access_token") {
		return "", false
	}
	return values.Get("access_token"), true
}

func checkToken(name, value string) error {
	fail := func(why string) error { return fmt.Errorf("token %q: %w: %s", name, ErrBadToken, why) }
	switch {
	case name == "":
		return fail("it has no name; what is made with it is kept apart by that name")
	case name == Local:
		return fail("this name is that of the listener without a token; choose another")
	case len(value) < minToken:
		return fail(fmt.Sprintf("it is shorter than %d characters and could be guessed; make one with: openssl rand -hex 16", minToken))
	case len(value) > maxToken:
		return fail(fmt.Sprintf("it is longer than %d characters", maxToken))
	case strings.IndexFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0:
		return fail("it has a space, a control character or one outside ASCII, which does not survive in a link; make one with: openssl rand -hex 16")
	}
	return nil
}
