// Package media is the selective forwarding middlebox of RFC 7667 section 3.7:
// what one side publishes is a Source with one to three Encodings; what another
// side is sent is a Sink. It knows RTP and RTCP, no PeerConnection and no SDP.
//
// # How a packet flows
//
// A transport hands each decrypted RTP packet to its Inbound, which finds the
// Encoding by SSRC (learned once from the MID and RID extensions, RFC 8843 and
// RFC 8852, where it was not declared), unwraps RTX (RFC 4588) and counts for
// the reports. The Encoding stores the packet once in its ring, inspects the
// payload once, and walks its copy-on-write list of Sinks. Each Sink rewrites
// sequence number, timestamp, payload type, picture id and extension ids and
// writes to its transport. Feedback flows the other way: the RTCP of a
// transport goes to its Outbound, which answers NACKs from the ring and merges
// key-frame requests into the Encoding's one throttled request.
//
// # Ownership and goroutines
//
// A Router owns the only goroutine of this package: a ticker that sends
// reports, feedback and repeated requests, and decides who speaks. It runs while
// there are transports and ends with Router.Close. All else runs on the
// caller's goroutine: Receive on the publisher's read goroutine, ReceiveRTCP on
// the viewer's.
//
// An Encoding ends when another takes its place (a new SSRC, numbers that begin
// anew, a renegotiation) or its transport closes. It lets go of its packets
// then, and sinks let go of it.
//
// # Locks
//
// Sink.mu, then Source.mu, then Encoding.mu; Inbound.mu and Outbound.mu are
// never held while one of these is taken. Per forwarded packet one lock is
// taken, the Sink's own. A Writer is called with its Sink locked, and so may
// InboundOptions.Write be; all other callbacks are called without a lock.
// Nothing here blocks as long as these do not.
//
// # Panics
//
// A panic of a Writer ends its Sink alone and is counted by the Router. Locks
// are let go of on the way up of any other panic, so that who contains it (rtc,
// for one endpoint) leaves the rest working.
//
// # Time
//
// Times are int64 nanoseconds of the process's monotonic clock (see now).
package media
