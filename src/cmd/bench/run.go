package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/pion/webrtc/v4"
)

// openAhead is how long before its begin the window is announced, so that no
// sender sees half of it.
const openAhead = 20 * time.Millisecond

// bench carries out a plan.
type bench struct {
	plan
	clock       clock
	connections map[profile]*connections
}

func newBench(p plan) (*bench, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	cert, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	b := &bench{plan: p, clock: newClock(), connections: map[profile]*connections{}}
	for _, srtp := range []profile{profileCM, profileGCM} {
		if b.connections[srtp], err = newConnections(srtp, *cert); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// all runs every scenario, the servers taking turns, and what they occupy idle.
func (b *bench) all(ctx context.Context) ([]sample, []idleSample, error) {
	var samples []sample
	var idle []idleSample
	runs, done := len(b.scenarios)*b.repetitions*len(b.programs), 0
	for _, sc := range b.scenarios {
		for rep := range b.repetitions {
			for _, p := range b.programs {
				s, err := b.measure(ctx, p, sc)
				if err != nil {
					return nil, nil, fmt.Errorf("%s, %s: %w", p.name, sc, err)
				}
				s.repetition = rep
				samples = append(samples, s)
				done++
				b.say("[%2d/%d] %-12s %-32s %6.2f us/packet, delivered %d of %d, server %3.0f %%, generator %3.0f %%, others %3.0f %%",
					done, runs, p.name, sc, s.cpu, s.delivered, s.expected, 100*s.serverShare, 100*s.generatorShare, 100*s.otherShare)
			}
		}
	}
	for rep := 0; b.memorySubscribers > 0 && rep < b.repetitions; rep++ {
		for _, p := range b.programs {
			s, err := b.measureIdle(ctx, p)
			if err != nil {
				return nil, nil, fmt.Errorf("%s, idle: %w", p.name, err)
			}
			idle = append(idle, s)
			b.say("        %-12s idle %d KiB, each of %d idle subscribers %.0f KiB", p.name, s.idleKiB, s.subscribers, s.perSubscriber())
		}
	}
	return samples, idle, nil
}

// measure is one run of a scenario.
func (b *bench) measure(ctx context.Context, p program, sc scenario) (sample, error) {
	out := sample{server: p.name, scenario: sc}
	st, err := b.set(ctx, p, sc.profile)
	if err != nil {
		return out, err
	}
	defer st.close()
	if err := b.measureOn(ctx, st, sc, &out); err != nil {
		return out, st.explain(err)
	}
	return out, nil
}

// measureOn lets the subscribers join and measures one window.
func (b *bench) measureOn(ctx context.Context, st *stage, sc scenario, out *sample) error {
	out.idleKiB = st.idleKiB
	st.pub.start()
	if err := b.join(ctx, st, sc, out); err != nil {
		return err
	}
	if err := pause(ctx, b.warmUp); err != nil {
		return err
	}
	st.win.open(b.clock.now()+int64(openAhead), b.window)
	if err := pause(ctx, openAhead); err != nil {
		return err
	}
	before, err := readUsage(st.server.pid())
	if err != nil {
		return err
	}
	if err := pause(ctx, time.Until(before.at.Add(b.window))); err != nil {
		return err
	}
	after, err := readUsage(st.server.pid())
	if err != nil {
		return err
	}
	if out.loadKiB, err = residentKiB(st.server.pid()); err != nil {
		return err
	}
	if err := drain(ctx, st); err != nil {
		return err
	}
	out.count(st.pub, st.subs)
	out.shares(before, after)
	out.perPacket(after.server - before.server)
	return nil
}

// measureIdle is one run without media.
func (b *bench) measureIdle(ctx context.Context, p program) (idleSample, error) {
	out := idleSample{server: p.name, subscribers: b.memorySubscribers}
	st, err := b.set(ctx, p, profileGCM)
	if err != nil {
		return out, err
	}
	defer st.close()
	out.idleKiB = st.idleKiB
	joining, cancel := context.WithTimeout(ctx, time.Duration(out.subscribers)*joinTime)
	defer cancel()
	for range out.subscribers {
		s, _, err := b.add(joining, st, profileGCM)
		if err != nil {
			return out, err
		}
		if err := s.conn.connected(joining); err != nil {
			return out, err
		}
	}
	if err := pause(ctx, 2*b.settle); err != nil {
		return out, err
	}
	out.occupiedKiB, err = residentKiB(st.server.pid())
	return out, err
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
