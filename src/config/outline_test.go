package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestOutlineProblems(t *testing.T) {
	for name, test := range map[string]struct{ src, want string }{
		"option first":          {"option a 'b'\n", "1: option before the first config line"},
		"other keyword":         {"config a\nset b c\n", "2: a line begins with"},
		"package":               {"package ksfu\n", "1: a line begins with"},
		"no type":               {"config\n", "1: after config comes a name"},
		"quoted type":           {"config 'ksfu'\n", "1: after config comes a name"},
		"three names":           {"config a b c\n", "1: config wants a type"},
		"bad section name":      {"config a 'b-c'\n", "1: a section's name"},
		"no value":              {"config a\noption b\n", "2: option b wants one value"},
		"two values":            {"config a\noption b c d\n", "2: option b wants one value"},
		"empty value":           {"config a\noption b ''\n", "2: an empty value"},
		"open quote":            {"config a\noption b 'c\nd'\n", "2: a quote is not closed"},
		"joined quotes":         {"config a\noption b 'it'\\''s'\n", "2: quotes and backslashes"},
		"backslash":             {"config a\noption b \"c\\d\"\n", "2: quotes and backslashes"},
		"bare backslash":        {"config a\noption b c\\ d\n", "2: a word with a quote"},
		"semicolon":             {"config a; option b c\n", "1: a word with a quote"},
		"Windows":               {"config a\r\n", "1: the line ends as on Windows"},
		"control":               {"config a\noption b 'c\x01'\n", "2: it has a control character"},
		"not UTF-8":             {"config a\noption b '\xff'\n", "2: it is not UTF-8"},
		"comment after unnamed": {"config a # b\n", "1: a comment after a section without a name"},
		"no line break":         {"config a\noption b c", "2: the file ends within"},
		"twice":                 {"config a 'x'\noption b c\nconfig a 'x'\noption b d\n", "4: b was given in line 2 already"},
		"option and list":       {"config a\noption b c\nlist b d\n", "3: b was given in line 2 already"},
		"two types":             {"config a 'x'\nconfig b 'x'\n", "2: section x is of type a since line 1"},
	} {
		t.Run(name, func(t *testing.T) {
			got := readOutline(test.src).problems
			if len(got) == 0 || !strings.HasPrefix(fmt.Sprintf("%d: %s", got[0].line, got[0].what), test.want) {
				t.Errorf("got %v, want %s", got, test.want)
			}
		})
	}
}

// FuzzUCI holds the outline to go-uci: a file without a problem is read by both,
// and alike. It also loads the file, which must end in a Config or in Problems.
func FuzzUCI(f *testing.F) {
	for _, name := range []string{"testdata/full.uci", "../../files/etc/config/ksfu"} {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(src))
	}
	for _, src := range []string{
		"config ksfu main\noption http_port 80\n", "config ksfu\n\tlist allow_origin a\n\tlist allow_origin a\n\tlist allow_origin b # c\n",
		"config a 'x'\nconfig a\nconfig a 'x'\noption b \"it's\"\n", "config a#b\n", "#\nconfig a \t \n", "config package\noption config option\n",
	} {
		f.Add(src)
	}
	opts := machine{}.options(f)
	path := filepath.Join(opts.Dir, "ksfu")
	opts.Args = []string{"--config", path}
	f.Fuzz(func(t *testing.T, src string) {
		if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
		if c, err := Load(opts); c == nil {
			t.Fatal(err)
		}
		o := readOutline(src)
		if len(o.problems) > 0 {
			return
		}
		read, err := uciReader(path)
		if err != nil {
			t.Fatalf("go-uci does not read what the outline takes: %v", err)
		}
		for _, s := range o.sections {
			for _, entry := range s.options {
				if got := read(s.selector(), entry.name); !slices.Equal(got, entry.values) {
					t.Fatalf("%s.%s: go-uci reads %q, the outline %q", s.selector(), entry.name, got, entry.values)
				}
			}
		}
	})
}

// FuzzValues gives a text to every option: it is refused with a reason, or it is
// shown in one line of text.
func FuzzValues(f *testing.F) {
	for _, s := range []string{"1", "8080", "[::1]:80", "1-2", "stun:[::1]:1", "turn:a?transport=udp", "+1.2.3.4", "https://a.b:1", "/a/b", "a,b c"} {
		f.Add(s)
	}
	options := Options()
	f.Fuzz(func(t *testing.T, s string) {
		for _, o := range options {
			c := &Config{Tokens: []Token{{}}}
			if o.value.put(c, []string{s}) != nil {
				continue
			}
			if shown := o.value.show(c); strings.ContainsAny(shown, "\n\r\x00\x1b") || o.Secret && s != "" && shown != "***" {
				t.Fatalf("%s = %q is shown as %q", o.Name, s, shown)
			}
		}
	})
}

// FuzzDotenv reads .env files, which must end in values or in an error that
// quotes nothing.
func FuzzDotenv(f *testing.F) {
	f.Add([]byte("A=b\nexport C='d'\n# e\nF: \"g\\n$A\"\n"))
	f.Add([]byte("A=\"b\n"))
	f.Fuzz(func(_ *testing.T, src []byte) {
		if len(src) > 4096 {
			return
		}
		_, _ = parseDotenv(src)
	})
}
