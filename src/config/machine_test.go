package config

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// machine is what Load finds in a test: nothing, but for what a test gives it.
type machine struct {
	args        []string
	env         []string
	uci, dotenv string            // contents; "" = no such file
	files       map[string]string // by path; relative = working directory, absolute = below the root
	dirs        []string          // absolute, below the root
	uid         int               // 0 stands for 1000: an ordinary user; -1 = root
	addrs       []string          // addresses with prefix length; nil = a public one
	noHome      bool
}

// options lays the machine out in a fresh directory.
func (m machine) options(t testing.TB) LoadOptions {
	t.Helper()
	root, dir := t.TempDir(), t.TempDir()
	files := map[string]string{}
	if m.uci != "" {
		files[filepath.Join(root, defaultUCI)] = m.uci
	}
	if m.dotenv != "" {
		files[filepath.Join(dir, ".env")] = m.dotenv
	}
	for path, content := range m.files {
		at := dir
		if filepath.IsAbs(path) {
			at = root
		}
		files[filepath.Join(at, path)] = content
	}
	for _, d := range m.dirs {
		if err := os.MkdirAll(filepath.Join(root, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for path, content := range files {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	uid := 1000
	if m.uid < 0 {
		uid = 0
	}
	env := m.env
	if !m.noHome {
		env = append([]string{"HOME=/home/ann"}, env...)
	}
	addrs := m.addrs
	if addrs == nil {
		addrs = []string{"203.0.113.9/24"}
	}

	return LoadOptions{
		Args: m.args, Environ: env, Dir: dir, Root: root,
		UID: func() int { return uid },
		Addrs: func() ([]net.Addr, error) {
			var all []net.Addr
			for _, a := range addrs {
				ip, network, err := net.ParseCIDR(a)
				if err != nil {
					return nil, err
				}
				network.IP = ip
				all = append(all, network)
			}

			return all, nil
		},
	}
}

func load(t testing.TB, m machine) *Config {
	t.Helper()
	c, err := Load(m.options(t))
	if err != nil {
		t.Fatalf("Load: %v", err)
	}

	return c
}

// problems loads what must fail and returns the lines of the error.
func problems(t testing.TB, m machine) []*Problem {
	t.Helper()
	_, err := Load(m.options(t))
	if err == nil {
		t.Fatal("Load took it")
	}
	var all []*Problem
	joined, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // the join itself is meant
	if !ok {
		t.Fatalf("%T is not a join", err)
	}
	for _, e := range joined.Unwrap() {
		var p *Problem
		if !errors.As(e, &p) {
			t.Fatalf("%v is not a Problem", e)
		}
		all = append(all, p)
	}

	return all
}

func lines(all []*Problem) string {
	texts := make([]string, len(all))
	for i, p := range all {
		texts[i] = p.Error()
	}

	return strings.Join(texts, "\n")
}
