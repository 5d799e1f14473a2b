// Command ksfu is a selective forwarding unit for WebRTC. This package only
// wires: it reads the configuration, makes the parts from it, prints the links
// and ends them on SIGTERM or SIGINT.
package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
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
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: cfg.LogLevel}))
	for _, w := range cfg.Warnings {
		log.Warn(w) //nolint:sloglint // a warning is a whole sentence for a person, with its values in it
	}
	if cfg.MemoryMB > 0 {
		debug.SetMemoryLimit(cfg.MemoryMB << 20)
	}

	// Before anything listens: a signal that comes while the parts start ends
	// the program in order too.
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	parts, err := start(cfg, log)
	if err != nil {
		return fail(stderr, err)
	}
	if _, err := io.WriteString(stdout, parts.web.Banner(terminal(stdout))); err != nil {
		log.Warn("start message not written", "error", err)
	}
	sig := <-signals
	log.Info("end", "signal", sig.String())
	go func() { // a second signal ends at once; the process's own end ends this
		<-signals
		os.Exit(1)
	}()
	if err := parts.close(); err != nil {
		log.Error("end", "error", err)
	}
	return 0
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
