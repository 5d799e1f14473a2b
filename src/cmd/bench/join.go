package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/pion/webrtc/v4"
)

// join negotiates a connection, whose offer is made, with a new WebRtcEndpoint;
// source, unless empty, is the endpoint that it shall be sent. It returns once
// the server gathers candidates, which go to the connection as they come.
func (s *session) join(ctx context.Context, c *connection, offer, source string) (endpoint string, err error) {
	s.mu.Lock()
	pipeline := s.pipeline
	s.mu.Unlock()
	endpoint, err = s.text(ctx, "create", map[string]any{
		"type":              "WebRtcEndpoint",
		"constructorParams": map[string]any{"mediaPipeline": pipeline},
	})
	if err != nil {
		return "", err
	}
	remote := &candidates{conn: c}
	s.mu.Lock()
	s.found[endpoint] = remote
	s.mu.Unlock()
	if _, err = s.call(ctx, "subscribe", map[string]any{"object": endpoint, "type": eventCandidate}); err != nil {
		return "", err
	}
	if source != "" {
		if _, err = s.call(ctx, "invoke", invoke(source, "connect", map[string]any{"sink": endpoint})); err != nil {
			return "", fmt.Errorf("connect: %w", err)
		}
	}
	answer, err := s.text(ctx, "invoke", invoke(endpoint, "processOffer", map[string]any{"offer": offer}))
	if err != nil {
		return "", fmt.Errorf("processOffer: %w", err)
	}
	if err = c.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		return "", fmt.Errorf("set answer: %w", err)
	}
	remote.release()
	if _, err = s.call(ctx, "invoke", invoke(endpoint, "gatherCandidates", map[string]any{})); err != nil {
		return "", fmt.Errorf("gatherCandidates: %w", err)
	}
	return endpoint, nil
}

// candidates holds the server's candidates back until the answer is set. Safe
// concurrently.
type candidates struct {
	conn *connection

	// mu guards the following
	mu       sync.Mutex
	released bool
	held     []webrtc.ICECandidateInit
}

func (c *candidates) add(i webrtc.ICECandidateInit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.released {
		c.held = append(c.held, i)
		return
	}
	_ = c.conn.AddICECandidate(i) // one that cannot be used is one that does not connect
}

func (c *candidates) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.released = true
	for _, i := range c.held {
		_ = c.conn.AddICECandidate(i)
	}
	c.held = nil
}
