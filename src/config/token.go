package config

import "ksfu/src/secret"

// envTokenName is the name of the token that KSFU_TOKEN gives: the same as that
// of the API token made where none is configured, so that what belongs to one
// belongs to the other.
const envTokenName = "api"

// Token is a configured credential.
type Token struct {
	Name  string // scope of what is made with it; several tokens may share one
	Value secret.String
	Admin bool
	From  string // its source, for messages
}

// last is the token that the options of a token section fill.
func last(c *Config) *Token { return &c.Tokens[len(c.Tokens)-1] }
