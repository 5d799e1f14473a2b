package auth

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"ksfu/src/secret"
)

// Names and files of the tokens that are made where none is configured.
const (
	defaultName = "api"
	adminName   = "admin"
	apiFile     = "api-token"
	adminFile   = "admin-token"
)

// Token is one credential of an application server or of the admin.
type Token struct {
	Name  string // the scope of what is made with it
	Value secret.String
	Admin bool
	From  string // where a person finds it, for messages: "file /etc/ksfu/api-token"; "" = the configuration
}

func (t Token) principal() Principal { return Principal{Name: t.Name, Admin: t.Admin} }

// Store keeps what was made for the next start; state.Dir is one.
type Store interface {
	ReadOrCreate(name string, create func() ([]byte, error)) (data []byte, created bool, err error)
	File(name string) string
}

// LoadTokens returns the configured tokens, and adds an API token and an admin
// token from the store for whichever kind none is configured. They are made
// there at the first start.
func LoadTokens(configured []Token, store Store) ([]Token, error) {
	tokens := slices.Clone(configured)
	for _, kind := range []struct {
		name, file string
		admin      bool
	}{{defaultName, apiFile, false}, {adminName, adminFile, true}} {
		if slices.ContainsFunc(configured, func(t Token) bool { return t.Admin == kind.admin }) {
			continue
		}
		data, _, err := store.ReadOrCreate(kind.file, func() ([]byte, error) {
			return []byte(rand.Text() + "\n"), nil // 130 bits in base 32 (RFC 4648): safe in a link
		})
		if err != nil {
			return nil, fmt.Errorf("%s token: %w", kind.name, err)
		}
		value := strings.TrimSpace(string(data))
		path := store.File(kind.file)
		if err := checkToken(kind.name, value); err != nil {
			return nil, fmt.Errorf("%s: %w (remove the file and start again to get a new one)", path, err)
		}
		tokens = append(tokens, Token{Name: kind.name, Value: secret.New(value), Admin: kind.admin, From: "file " + path})
	}
	return tokens, nil
}
