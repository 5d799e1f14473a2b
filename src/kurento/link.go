package kurento

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"ksfu/src/jsonrpc"
)

// link serves one connection. Its methods run on the connection's goroutine.
type link struct {
	srv     *Server
	conn    *jsonrpc.Conn
	scope   string
	session *jsonrpc.Session // used last on this connection
}

// Closed implements jsonrpc.Handler. Nothing is released: the sessions of the
// connection live on.
func (l *link) Closed() { l.srv.sessions.Detach(l.conn) }

// Serve implements jsonrpc.Handler.
func (l *link) Serve(r *jsonrpc.Request) {
	m, ok := l.srv.methods[r.Method]
	if !ok {
		r.Fail(jsonrpc.Errorf(jsonrpc.CodeNoMethod, "Method not found."))
		return
	}
	members, err := decode(r.Params, m.bare)
	if err != nil {
		r.Fail(err)
		return
	}
	c := &call{srv: l.srv, link: l, ctx: l.srv.ctx}
	if err := m.session(l, c, members); err != nil {
		r.Fail(err)
		return
	}
	// connect and ping are cheap and change nothing: only what runs in a
	// session is remembered for repetition.
	if c.session != nil && !m.bare && !c.session.Claim(r) {
		return
	}
	l.srv.mu.Lock()
	c.scope = l.srv.scopeOf(l.scope)
	l.srv.mu.Unlock()
	result, later, err := m.run(c, members)
	switch {
	case err != nil:
		r.Fail(err)
	case later != nil:
		r.Later(func(ctx context.Context) (any, error) {
			value, err := later(ctx)
			if err != nil {
				return nil, err
			}
			result["value"] = value
			return result, nil
		})
	default:
		r.Reply(result)
	}
}

// decode reads params. Numbers stay as they are written.
func decode(params json.RawMessage, bare bool) (map[string]any, error) {
	if params == nil {
		if bare {
			return map[string]any{}, nil
		}
		return nil, invalidParams("'params' is required")
	}
	decoder := json.NewDecoder(bytes.NewReader(params))
	decoder.UseNumber()
	var members map[string]any
	if err := decoder.Decode(&members); err != nil {
		return nil, invalidParams("'params' should be an object")
	}
	return members, nil
}

func invalidParams(message string) *jsonrpc.Error {
	return &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: message, Data: errorData{"INVALID_PARAMS"}}
}

// sessionID reads the member that any request may have.
func sessionID(members map[string]any) (id string, there bool, err error) {
	value, there := members["sessionId"]
	if !there || value == nil {
		return "", false, nil
	}
	id, ok := value.(string)
	if !ok {
		return "", false, jsonrpc.Errorf(jsonrpc.CodeServer, "'sessionId' parameter should be a string")
	}
	return id, true, nil
}

// anySession is the session named, or the one used last, or a new one. An
// unknown id becomes a session, as in Kurento; it is the principal's own in any
// case.
func (l *link) anySession(c *call, members map[string]any) error {
	id, there, err := sessionID(members)
	if err != nil {
		return err
	}
	store := l.srv.sessions
	switch {
	case there:
		c.session, err = store.Adopt(l.scope, id, l.conn)
	case l.session != nil && store.Use(l.session, l.conn):
		c.session = l.session
	default:
		c.session, err = store.Open(l.scope, l.conn)
	}
	switch {
	case errors.Is(err, jsonrpc.ErrTooManySessions):
		return tooMany("sessions", l.srv.limits.Sessions)
	case errors.Is(err, jsonrpc.ErrBadSessionID):
		return fail(codeInvalidSession, "Invalid session")
	case err != nil:
		return err
	}
	l.session = c.session
	return nil
}

// connectSession is the session named, which must exist, or a new one.
func (l *link) connectSession(c *call, members map[string]any) error {
	if _, there, err := sessionID(members); err != nil || there {
		return l.knownSession(c, members)
	}
	return l.anySession(c, members)
}

// knownSession is the session named, which must exist.
func (l *link) knownSession(c *call, members map[string]any) error {
	id, err := text(members, "sessionId")
	if err != nil {
		return err
	}
	session, ok := l.srv.sessions.Resume(l.scope, id, l.conn)
	if !ok {
		return fail(codeInvalidSession, "Invalid session")
	}
	c.session, l.session = session, session
	return nil
}

// endingSession is the session to be closed, or none.
func (l *link) endingSession(c *call, members map[string]any) error {
	id, there, err := sessionID(members)
	switch {
	case err != nil:
		return err
	case there:
		c.session, _ = l.srv.sessions.Find(l.scope, id)
	default:
		c.session = l.session
	}
	return nil
}

// noSession is for ping.
func (l *link) noSession(*call, map[string]any) error { return nil }
