package config

import (
	"slices"
	"strings"
)

// UCI section types.
const (
	sectionMain    = "ksfu"
	sectionWebRTC  = "webrtc"
	sectionRouter  = "router"
	sectionKurento = "kurento"
	sectionToken   = "token"
)

// envPrefix is that of the environment names which are ours alone; an unknown
// name with it is an error.
const envPrefix = "KSFU_"

// Option is a row of the table.
type Option struct {
	Name         string   // lower case with underscores; the UCI option and, with hyphens, the flag
	Section      string   // UCI section type; "" = not in UCI
	Env          []string // environment names besides KSFU_<NAME>; the first is the usual one
	Default      string   // as one would write it; "" = not set
	CloudDefault string   // the default in cloud mode where it differs, else ""
	Example      string   // a value for the samples where there is no default
	Text         string   // what it means, for people
	Reload       bool     // applied by a reload; otherwise by a restart
	Secret       bool     // masked; has no flag; has <NAME>_FILE names
	Repeat       bool     // in a section that may occur many times
	Compat       bool     // a name of a predecessor: environment only

	value value
}

// Type names the kind of value: "boolean", "list of STUN servers" ...
func (o Option) Type() string { return o.value.typ }

// Allowed says which values are.
func (o Option) Allowed() string { return o.value.allowed }

// List tells whether several values may be given.
func (o Option) List() bool { return o.value.list }

// EnvNames are all environment names that give the value itself. The first is
// the one to document.
func (o Option) EnvNames() []string {
	names := slices.Clone(o.Env)
	if own := envPrefix + strings.ToUpper(o.Name); !o.Repeat && !o.Compat && !slices.Contains(names, own) {
		names = append(names, own)
	}

	return names
}

// FileNames are the environment names that name a file holding the value.
func (o Option) FileNames() []string {
	if !o.Secret {
		return nil
	}
	names := o.EnvNames()
	for i := range names {
		names[i] += fileSuffix
	}

	return names
}

// Flag is the documented flag without its hyphens, "" where there is none.
func (o Option) Flag() string {
	if o.Secret || o.Repeat || o.Compat {
		return ""
	}

	return strings.ReplaceAll(o.Name, "_", "-")
}

// value ties a row of the table to its place in a Config.
type value struct {
	typ, allowed string
	list         bool
	boolean      bool // a flag may stand without a value

	put  func(c *Config, raw []string) error // leaves c alone on error
	show func(c *Config) string
	same func(a, b *Config) bool
}
