package kurento

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"ksfu/src/jsonrpc"
)

// call is one request under way.
type call struct {
	srv     *Server
	link    *link
	scope   *scope
	session *jsonrpc.Session
	ctx     context.Context // of work that a transaction waits for
}

// method is one of the protocol's. A bare one needs no params. What run gives
// is the result; with later, its value is still to come.
type method struct {
	bare    bool
	session func(*link, *call, map[string]any) error
	run     func(c *call, members map[string]any) (result record, later later, err error)
}

type later func(context.Context) (any, error)

func methods() map[string]method {
	simple := func(run func(*call, map[string]any) (record, error)) func(*call, map[string]any) (record, later, error) {
		return func(c *call, members map[string]any) (record, later, error) {
			result, err := run(c, members)
			return result, nil, err
		}
	}
	return map[string]method{
		"connect":      {bare: true, session: (*link).connectSession, run: simple((*call).connect)},
		"ping":         {bare: true, session: (*link).noSession, run: simple((*call).ping)},
		"create":       {session: (*link).anySession, run: simple((*call).create)},
		"describe":     {session: (*link).anySession, run: simple((*call).describe)},
		"invoke":       {session: (*link).anySession, run: (*call).invoke},
		"subscribe":    {session: (*link).anySession, run: simple((*call).subscribe)},
		"unsubscribe":  {session: (*link).anySession, run: simple((*call).unsubscribe)},
		"release":      {session: (*link).anySession, run: simple((*call).release)},
		"ref":          {session: (*link).anySession, run: simple((*call).ref)},
		"unref":        {session: (*link).anySession, run: simple((*call).unref)},
		"keepAlive":    {session: (*link).knownSession, run: simple((*call).keepAlive)},
		"transaction":  {session: (*link).anySession, run: simple((*call).transaction)},
		"closeSession": {session: (*link).endingSession, run: simple((*call).closeSession)},
	}
}

// answer is a result in the session.
func (c *call) answer() record { return record{"sessionId": c.session.ID()} }

func (c *call) answerValue(value any) record {
	return record{"sessionId": c.session.ID(), "value": value}
}

func (c *call) connect(map[string]any) (record, error) {
	return record{"sessionId": c.session.ID(), "serverId": c.srv.serverID}, nil
}

func (c *call) ping(members map[string]any) (record, error) {
	result := record{"value": "pong"}
	if id, ok := members["sessionId"].(string); ok {
		result["sessionId"] = id
	}
	return result, nil
}

func (c *call) keepAlive(map[string]any) (record, error) { return c.answer(), nil }

// target finds the object that a request names and refers the session to it.
func (c *call) target(members map[string]any) (*object, error) {
	id, err := text(members, "object")
	if err != nil {
		return nil, err
	}
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	o, err := c.find(id)
	if err != nil {
		return nil, err
	}
	return o, c.refer(o)
}

// find looks an object of the principal up. The caller holds Server.mu.
func (c *call) find(id string) (*object, error) {
	if o, ok := c.scope.objects[id]; ok {
		return o, nil
	}
	if strings.HasPrefix(id, refPrefix) {
		return nil, fail(codeNotFoundNoCommit, "Object '%.200s' not found: it can be named within its transaction only", id)
	}
	return nil, objectNotFound(id)
}

func (c *call) describe(members map[string]any) (record, error) {
	o, err := c.target(members)
	if err != nil {
		return nil, err
	}
	result := c.answer()
	result["type"], result["qualifiedType"], result["hierarchy"] = o.class.name, qualified(o.class.name), o.class.hierarchy()
	return result, nil
}

func (c *call) create(members map[string]any) (record, error) {
	name, err := text(members, "type")
	if err != nil {
		return nil, err
	}
	name = strings.TrimPrefix(name, "kurento.")
	k, ok := c.srv.model.classes[name]
	switch {
	case !ok && !refused(name):
		return nil, fail(codeTypeNotFound, "Class '%.100s' not found", name)
	case !ok, k.construct == nil:
		return nil, fail(codeNotAvailable, "Factory '%s' not found", name)
	}
	// `properties` is there in every request of kurento-client, and ignored by
	// Kurento.
	bound, err := c.bind(k.params, members["constructorParams"], "constructorParams")
	if err != nil {
		return nil, err
	}
	o, err := k.construct(c, bound)
	if err != nil {
		return nil, err
	}
	return c.answerValue(o.id), nil
}

func (c *call) invoke(members map[string]any) (record, later, error) {
	o, err := c.target(members)
	if err != nil {
		return nil, nil, err
	}
	name, err := text(members, "operation")
	if err != nil {
		return nil, nil, err
	}
	raw := members["operationParams"]
	op, ok := o.class.operation(name)
	if !ok {
		given, _ := raw.(map[string]any)
		return nil, nil, fail(codeMalformed, "Method '%.100s' with %d parameters not found", name, len(given))
	}
	if op.normal != nil {
		raw = op.normal(raw)
	}
	bound, err := c.bind(op.params, raw, "operationParams")
	if err != nil {
		return nil, nil, err
	}
	if op.slow != nil {
		work, err := op.slow(c, o, bound)
		return c.answer(), work, err
	}
	value, err := op.run(c, o, bound)
	if err != nil {
		return nil, nil, err
	}
	return c.answerValue(present(op.returns, value)), nil, nil
}

func (c *call) subscribe(members map[string]any) (record, error) {
	o, err := c.target(members)
	if err != nil {
		return nil, err
	}
	event, err := text(members, "type")
	if err != nil {
		return nil, err
	}
	if !o.class.raises(event) {
		return nil, fail(codeNoEvent, "Event '%.100s' not supported", event)
	}
	id := uuid.NewString()
	s := c.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.gone {
		return nil, objectNotFound(o.id)
	}
	if c.scope.subscriptions >= s.limits.Subscriptions {
		return nil, tooMany("subscriptions", s.limits.Subscriptions)
	}
	if o.subs == nil {
		o.subs = map[string]map[*jsonrpc.Session][]string{}
	}
	if o.subs[event] == nil {
		o.subs[event] = map[*jsonrpc.Session][]string{}
	}
	o.subs[event][c.session] = append(o.subs[event][c.session], id)
	c.scope.subscriptions++
	return c.answerValue(id), nil
}

// unsubscribe of what is not there is no error: clients unsubscribe after they
// released the object.
func (c *call) unsubscribe(members map[string]any) (record, error) {
	id, err := text(members, "object")
	if err != nil {
		return nil, err
	}
	subscription, err := text(members, "subscription")
	if err != nil {
		return nil, err
	}
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	o, ok := c.scope.objects[id]
	if !ok {
		return c.answer(), nil
	}
	for event, bySession := range o.subs {
		ids := bySession[c.session]
		at := slices.Index(ids, subscription)
		if at < 0 {
			continue
		}
		c.scope.subscriptions--
		if len(ids) > 1 {
			bySession[c.session] = slices.Delete(ids, at, at+1)
		} else if delete(bySession, c.session); len(bySession) == 0 {
			delete(o.subs, event)
		}
	}
	return c.answer(), nil
}
