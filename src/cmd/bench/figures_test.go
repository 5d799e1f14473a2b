package main

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	v := []float64{5, 1, 4, 2, 3}
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"p50", quantile(v, .5), 3},
		{"p95", quantile(v, .95), 5},
		{"least", quantile(v, .0001), 1},
		{"of nothing", quantile(nil, .5), 0},
		{"median, odd", median(v), 3},
		{"median, even", median(v[:4]), 3},
		{"median of nothing", median(nil), 0},
		{"rounded", round(1.2345, 2), 1.23},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
}

func TestReport(t *testing.T) {
	sc := scenario{profileGCM, 50}
	p := plan{programs: []program{{name: nameKsfu}, {name: nameRival}}, scenarios: []scenario{sc}, repetitions: 2}
	run := func(server string, cpu float64, delivered int, generator float64) sample {
		return sample{
			server: server, scenario: sc, cpu: cpu, expected: 100, delivered: delivered,
			delays: []float64{1, 2, 3}, idleKiB: 1000, loadKiB: 6000, generatorShare: generator,
		}
	}
	r := newReport(p, []sample{
		run(nameKsfu, 2, 100, .1), run(nameRival, 10, 100, .1),
		run(nameKsfu, 6, 99, .95), run(nameRival, 12, 100, .1), // a slow minute: both rise
	}, []idleSample{{server: nameKsfu, idleKiB: 1000, occupiedKiB: 3000, subscribers: 10}})
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"CPU", r.CPU[nameKsfu][profileGCM]["n50"], 4},
		{"ratio of pairs", r.Ratio["n50"], .35},
		{"worst delivery", r.Delivery[nameKsfu][profileGCM]["n50"], .99},
		{"idle subscriber", r.RSS.PerSubscriber, 200},
		{"loaded subscriber", r.RSS.PerLoaded, 100},
		{"delay p99", r.Delay.Rival.P99, 3},
		{"generator", r.Noise.Generator, 95},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
	if w := strings.Join(r.warnings(), "\n"); !strings.Contains(w, "generator") || !strings.Contains(w, "every packet") || strings.Contains(w, "other programs") {
		t.Errorf("warnings:\n%s", w)
	}
}

func TestParseAllocations(t *testing.T) {
	for _, c := range []struct {
		name, output string
		want         float64
		err          error
	}{
		{"logged", "=== RUN\n    fanout_test.go:12: allocs_per_packet 0\n--- PASS", 0, nil},
		{"printed", "allocs_per_packet 1.5\nPASS", 1.5, nil},
		{"absent", "testing: warning: no tests to run", 0, errNoFigure},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := parseAllocations([]byte(c.output))
			if got != c.want || !errors.Is(err, c.err) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestBusyTime(t *testing.T) {
	busy, steal := busyTime([]byte("cpu  100 10 20 999 88 1 2 50 0 0\ncpu0 1 1 1\n"))
	if busy != 1330*time.Millisecond || steal != 500*time.Millisecond {
		t.Errorf("busy %v, steal %v", busy, steal)
	}
}

func TestOwnUsage(t *testing.T) {
	before, err := cpuTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	x := 0
	for i := range 10_000_000 {
		x += i
	}
	after, err := cpuTime(os.Getpid())
	if err != nil || after <= before {
		t.Errorf("from %v to %v, %v (%d)", before, after, err, x)
	}
	if kib, err := residentKiB(os.Getpid()); err != nil || kib < 100 {
		t.Errorf("resident %d KiB, %v", kib, err)
	}
}

func TestCPUModel(t *testing.T) {
	for _, c := range []struct{ name, info, want string }{
		{"x86", "processor\t: 0\nmodel name\t: AMD EPYC\n", "AMD EPYC"},
		{"arm", "processor\t: 0\nBogoMIPS\t: 1\nHardware\t: Board\n", "Board"},
		{"mips", "system type\t\t: MediaTek\n", "MediaTek"},
		{"none", "", ""},
	} {
		if got := cpuModel(c.info); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
