package config

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// go test ./src/config -run TestDocuments -update writes what the table says
// into the files that show it.
var update = flag.Bool("update", false, "write the documents from the table") //nolint:gochecknoglobals // a test flag has no other place

const (
	openMark  = "<!-- options -->\n"
	closeMark = "<!-- /options -->"
)

func TestDocuments(t *testing.T) {
	for _, doc := range []struct {
		path  string
		write func(io.Writer) error
	}{
		{"files/etc/config/ksfu", WriteUCISample},
		{".env.example", WriteEnvExample},
		{"README.md", WriteMarkdown},
	} {
		t.Run(doc.path, func(t *testing.T) {
			path := filepath.Join("..", "..", filepath.FromSlash(doc.path))
			var out bytes.Buffer
			if err := doc.write(&out); err != nil {
				t.Fatal(err)
			}
			want := out.String()
			src, err := os.ReadFile(path)
			have := string(src)
			if strings.HasSuffix(doc.path, ".md") {
				if err != nil {
					t.Fatalf("%v; it wants the option table between %q and %q", err, strings.TrimSpace(openMark), closeMark)
				}
				before, rest, opened := strings.Cut(have, openMark)
				_, after, closed := strings.Cut(rest, closeMark)
				if !opened || !closed {
					t.Fatalf("%s lacks the lines %q and %q around the option table", doc.path, strings.TrimSpace(openMark), closeMark)
				}
				want = before + openMark + want + closeMark + after
			}
			if have == want {
				return
			}
			if !*update {
				t.Fatalf("%s does not say what the option table says; run: go test ./src/config -run TestDocuments -update", doc.path)
			}
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil { //nolint:gosec // documents are for all to read
				t.Fatal(err)
			}
		})
	}
}

// TestSamplesLoad holds the samples to their promise: as they are they change
// nothing, and each line of them can be uncommented.
func TestSamplesLoad(t *testing.T) {
	var sample, env bytes.Buffer
	if err := WriteUCISample(&sample); err != nil {
		t.Fatal(err)
	}
	if err := WriteEnvExample(&env); err != nil {
		t.Fatal(err)
	}
	plain := load(t, machine{})
	untouched := load(t, machine{uci: sample.String(), dotenv: env.String()})
	if changes := untouched.Changes(plain); len(changes) > 0 {
		t.Errorf("the samples change %v", changes)
	}
	uncommented := strings.ReplaceAll(sample.String(), "#config token", "config token")
	uncommented = strings.ReplaceAll(uncommented, "made by: openssl rand -hex 16", "0123456789abcdef")
	for line := range strings.SplitSeq(uncommented, "\n") {
		if strings.HasPrefix(line, "#\t") {
			uncommented = strings.Replace(uncommented, line, line[1:], 1)
		}
	}
	o := readOutline(uncommented)
	if len(o.problems) > 0 {
		t.Errorf("sample: %v", o.problems)
	}
	count := 0
	for _, s := range o.sections {
		count += len(s.options)
	}
	inUCI := 0
	for _, o := range Options() {
		if o.Section != "" {
			inUCI++
		}
		if o.Secret {
			continue
		}
		c := &Config{Tokens: []Token{{}}}
		if err := o.value.put(c, []string{o.sample()}); err != nil {
			t.Errorf("%s: its sample %q is not allowed: %v", o.Name, o.sample(), err)
		}
		if o.sample() == "" {
			t.Errorf("%s has neither default nor example", o.Name)
		}
	}
	if count != inUCI {
		t.Errorf("the UCI sample has %d options, the table %d", count, inUCI)
	}
}

func TestUsage(t *testing.T) {
	var out bytes.Buffer
	if err := Usage(&out); err != nil {
		t.Fatal(err)
	}
	for _, o := range Options() {
		if f := o.Flag(); f != "" && !strings.Contains(out.String(), "--"+f) {
			t.Errorf("--help lacks --%s", f)
		}
	}
	if strings.Contains(out.String(), "--turn-password") || strings.Contains(out.String(), "--token") {
		t.Error("--help names a flag for a secret")
	}
	for line := range strings.SplitSeq(out.String(), "\n") {
		if len(line) > 80 && strings.Contains(strings.TrimSpace(line), " ") {
			t.Errorf("--help has a line of %d bytes: %s", len(line), line)
		}
	}
}
