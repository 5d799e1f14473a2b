// Package rtc binds remote WebRTC sides to media: an Engine owns what all of
// them share (the UDP and TCP port, the DTLS certificates, the resolver of
// .local names), an Endpoint is one RTCPeerConnection (W3C WebRTC section 4.4)
// with a Source and a Sink of each kind. It is the only package that knows SDP
// and Pion's WebRTC.
//
// # What Pion does here and what it does not
//
// Pion keeps SDP, ICE, DTLS, SRTP and SCTP. RTP and RTCP bypass its tracks and
// interceptors: a buffer factory hands every decrypted packet to media's
// Inbound and Outbound on the connection's own read goroutine, without a copy,
// and sinks write to the sender's stream. Reports and feedback are media's.
//
// # Goroutines
//
// An Engine has those of the port's mux (one for each socket) and of the
// resolver; an Endpoint those of its PeerConnection, one while events wait to
// be delivered and one for each .local candidate that is being resolved. Both
// Close return after all of them have ended; Close must not be called from
// within the delivery of an Event. A panic on one endpoint's goroutines is
// contained, counted and closes that endpoint.
//
// # Concurrency
//
// All methods are safe at any time. Negotiation (Offer, Answer, SetAnswer) is
// serialized per endpoint and may take some milliseconds; an ICE restart waits
// for the gathering before it. Lock order: Endpoint.negotiating, then
// Endpoint.refreshing, then Pion's and media's locks, then Endpoint.mu, then
// the outbox's. Nothing of Pion's or media's is called with Endpoint.mu held
// but what reads an atomic.
package rtc
