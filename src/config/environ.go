package config

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/joho/godotenv"
)

const (
	dotenv     = ".env"
	fileSuffix = "_FILE"
	maxSecret  = 4 << 10 // bytes of a *_FILE; eight times the longest token
)

// envName is what an environment name stands for.
type envName struct {
	option *Option
	file   bool // it names a file that holds the value
}

func envNames(options []Option) map[string]envName {
	all := map[string]envName{}
	for i := range options {
		for _, name := range options[i].EnvNames() {
			all[name] = envName{&options[i], false}
		}
		for _, name := range options[i].FileNames() {
			all[name] = envName{&options[i], true}
		}
	}

	return all
}

// dotenv reads .env in the working directory, if there is one.
func (l *loader) dotenv() {
	path := filepath.Join(l.dir, dotenv)
	src, err := readLimited(path, maxFile)
	switch {
	case os.IsNotExist(err):
		return
	case err != nil:
		l.fail(&Problem{Name: dotenv, Where: "working directory", Err: ErrFile, Hint: why(err)})

		return
	}
	values, err := parseDotenv(src)
	if err != nil {
		l.fail(&Problem{Name: dotenv, Where: "working directory", Err: ErrSyntax, Hint: err.Error()})

		return
	}
	if l.environment(dotenv, values) && exposed(path) {
		l.warn("%s holds a secret and others can read it: chmod 600 %s", dotenv, path)
	}
}

// exposed tells whether users besides the owner can read a file.
func exposed(path string) bool {
	info, err := os.Stat(path)

	return err == nil && info.Mode().Perm()&0o044 != 0
}

// parseDotenv reads NAME=value lines. godotenv's errors quote the file, secrets
// and all, so they are replaced by the number of the line.
func parseDotenv(src []byte) (map[string]string, error) {
	values, err := godotenv.UnmarshalBytes(src)
	if err == nil {
		return values, nil
	}
	lines := bytes.SplitAfter(src, []byte("\n"))
	for n := len(lines) - 1; n >= 0 && len(lines) <= maxDotenvLines; n-- {
		if _, err := godotenv.UnmarshalBytes(bytes.Join(lines[:n], nil)); err == nil {
			return nil, fmt.Errorf("line %d is not NAME=value, or a quote that opens there is not closed", n+1)
		}
	}

	return nil, fmt.Errorf("it has other lines than NAME=value and comments")
}

// maxDotenvLines bounds the search for the line at fault, which reads the file
// once for each line.
const maxDotenvLines = 1000

// environ turns "NAME=value" entries into a map; of equal names the last counts.
func environ(entries []string) map[string]string {
	values := make(map[string]string, len(entries))
	for _, entry := range entries {
		if name, value, ok := strings.Cut(entry, "="); ok {
			values[name] = value
		}
	}

	return values
}

// environment adds the settings of a layer of environment names and tells
// whether it holds a secret itself.
func (l *loader) environment(layer string, values map[string]string) (secrets bool) {
	first := map[*Option]setting{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := values[name]
		known, ok := l.env[name]
		where := layer + " " + name
		switch {
		case value == "": // compose files pass on names that are not set
			continue
		case !ok:
			if strings.HasPrefix(name, envPrefix) && !injected(name) {
				l.fail(&Problem{Name: name, Where: layer, Err: ErrUnknown, Hint: suggest("names beginning with "+envPrefix+" are ours", name, slices.Sorted(maps.Keys(l.env)))})
			}

			continue
		case known.file:
			text, err := l.secretFile(value)
			if err != nil {
				l.fail(&Problem{Name: name, Value: quote([]string{value}, false), Where: layer, Err: ErrFile, Hint: why(err)})

				continue
			}
			value = text
		default:
			secrets = secrets || known.option.Secret
		}
		set := setting{key: name, where: where, source: where, raw: []string{value}}
		if before, twice := first[known.option]; twice {
			if before.raw[0] != value {
				l.fail(&Problem{Name: before.key + ", " + name, Where: layer, Err: ErrConflict, Hint: "both set " + known.option.Name + ", to different values; keep one"})
			}

			continue
		}
		first[known.option] = set
	}
	for i := range l.options {
		if set, ok := first[&l.options[i]]; ok {
			l.add(&l.options[i], set)
		}
	}

	return secrets
}

// secretFile reads a secret that was put into a file, whatever the file's mode:
// mounted secrets are often 0444. The line break that editors add is not part
// of it.
func (l *loader) secretFile(path string) (string, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(l.dir, path)
	}
	src, err := readLimited(path, maxSecret)
	if err != nil {
		return "", err
	}
	text := strings.TrimRight(string(src), "\r\n")
	if text == "" {
		return "", fmt.Errorf("it is empty")
	}

	return text, nil
}

// injected tells whether a name is one that Kubernetes and linked containers set
// for a service called ksfu (KSFU_SERVICE_HOST, KSFU_PORT_8080_TCP_ADDR ...).
func injected(name string) bool {
	return injectedName().MatchString(name)
}

func injectedName() *regexp.Regexp {
	return regexp.MustCompile(`^KSFU_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$`)
}
