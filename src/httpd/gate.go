package httpd

import (
	"container/list"
	"net/netip"
	"sync"

	"ksfu/src/auth"
)

// gate bounds the connections whose caller has not shown a credential.
//
// Where it is full it does not turn the newcomer away but ends the oldest
// connection that is waiting for something: a caller with a credential sends
// it within a round trip and passes, while those that say nothing only push
// out one another. Connections that are being answered are left alone.
type gate struct {
	total, perAddress int

	mu sync.Mutex
	// guarded by mu, as are the entries of conn
	waiting   *list.List // of *conn, oldest first
	byAddress map[netip.Prefix]int
	refused   uint64
}

// entry is a connection's place in its gate, guarded by gate.mu.
type entry struct {
	network netip.Prefix
	element *list.Element // nil = counts no more
	busy    int           // requests being answered
}

func newGate(total, perAddress int) *gate {
	return &gate{total: total, perAddress: perAddress, waiting: list.New(), byAddress: make(map[netip.Prefix]int)}
}

// admit lets a connection in, at the cost of an older one where there must be;
// false where there is no room and nobody to push out.
func (g *gate) admit(c *conn) bool {
	g.mu.Lock()
	var old *conn
	c.entry.network = auth.Network(c.peer)
	crowded := g.byAddress[c.entry.network] >= g.perAddress
	if crowded || g.waiting.Len() >= g.total {
		g.refused++
		if old = g.oldest(c.entry.network, crowded); old == nil {
			g.mu.Unlock()
			return false
		}
		g.remove(old)
	}
	c.entry.element = g.waiting.PushBack(c)
	g.byAddress[c.entry.network]++
	g.mu.Unlock()
	if old != nil {
		_ = old.Conn.Close() // its goroutine sees the end and cleans up
	}
	return true
}

// oldest is the connection to push out: the oldest idle one of the network, or
// of whichever network has most.
func (g *gate) oldest(network netip.Prefix, only bool) *conn {
	var found *conn
	for element := g.waiting.Front(); element != nil; element = element.Next() {
		c := element.Value.(*conn)
		if c.entry.busy > 0 || only && c.entry.network != network {
			continue
		}
		if only {
			return c
		}
		if found == nil || g.byAddress[c.entry.network] > g.byAddress[found.entry.network] {
			found = c
		}
	}
	return found
}

// release stops counting a connection.
func (g *gate) release(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.remove(c)
}

func (g *gate) remove(c *conn) {
	if c.entry.element == nil {
		return
	}
	g.waiting.Remove(c.entry.element)
	c.entry.element = nil
	if g.byAddress[c.entry.network]--; g.byAddress[c.entry.network] == 0 {
		delete(g.byAddress, c.entry.network)
	}
}

// work counts requests being answered on a connection: +1 and -1.
func (g *gate) work(c *conn, n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c.entry.busy += n
}

// counts are the connections that count now, and how often the gate was full.
func (g *gate) counts() (waiting int, refused uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waiting.Len(), g.refused
}

// quota bounds requests under way by caller: behind a trusted proxy a
// connection tells nothing about whom it serves.
type quota struct {
	total, perAddress int

	mu sync.Mutex
	// guarded by mu
	count     int
	byAddress map[netip.Prefix]int
}

func newQuota(total, perAddress int) *quota {
	return &quota{total: total, perAddress: perAddress, byAddress: make(map[netip.Prefix]int)}
}

func (q *quota) enter(addr netip.Addr) (leave func(), ok bool) {
	network := auth.Network(addr)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.count >= q.total || q.byAddress[network] >= q.perAddress {
		return nil, false
	}
	q.count++
	q.byAddress[network]++
	return func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.count--
		if q.byAddress[network]--; q.byAddress[network] == 0 {
			delete(q.byAddress, network)
		}
	}, true
}

func (g *gate) isBusy(c *conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return c.entry.busy > 0
}
