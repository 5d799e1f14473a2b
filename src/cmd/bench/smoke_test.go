package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain lets the test binary stand in for the program where it starts
// itself as the rival.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "fanout" {
		if err := command(context.Background(), os.Args[1:], os.Stdout, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// leastDelivery leaves room for what a stalled machine drops beside other tests
// and nobody sends again (audio). That nothing at all is lost is for the bench
// itself to show, on a quiet machine.
const leastDelivery = 0.95

// TestSmoke carries out the short plan against real servers: what was sent
// arrives, and every figure is there. It judges no time.
func TestSmoke(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	programs, err := programsFor(buildServer(ctx, t))
	if err != nil {
		t.Fatal(err)
	}
	var progress bytes.Buffer
	p := smokePlan(programs, &progress)
	r, err := carryOut(ctx, p)
	if err != nil {
		t.Fatalf("%v\n%s", err, &progress)
	}
	for _, name := range []string{nameKsfu, nameRival} {
		for _, sc := range p.scenarios {
			if d := r.Delivery[name][sc.profile][sc.key()]; d < leastDelivery {
				t.Errorf("%s %s: delivered %v of what was sent, want %v\n%s", name, sc, d, leastDelivery, &progress)
			}
			if c := r.CPU[name][sc.profile][sc.key()]; c <= 0 {
				t.Errorf("%s %s: CPU per packet %v", name, sc, c)
			}
		}
	}
	for _, key := range []string{"n1", "n3"} {
		if r.Ratio[key] <= 0 {
			t.Errorf("ratio for %s is missing", key)
		}
	}
	for name, q := range map[string]quantiles{
		"delay": r.Delay.quantiles, "delay of the rival": r.Delay.Rival, "join": r.Join.quantiles, "join of the rival": r.Join.Rival,
		"key frame": r.KeyFrame.quantiles, "key frame of the rival": r.KeyFrame.Rival,
	} {
		if q.P50 <= 0 || q.P95 < q.P50 {
			t.Errorf("%s: p50 %v, p95 %v", name, q.P50, q.P95)
		}
	}
	if r.RSS.Idle <= 0 || r.RSS.Rival.Idle <= 0 {
		t.Errorf("idle memory: %v, rival's %v", r.RSS.Idle, r.RSS.Rival.Idle)
	}
	file := filepath.Join(t.TempDir(), "bin", "bench.json")
	if err := r.write(file); err != nil {
		t.Fatal(err)
	}
	requireKeys(t, file)
	var table strings.Builder
	r.table(&table)
	if !strings.Contains(table.String(), "| AEAD_AES_128_GCM | 3 |") {
		t.Errorf("no row for 3 subscribers in\n%s", &table)
	}
}

// buildServer builds ksfu as it stands, so that the bench and the server cannot
// drift apart unseen.
func buildServer(ctx context.Context, t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ksfu")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", file, serverPackage).CombinedOutput(); err != nil {
		t.Fatalf("build the server: %v\n%s", err, out)
	}
	return file
}

// requireKeys checks the names that others read.
func requireKeys(t *testing.T, file string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"cpu_us_per_packet.ksfu.gcm.n3", "cpu_us_per_packet.pion_default.cm.n1", "ratio_to_pion_default.n3",
		"rss_kib.idle", "delay_ms.p50", "delay_ms.p95", "delay_ms.p99", "delay_ms.pion_default.p50",
		"join_ms.p50", "keyframe_ms.p95", "machine.cpu", "machine.cores", "machine.kernel", "machine.go",
	} {
		at := any(v)
		for k := range strings.SplitSeq(path, ".") {
			m, _ := at.(map[string]any)
			at = m[k]
		}
		if at == nil {
			t.Errorf("%s is missing in %s", path, b)
		}
	}
}

// TestServerThatEnds says what the server said.
func TestServerThatEnds(t *testing.T) {
	defer goleak.VerifyNone(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := fanoutProgram(self)
	started := p.command
	p.command = func(address string, port int, dir string) *exec.Cmd {
		cmd := started(address, port, dir)
		cmd.Args = append(cmd.Args, "-no-such-flag")
		return cmd
	}
	_, err = startServer(context.Background(), p, &cores{})
	if err == nil || !strings.Contains(err.Error(), "no-such-flag") {
		t.Errorf("error %v does not quote the server", err)
	}
}

// TestInterrupted ends everything that a run had started.
func TestInterrupted(t *testing.T) {
	defer goleak.VerifyNone(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		after time.Duration
		mend  func(*plan)
	}{
		{"while the server settles", time.Second / 2, func(p *plan) { p.settle = time.Hour }},
		{"while subscribers warm up", 2 * time.Second, func(p *plan) { p.warmUp = time.Hour }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := smokePlan([]program{fanoutProgram(self)}, io.Discard)
			c.mend(&p)
			ctx, cancel := context.WithTimeout(context.Background(), c.after)
			defer cancel()
			if _, err := carryOut(ctx, p); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v", err)
			}
		})
	}
}
