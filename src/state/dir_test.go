package state_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"ksfu/src/state"
)

func open(t *testing.T) *state.Dir {
	t.Helper()
	d, err := state.Open(filepath.Join(t.TempDir(), "a", "state"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestModes(t *testing.T) {
	d := open(t)
	if err := d.Write("node.key", []byte("secret")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]fs.FileMode{d.Path(): 0o700, d.File("node.key"): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %04o, want %04o", path, got, want)
		}
	}
	entries, err := os.ReadDir(d.Path())
	if err != nil || len(entries) != 1 {
		t.Errorf("after a write there are %d files (%v), want 1: nothing may be left beside it", len(entries), err)
	}
}

func TestExposedFileIsRefused(t *testing.T) {
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o644, 0o660, 0o602, 0o610} {
		t.Run(mode.String(), func(t *testing.T) {
			d := open(t)
			if err := d.Write("ca.pem", []byte("key")); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(d.File("ca.pem"), mode); err != nil {
				t.Fatal(err)
			}
			_, _, err := d.ReadOrCreate("ca.pem", func() ([]byte, error) { return nil, errors.New("must not be made anew") })
			if !errors.Is(err, state.ErrExposed) {
				t.Fatalf("error is %v, want ErrExposed", err)
			}
			if hint := "chmod 600 " + d.File("ca.pem"); !strings.Contains(err.Error(), hint) {
				t.Errorf("error %q does not name %q", err, hint)
			}
			if err := os.Chmod(d.File("ca.pem"), 0o600); err != nil {
				t.Fatal(err)
			}
			if data, err := d.Read("ca.pem"); err != nil || string(data) != "key" {
				t.Errorf("after the chmod: %q, %v", data, err)
			}
		})
	}
}

func TestDirectory(t *testing.T) {
	tests := []struct {
		name string
		mode fs.FileMode
		hint string
	}{
		{"own", 0o700, ""},
		{"listed by others", 0o755, ""},
		{"written by the group", 0o770, "chmod 700 "},
		{"written by all", 0o777, "chmod 700 "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "it's here")
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, test.mode); err != nil {
				t.Fatal(err)
			}
			_, err := state.Open(path)
			if (err != nil) != (test.hint != "") {
				t.Fatalf("error is %v", err)
			}
			if err != nil && (!errors.Is(err, state.ErrExposed) || !strings.Contains(err.Error(), test.hint) || !strings.Contains(err.Error(), `it'\''s here'`)) {
				t.Errorf("error is %q", err)
			}
		})
	}
	if _, err := state.Open(""); err == nil {
		t.Error("an empty path was opened")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := state.Open(file); err == nil {
		t.Error("a file was opened as a directory")
	}
}

func TestReadOrCreateMakesOnce(t *testing.T) {
	d := open(t)
	made := 0
	var wg sync.WaitGroup
	for range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			data, _, err := d.ReadOrCreate("token", func() ([]byte, error) { made++; return []byte("x"), nil })
			if err != nil || string(data) != "x" {
				t.Errorf("got %q, %v", data, err)
			}
		}()
	}
	wg.Wait()
	if made != 1 {
		t.Errorf("made %d times", made)
	}
	failure := errors.New("no entropy")
	if _, _, err := d.ReadOrCreate("other", func() ([]byte, error) { return nil, failure }); !errors.Is(err, failure) {
		t.Errorf("error is %v", err)
	}
	if _, err := d.Read("other"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a failed make left a file: %v", err)
	}
}

func TestNames(t *testing.T) {
	d := open(t)
	for _, name := range []string{"", ".", "..", "../x", "a/b", ".hidden", "UPPER", "a b", "ä", strings.Repeat("a", 65), "a\x00"} {
		if err := d.Write(name, nil); !errors.Is(err, state.ErrName) {
			t.Errorf("Write(%q): %v", name, err)
		}
		if _, err := d.Read(name); !errors.Is(err, state.ErrName) {
			t.Errorf("Read(%q): %v", name, err)
		}
		if err := d.Remove(name); !errors.Is(err, state.ErrName) {
			t.Errorf("Remove(%q): %v", name, err)
		}
	}
}

func TestOddFiles(t *testing.T) {
	d := open(t)
	if err := os.Symlink("/etc/passwd", d.File("link")); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Read("link"); !errors.Is(err, state.ErrNotFile) {
		t.Errorf("a link was followed: %v", err)
	}
	if err := d.Write("big", make([]byte, 1<<20+1)); !errors.Is(err, state.ErrTooLarge) {
		t.Errorf("too large a write: %v", err)
	}
	if err := os.WriteFile(d.File("big"), make([]byte, 1<<20+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Read("big"); !errors.Is(err, state.ErrTooLarge) {
		t.Errorf("too large a file: %v", err)
	}
	if err := d.Remove("big"); err != nil {
		t.Error(err)
	}
	if err := d.Remove("big"); err != nil {
		t.Errorf("removing what is gone: %v", err)
	}
}

// A write that cannot be finished leaves the old content.
func TestFailedWriteKeepsTheOld(t *testing.T) {
	d := open(t)
	if err := d.Write("key", []byte("old")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(d.File("dir"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.File("dir"), "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Write("dir", []byte("new")); err == nil {
		t.Error("a directory was overwritten")
	}
	entries, err := os.ReadDir(d.Path())
	if err != nil || len(entries) != 2 {
		t.Errorf("%d entries (%v), want key and dir: the failed write must clean up", len(entries), err)
	}
}
