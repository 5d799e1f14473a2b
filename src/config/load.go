package config

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

// LoadOptions are the sources of a configuration and what is looked at on the
// machine. The zero value reads no flags and no environment, but .env in the
// current directory and /etc/config/ksfu.
type LoadOptions struct {
	Args    []string // command line without the program's name; nil = none
	Environ []string // "NAME=value" as of os.Environ; nil = none
	Dir     string   // working directory; "" = the current one
	Root    string   // where /etc, /proc and /state are looked for; "" = "/"

	UID   func() int                 // effective user; nil = os.Geteuid
	Addrs func() ([]net.Addr, error) // addresses of this machine; nil = net.InterfaceAddrs
}

// Load reads the configuration from all its sources. Where anything is wrong the
// error joins every Problem; the Config is then good for WriteCheck alone. It is
// nil only where the working directory cannot be determined.
func Load(opts LoadOptions) (*Config, error) {
	l := &loader{
		cfg: &Config{}, options: Options(), settings: map[string][]setting{},
		dir: opts.Dir, root: opts.Root, uid: opts.UID, addrs: opts.Addrs,
	}
	if l.dir == "" {
		dir, err := os.Getwd()
		if err != nil {
			return nil, fmt.Errorf("working directory: %w", err)
		}
		l.dir = dir
	}
	if l.root == "" {
		l.root = "/"
	}
	if l.uid == nil {
		l.uid = os.Geteuid
	}
	if l.addrs == nil {
		l.addrs = net.InterfaceAddrs
	}
	l.env = envNames(l.options)
	l.environ = environ(opts.Environ)

	line := l.flags(opts.Args)
	l.cfg.Help, l.cfg.Version, l.cfg.Check = line.help, line.version, line.check
	if line.help || line.version {
		return l.cfg, nil
	}
	l.uci(line.file)
	l.dotenv()
	l.environment("environment", l.environ)
	for _, f := range line.settings {
		l.add(f.option, f.setting)
	}
	l.apply()
	l.environmentToken()
	l.checkTokens()
	l.derive()
	for i := range l.cfg.rows {
		if r := &l.cfg.rows[i]; r.wrong {
			r.value = "(wrong)"
		}
	}

	return l.cfg, errors.Join(l.problems...)
}

// loader is one Load under way.
type loader struct {
	cfg       *Config
	options   []Option
	env       map[string]envName
	environ   map[string]string
	settings  map[string][]setting // by option name, the strongest last
	problems  []error
	dir, root string
	uid       func() int
	addrs     func() ([]net.Addr, error)
}

// setting is a value that a source gives to an option.
type setting struct {
	key    string   // the name it was given by
	where  string   // the source with the line, for problems
	source string   // the source, for WriteCheck
	raw    []string // one value, or the entries of a UCI list
}

func (l *loader) fail(p *Problem) { l.problems = append(l.problems, p) }

func (l *loader) warn(format string, args ...any) {
	l.cfg.Warnings = append(l.cfg.Warnings, fmt.Sprintf(format, args...))
}

func (l *loader) add(o *Option, s setting) {
	l.settings[o.Name] = append(l.settings[o.Name], s)
}

// put sets an option's field and tells whether the value was good.
func (l *loader) put(o *Option, s setting) bool {
	err := o.value.put(l.cfg, s.raw)
	if err == nil {
		return true
	}
	hint := "allowed: " + o.Allowed()
	if !errors.Is(err, errNotAllowed) {
		hint = err.Error() + "; " + hint
	}
	key := s.key
	if o.Repeat && key == o.Name {
		key = o.Section + "." + o.Name
	}
	l.fail(&Problem{Name: key, Value: quote(s.raw, o.Secret), Where: s.where, Err: ErrValue, Hint: hint})

	return false
}

// apply sets every option from its default and then from each source, so that a
// wrong value is found also where a stronger one hides it.
func (l *loader) apply() {
	for i := range l.options {
		o := &l.options[i]
		if o.Repeat {
			continue
		}
		r := row{name: o.Name, source: "default", reload: o.Reload}
		value := o.Default
		if l.cfg.Cloud && o.CloudDefault != "" {
			value, r.source = o.CloudDefault, "default in cloud mode"
		}
		if value != "" {
			l.put(o, setting{key: o.Name, where: "default", raw: []string{value}})
		}
		for _, s := range l.settings[o.Name] {
			if l.put(o, s) {
				r.source = s.source
			} else {
				r.wrong = true
			}
		}
		r.value = o.value.show(l.cfg)
		if !o.Compat {
			l.cfg.rows = append(l.cfg.rows, r)
		}
	}
}

// given tells whether a source, and not the default, sets an option.
func (l *loader) given(name string) bool { return len(l.settings[name]) > 0 }

// environmentToken adds the token of the environment to those of the UCI file.
func (l *loader) environmentToken() {
	all := l.settings["token"]
	if len(all) == 0 {
		return
	}
	s := all[len(all)-1]
	o := l.env[s.keyName()].option
	l.cfg.Tokens = append(l.cfg.Tokens, Token{Name: envTokenName, From: s.source})
	l.put(o, s)
}

// keyName is the environment name without _FILE.
func (s setting) keyName() string { return strings.TrimSuffix(s.key, fileSuffix) }

// checkTokens refuses one token under two names or with two powers: whose would
// it be?
func (l *loader) checkTokens() {
	tokens := l.cfg.Tokens
	for i, t := range tokens {
		for _, other := range tokens[:i] {
			if !t.Value.Empty() && t.Value == other.Value && (t.Name != other.Name || t.Admin != other.Admin) {
				l.fail(&Problem{
					Name: "token.token", Where: other.From + ", " + t.From, Err: ErrConflict,
					Hint: fmt.Sprintf("tokens %q and %q are the same text; give each its own", other.Name, t.Name),
				})
			}
		}
	}
}

// quote shows a raw value in a problem: masked where it is secret or where a
// person put a password into an address, and cut where it is long.
func quote(raw []string, secret bool) string {
	if secret {
		return "***"
	}
	shown := make([]string, len(raw))
	for i, s := range raw {
		if at := strings.LastIndexByte(s, '@'); at >= 0 {
			s = "***" + s[at:]
		}
		if len(s) > 100 {
			s = s[:100] + "..."
		}
		shown[i] = strconv.Quote(s)
	}

	return strings.Join(shown, " ")
}
