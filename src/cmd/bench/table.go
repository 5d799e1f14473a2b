package main

import (
	"fmt"
	"io"
	"strings"
)

const (
	// generatorLimit in percent of a core: a generator busier than this has
	// measured itself.
	generatorLimit = 90
	// othersLimit in percent of a core: with more, the machine had other work.
	othersLimit = 20
)

// table prints the report as Markdown, fit for the README.
func (r report) table(w io.Writer) {
	fmt.Fprintln(w, "| SRTP profile | subscribers | ksfu, µs a packet | Pion's defaults, µs a packet | ratio | delivered by ksfu | by Pion's defaults |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|")
	for _, sc := range r.scenarios {
		fmt.Fprintf(w, "| %s | %d | %s | %s | %s | %s | %s |\n", sc.profile, sc.subscribers,
			r.cell(r.CPU[nameKsfu], sc, "%.2f"), r.cell(r.CPU[nameRival], sc, "%.2f"), figure(r.ratioByScenario[sc], "%.2f"),
			r.cell(r.Delivery[nameKsfu], sc, percent), r.cell(r.Delivery[nameRival], sc, percent))
	}
	fmt.Fprintln(w, "\n| | ksfu | Pion's defaults |\n|---|---|---|")
	for _, row := range []struct {
		name        string
		ours, rival string
	}{
		{"resident memory idle, KiB", figure(r.RSS.Idle, "%.0f"), figure(r.RSS.Rival.Idle, "%.0f")},
		{"per idle subscriber, KiB", figure(r.RSS.PerSubscriber, "%.0f"), figure(r.RSS.Rival.PerSubscriber, "%.0f")},
		{"per subscriber under load, KiB", figure(r.RSS.PerLoaded, "%.0f"), figure(r.RSS.Rival.PerLoaded, "%.0f")},
		{"one-way delay p50 / p95 / p99, ms", r.Delay.cell("%.2f"), r.Delay.Rival.cell("%.2f")},
		{"first message to first packet p50 / p95, ms", r.Join.cell("%.0f"), r.Join.Rival.cell("%.0f")},
		{"first message to whole key frame p50 / p95, ms", r.KeyFrame.cell("%.0f"), r.KeyFrame.Rival.cell("%.0f")},
		{"allocations a packet in the fan-out", r.allocations(), "-"},
		{"stripped binary amd64 / arm64, bytes", r.binaries(), "-"},
	} {
		fmt.Fprintf(w, "| %s | %s | %s |\n", row.name, row.ours, row.rival)
	}
	fmt.Fprintf(w, "\n%s; medians of %d interleaved runs of %.0f s, ratios of neighbouring runs. One publisher (Opus 50 packets/s, video 1.5 Mbit/s in 1,200-byte packets, frames in bursts); delay and memory under load with most subscribers over GCM. CPU is user and system time of the server, pinned to one core; generator at most %.0f %% of a core, the rest of the machine %.0f %%, steal %.0f %%.\n",
		r.Machine, r.Repetitions, r.WindowSeconds, r.Noise.Generator, r.Noise.Others, r.Noise.Stolen)
	for _, s := range r.warnings() {
		fmt.Fprintf(w, "\nWarning: %s.\n", s)
	}
}

// warnings says what makes the figures doubtful.
func (r report) warnings() []string {
	var out []string
	if r.Noise.Generator > generatorLimit {
		out = append(out, fmt.Sprintf("the generator used %.0f %% of a core: it may have measured itself; use a machine with more cores", r.Noise.Generator))
	}
	if r.Noise.Others > othersLimit {
		out = append(out, fmt.Sprintf("other programs used up to %.0f %% of a core: run again on a quiet machine", r.Noise.Others))
	}
	for _, name := range []string{nameKsfu, nameRival} {
		for _, sc := range r.scenarios {
			if d, ok := r.Delivery[name][sc.profile][sc.key()]; ok && d < 1 {
				out = append(out, fmt.Sprintf("%s did not deliver every packet (%s: %.4f %%)", name, sc, 100*d))
			}
		}
	}
	return out
}

// percent as a format of cell stands for a share.
const percent = "%"

func (r report) cell(b byProfile, sc scenario, format string) string {
	v, ok := b[sc.profile][sc.key()]
	switch {
	case !ok:
		return "-"
	case format == percent && v == 1:
		return "100 %"
	case format == percent:
		return fmt.Sprintf("%.3f %%", 100*v)
	}
	return fmt.Sprintf(format, v)
}

func (q quantiles) cell(format string) string {
	parts := []string{figure(q.P50, format), figure(q.P95, format)}
	if q.P99 > 0 {
		parts = append(parts, figure(q.P99, format))
	}
	return strings.Join(parts, " / ")
}

func (r report) allocations() string {
	if r.Allocations == nil {
		return "-"
	}
	return fmt.Sprintf("%g", *r.Allocations)
}

func (r report) binaries() string {
	return figure(float64(r.Binary["amd64"]), "%.0f") + " / " + figure(float64(r.Binary["arm64"]), "%.0f")
}

func figure(v float64, format string) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprintf(format, v)
}
