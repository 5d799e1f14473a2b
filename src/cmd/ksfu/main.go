// Command ksfu is a selective forwarding unit for WebRTC. This package only
// wires: it reads the configuration, makes the parts from it, prints the links
// and ends them on SIGTERM or SIGINT.
package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"ksfu/src/config"
)

// Set by the build (-ldflags -X).
var (
	version   = "dev" //nolint:gochecknoglobals // written by the linker
	buildDate = ""    //nolint:gochecknoglobals // written by the linker
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the program; what it returns is the exit status: 1 for a wrong
// configuration or a part that does not start.
func run(args []string, stdout, stderr io.Writer) int {
	cfg, err := config.Load(config.LoadOptions{Args: args, Environ: os.Environ()})
	switch {
	case cfg == nil:
		return fail(stderr, err)
	case cfg.Help:
		return exitCode(stderr, config.Usage(stdout))
	case cfg.Version:
		_, err := fmt.Fprintln(stdout, strings.TrimSpace("ksfu "+version+" "+buildDate), runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH)
		return exitCode(stderr, err)
	case cfg.Check:
		if writeErr := cfg.WriteCheck(stdout); writeErr != nil {
			return fail(stderr, writeErr)
		}
	}
	if err != nil {
		return fail(stderr, err)
	}
	if cfg.Check {
		return 0
	}
	level := &slog.LevelVar{}
	level.Set(cfg.LogLevel)
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	warn(cfg, log)
	limitMemory(cfg)

	// Before anything listens: a signal that comes while the parts start ends
	// the program in order too.
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	parts, err := start(cfg, log)
	if err != nil {
		return fail(stderr, err)
	}
	if _, err := io.WriteString(stdout, parts.web.Banner(terminal(stdout))); err != nil {
		log.Warn("start message not written", "error", err)
	}
	sig := <-signals
	for ; sig == syscall.SIGHUP; sig = <-signals {
		cfg = reload(cfg, parts, args, level, log)
	}
	log.Info("end", "signal", sig.String())
	go func() { // a second signal ends at once; the process's own end ends this
		for <-signals == syscall.SIGHUP {
		}
		os.Exit(1)
	}()
	if err := parts.close(); err != nil {
		log.Error("end", "error", err)
	}
	return 0
}

func warn(cfg *config.Config, log *slog.Logger) {
	for _, w := range cfg.Warnings {
		log.Warn(w) //nolint:sloglint // a warning is a whole sentence for a person, with its values in it
	}
}

// gcPercent is how much the heap may grow between collections. Forwarding
// allocates nothing, so half of Go's default costs no CPU that can be measured,
// and saves 8 % of a viewer's memory and a quarter of what a flood of
// connections makes the process grow by.
const gcPercent = 50

func limitMemory(cfg *config.Config) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	limit := int64(math.MaxInt64)
	if cfg.MemoryMB > 0 {
		limit = cfg.MemoryMB << 20
	}
	debug.SetMemoryLimit(limit)
}

// reload reads the configuration again and applies what can change while calls
// go on; for the rest the log says that a restart is due. A wrong configuration
// is refused whole: the running one stays.
func reload(old *config.Config, p *parts, args []string, level *slog.LevelVar, log *slog.Logger) *config.Config {
	cfg, err := config.Load(config.LoadOptions{Args: args, Environ: os.Environ()})
	if err == nil {
		err = p.reload(cfg, log)
	}
	if err != nil {
		log.Error("reload refused, the running configuration stays", "error", err)
		return old
	}
	warn(cfg, log)
	limitMemory(cfg)
	level.Set(cfg.LogLevel)
	for _, c := range cfg.Changes(old) {
		if c.Reload {
			log.Info("option changed", "option", c.Name)
		} else {
			log.Warn("option changed, but needs a restart", "option", c.Name)
		}
	}
	return cfg
}

// fail prints an error, each of joined ones on its own line.
func fail(w io.Writer, err error) int {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		for _, e := range joined.Unwrap() {
			_, _ = fmt.Fprintln(w, "ksfu:", e)
		}
		return 1
	}
	_, _ = fmt.Fprintln(w, "ksfu:", err)
	return 1
}

// exitCode is that of something written: 0, or 1 with the error printed.
func exitCode(w io.Writer, err error) int {
	if err != nil {
		return fail(w, err)
	}
	return 0
}

// terminal tells whether w is one: only its reader is shown the token.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
