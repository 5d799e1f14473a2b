package node

import (
	"errors"
	"time"
)

// ErrNoVersion means that a node was to be made without saying what it runs.
var ErrNoVersion = errors.New("node: no version given")

// Media is what the node asks of the media engine (rtc).
type Media interface {
	// Endpoints is the number of open endpoints.
	Endpoints() int
	// Panics is how many panics were contained since the start.
	Panics() uint64
}

// Kurento is what the node asks of the Kurento adapter.
type Kurento interface {
	Counts() (pipelines, endpoints, sessions int)
}

// Options is what a Node is put together from.
type Options struct {
	Version string  // of the program; required
	Media   Media   // nil = no media here: counts stay 0
	Kurento Kurento // nil = no Kurento API here: counts stay 0

	// Now is the clock, nil = time.Now.
	Now func() time.Time
}

// Equal tells whether a node made from o would show the same parts.
func (o Options) Equal(other Options) bool {
	return o.Version == other.Version && o.Media == other.Media && o.Kurento == other.Kurento
}

// Node is the view.
type Node struct {
	options Options
	started time.Time
}

// New takes the present as the start of the node.
func New(o Options) (*Node, error) {
	if o.Version == "" {
		return nil, ErrNoVersion
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Node{options: o, started: o.Now()}, nil
}

// Status is what runs here now.
func (n *Node) Status() Status {
	s := Status{
		Version: n.options.Version,
		Started: n.started,
		Uptime:  n.options.Now().Sub(n.started),
	}
	if k := n.options.Kurento; k != nil {
		s.Pipelines, s.Endpoints, s.Sessions = k.Counts()
	}
	if m := n.options.Media; m != nil {
		s.Endpoints, s.Panics = m.Endpoints(), m.Panics()
	}
	return s
}
