package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

const (
	serverPackage = "ksfu/src/cmd/ksfu"
	mediaPackage  = "ksfu/src/media"
	// allocsTest prints a line "allocs_per_packet N" with -v.
	allocsTest = "TestFanoutAllocs"
)

// figuresOfToolchain asks the Go command for what it alone can tell: the sizes
// of the stripped binaries and the allocations of the fan-out. What cannot be
// had is left out, with a word on the progress output.
func (r *report) figuresOfToolchain(ctx context.Context, p plan) {
	dir, err := os.MkdirTemp("", "ksfu-bench-")
	if err != nil {
		p.say("binary sizes not measured: %v", err)
		return
	}
	defer os.RemoveAll(dir)
	for _, arch := range []string{"amd64", "arm64"} {
		p.say("building for %s", arch)
		size, err := binarySize(ctx, filepath.Join(dir, arch), arch)
		if err != nil {
			p.say("size of the %s binary not measured: %v", arch, err)
			continue
		}
		r.Binary[arch] = size
	}
	p.say("counting allocations")
	allocs, err := allocations(ctx)
	if err != nil {
		p.say("allocations not measured: %v", err)
		return
	}
	r.Allocations = &allocs
}

func binarySize(ctx context.Context, file, arch string) (int64, error) {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-tags", "nethttpomithttp2", "-ldflags", "-s -w", "-o", file, serverPackage)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("go build: %w: %s", err, out)
	}
	info, err := os.Stat(file)
	if err != nil {
		return 0, fmt.Errorf("go build: %w", err)
	}
	return info.Size(), nil
}

func allocations(ctx context.Context) (float64, error) {
	out, err := exec.CommandContext(ctx, "go", "test", mediaPackage, "-run", "^"+allocsTest+"$", "-count=1", "-v").CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("go test: %w: %s", err, out)
	}
	return parseAllocations(out)
}

// parseAllocations finds the figure in the output of go test -v.
func parseAllocations(output []byte) (float64, error) {
	m := regexp.MustCompile(`\ballocs_per_packet[ =:]+([0-9.]+)`).FindSubmatch(output)
	if m == nil {
		return 0, fmt.Errorf("allocs_per_packet: %w", errNoFigure)
	}
	v, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		return 0, fmt.Errorf("allocs_per_packet: %w", err)
	}
	return v, nil
}
