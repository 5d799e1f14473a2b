package web_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"ksfu/web"
)

// The page is served under a policy without inline code, and relative to
// wherever a proxy puts it.
func TestCheckPage(t *testing.T) {
	files, err := web.Check()
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(files, "*")
	if err != nil || len(names) < 3 {
		t.Fatalf("files: %q, %v", names, err)
	}
	reference := regexp.MustCompile(`(?:src|href)="([^"]+)"|from '([^']+)'`)
	inline := regexp.MustCompile(`(?i)<script(?:[^>]*[^/])?>[^<\s]|<style|\sstyle=|\son[a-z]+=|="javascript:`)
	unsafe := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function`)
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		if strings.HasSuffix(name, ".html") && inline.MatchString(text) {
			t.Errorf("%s has inline code: %q", name, inline.FindString(text))
		}
		if strings.HasSuffix(name, ".js") && (unsafe.MatchString(text) || !strings.HasPrefix(text, "// @ts-check\n")) {
			t.Errorf("%s makes markup of text, or is not checked: %q", name, unsafe.FindString(text))
		}
		for _, found := range reference.FindAllStringSubmatch(text, -1) {
			target := strings.TrimPrefix(found[1]+found[2], "./")
			if strings.HasPrefix(target, "../") { // the node's own pages
				continue
			}
			if _, err := fs.Stat(files, target); err != nil {
				t.Errorf("%s refers to %s: %v", name, target, err)
			}
		}
	}
}
