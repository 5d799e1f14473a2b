package main

import (
	"context"
	"fmt"
	mathrand "math/rand/v2"
	"time"
)

const (
	// joinTime is how long one join may take.
	joinTime = 15 * time.Second
	// drainTime is how long after the window a packet may still arrive,
	// retransmitted perhaps; drainPoll is how often that is looked at.
	drainTime, drainPoll = 2 * time.Second, 20 * time.Millisecond
)

// stage is a running server with a publisher on it.
type stage struct {
	server  *server
	session *session
	win     *window
	pub     *publisher
	source  string // the publisher's endpoint
	subs    []*subscriber
	idleKiB int
}

func (st *stage) close() {
	for _, s := range st.subs {
		s.close()
	}
	if st.pub != nil {
		st.pub.close()
	}
	if st.session != nil {
		st.session.close()
	}
	st.server.close()
}

// set starts a server and connects a publisher, which sends nothing yet.
func (b *bench) set(ctx context.Context, p program, srtp profile) (*stage, error) {
	srv, err := startServer(ctx, p, &b.cores)
	if err != nil {
		return nil, err
	}
	st := &stage{server: srv, win: &window{}}
	if err := b.publish(ctx, st, srtp); err != nil {
		err = st.explain(err)
		st.close()
		return nil, err
	}
	return st, nil
}

// publish notes the idle server's memory and connects the publisher.
func (b *bench) publish(ctx context.Context, st *stage, srtp profile) (err error) {
	if err = pause(ctx, b.settle); err != nil {
		return err
	}
	if st.idleKiB, err = residentKiB(st.server.pid()); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, joinTime)
	defer cancel()
	if st.session, err = dial(ctx, st.server.url); err != nil {
		return err
	}
	if st.pub, err = newPublisher(b.connections[srtp], b.clock, st.win); err != nil {
		return err
	}
	offer, err := st.pub.conn.offer(ctx)
	if err != nil {
		return err
	}
	if st.source, err = st.session.join(ctx, st.pub.conn, offer, ""); err != nil {
		return fmt.Errorf("publisher: %w", err)
	}
	if err = st.pub.conn.connected(ctx); err != nil {
		return fmt.Errorf("publisher: %w", err)
	}
	return nil
}

// explain adds what the server said last.
func (st *stage) explain(err error) error {
	return fmt.Errorf("%w; the server's output ends with:\n%s", err, st.server.logEnd())
}

// add lets one more subscriber join and says when its first message left.
func (b *bench) add(ctx context.Context, st *stage, srtp profile) (s *subscriber, asked int64, err error) {
	if s, err = newSubscriber(b.connections[srtp], b.clock, st.win); err != nil {
		return nil, 0, err
	}
	st.subs = append(st.subs, s)
	offer, err := s.conn.offer(ctx)
	if err != nil {
		return nil, 0, err
	}
	asked = b.clock.now()
	if _, err = st.session.join(ctx, s.conn, offer, st.source); err != nil {
		return nil, 0, fmt.Errorf("subscriber %d: %w", len(st.subs), err)
	}
	return s, asked, nil
}

// join brings all subscribers in and waits until each has a picture. Paced
// joins find the publisher ready to obey a request for a key frame, at no
// particular moment between two frames.
func (b *bench) join(ctx context.Context, st *stage, sc scenario, out *sample) error {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(sc.subscribers)*joinTime)
	defer cancel()
	paced := b.paced(sc)
	for range sc.subscribers {
		if paced {
			if err := pause(ctx, b.joinGap+mathrand.N(b.joinGap/5)); err != nil {
				return err
			}
		}
		s, asked, err := b.add(ctx, st, sc.profile)
		if err != nil {
			return err
		}
		if !paced {
			continue
		}
		if err := s.hasPicture(ctx); err != nil {
			return fmt.Errorf("subscriber %d: %w", len(st.subs), err)
		}
		packet, key := s.first()
		out.joins = append(out.joins, float64(packet-asked)/1e6)
		out.pictures = append(out.pictures, float64(key-asked)/1e6)
	}
	for i, s := range st.subs {
		if err := s.hasPicture(ctx); err != nil {
			return fmt.Errorf("subscriber %d: %w", i+1, err)
		}
	}
	return nil
}

// drain waits until all packets of the window have come, or long enough.
func drain(ctx context.Context, st *stage) error {
	for end := time.Now().Add(drainTime); time.Now().Before(end); {
		missing := false
		for _, s := range st.subs {
			unique, _, _ := s.arrived()
			missing = missing || unique < int(st.pub.sent.Load())
		}
		if !missing {
			return nil
		}
		if err := pause(ctx, drainPoll); err != nil {
			return err
		}
	}
	return nil
}
