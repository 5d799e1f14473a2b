package testkit

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const program = module + "/src/cmd/ksfu"

var update = flag.Bool("update", false, "write testdata/packages.txt anew")

// listed is what `go list -json` says of a package, as far as it is read here.
type listed struct {
	ImportPath string
	Standard   bool
	Imports    []string
}

// tags of the product's builds, as in the Makefile: httpd offers HTTP/1.1 alone,
// so net/http's HTTP/2 would be 0.3 MB that nothing can reach.
const tags = "nethttpomithttp2"

// product is the environment of the builds that budgets are taken from: one
// platform, so that the figures are the same on every machine.
func product() []string {
	return append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
}

// linked are the packages in the program, by import path.
func linked(t *testing.T) map[string]listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-tags", tags, "-deps", "-json=ImportPath,Standard,Imports", program)
	cmd.Dir, cmd.Env = root(t), product()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	all := map[string]listed{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all[p.ImportPath] = p
	}
}

// TestLinkedPackages holds the program to the committed list: each package
// that comes in costs flash, memory and trust, and is to be seen in review.
func TestLinkedPackages(t *testing.T) {
	all := linked(t)
	var have []string
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if !all[path].Standard {
			have = append(have, path)
		}
	}
	file := filepath.Join("testdata", "packages.txt")
	if *update {
		if err := os.WriteFile(file, []byte(strings.Join(have, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(string(text))
	for _, path := range have {
		if !slices.Contains(want, path) {
			t.Errorf("%s is linked and not in the list; it came by %s", path, chain(all, path))
		}
	}
	for _, path := range want {
		if !slices.Contains(have, path) {
			t.Errorf("%s is in the list and no longer linked", path)
		}
	}
	if t.Failed() {
		t.Log("if this is meant: go test ./src/testkit -run TestLinkedPackages -update")
	}
}

// TestNeverLinked names what must not come in, however indirectly. (Pion's own
// imports of encoding/gob and of its test network, and godotenv's of os/exec,
// cannot be helped from here; our files may not import os/exec: layers_test.go.)
func TestNeverLinked(t *testing.T) {
	all := linked(t)
	for _, ban := range []struct{ prefix, why string }{
		{"github.com/prometheus", "the client adds 3.8 MB; the text exposition format is a page of code"},
		{"google.golang.org/grpc", "nothing here speaks gRPC, and it adds megabytes"},
		{"google.golang.org/protobuf", "nothing here speaks protobuf, and it adds megabytes"},
		{"net/http/pprof", "it serves memory and stacks on the default mux by being imported"},
		{"expvar", "it serves the command line on the default mux by being imported"},
		{"testing", "a product carries no test code"},
		{"go.uber.org/goleak", "a product carries no test code"},
		{"pgregory.net/rapid", "a product carries no test code"},
		{"github.com/stretchr/testify", "a product carries no test code"},
		{"github.com/rogpeppe/go-internal", "a product carries no test code"},
		{"github.com/pion/transport/v4/test", "a product carries no test code"},
		{module + "/src/testkit", "a product carries no test code"},
		{module + "/src/cmd/bench", "a benchmark is a program of its own"},
		{"text/template", "it calls methods by name, so the linker keeps every exported method of the program"},
		{"html/template", "it calls methods by name, so the linker keeps every exported method of the program"},
		{"net/rpc", "nothing here speaks it, and it serves on the default mux"},
		{"plugin", "it needs cgo and loads code at run time"},
		{"runtime/cgo", "the program is one static file"},
	} {
		for _, path := range slices.Sorted(maps.Keys(all)) {
			if path == ban.prefix || strings.HasPrefix(path, ban.prefix+"/") {
				t.Errorf("%s is linked: %s; it came by %s", path, ban.why, chain(all, path))
			}
		}
	}
}

// chain is the shortest way of imports from the program to a package.
func chain(all map[string]listed, to string) string {
	from := map[string]string{program: ""}
	for queue := []string{program}; len(queue) > 0; queue = queue[1:] {
		for _, next := range all[queue[0]].Imports {
			if _, known := from[next]; !known {
				from[next] = queue[0]
				queue = append(queue, next)
			}
		}
	}
	way := []string{to}
	for at := from[to]; at != ""; at = from[at] {
		way = append(way, at)
	}
	slices.Reverse(way)
	return strings.Join(way, " -> ")
}
