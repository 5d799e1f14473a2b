package kurento

// scope is all that one principal has. Objects are found by it alone, so one
// principal cannot name what another has. It is guarded by Server.mu.
type scope struct {
	name    string
	manager *object
	objects map[string]*object // the manager among them
	// pipelines is in the order of creation.
	pipelines     []*object
	endpoints     int // made or being made
	reserved      int // objects being made
	subscriptions int
}

// scopeOf finds or makes the scope of a principal. The caller holds Server.mu.
func (s *Server) scopeOf(name string) *scope {
	sc, ok := s.scopes[name]
	if !ok {
		sc = &scope{name: name, objects: map[string]*object{}}
		sc.manager = &object{id: managerID, class: s.model.classes["ServerManager"], scope: sc, created: s.now(), name: managerID}
		sc.objects[managerID] = sc.manager
		s.scopes[name] = sc
	}
	return sc
}
