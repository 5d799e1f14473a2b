package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v4"
)

// session is one signalling connection: a Kurento client, as far as one
// publisher and its subscribers need one. Safe concurrently. Close ends its
// reading goroutine.
type session struct {
	ws   *websocket.Conn
	done chan struct{} // closed when reading ended

	writing sync.Mutex // one writer at a time: gorilla/websocket allows no more

	// mu guards the following
	mu       sync.Mutex
	id       string // the server's name of the session
	pipeline string
	calls    int
	waiting  map[int]chan message
	found    map[string]*candidates // by endpoint
}

// message is any JSON-RPC 2.0 object of the protocol, both ways.
type message struct {
	Version string          `json:"jsonrpc"`
	ID      *int            `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  *result         `json:"result,omitempty"`
	Error   *refusal        `json:"error,omitempty"`
}

type result struct {
	Value     json.RawMessage `json:"value"`
	SessionID string          `json:"sessionId"`
}

type refusal struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// event is the params of an onEvent notification.
type event struct {
	Value struct {
		Object string    `json:"object"`
		Type   string    `json:"type"`
		Data   eventData `json:"data"`
	} `json:"value"`
}

type eventData struct {
	Candidate *webrtc.ICECandidateInit `json:"candidate,omitempty"`
}

const eventCandidate = "IceCandidateFound"

// dial opens a session and makes its pipeline.
func dial(ctx context.Context, url string) (*session, error) {
	ws, _, err := websocket.DefaultDialer.DialContext(ctx, url, nil)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", url, err)
	}
	s := &session{ws: ws, done: make(chan struct{}), waiting: map[int]chan message{}, found: map[string]*candidates{}}
	go s.read()
	pipeline, err := s.text(ctx, "create", map[string]any{"type": "MediaPipeline"})
	if err != nil {
		s.close()
		return nil, fmt.Errorf("create pipeline: %w", err)
	}
	s.mu.Lock()
	s.pipeline = pipeline
	s.mu.Unlock()
	return s, nil
}

func (s *session) close() {
	_ = s.ws.Close()
	<-s.done
}

func (s *session) read() {
	defer close(s.done)
	for {
		var m message
		if err := s.ws.ReadJSON(&m); err != nil {
			return
		}
		switch {
		case m.Method == "onEvent":
			s.onEvent(m.Params)
		case m.ID != nil:
			s.mu.Lock()
			w := s.waiting[*m.ID]
			delete(s.waiting, *m.ID)
			s.mu.Unlock()
			if w != nil {
				w <- m
			}
		}
	}
}

func (s *session) onEvent(params json.RawMessage) {
	var e event
	if json.Unmarshal(params, &e) != nil || e.Value.Type != eventCandidate || e.Value.Data.Candidate == nil {
		return
	}
	s.mu.Lock()
	c := s.found[e.Value.Object]
	s.mu.Unlock()
	if c != nil {
		c.add(*e.Value.Data.Candidate)
	}
}

// call sends one request and waits for its reply.
func (s *session) call(ctx context.Context, method string, params map[string]any) (json.RawMessage, error) {
	reply := make(chan message, 1)
	s.mu.Lock()
	s.calls++
	id := s.calls
	s.waiting[id] = reply
	if s.id != "" {
		params["sessionId"] = s.id
	}
	s.mu.Unlock()
	raw, err := json.Marshal(params)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	s.writing.Lock()
	err = s.ws.WriteJSON(message{Version: "2.0", ID: &id, Method: method, Params: raw})
	s.writing.Unlock()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	select {
	case m := <-reply:
		if m.Error != nil {
			return nil, fmt.Errorf("%s: %w: %d %s", method, errSignalling, m.Error.Code, m.Error.Message)
		}
		if m.Result == nil {
			return nil, fmt.Errorf("%s: %w: neither result nor error", method, errSignalling)
		}
		s.mu.Lock()
		s.id = m.Result.SessionID
		s.mu.Unlock()
		return m.Result.Value, nil
	case <-s.done:
		return nil, fmt.Errorf("%s: %w", method, errSessionClosed)
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: %w", method, ctx.Err())
	}
}

// text is call for methods whose value is a string.
func (s *session) text(ctx context.Context, method string, params map[string]any) (string, error) {
	raw, err := s.call(ctx, method, params)
	if err != nil {
		return "", err
	}
	var v string
	if err := json.Unmarshal(raw, &v); err != nil {
		return "", fmt.Errorf("%s: value: %w", method, err)
	}
	return v, nil
}

func invoke(object, operation string, params map[string]any) map[string]any {
	return map[string]any{"object": object, "operation": operation, "operationParams": params}
}
