package secret

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
	"unique"
)

// Mask is what a secret that is not empty prints as.
const Mask = "***"

// String is a secret text. The zero value is the empty secret. Two are equal by
// == when their texts are; compare with what a stranger sent by Matches.
//
// The text stands behind a pointer because fmt prints unexported fields by
// reflection, without calling their methods: a struct that holds a String then
// prints an address. unique.Handle is that pointer and keeps == meaningful.
type String struct{ text unique.Handle[string] }

// New returns text as a secret.
func New(text string) String {
	if text == "" {
		return String{} // one representation of empty, so that == holds
	}

	return String{text: unique.Make(text)}
}

// Reveal returns the text itself, to be used and not to be printed.
func (s String) Reveal() string {
	if s.Empty() {
		return ""
	}

	return s.text.Value()
}

// Empty tells whether there is no text.
func (s String) Empty() bool { return s == String{} }

// Matches tells whether guess is the text, in a time that does not depend on how
// much of it is right. The empty secret matches nothing: a credential that was
// not set opens no door.
func (s String) Matches(guess string) bool {
	return !s.Empty() && subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(guess)) == 1
}

// String returns *** or, for the empty secret, nothing.
func (s String) String() string {
	if s.Empty() {
		return ""
	}

	return Mask
}

// Format prints the mask under every verb (fmt.Formatter), %x and %#v included.
func (s String) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, s.String())
}

// MarshalText returns the mask; encoding/json and encoding/xml use it too.
func (s String) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue returns the mask (slog.LogValuer).
func (s String) LogValue() slog.Value { return slog.StringValue(s.String()) }
