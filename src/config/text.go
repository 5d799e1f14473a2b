package config

import (
	"errors"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

const (
	minToken = 16  // characters; what auth asks of a token too
	maxToken = 512 // characters; bounds what is hashed for a stranger
	maxText  = 1024
)

func same[T any](v T) T { return v }

// text is one line of printable characters, checked further by check.
func text(name, allowed string, check func(string) (string, error)) kind[string] {
	return kind[string]{
		name: name, allowed: allowed,
		parse: func(s string) (string, error) {
			switch {
			case len(s) > maxText:
				return "", errors.New("it is longer than 1024 bytes")
			case strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }):
				return "", errors.New("it has a line break or another control character")
			}

			return check(s)
		},
		show: same[string],
	}
}

// plain takes any line of text.
func plain(name string) kind[string] {
	return text(name, "one line of text", func(s string) (string, error) { return s, nil })
}

// file is a path; a relative one is completed when the directory is known.
func file() kind[string] {
	return text("file", "the path of a file", func(s string) (string, error) { return s, nil })
}

// directory is an absolute path: a daemon's working directory is nobody's choice.
func directory() kind[string] {
	return text("directory", "an absolute path", func(s string) (string, error) {
		if s != "" && !filepath.IsAbs(s) {
			return "", errNotAllowed
		}

		return s, nil
	})
}

// choice is one of some words. Those of refused are known and not to be had,
// for the reason given.
func choice(words []string, refused map[string]string) kind[string] {
	return text("choice", strings.Join(words, ", "), func(s string) (string, error) {
		s = strings.ToLower(s)
		if slices.Contains(words, s) {
			return s, nil
		}
		if reason, ok := refused[s]; ok {
			return "", errors.New(reason)
		}

		return "", errNotAllowed
	})
}

func level() kind[slog.Level] {
	k := choice([]string{"debug", "info", "warn", "error"}, nil)

	return kind[slog.Level]{
		name: k.name, allowed: k.allowed,
		parse: func(s string) (slog.Level, error) {
			word, err := k.parse(s)
			if err != nil {
				return 0, err
			}
			var l slog.Level
			err = l.UnmarshalText([]byte(word))

			return l, err
		},
		show: func(l slog.Level) string { return strings.ToLower(l.String()) },
	}
}

// urlPath is the prefix under which HTTP is served.
func urlPath() kind[string] {
	return text("path", "a path such as /ksfu of letters, digits and . _ ~ -", func(s string) (string, error) {
		s = strings.Trim(s, "/")
		if s == "" {
			return "", nil
		}
		for segment := range strings.SplitSeq(s, "/") {
			if segment == "" || segment == "." || segment == ".." || strings.ContainsFunc(segment, func(r rune) bool {
				return !alphanumeric(r) && !strings.ContainsRune("._~-", r)
			}) {
				return "", errNotAllowed
			}
		}

		return "/" + s, nil
	})
}

// token is a credential that survives in a link and a header (RFC 6750
// section 2) and that nobody guesses.
func token() kind[string] {
	return kind[string]{
		name: "token", allowed: "16 to 512 ASCII characters without white space, as made by: openssl rand -hex 16",
		parse: func(s string) (string, error) {
			if len(s) < minToken || len(s) > maxToken || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
				return "", errNotAllowed
			}

			return s, nil
		},
	}
}

// id is the name of a thing in paths, logs and statistics.
func id() kind[string] {
	return text("name", "1 to 64 letters, digits, _ and -, and not local", func(s string) (string, error) {
		if s == "" || len(s) > 64 || s == "local" || strings.ContainsFunc(s, func(r rune) bool {
			return !alphanumeric(r) && r != '_' && r != '-'
		}) {
			return "", errNotAllowed
		}

		return s, nil
	})
}

func alphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// validHost takes an address or a host name (RFC 1123 section 2.1, and the
// underscore, which container networks use).
func validHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	if s == "" || len(s) > 253 {
		return false
	}
	digits := true // "1.2.3" and "300.1.1.1" are mistyped addresses
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if !alphanumeric(r) && r != '-' && r != '_' {
				return false
			}
			digits = digits && '0' <= r && r <= '9'
		}
	}

	return !digits
}
