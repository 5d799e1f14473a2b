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

// program is a running ksfu of a test.
type program struct {
	t    *testing.T
	cmd  *exec.Cmd
	dir  string // where its .env is read
	http string
	out  *bufio.Scanner
	log  *bufio.Scanner
}

func startProgram(t *testing.T, dotenv string, env ...string) *program {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	bin := filepath.Join(t.TempDir(), "ksfu") // testscript.Main runs the command that it is called by
	if err := os.Symlink(os.Args[0], bin); err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, cmd: exec.CommandContext(ctx, bin), dir: t.TempDir(), http: "127.0.0.1:" + freePort(t)}
	p.configure(dotenv)
	p.cmd.Dir = p.dir
	p.cmd.Env = append(os.Environ(), "HTTP_PORT="+p.http, "HTTPS_PORT=0", "KURENTO_PORT=0",
		"KSFU_STATE_DIR="+filepath.Join(t.TempDir(), "state"))
	p.cmd.Env = append(p.cmd.Env, env...)
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	log, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.out, p.log = bufio.NewScanner(out), bufio.NewScanner(log)
	for p.out.Scan() && !strings.Contains(p.out.Text(), "ready") {
	}
	return p
}

func (p *program) configure(dotenv string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, ".env"), []byte(dotenv), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func (p *program) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// health is the status of /health with a token.
func (p *program) health(token string) int {
	p.t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://"+p.http+"/health", nil) //nolint:noctx // the program's end bounds it
	if err != nil {
		p.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

func (p *program) end() {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	for p.out.Scan() { // what is left of the banner
	}
	for p.log.Scan() {
		p.t.Log(p.log.Text())
	}
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("SIGTERM: %v", err)
	}
}

// TestEnd starts the program and ends it by SIGTERM: exit status 0, and the
// ports are free at once.
func TestEnd(t *testing.T) {
	media := freePort(t)
	p := startProgram(t, "", "ICE_SINGLE_PORT="+media)
	if got := p.health(""); got != http.StatusOK {
		t.Errorf("/health: %d", got)
	}
	p.end()
	for _, address := range []string{p.http, "127.0.0.1:" + media} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Errorf("after the end: %v", err)
			continue
		}
		_ = l.Close()
	}
}

// logs waits for a line of the log; the program's end bounds it.
func (p *program) logs(text string) {
	p.t.Helper()
	for p.log.Scan() {
		p.t.Log(p.log.Text())
		if strings.Contains(p.log.Text(), text) {
			return
		}
	}
	p.t.Fatalf("the log ended without %q", text)
}

// TestReload changes the token by SIGHUP; a wrong configuration changes nothing.
func TestReload(t *testing.T) {
	const first, second, third = "the-first-token-0001", "the-second-token-002", "the-third-token-0003"
	p := startProgram(t, "KSFU_TOKEN="+first+"\n", "ICE_SINGLE_PORT=0")
	takes := func(token string, want int) {
		t.Helper()
		if got := p.health(token); got != want {
			t.Errorf("%s: %d, want %d", token, got, want)
		}
	}
	takes(first, http.StatusOK)

	p.configure("KSFU_TOKEN=" + second + "\nKSFU_HTTP_PREFIX=/new\n")
	p.signal(syscall.SIGHUP)
	p.logs("needs a restart")
	takes(second, http.StatusOK)
	takes(first, http.StatusUnauthorized)

	p.configure("KSFU_TOKEN=" + third + "\nSTUN_SERVERS=nonsense://\n")
	p.signal(syscall.SIGHUP)
	p.logs("reload refused")
	takes(second, http.StatusOK)
	takes(third, http.StatusUnauthorized)
	p.end()
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
