package main

import (
	"fmt"
	"io"
	"time"
)

// Names of the two servers, as the JSON has them.
const (
	nameKsfu  = "ksfu"
	nameRival = "pion_default"
)

// scenario is one publisher to some subscribers over one SRTP profile.
type scenario struct {
	profile     profile
	subscribers int
}

func (s scenario) String() string { return fmt.Sprintf("%s 1:%d", s.profile, s.subscribers) }

// key is the scenario's number of subscribers as the JSON has it.
func (s scenario) key() string { return fmt.Sprintf("n%d", s.subscribers) }

// plan is what a run of the program does.
type plan struct {
	programs    []program // in the order in which they take turns
	scenarios   []scenario
	repetitions int
	cores       cores
	// memorySubscribers of the measurement without media; 0 leaves it out.
	memorySubscribers int
	settle            time.Duration // from the start of a server to its idle figures
	warmUp            time.Duration // from the last join to the window
	window            time.Duration // measured
	// pacedJoins is the largest number of subscribers that come one by one over
	// GCM, which is where joins are timed; elsewhere they come as fast as they can.
	pacedJoins int
	// joinGap is the pause before a paced join, and a part of it at random. It
	// is longer than any sensible throttle of key-frame requests, which would
	// be measured else.
	joinGap  time.Duration
	progress io.Writer
}

// fullPlan is what the published figures come from.
func fullPlan(programs []program, progress io.Writer) plan {
	p := plan{
		programs: programs, repetitions: 3, memorySubscribers: 50, settle: time.Second, warmUp: time.Second,
		window: 8 * time.Second, pacedJoins: 10, joinGap: time.Second, progress: progress,
	}
	for _, srtp := range []profile{profileCM, profileGCM} {
		for _, n := range []int{1, 10, 50} {
			p.scenarios = append(p.scenarios, scenario{srtp, n})
		}
	}
	return p
}

// smokePlan shows in some 20 s that everything works; its figures mean little.
func smokePlan(programs []program, progress io.Writer) plan {
	return plan{
		programs: programs, repetitions: 1, memorySubscribers: 2,
		scenarios: []scenario{{profileCM, 1}, {profileGCM, 1}, {profileGCM, 3}},
		settle:    100 * time.Millisecond, warmUp: 200 * time.Millisecond, window: 2 * time.Second, pacedJoins: 3, joinGap: keyInterval, progress: progress,
	}
}

// paced says whether a scenario's joins are timed.
func (p plan) paced(s scenario) bool { return s.profile == profileGCM && s.subscribers <= p.pacedJoins }

// largest is the scenario with most subscribers over GCM, for which delay and
// memory under load are told.
func (p plan) largest() scenario {
	var best scenario
	for _, s := range p.scenarios {
		if s.profile == profileGCM && s.subscribers > best.subscribers {
			best = s
		}
	}
	return best
}

func (p plan) say(format string, args ...any) { fmt.Fprintf(p.progress, format+"\n", args...) }
