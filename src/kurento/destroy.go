package kurento

import (
	"slices"
	"sync"
)

// insert puts a new object into its scope. The caller holds Server.mu.
func (c *call) insert(o *object) error {
	if err := c.refer(o); err != nil {
		return err
	}
	o.scope.objects[o.id] = o
	if o.parent != nil {
		o.parent.children = append(o.parent.children, o)
	} else {
		o.scope.pipelines = append(o.scope.pipelines, o)
	}
	c.srv.emit(o.scope.manager, "ObjectCreated", record{"object": o.id})
	return nil
}

// room refuses a new object beyond the limit. The caller holds Server.mu.
func (c *call) room() error {
	if len(c.scope.objects)-1+c.scope.reserved >= c.srv.limits.Objects {
		return tooMany("objects", c.srv.limits.Objects)
	}
	return nil
}

// destroy takes an object and what is in it out of the registry, and gives the
// endpoints that are to be closed once Server.mu, which the caller holds, is
// free again.
func (s *Server) destroy(o *object) []*peer {
	if o.gone {
		return nil
	}
	var peers []*peer
	for len(o.children) > 0 {
		peers = append(peers, s.destroy(o.children[0])...)
	}
	if o.element != nil {
		s.disconnectAll(o)
	}
	if o.webrtc != nil {
		o.scope.endpoints--
		s.terminated(o)
		peers = append(peers, o.webrtc.peer)
	}
	o.gone = true
	for session := range o.refs {
		o.dropSubscriptions(session)
		delete(s.held[session], o)
	}
	o.refs = nil
	delete(o.scope.objects, o.id)
	isSame := func(other *object) bool { return other == o }
	if o.parent != nil {
		o.parent.children = slices.DeleteFunc(o.parent.children, isSame)
	} else {
		o.scope.pipelines = slices.DeleteFunc(o.scope.pipelines, isSame)
	}
	s.emit(o.scope.manager, "ObjectDestroyed", record{"objectId": o.id})
	return peers
}

// closing takes objects out of the registry with Server.mu held, and closes
// their endpoints without it.
func (s *Server) closing(remove func() []*peer) {
	peers := func() []*peer {
		s.mu.Lock()
		defer s.mu.Unlock()
		return remove()
	}()
	s.closePeers(peers)
}

// closers is how many endpoints are closed at a time: closing waits for
// goroutines and for a DTLS alert, and a pipeline may have thousands.
const closers = 16

// closePeers closes endpoints and returns when all are closed. No lock may be
// held.
func (s *Server) closePeers(peers []*peer) {
	if len(peers) == 1 {
		s.closePeer(peers[0])
		return
	}
	var wg sync.WaitGroup
	queue := make(chan *peer)
	for range min(closers, len(peers)) {
		wg.Add(1)
		go func() { // ends when queue is closed below
			defer wg.Done()
			for p := range queue {
				s.closePeer(p)
			}
		}()
	}
	for _, p := range peers {
		queue <- p
	}
	close(queue)
	wg.Wait()
}

func (s *Server) closePeer(p *peer) {
	defer func() {
		if v := recover(); v != nil {
			s.panicked("close", v)
		}
	}()
	p.inbox.close()
	if err := p.Close(); err != nil {
		s.log.Debug("endpoint closed", "err", err)
	}
}
