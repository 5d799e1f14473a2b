package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// ticksPerSecond of /proc/stat: USER_HZ is 100 on every Linux port of Go.
	ticksPerSecond = 100
	// clockProcess selects the sum of user and system time in a process's CPU
	// clock id (CPUCLOCK_SCHED of the kernel's posix-timers).
	clockProcess = 2
)

// cpuTime is the user and system time that a process has used, of all its
// threads, ended ones too. It is exact where the ticks of /proc/PID/stat
// (10 ms) are larger than what one subscriber costs in a window.
func cpuTime(pid int) (time.Duration, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid)<<3|clockProcess, &ts); err != nil {
		return 0, fmt.Errorf("CPU clock of process %d: %w", pid, err)
	}
	return time.Duration(ts.Nano()), nil
}

// residentKiB is a process's resident set.
func residentKiB(pid int) (int, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("memory of process %d: %w", pid, err)
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(v), "kB")))
			if err != nil {
				return 0, fmt.Errorf("memory of process %d: %w", pid, err)
			}
			return kib, nil
		}
	}
	return 0, fmt.Errorf("memory of process %d: VmRSS: %w", pid, errNoFigure)
}

// usage is what the machine has done up to one moment.
type usage struct {
	at                                time.Time
	server, generator, machine, stole time.Duration
}

func readUsage(server int) (usage, error) {
	u := usage{at: time.Now()}
	var err error
	if u.server, err = cpuTime(server); err != nil {
		return u, err
	}
	if u.generator, err = cpuTime(os.Getpid()); err != nil {
		return u, err
	}
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return u, fmt.Errorf("machine's CPU time: %w", err)
	}
	u.machine, u.stole = busyTime(b)
	return u, nil
}

// busyTime reads the first line of /proc/stat (proc_stat(5)): user, nice,
// system, idle, iowait, irq, softirq, steal.
func busyTime(stat []byte) (busy, steal time.Duration) {
	line, _, _ := bytes.Cut(stat, []byte("\n"))
	for i, f := range strings.Fields(string(line)) {
		ticks, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			continue // the line's name
		}
		d := time.Duration(ticks) * time.Second / ticksPerSecond
		switch i {
		case 1, 2, 3, 6, 7:
			busy += d
		case 8:
			steal = d
		}
	}
	return busy, steal
}
