package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// collectAt is the garbage collector's target in percent: the generator's own
// collections shall not disturb its receivers.
const collectAt = 400

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	default:
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// command runs the program or its sub-command.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == "fanout" {
		return runFanout(ctx, args[1:])
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	out := flags.String("out", "", "write the figures to this JSON `file`")
	binary := flags.String("ksfu", "bin/ksfu", "the server's `binary`; empty measures Pion's defaults alone")
	smoke := flags.Bool("smoke", false, "show in 20 s that everything works")
	reps := flags.Int("reps", 0, "repetitions of each scenario (0 = 3, with -smoke 1)")
	window := flags.Duration("window", 0, "measured time of each run (0 = 8s, with -smoke 2s)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	programs, err := programsFor(*binary)
	if err != nil {
		return err
	}
	p := fullPlan(programs, stderr)
	if *smoke {
		p = smokePlan(programs, stderr)
	}
	if *reps > 0 {
		p.repetitions = *reps
	}
	if *window > 0 {
		p.window = *window
	}
	if p.cores, err = splitCores(); err != nil {
		return err
	}
	if !p.cores.pinned {
		p.say("one core only: server and generator share it, so the figures say little")
	}
	if err := p.cores.pinSelf(); err != nil {
		return err
	}
	debug.SetGCPercent(collectAt)
	r, err := carryOut(ctx, p)
	if err != nil {
		return err
	}
	if !*smoke {
		r.figuresOfToolchain(ctx, p)
	}
	r.table(stdout)
	if *out == "" {
		return nil
	}
	return r.write(*out)
}

// programsFor gives the servers to measure, each in its turn.
func programsFor(binary string) ([]program, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the own program: %w", err)
	}
	rival := fanoutProgram(self)
	if binary == "" {
		return []program{rival}, nil
	}
	ours, err := ksfuProgram(binary)
	if err != nil {
		return nil, err
	}
	return []program{ours, rival}, nil
}

// carryOut measures and condenses.
func carryOut(ctx context.Context, p plan) (report, error) {
	b, err := newBench(p)
	if err != nil {
		return report{}, err
	}
	samples, idle, err := b.all(ctx)
	if err != nil {
		return report{}, err
	}
	r := newReport(p, samples, idle)
	r.Machine = thisMachine()
	return r, nil
}
