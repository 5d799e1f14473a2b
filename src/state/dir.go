package state

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

const (
	dirMode  fs.FileMode = 0o700
	fileMode fs.FileMode = 0o600

	// maxFile is far above any key, certificate or list kept here, and far
	// below what reading would hurt a router.
	maxFile = 1 << 20
	maxName = 64
)

// Dir is an opened state directory.
type Dir struct {
	path string

	mu sync.Mutex // serialises ReadOrCreate and Write, so that one file is made once
}

// Open makes the directory where it is missing, with its parents, and refuses
// one that others can write to: whoever can write there can swap our keys.
// One that others can merely list is accepted, as its files are 0600.
func Open(path string) (*Dir, error) {
	if path == "" {
		return nil, fmt.Errorf("state directory: no path given; set state_dir (KSFU_STATE_DIR) to a directory of ksfu's own")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("state directory: %w", err)
	}
	if err := os.MkdirAll(path, dirMode); err != nil {
		return nil, fmt.Errorf("state directory: %w; set state_dir (KSFU_STATE_DIR) to a directory that ksfu may write to", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("state directory: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("state directory: %s is %w", path, ErrNotFile)
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return nil, fmt.Errorf("state directory: %s is %w: mode %04o lets others write to it; mend it with: chmod 700 %s",
			path, ErrExposed, mode, quote(path))
	}
	return &Dir{path: path}, nil
}

// Path is the absolute path of the directory.
func (d *Dir) Path() string { return d.path }

// File is the path of a state file, for messages to people.
func (d *Dir) File(name string) string { return filepath.Join(d.path, name) }

// Read returns a file's content. A missing file is an error that is
// fs.ErrNotExist.
func (d *Dir) Read(name string) ([]byte, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	path := d.File(name)
	// Lstat first: opening a pipe or a device would block or act.
	info, err := os.Lstat(path)
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read state: %s is %w; move it away and start again", path, ErrNotFile)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read state: %w; the file must belong to the user that runs ksfu", err)
	}
	defer file.Close()
	if info, err = file.Stat(); err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("read state: %s is %w: mode %04o lets others read or write it; mend it with: chmod 600 %s",
			path, ErrExposed, mode, quote(path))
	}
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read state: %s: %w", path, err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("read state: %s: %w (more than %d bytes)", path, ErrTooLarge, maxFile)
	}
	return data, nil
}

// Write puts data in the place of a file, all or nothing.
func (d *Dir) Write(name string, data []byte) error {
	if err := checkName(name); err != nil {
		return err
	}
	if len(data) > maxFile {
		return fmt.Errorf("write state: %s: %w (%d bytes)", name, ErrTooLarge, len(data))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.write(name, data)
}

// ReadOrCreate returns a file's content, or what create gives after writing it.
// Created tells which. Of two callers at once one makes and both get the same.
func (d *Dir) ReadOrCreate(name string, create func() ([]byte, error)) (data []byte, created bool, err error) {
	if err := checkName(name); err != nil {
		return nil, false, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	data, err = d.Read(name)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return data, false, err
	}
	if data, err = create(); err != nil {
		return nil, false, err
	}
	if err = d.write(name, data); err != nil {
		return nil, false, err
	}
	return data, true, nil
}

// Remove deletes a file; a missing one is no error.
func (d *Dir) Remove(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := os.Remove(d.File(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove state: %w", err)
	}
	return d.sync()
}

func (d *Dir) write(name string, data []byte) (err error) {
	// CreateTemp makes the file 0600 from its first moment. The leading dot
	// keeps a left-over out of the names that Read accepts.
	temp, err := os.CreateTemp(d.path, ".new-"+name+"-*")
	if err != nil {
		return fmt.Errorf("write state: %w; the state directory must be writable", err)
	}
	defer func() {
		if err != nil {
			_ = temp.Close()
			_ = os.Remove(temp.Name())
		}
	}()
	if err = temp.Chmod(fileMode); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	if _, err = temp.Write(data); err != nil {
		return fmt.Errorf("write state: %s: %w", d.File(name), err)
	}
	if err = temp.Sync(); err != nil {
		return fmt.Errorf("write state: %s: %w", d.File(name), err)
	}
	if err = temp.Close(); err != nil {
		return fmt.Errorf("write state: %s: %w", d.File(name), err)
	}
	if err = os.Rename(temp.Name(), d.File(name)); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return d.sync()
}

// sync makes a rename or a removal itself survive a power cut.
func (d *Dir) sync() error {
	dir, err := os.Open(d.path)
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil {
		return fmt.Errorf("write state: sync %s: %w", d.path, err)
	}
	return nil
}

// checkName keeps names to one path element that needs no quoting anywhere.
func checkName(name string) error {
	ok := name != "" && len(name) <= maxName && name[0] != '.'
	for _, c := range name {
		allowed := c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
		ok = ok && allowed
	}
	if !ok {
		return fmt.Errorf("%q: %w: up to %d of a-z, 0-9, . _ and -", name, ErrName, maxName)
	}
	return nil
}

// quote makes a path safe to paste into a shell.
func quote(path string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+:@,", r)
	}
	if strings.IndexFunc(path, func(r rune) bool { return !safe(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
