package jsonrpc

// Session is what a client comes back to after it lost its socket. Its fields
// are guarded by the lock of its store.
type Session struct {
	id    string
	scope string
	store *Sessions

	sockets map[*Conn]struct{}
	current *Conn // the socket that used the session last: it gets the events
	ended   bool
	idle    int64 // nanoseconds of the store's clock since when no socket is there
	cache   cache
}

// ID is the session's id.
func (s *Session) ID() string { return s.id }

// Scope is the name of the principal that the session belongs to.
func (s *Session) Scope() string { return s.scope }

// Alive tells whether the session has neither expired nor been ended.
func (s *Session) Alive() bool {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	return !s.ended
}

// Notify sends a notification to the socket that used the session last. It does
// not block; false means that there is no socket, and that the notification is
// lost, as it is in Kurento.
func (s *Session) Notify(method string, params any) bool {
	s.store.mu.Lock()
	c := s.current
	s.store.mu.Unlock()
	return c != nil && c.Notify(method, params)
}

// Claim tells whether the request is to be executed. It is not where the same
// bytes came in this session a short time ago: then the answer that was given
// is (or, if it is still being made, will be) given again.
func (s *Session) Claim(r *Request) bool {
	if r.ID == nil {
		return true
	}
	return s.store.claim(s, r)
}
