package kurento

import (
	"slices"

	"ksfu/src/jsonrpc"
)

// refer makes the session hold the object and what it is in. The caller holds
// Server.mu. A session that has ended (another connection closed it) can hold
// nothing: nobody would release it.
func (c *call) refer(o *object) error {
	if !c.session.Alive() {
		return fail(codeInvalidSession, "Invalid session")
	}
	held := c.srv.held[c.session]
	if held == nil {
		held = map[*object]struct{}{}
		c.srv.held[c.session] = held
	}
	for ; o != nil; o = o.parent {
		if _, already := held[o]; already {
			break // and so are its parents
		}
		held[o] = struct{}{}
		if o.refs == nil {
			o.refs = map[*jsonrpc.Session]struct{}{}
		}
		o.refs[c.session] = struct{}{}
	}
	return nil
}

func (c *call) ref(members map[string]any) (record, error) {
	_, err := c.target(members)
	return c.answer(), err
}

// unref lets go of an object; the last session that does ends it.
func (c *call) unref(members map[string]any) (record, error) {
	id, err := text(members, "object")
	if err != nil {
		return nil, err
	}
	found := false
	c.srv.closing(func() []*peer {
		var o *object
		if o, found = c.scope.objects[id]; !found {
			return nil
		}
		return c.srv.unhold(o, c.session)
	})
	if !found {
		return nil, objectNotFound(id)
	}
	return c.answer(), nil
}

// unhold takes a session from an object and from what is in it (whoever holds a
// part holds the whole), and gives what is to be closed of those that ended
// with it. The caller holds Server.mu.
func (s *Server) unhold(o *object, session *jsonrpc.Session) []*peer {
	var peers []*peer
	for _, child := range slices.Clone(o.children) {
		if _, holds := child.refs[session]; holds {
			peers = append(peers, s.unhold(child, session)...)
		}
	}
	delete(o.refs, session)
	delete(s.held[session], o)
	o.dropSubscriptions(session)
	if len(o.refs) == 0 && o.id != managerID {
		peers = append(peers, s.destroy(o)...)
	}
	return peers
}

// release ends an object, whoever holds it; an unknown one is no error.
func (c *call) release(members map[string]any) (record, error) {
	id, err := text(members, "object")
	if err != nil {
		return nil, err
	}
	c.srv.closing(func() []*peer {
		o, ok := c.scope.objects[id]
		if !ok || id == managerID {
			return nil
		}
		return c.srv.destroy(o)
	})
	return c.answer(), nil
}

// closeSession ends a session. Its objects are released, or let go of.
func (c *call) closeSession(members map[string]any) (record, error) {
	release, _ := members["release"].(bool)
	if c.session != nil {
		c.srv.sessions.End(c.session)
		c.srv.endSession(c.session, release)
	}
	return record{}, nil
}

// expired is told by the store that nobody came back for a session.
func (s *Server) expired(session *jsonrpc.Session) {
	s.log.Debug("session expired", "session", session.ID(), "principal", session.Scope())
	s.endSession(session, false)
}

func (s *Server) endSession(session *jsonrpc.Session, release bool) {
	s.closing(func() (peers []*peer) {
		held := s.held[session]
		delete(s.held, session)
		for o := range held {
			delete(o.refs, session)
			o.dropSubscriptions(session)
		}
		for o := range held {
			if o.id != managerID && (release || len(o.refs) == 0) {
				peers = append(peers, s.destroy(o)...)
			}
		}
		return peers
	})
}
