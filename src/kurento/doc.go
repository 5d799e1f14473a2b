// Package kurento serves the Kurento API (the protocol of Kurento Media Server
// 6.x and 7.x) to unmodified clients: JSON-RPC over WebSocket, remote objects
// with operations, properties and events. A WebRtcEndpoint is an endpoint of
// rtc; connecting elements makes sinks of media follow sources. Nothing is ever
// transcoded.
//
// # Layout
//
// The object model is one table (model.go): class -> constructor, operations,
// properties, events, with the types of every parameter; each class stands in a
// file of its own (media_object.go ... web_rtc_endpoint.go). Arguments are
// checked against the table before an operation runs, and getKmd serves the
// table. A class that cannot be served is in refused.go. methods.go has the
// methods of the protocol, transaction.go the one that holds others, errors.go
// the numeric codes.
//
// # What it owns
//
// Sessions, objects and the graph of connections, all scoped to the name of a
// principal: the objects of one are looked up in a map that holds no others. An
// object lives as long as a session refers to it; sessions outlive their socket
// for Options.SessionTTL. Limits bound what a principal may hold.
//
// # Goroutines
//
// Those of jsonrpc, and one per endpoint while events of its endpoint wait to
// be delivered. Close ends them all. Each recovers from a panic.
//
// # Concurrency, and what may block
//
// One mutex, Server.mu, guards the registry: objects, their state, the graph,
// references and subscriptions. It is never held while rtc works: what may take
// time (making an endpoint, negotiating, gathering, closing) runs on the
// goroutine of the connection that asked for it, so that requests of one
// connection keep their order and others do not wait. Only Sink.SetSource and
// SetDataSource, which do not block, are called with it held, so that the graph
// and the media cannot disagree. Events of rtc are queued (bounded) and delivered by another
// goroutine. Lock order: Server.mu, then those of jsonrpc.
package kurento
