package testkit

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "ksfu"

// imported is one import line of one file of the tree.
type imported struct {
	file   string // from the root: src/rtc/endpoint.go
	pkg    string // short: rtc, cmd/ksfu, web
	path   string // as written: ksfu/src/media
	inTest bool
}

// root is the folder of go.mod.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// short gives a package of ours as DESIGN's words: ksfu/src/rtc is rtc.
// ok is false for a package of somebody else.
func short(importPath string) (name string, ok bool) {
	rest, ok := strings.CutPrefix(importPath, module+"/")
	if !ok {
		return "", false
	}
	return strings.TrimPrefix(rest, "src/"), true
}

// imports reads the import lines of every Go file of ours, whatever its build
// tags, so that a system a developer does not build for is held to the rules
// as well.
func imports(t *testing.T) []imported {
	t.Helper()
	base := root(t)
	var all []imported
	for _, top := range []string{"src", "web"} {
		err := filepath.WalkDir(filepath.Join(base, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata") {
				return filepath.SkipDir
			}
			if d.IsDir() || filepath.Ext(path) != ".go" {
				return nil
			}
			rel, err := filepath.Rel(base, path)
			if err != nil {
				return err
			}
			found, err := importsOf(path, filepath.ToSlash(rel))
			all = append(all, found...)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func importsOf(path, rel string) ([]imported, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	pkg, _ := short(module + "/" + rel[:strings.LastIndex(rel, "/")])
	// A file without imports still says that its package exists.
	found := []imported{{file: rel, pkg: pkg, inTest: strings.HasSuffix(rel, "_test.go")}}
	for _, spec := range file.Imports {
		what, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		one := found[0]
		one.path = what
		found = append(found, one)
	}
	return found, nil
}
