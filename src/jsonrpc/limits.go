package jsonrpc

import "time"

// Limits bound what one client can cost. A zero field means the default named
// at it.
type Limits struct {
	// MessageBytes is the largest message taken; a larger one closes the
	// connection with 1009. Default 256 KiB: twice the largest SDP.
	MessageBytes int
	// Depth is how deep JSON may nest; deeper is refused before anything is
	// decoded. Default 32: the deepest request known has 9 levels.
	Depth int
	// IDBytes is the longest request id. Default 256.
	IDBytes int
	// AnswerBytes is the largest message sent; a larger answer becomes an
	// error. Default 1,000,000: the largest frame that Kurento's Java client
	// accepts.
	AnswerBytes int
	// InFlight is how many requests of one connection may wait for an answer
	// of Request.Later. Default 64.
	InFlight int
	// QueueMessages and QueueBytes bound what waits to be written to one
	// connection; beyond either the client is closed as too slow. Defaults
	// 2,048 messages and 2 MiB.
	QueueMessages int
	QueueBytes    int
	// PingInterval is how often a ping is sent. Default 30 s, below the idle
	// timeout of common proxies and NATs (60 s).
	PingInterval time.Duration
	// PongTimeout is how long a connection may be silent, pongs included.
	// Default 75 s: two pings may be lost.
	PongTimeout time.Duration
	// WriteTimeout bounds the writing of one message. Default 10 s.
	WriteTimeout time.Duration
}

func (l Limits) withDefaults() Limits {
	setDefault(&l.MessageBytes, 256<<10)
	setDefault(&l.Depth, 32)
	setDefault(&l.IDBytes, 256)
	setDefault(&l.AnswerBytes, 1_000_000)
	setDefault(&l.InFlight, 64)
	setDefault(&l.QueueMessages, 2048)
	setDefault(&l.QueueBytes, 2<<20)
	setDefault(&l.PingInterval, 30*time.Second)
	setDefault(&l.PongTimeout, 75*time.Second)
	setDefault(&l.WriteTimeout, 10*time.Second)
	return l
}

func setDefault[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}
