package config

import (
	"slices"
	"strings"
)

// commandLine is what the arguments say.
type commandLine struct {
	help, version, check bool
	file                 string // --config
	settings             []flagSetting
}

type flagSetting struct {
	option *Option
	setting
}

// flags reads the arguments: --name value, --name=value and, for booleans,
// --name alone. A single hyphen does as well.
func (l *loader) flags(args []string) commandLine {
	var c commandLine
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "" || arg[0] != '-' || strings.Trim(arg, "-") == "" {
			l.fail(&Problem{Name: quote([]string{arg}, false), Where: "command line", Err: ErrUnknown, Hint: "options begin with --; see --help"})

			continue
		}
		typed, value, given := strings.Cut(arg, "=")
		// next takes the following argument as the value of this one.
		next := func() bool {
			if !given && len(args) > 0 && !strings.HasPrefix(args[0], "--") {
				value, given, args = args[0], true, args[1:]
			}

			return given
		}
		name := strings.ReplaceAll(strings.TrimLeft(typed, "-"), "-", "_")
		switch name {
		case "h", "help":
			c.help = true
		case "version":
			c.version = true
		case "check":
			c.check = true
		case "config":
			if !next() || value == "" {
				l.fail(&Problem{Name: typed, Where: "command line", Err: ErrValue, Hint: "name the UCI file: --config FILE"})
			}
			c.file = value
		default:
			o := l.flagOption(name)
			if o == nil {
				// What follows may be a secret behind a mistyped name: it is not shown.
				if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
					next()
				}
				l.unknownFlag(typed, name)

				continue
			}
			if o.value.boolean && !given {
				value, given = "1", true
				if len(args) > 0 {
					if _, err := parseBool(args[0]); err == nil {
						value, args = args[0], args[1:]
					}
				}
			}
			if !next() {
				l.fail(&Problem{Name: typed, Where: "command line", Err: ErrValue, Hint: "it wants a value: " + o.Allowed()})

				continue
			}
			source := "flag " + typed
			c.settings = append(c.settings, flagSetting{o, setting{key: typed, where: source, source: source, raw: []string{value}}})
		}
	}

	return c
}

func (l *loader) flagOption(name string) *Option {
	i := slices.IndexFunc(l.options, func(o Option) bool { return o.Name == name && o.Flag() != "" })
	if i < 0 {
		return nil
	}

	return &l.options[i]
}

func (l *loader) unknownFlag(typed, name string) {
	for i := range l.options {
		if o := &l.options[i]; o.Secret && o.Name == name {
			own := envPrefix + strings.ToUpper(name)
			l.fail(&Problem{
				Name: typed, Where: "command line", Err: ErrSecret,
				Hint: "every user of the machine can read it there; set " + own + fileSuffix + " to a file that holds it, or " + own + " in the environment, or option " + name + " in section " + o.Section + " of the UCI file",
			})

			return
		}
	}
	known := []string{"help", "version", "check", "config"}
	for _, o := range l.options {
		if f := o.Flag(); f != "" {
			known = append(known, f)
		}
	}
	for i := range known {
		known[i] = "--" + known[i]
	}
	l.fail(&Problem{Name: typed, Where: "command line", Err: ErrUnknown, Hint: suggest("see --help", "--"+strings.ReplaceAll(name, "_", "-"), known)})
}
