package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// report is what bench.json holds. Maps leave out what was not measured.
type report struct {
	CPU             map[string]byProfile `json:"cpu_us_per_packet"`
	Ratio           map[string]float64   `json:"ratio_to_pion_default,omitempty"` // GCM
	Delivery        map[string]byProfile `json:"delivery"`                        // the worst repetition
	RSS             memoryFigures        `json:"rss_kib"`
	Delay           timeFigures          `json:"delay_ms"`
	Join            timeFigures          `json:"join_ms"`
	KeyFrame        timeFigures          `json:"keyframe_ms"`
	Allocations     *float64             `json:"allocs_per_packet,omitempty"`
	Binary          map[string]int64     `json:"binary_bytes,omitempty"`
	Machine         machine              `json:"machine"`
	Noise           noise                `json:"noise"`
	Repetitions     int                  `json:"repetitions"`
	WindowSeconds   float64              `json:"window_seconds"`
	ratioByScenario map[scenario]float64 // both profiles, for the table
	scenarios       []scenario           // in order
}

// byProfile is figure by SRTP profile and by number of subscribers.
type byProfile map[profile]map[string]float64

// memoryFigures are ksfu's, with the rival's beside them.
type memoryFigures struct {
	memory
	Rival memory `json:"pion_default,omitzero"`
}

type memory struct {
	Idle          float64 `json:"idle,omitempty"`
	PerSubscriber float64 `json:"per_subscriber_idle,omitempty"`
	PerLoaded     float64 `json:"per_subscriber_load,omitempty"`
}

// timeFigures are ksfu's, with the rival's beside them.
type timeFigures struct {
	quantiles
	Rival quantiles `json:"pion_default,omitzero"`
}

type quantiles struct {
	P50 float64 `json:"p50,omitempty"`
	P95 float64 `json:"p95,omitempty"`
	P99 float64 `json:"p99,omitempty"` // only where there are samples enough
}

// noise is the worst of all runs: what a reader needs to judge them.
type noise struct {
	Generator float64 `json:"generator_cpu_percent"` // of its cores together, 100 = one core
	Others    float64 `json:"others_cpu_percent"`
	Stolen    float64 `json:"steal_percent"`
}

// newReport condenses the samples to medians over the repetitions.
func newReport(p plan, samples []sample, idle []idleSample) report {
	r := report{
		CPU: map[string]byProfile{}, Ratio: map[string]float64{}, Delivery: map[string]byProfile{}, Binary: map[string]int64{},
		Repetitions: p.repetitions, WindowSeconds: p.window.Seconds(),
		ratioByScenario: map[scenario]float64{}, scenarios: p.scenarios,
	}
	for _, prog := range p.programs {
		cpu, delivery := byProfile{}, byProfile{}
		r.CPU[prog.name], r.Delivery[prog.name] = cpu, delivery
		for _, sc := range p.scenarios {
			of := pick(samples, prog.name, sc)
			cpu.set(sc, round(median(each(of, func(s sample) float64 { return s.cpu })), 2))
			worst := quantile(each(of, sample.delivery), 0.0001)
			delivery.set(sc, round(worst, 6))
		}
		t, m := r.condense(p, prog.name, samples, idle)
		if prog.name == nameKsfu {
			r.Delay.quantiles, r.Join.quantiles, r.KeyFrame.quantiles, r.RSS.memory = t[0], t[1], t[2], m
		} else {
			r.Delay.Rival, r.Join.Rival, r.KeyFrame.Rival, r.RSS.Rival = t[0], t[1], t[2], m
		}
	}
	for _, sc := range p.scenarios {
		v := pairedRatio(pick(samples, nameKsfu, sc), pick(samples, nameRival, sc))
		if v == 0 {
			continue
		}
		r.ratioByScenario[sc] = round(v, 3)
		if sc.profile == profileGCM {
			r.Ratio[sc.key()] = round(v, 3)
		}
	}
	for _, s := range samples {
		r.Noise.Generator = max(r.Noise.Generator, round(100*s.generatorShare, 0))
		r.Noise.Others = max(r.Noise.Others, round(100*s.otherShare, 0))
		r.Noise.Stolen = max(r.Noise.Stolen, round(100*s.stolen, 0))
	}
	return r
}

// condense gives one server's delay, join and key-frame times, and its memory.
func (r *report) condense(p plan, name string, samples []sample, idle []idleSample) (times [3]quantiles, m memory) {
	loaded := pick(samples, name, p.largest())
	delay := func(i int) float64 {
		return round(median(each(loaded, func(s sample) float64 { return s.delays[i] })), 3)
	}
	times[0] = quantiles{P50: delay(0), P95: delay(1), P99: delay(2)}
	var joins, pictures, idleKiB, perIdle []float64
	for _, s := range samples {
		if s.server == name {
			joins, pictures = append(joins, s.joins...), append(pictures, s.pictures...)
			idleKiB = append(idleKiB, float64(s.idleKiB))
		}
	}
	for _, s := range idle {
		if s.server == name {
			perIdle = append(perIdle, s.perSubscriber())
		}
	}
	times[1] = quantiles{P50: round(quantile(joins, .5), 1), P95: round(quantile(joins, .95), 1)}
	times[2] = quantiles{P50: round(quantile(pictures, .5), 1), P95: round(quantile(pictures, .95), 1)}
	m = memory{
		Idle: round(median(idleKiB), 0), PerSubscriber: round(median(perIdle), 0),
		PerLoaded: round(median(each(loaded, sample.perSubscriber)), 0),
	}
	return times, m
}

// pairedRatio is the median of the ratios of neighbouring runs: what slows a
// virtual machine for a minute slows both of a pair.
func pairedRatio(ours, rivals []sample) float64 {
	var v []float64
	for i := range min(len(ours), len(rivals)) {
		if rivals[i].cpu > 0 {
			v = append(v, ours[i].cpu/rivals[i].cpu)
		}
	}
	return median(v)
}

func pick(samples []sample, server string, sc scenario) []sample {
	var out []sample
	for _, s := range samples {
		if s.server == server && s.scenario == sc {
			out = append(out, s)
		}
	}
	return out
}

func each(samples []sample, figure func(sample) float64) []float64 {
	out := make([]float64, len(samples))
	for i, s := range samples {
		out[i] = figure(s)
	}
	return out
}

func (b byProfile) set(sc scenario, v float64) {
	if b[sc.profile] == nil {
		b[sc.profile] = map[string]float64{}
	}
	b[sc.profile][sc.key()] = v
}

// write stores the report; the folder is made where it is missing.
func (r report) write(file string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if err := os.WriteFile(file, append(b, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
