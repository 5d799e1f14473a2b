// Package codec reads the RTP payload formats that a selective forwarding
// middlebox (RFC 7667 section 3.7) has to look into: where a decoder can start,
// which layer a packet is of, where a frame begins and ends, how large the
// picture is. It also shifts, in place, the counters that must stay continuous
// for a receiver when what it is sent is switched or thinned out.
//
// Payload formats: VP8 (RFC 7741), VP9 (RFC 9628), H264 (RFC 6184), H265 (RFC
// 7798), AV1 (RTP Payload Format For AV1 v1.0), Opus (RFC 7587), RED (RFC 2198).
// Header extensions: client audio level (RFC 6464) and the dependency descriptor
// (appendix A of the AV1 format).
//
// The package owns nothing, starts no goroutine, never blocks, allocates nothing
// per packet, and takes any bytes whatsoever: the worst that a malformed payload
// gets is an Info that says nothing. Functions are safe concurrently as long as
// nobody writes to the payload meanwhile; a DependencyParser belongs to one
// goroutine at a time.
package codec
