//go:build system

package testkit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

// Addresses of the two ends of the cable between the namespaces.
const (
	serverIP  = "10.77.0.1"
	serverIP6 = "fd77::1"
	clientIP  = "10.77.0.2"
	clientIP6 = "fd77::2"
)

const (
	apiToken   = "system-test-token-of-no-worth-0123456789"
	signalling = "ws://" + serverIP + ":8888/kurento?access_token=" + apiToken
)

// TestMain lets this test program be started once more inside a namespace, as
// the far end of a call: goroutines move between threads, so a process cannot
// have one foot in each network.
func TestMain(m *testing.M) {
	if role := os.Getenv("KSFU_SYSTEM_ROLE"); role != "" {
		if err := playRole(role); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func playRole(role string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	switch role {
	case "call":
		return call(ctx, signalling, webrtc.NetworkTypeUDP4, webrtc.NetworkTypeTCP4)
	case "call by IPv6":
		return call(ctx, signalling, webrtc.NetworkTypeUDP6)
	case "flood":
		return flood(ctx)
	case "health":
		return health(ctx, "http://127.0.0.1:8080/health")
	}
	return fmt.Errorf("unknown role %q", role)
}

// run runs a command to its end; the test fails with what it said.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// network makes two namespaces joined by a cable and removes them at the end.
func network(t *testing.T) (server, client string) {
	t.Helper()
	server, client = fmt.Sprintf("ksfu-s-%d", os.Getpid()), fmt.Sprintf("ksfu-c-%d", os.Getpid())
	for _, ns := range []string{server, client} {
		run(t, "ip", "netns", "add", ns)
		t.Cleanup(func() { run(t, "ip", "netns", "del", ns) })
		run(t, "ip", "-n", ns, "link", "set", "lo", "up")
	}
	run(t, "ip", "-n", server, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", client)
	for ns, ip := range map[string][2]string{server: {serverIP, serverIP6}, client: {clientIP, clientIP6}} {
		run(t, "ip", "-n", ns, "addr", "add", ip[0]+"/24", "dev", "eth0")
		run(t, "ip", "-n", ns, "addr", "add", ip[1]+"/64", "dev", "eth0", "nodad")
		run(t, "ip", "-n", ns, "link", "set", "eth0", "up")
	}
	return server, client
}

// role starts this test program again in a namespace and returns what it says.
func role(t *testing.T, ns, name string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("ip", "netns", "exec", ns, self)
	cmd.Env = append(os.Environ(), "KSFU_SYSTEM_ROLE="+name)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

// readable is a copy of the program that any user can read.
func readable(t *testing.T, dir string) string {
	t.Helper()
	from := os.Getenv("KSFU_BIN")
	if from == "" {
		t.Fatal("KSFU_BIN is not set: start these tests with make test-system")
	}
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	// The folder above a test's own is its maker's alone.
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(dir, "ksfu")
	if err := os.WriteFile(to, text, 0o755); err != nil {
		t.Fatal(err)
	}
	return to
}

// server is a running ksfu; its end is checked when the test ends.
type server struct {
	cmd *exec.Cmd
	log bytes.Buffer
}

func start(t *testing.T, env []string, name string, args ...string) *server {
	t.Helper()
	s := &server{cmd: exec.Command(name, args...)}
	// Nothing of the caller's: a KSFU_ name that is no option stops the start.
	s.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, env...)
	s.cmd.Dir = t.TempDir() // no .env of the checkout
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.cmd.Wait() }()
	t.Cleanup(func() {
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("after SIGTERM ksfu ended with %v, want exit status 0", err)
			}
		case <-time.After(15 * time.Second):
			_ = s.cmd.Process.Kill()
			<-ended
			t.Error("ksfu did not end within 15 s of SIGTERM")
		}
		if t.Failed() {
			t.Logf("ksfu said:\n%s", s.log.String())
		}
	})
	return s
}

// TestSystemICE makes a call over a cable: by UDP of both address families
// through the one port, and by TCP where a firewall drops UDP.
func TestSystemICE(t *testing.T) {
	for _, tt := range []struct {
		name, role string
		dropUDP    bool
		protocol   string
	}{
		{"UDP", "call", false, "udp"},
		{"UDP over IPv6", "call by IPv6", false, "udp"},
		{"TCP where UDP is dropped", "call", true, "tcp"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at, far := network(t)
			if tt.dropUDP {
				for _, rule := range []string{
					"add table inet firewall",
					"add chain inet firewall in { type filter hook input priority 0; }",
					"add rule inet firewall in iifname eth0 meta l4proto udp drop",
				} {
					run(t, "ip", "netns", "exec", at, "nft", rule)
				}
			}
			dir := t.TempDir()
			start(t, []string{
				"KURENTO_PORT=" + serverIP + ":8888", "HTTP_PORT=0", "HTTPS_PORT=0",
				"KSFU_TOKEN=" + apiToken, "KSFU_STATE_DIR=" + filepath.Join(dir, "state"), "KSFU_LOG_LEVEL=debug",
			}, "ip", "netns", "exec", at, readable(t, dir))
			var got result
			if err := json.Unmarshal([]byte(role(t, far, tt.role)), &got); err != nil {
				t.Fatal(err)
			}
			t.Logf("%+v", got)
			if got.Protocol != tt.protocol {
				t.Errorf("the call went by %s, want %s", got.Protocol, tt.protocol)
			}
			if got.ServerPort != 50000 {
				t.Errorf("the server's port is %d, want the single port 50000", got.ServerPort)
			}
		})
	}
}

// TestSystemUnprivileged starts the program as it should run in service: a user
// of no rights, who can gain none, on a file system that is read-only but for
// the state directory.
func TestSystemUnprivileged(t *testing.T) {
	at, _ := network(t)
	dir := t.TempDir()
	state := filepath.Join(dir, "state")
	if err := os.Mkdir(state, 0o755); err != nil {
		t.Fatal(err)
	}
	const user = "65532"
	script := `
		mount -t tmpfs -o mode=0700,uid=` + user + `,gid=` + user + ` tmpfs "$KSFU_STATE_DIR"
		mount --bind / /
		mount -o remount,bind,ro /
		exec setpriv --reuid ` + user + ` --regid ` + user + ` --clear-groups \
			--no-new-privs --inh-caps=-all --bounding-set=-all "$0"`
	s := start(t, []string{"KSFU_STATE_DIR=" + state, "HOME=/nonexistent"},
		"ip", "netns", "exec", at, "unshare", "--mount", "--propagation", "private",
		"sh", "-e", "-c", script, readable(t, dir))

	if got := role(t, at, "health"); got != `{"status":"ok"}` {
		t.Errorf("/health says %q without a credential, want the status word and no more", got)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Name:\tksfu", "Uid:\t65532\t65532\t65532\t65532", "NoNewPrivs:\t1",
		"CapEff:\t0000000000000000", "CapPrm:\t0000000000000000", "CapBnd:\t0000000000000000",
	} {
		if !strings.Contains(string(status), want) {
			t.Errorf("the process has not %q:\n%s", want, status)
		}
	}
	// Through the process's own view of the files.
	mounts, err := os.ReadFile(fmt.Sprintf("/proc/%d/mounts", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(mounts), " "+state+" tmpfs rw") {
		t.Errorf("the state directory is not the one writable place:\n%s", mounts)
	}
}
