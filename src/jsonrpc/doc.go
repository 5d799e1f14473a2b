// Package jsonrpc serves JSON-RPC 2.0 over WebSocket (RFC 6455), one object a
// text frame, and keeps the sessions that outlive a socket.
//
// It owns framing, limits, keepalive, the order of requests and the bounded
// queue of what goes out; what a method means belongs to the adapter behind
// the Handler. A Server accepts sockets, a Conn is one of them, a Request is
// what came in and must be answered once. A Sessions store holds sessions,
// scoped to the name of a principal, and the answers that a client may ask for
// again after it lost its socket.
//
// # Trust
//
// Accept performs the upgrade with no check of Host, Origin or credential: the
// HTTP middleware in front has done that before the request arrives here. (A
// second check of Origin would refuse kurento-client, which sends an Origin
// without a scheme.) permessage-deflate is off, so a small frame cannot become
// a large message.
//
// # Goroutines
//
// Each Conn has two: the one that called Accept reads and dispatches, a second
// writes. Request.Later adds one for each slow call. All of them have ended
// when Accept returns. Server.Close closes every Conn and waits for them.
// Sessions has one goroutine that sweeps; Sessions.Close ends it. Every one
// recovers from a panic, which is logged and counted and ends one request (or,
// outside of a request, one Conn).
//
// # What may block
//
// Handler.Serve runs on the reading goroutine, so that requests of one Conn
// are served in the order of arrival; while it runs, that Conn (and no other)
// waits. Slow work goes into Request.Later. Conn.Notify, Request.Reply and
// Request.Fail never block: a client that does not read is closed when its
// queue is full.
//
// # Concurrency
//
// All methods of Server, Conn, Sessions and Session are safe for concurrent
// use. A Request may be answered from any goroutine; the first answer counts.
package jsonrpc
