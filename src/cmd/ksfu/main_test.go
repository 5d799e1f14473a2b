package main

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ksfu": main})
}

// TestScripts runs the program as a person types it: testdata/*.txtar.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata"})
}

// TestEnd starts the program and ends it by SIGTERM: exit status 0, and the
// ports are free at once.
func TestEnd(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	http1, media := freePort(t), freePort(t)
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Args[0] = "ksfu"
	bin := filepath.Join(t.TempDir(), "ksfu")
	if err := os.Symlink(os.Args[0], bin); err != nil {
		t.Fatal(err)
	}
	cmd.Path = bin // testscript.Main runs the command that the program is called by
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "HTTP_PORT=127.0.0.1:"+http1, "HTTPS_PORT=0", "KURENTO_PORT=0",
		"ICE_SINGLE_PORT="+media, "KSFU_STATE_DIR="+filepath.Join(t.TempDir(), "state"))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "ready") {
			break
		}
	}
	r, err := http.Get("http://127.0.0.1:" + http1 + "/health") //nolint:noctx // bounded by the process's own end
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if r.StatusCode != http.StatusOK {
		t.Errorf("/health: %s", r.Status)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // what is left of the banner
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	for _, port := range []string{http1, media} {
		l, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Errorf("after the end: %v", err)
			continue
		}
		_ = l.Close()
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
