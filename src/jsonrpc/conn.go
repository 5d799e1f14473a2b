package jsonrpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Conn is one client's socket.
type Conn struct {
	srv    *Server
	ws     *websocket.Conn
	ctx    context.Context
	cancel context.CancelFunc
	later  sync.WaitGroup
	wake   chan struct{}

	mu       sync.Mutex // guards the following
	queue    [][]byte
	queued   int // bytes in queue
	inFlight int
	closing  bool // nothing more is queued; the writer says goodbye and ends
	gone     bool // the far end has gone; the writer ends at once
	code     int
	reason   string
}

// closeGrace is how long the last words of a connection may take, and how long
// the far end may take to answer a close frame (RFC 6455 section 7.1.1).
const closeGrace = time.Second

// run is the life of a connection: it reads until there is nothing more to
// read, and returns when the writer and all slow calls have ended.
func (c *Conn) run(open func(*Conn) Handler) (err error) {
	var writer sync.WaitGroup
	writer.Add(1)
	go func() { // ends after c.end or c.Close
		defer writer.Done()
		c.write()
	}()
	defer func() {
		c.end()
		_ = c.ws.Close()
		c.cancel()
		c.later.Wait()
		writer.Wait()
	}()
	defer func() {
		if p := recover(); p != nil {
			c.srv.panicked("connection", p)
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	handler := open(c)
	defer handler.Closed()
	return c.read(handler)
}

func (c *Conn) read(handler Handler) error {
	c.extend()
	c.ws.SetPongHandler(func(string) error { c.extend(); return nil })
	// A ping is answered on the writer's lock; the default handler does that
	// with a deadline. A peer's close frame is answered by the default too.
	for {
		kind, message, err := c.ws.NextReader()
		if err != nil {
			return ended(err)
		}
		if kind != websocket.TextMessage {
			c.Close(websocket.CloseUnsupportedData, "text frames only")
			continue
		}
		data, err := io.ReadAll(io.LimitReader(message, int64(c.srv.limits.MessageBytes)+1))
		if err != nil {
			return ended(err)
		}
		if len(data) > c.srv.limits.MessageBytes {
			c.Close(websocket.CloseMessageTooBig, fmt.Sprintf("message over %d bytes", c.srv.limits.MessageBytes))
			continue
		}
		c.extend()
		if !c.leaving() {
			c.dispatch(handler, data)
		}
	}
}

// ended is nil for the ordinary ends of a connection.
func ended(err error) error {
	if websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway, websocket.CloseNoStatusReceived) {
		return nil
	}
	return fmt.Errorf("read: %w", err)
}

// extend moves the read deadline, unless the connection is on its way out.
func (c *Conn) extend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closing {
		_ = c.ws.SetReadDeadline(time.Now().Add(c.srv.limits.PongTimeout))
	}
}

func (c *Conn) leaving() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing
}

func (c *Conn) dispatch(handler Handler, data []byte) {
	c.srv.requests.Add(1)
	r, refused := parse(data, c.srv.limits)
	r.conn = c
	if refused != nil {
		r.Fail(refused)
		return
	}
	defer c.recoverRequest(r)
	handler.Serve(r)
	if r.open() {
		r.Fail(fmt.Errorf("handler returned without an answer"))
	}
}

// recoverRequest answers a request whose handler panicked.
func (c *Conn) recoverRequest(r *Request) {
	if p := recover(); p != nil {
		c.srv.panicked(r.Method, p)
		r.Fail(Errorf(CodeInternal, "Internal error."))
	}
}

// Notify queues a notification. It does not block; false means that the
// connection is closing.
func (c *Conn) Notify(method string, params any) bool {
	data, err := encodeNotification(method, params)
	if err != nil {
		c.srv.log.Error("notification cannot be encoded", "method", method, "err", err)
		return false
	}
	return c.enqueue(data)
}

func encodeNotification(method string, params any) ([]byte, error) {
	return json.Marshal(struct {
		Version string `json:"jsonrpc"`
		Method  string `json:"method"`
		Params  any    `json:"params,omitempty"`
	}{version, method, params})
}

// enqueue never blocks: where the client has not read for so long that the
// queue is full, the connection is closed, and nobody else waits for it.
func (c *Conn) enqueue(data []byte) bool {
	c.mu.Lock()
	if c.closing {
		c.mu.Unlock()
		return false
	}
	full := len(c.queue) >= c.srv.limits.QueueMessages || c.queued+len(data) > c.srv.limits.QueueBytes
	if !full {
		c.queue = append(c.queue, data)
		c.queued += len(data)
	}
	n := len(c.queue)
	c.mu.Unlock()
	if full {
		c.srv.slow.Add(1)
		c.srv.log.Warn("client closed", "err", ErrSlow, "queued", n, "remote", c.ws.RemoteAddr().String())
		c.drop()
		return false
	}
	c.signal()
	return true
}

func (c *Conn) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Close sends what is queued, then a close frame, and ends the connection. It
// does not wait; Accept returns when all is done.
func (c *Conn) Close(code int, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shut(code, reason)
}

// drop forgets what is queued: the client does not read it.
func (c *Conn) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue, c.queued = nil, 0
	c.shut(websocket.CloseTryAgainLater, ErrSlow.Error())
}

// shut is called with mu held. The deadlines make a writer that hangs and a
// far end that does not answer give up.
func (c *Conn) shut(code int, reason string) {
	if c.closing {
		return
	}
	c.closing, c.code, c.reason = true, code, reason
	soon := time.Now().Add(closeGrace)
	_ = c.ws.NetConn().SetWriteDeadline(soon)
	_ = c.ws.NetConn().SetReadDeadline(soon)
	c.signal()
}

// end tells the writer that nobody listens any more.
func (c *Conn) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closing, c.gone = true, true
	c.queue, c.queued = nil, 0
	c.signal()
}

// write is the only goroutine that sends messages.
func (c *Conn) write() {
	defer func() {
		if p := recover(); p != nil {
			c.srv.panicked("writer", p)
			_ = c.ws.Close()
		}
	}()
	ping := time.NewTicker(c.srv.limits.PingInterval)
	defer ping.Stop()
	for {
		data, state := c.take()
		switch {
		case state == writerGone:
			return
		case data != nil:
			limit := c.srv.limits.WriteTimeout
			if state == writerClosing {
				limit = closeGrace
			}
			_ = c.ws.SetWriteDeadline(time.Now().Add(limit))
			if err := c.ws.WriteMessage(websocket.TextMessage, data); err != nil {
				c.lost(err)
				return
			}
		case state == writerClosing:
			c.goodbye()
			return
		default:
			select {
			case <-c.wake:
			case <-ping.C:
				deadline := time.Now().Add(c.srv.limits.WriteTimeout)
				if err := c.ws.WriteControl(websocket.PingMessage, nil, deadline); err != nil {
					c.lost(err)
					return
				}
			}
		}
	}
}

type writerState uint8

const (
	writerOpen writerState = iota
	writerClosing
	writerGone
)

func (c *Conn) take() ([]byte, writerState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.gone:
		return nil, writerGone
	case len(c.queue) > 0:
		data := c.queue[0]
		c.queue[0] = nil
		c.queue = c.queue[1:]
		c.queued -= len(data)
		if c.closing {
			return data, writerClosing
		}
		return data, writerOpen
	case c.closing:
		return nil, writerClosing
	default:
		return nil, writerOpen
	}
}

// goodbye sends the close frame; the reader waits a moment for the answer.
func (c *Conn) goodbye() {
	c.mu.Lock()
	code, reason := c.code, c.reason
	c.mu.Unlock()
	deadline := time.Now().Add(closeGrace)
	if err := c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), deadline); err != nil {
		_ = c.ws.Close()
		return
	}
	_ = c.ws.NetConn().SetReadDeadline(deadline)
}

// lost ends a connection that cannot be written to; the reader wakes with an
// error.
func (c *Conn) lost(err error) {
	if !errors.Is(err, websocket.ErrCloseSent) {
		c.srv.log.Debug("write failed", "err", err)
	}
	c.mu.Lock()
	c.closing = true
	c.queue, c.queued = nil, 0
	c.mu.Unlock()
	_ = c.ws.Close()
}
