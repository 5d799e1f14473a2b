package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// cores says which processor cores the server and the generator run on. The
// zero value pins nothing.
type cores struct {
	pinned            bool
	server            int
	serverSet, genSet unix.CPUSet
}

// splitCores gives the server the first core that this process may use and the
// generator all others. With a single core nothing is pinned.
func splitCores() (cores, error) {
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return cores{}, fmt.Errorf("read the allowed cores: %w", err)
	}
	if all.Count() < 2 {
		return cores{}, nil
	}
	c := cores{pinned: true, genSet: all}
	for !all.IsSet(c.server) {
		c.server++
	}
	c.serverSet.Set(c.server)
	c.genSet.Clear(c.server)
	return c, nil
}

// pinSelf moves this process to the generator's cores.
func (c *cores) pinSelf() error {
	if !c.pinned {
		return nil
	}
	runtime.GOMAXPROCS(c.genSet.Count())
	// Affinity belongs to threads. One that starts between the two rounds is
	// started by one that has been moved, or is seen in the second.
	for range 2 {
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return fmt.Errorf("list own threads: %w", err)
		}
		for _, t := range tasks {
			id, err := strconv.Atoi(t.Name())
			if err != nil {
				continue
			}
			if err := unix.SchedSetaffinity(id, &c.genSet); err != nil && !errors.Is(err, unix.ESRCH) {
				return fmt.Errorf("pin the generator: %w", err)
			}
		}
	}
	return nil
}

// start starts a process on the server's core: a child inherits the affinity
// of the thread that makes it, so it is right before its first instruction.
func (c *cores) start(cmd *exec.Cmd) error {
	if !c.pinned {
		return cmd.Start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.SchedSetaffinity(0, &c.serverSet); err != nil {
		return fmt.Errorf("pin the server: %w", err)
	}
	err := cmd.Start()
	if back := unix.SchedSetaffinity(0, &c.genSet); back != nil && err == nil {
		err = fmt.Errorf("pin the generator: %w", back)
	}
	return err
}
