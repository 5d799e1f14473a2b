package jsonrpc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"sync"
)

// Request is one request or notification of a client. It must be answered
// once, by Reply or Fail, before Handler.Serve returns, or be handed to Later.
type Request struct {
	// Method is the name as sent.
	Method string
	// Params is the member as sent; nil when it is absent or null.
	Params json.RawMessage
	// ID is the id as sent; nil for a notification, which gets no answer.
	ID json.RawMessage

	conn *Conn
	raw  []byte

	mu sync.Mutex // guards the following
	// answered: an answer is queued; later: one will come from a goroutine.
	answered, later bool
	entry           *replay
}

// parse reads the envelope. A request that is refused comes with the id to
// answer to.
func parse(data []byte, lim Limits) (*Request, *Error) {
	r := &Request{raw: data, ID: json.RawMessage("null")}
	if err := Scan(data, lim.Depth); err != nil {
		if errors.Is(err, errSyntax) {
			return r, Errorf(CodeParse, "Parse error: %v", err)
		}
		return r, Errorf(CodeInvalidRequest, "Invalid JSON-RPC request: %v", err)
	}
	// A map, not a struct: the decoder would match the fields of a struct
	// regardless of letter case and so bring duplicates back.
	var envelope map[string]json.RawMessage
	if first := bytes.TrimLeft(data, " \t\r\n"); first[0] != '{' {
		return r, Errorf(CodeInvalidRequest, "Invalid JSON-RPC request.")
	}
	if err := json.Unmarshal(data, &envelope); err != nil {
		return r, Errorf(CodeParse, "Parse error.")
	}
	id, hasID := envelope["id"]
	if hasID {
		switch c := id[0]; {
		case len(id) > lim.IDBytes:
			return r, Errorf(CodeInvalidRequest, "Invalid JSON-RPC request: id over %d bytes", lim.IDBytes)
		case c != '"' && c != 'n' && c != '-' && (c < '0' || c > '9'):
			return r, Errorf(CodeInvalidRequest, "Invalid JSON-RPC request: id must be a string or a number")
		}
		r.ID = id
	}
	if string(envelope["jsonrpc"]) != `"2.0"` {
		return r, Errorf(CodeInvalidRequest, `Invalid JSON-RPC request: "jsonrpc" must be "2.0"`)
	}
	if json.Unmarshal(envelope["method"], &r.Method) != nil || r.Method == "" {
		return r, Errorf(CodeInvalidRequest, `Invalid JSON-RPC request: "method" must be a string`)
	}
	if params := envelope["params"]; len(params) > 0 && params[0] != 'n' {
		if params[0] != '{' && params[0] != '[' {
			return r, Errorf(CodeInvalidRequest, `Invalid JSON-RPC request: "params" must be an object or an array`)
		}
		r.Params = params
	}
	if !hasID {
		r.ID = nil
	}
	return r, nil
}

// Conn is the connection that the request came by.
func (r *Request) Conn() *Conn { return r.conn }

// Reply answers with a result. A nil result is sent as {}: kurento-client
// cannot read null.
func (r *Request) Reply(result any) {
	if result == nil {
		result = struct{}{}
	}
	r.answer(answer{ID: r.ID, Version: version, Result: result})
}

// Fail answers with an error: an *Error in err's chain as it stands, anything
// else as -32603 without detail, which goes to the log.
func (r *Request) Fail(err error) {
	var e *Error
	if !errors.As(err, &e) {
		r.conn.srv.log.Error("request failed", "method", r.Method, "err", err)
		e = Errorf(CodeInternal, "Internal error.")
	}
	r.answer(answer{ID: r.ID, Version: version, Error: e})
}

// Later runs work in a goroutine of its own and answers with what it returns,
// so that requests that follow on the connection do not wait. The context ends
// with the connection. Where too many are under way the request is refused.
func (r *Request) Later(work func(context.Context) (any, error)) {
	c := r.conn
	r.mu.Lock()
	r.later = true
	r.mu.Unlock()
	c.mu.Lock()
	if c.inFlight >= c.srv.limits.InFlight {
		c.mu.Unlock()
		r.Fail(Errorf(CodeServer, "Too many requests in flight: at most %d wait at a time", c.srv.limits.InFlight))
		return
	}
	c.inFlight++
	c.mu.Unlock()
	c.later.Add(1)
	go func() { // ends with work, whose context Conn.run cancels and waits for
		defer c.later.Done()
		defer func() {
			c.mu.Lock()
			c.inFlight--
			c.mu.Unlock()
		}()
		defer c.recoverRequest(r)
		if result, err := work(c.ctx); err != nil {
			r.Fail(err)
		} else {
			r.Reply(result)
		}
	}()
}

// open tells whether nobody has answered nor will.
func (r *Request) open() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.answered && !r.later
}

const version = "2.0"

type answer struct {
	ID      json.RawMessage `json:"id"`
	Version string          `json:"jsonrpc"`
	Result  any             `json:"result,omitempty"`
	Error   *Error          `json:"error,omitempty"`
}

func (r *Request) answer(a answer) {
	data, err := json.Marshal(a)
	switch {
	case err != nil:
		r.conn.srv.log.Error("answer cannot be encoded", "method", r.Method, "err", err)
		a.Result, a.Error = nil, Errorf(CodeInternal, "Internal error.")
		data, _ = json.Marshal(a)
	case len(data) > r.conn.srv.limits.AnswerBytes:
		a.Result, a.Error = nil, Errorf(CodeInternal, "Answer over %d bytes; ask for less at a time", r.conn.srv.limits.AnswerBytes)
		data, _ = json.Marshal(a)
	}
	r.send(data)
}

// send queues an encoded answer unless the request has one.
func (r *Request) send(data []byte) {
	r.mu.Lock()
	if r.answered {
		r.mu.Unlock()
		return
	}
	r.answered = true
	entry := r.entry
	r.mu.Unlock()
	if r.ID != nil {
		r.conn.enqueue(data)
	}
	if entry != nil {
		entry.done(data)
	}
}
