package testkit

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// minimum is the lowest version of a module that is safe to be reached by
// strangers' packets. The module is named without the /vN of its major
// version: a later major counts.
type minimum struct{ module, version string }

func minimums() []minimum {
	return []minimum{
		{"github.com/pion/dtls", "v3.1.4"},
		{"github.com/pion/stun", "v3.1.5"},
		{"github.com/pion/interceptor", "v0.1.39"},
		{"github.com/pion/turn", "v5.0.8"},
	}
}

// goMod is `go mod edit -json`, as far as it is read here.
type goMod struct {
	Go        string
	Toolchain string
	Require   []struct{ Path, Version string }
	Replace   []struct{ Old, New struct{ Path string } }
}

func TestModuleMinimums(t *testing.T) {
	for _, problem := range judgeModules(t, filepath.Join(root(t), "go.mod")) {
		t.Error(problem)
	}
}

// The judge itself: a downgraded module fails.
func TestModuleMinimumsJudge(t *testing.T) {
	const head = "module ksfu\n\ngo 1.24.0\n\n"
	full := map[string]string{
		"github.com/pion/dtls/v3": "v3.1.8", "github.com/pion/stun/v4": "v4.0.0",
		"github.com/pion/interceptor": "v0.1.48", "github.com/pion/turn/v5": "v5.1.0",
	}
	tests := []struct {
		name, module, version, extra string
		problems                     int
	}{
		{"as committed", "", "", "", 0},
		{"the minimum itself", "github.com/pion/dtls/v3", "v3.1.4", "", 0},
		{"a downgrade", "github.com/pion/dtls/v3", "v3.1.3", "", 1},
		{"a downgrade by a digit more", "github.com/pion/interceptor", "v0.1.9", "", 1},
		{"a pre-release of the minimum", "github.com/pion/turn/v5", "v5.0.8-rc.1", "", 1},
		{"a module gone", "github.com/pion/stun/v4", "", "", 1},
		{"an old major beside the new one", "", "", "require github.com/pion/stun v0.6.1\n", 1},
		{"a replaced module", "", "", "replace github.com/pion/dtls/v3 => ../dtls\n", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lines := []string{head, tt.extra}
			for path, version := range full {
				if path == tt.module {
					version = tt.version
				}
				if version != "" {
					lines = append(lines, "require "+path+" "+version)
				}
			}
			file := filepath.Join(t.TempDir(), "go.mod")
			if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := judgeModules(t, file); len(got) != tt.problems {
				t.Errorf("problems %q, want %d", got, tt.problems)
			}
		})
	}
}

func judgeModules(t *testing.T, file string) (problems []string) {
	t.Helper()
	out, err := exec.Command("go", "mod", "edit", "-json", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod goMod
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	if mod.Go != "1.24.0" {
		problems = append(problems, "the go directive is "+mod.Go+", not 1.24.0: the router's build system has Go 1.24")
	}
	if mod.Toolchain != "" {
		problems = append(problems, "a toolchain line makes Go download another Go: builds have no network")
	}
	for _, r := range mod.Replace {
		problems = append(problems, r.Old.Path+" is replaced: then its version in go.mod says nothing")
	}
	for _, m := range minimums() {
		found := false
		for _, r := range mod.Require {
			if majorless(r.Path) != m.module {
				continue
			}
			found = true
			if older(r.Version, m.version) {
				problems = append(problems, fmt.Sprintf("%s %s is older than %s, the minimum for security", r.Path, r.Version, m.version))
			}
		}
		if !found {
			problems = append(problems, m.module+" is not in go.mod: the minimum would hold nothing")
		}
	}
	return problems
}

// majorless is a module path without its /vN.
func majorless(path string) string {
	return regexp.MustCompile(`/v[0-9]+$`).ReplaceAllString(path, "")
}

// older compares versions as Go modules do (semver.org, section 11), but for
// the order among pre-releases, which no minimum here needs.
func older(version, than string) bool {
	a, preA, _ := strings.Cut(strings.TrimPrefix(version, "v"), "-")
	b, preB, _ := strings.Cut(strings.TrimPrefix(than, "v"), "-")
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, errX := strconv.Atoi(as[i])
		y, errY := strconv.Atoi(bs[i])
		if errX != nil || errY != nil {
			return true // unreadable: say so rather than let it pass
		}
		if x != y {
			return x < y
		}
	}
	return preA != "" && preB == ""
}
