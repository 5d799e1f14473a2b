package media

// Limits bound what a remote side can make this package hold or do.
const (
	// MaxStreams is the number of SSRCs of one transport that are kept: three
	// encodings and audio, each with RTX, and room for those of a restart.
	MaxStreams = 32
	// MaxEncodings of one source (RFC 8853 simulcast): what browsers send.
	MaxEncodings = 3
	// maxMissing is the number of lost packets of one encoding that are
	// remembered; a larger hole is mended by a key frame.
	maxMissing = 256
	// maxNACKTries: a packet is asked for so often at most.
	maxNACKTries = 10
	// maxReplay is the longest run since the last key frame, in packets, that a
	// newcomer is sent from the ring instead of a new key frame being asked for.
	// 40 packets are about 50 kB: 2 Mbit/s pass them in 200 ms.
	maxReplay = 40
	// maxSpans is the number of past mappings of a sink that NACKs can still
	// reach: with one switch or dropped frame each 66 ms, 4 s.
	maxSpans = 64
	// maxResend is the number of packets that one sink sends again in 100 ms:
	// 8 Mbit/s of retransmissions.
	maxResend = 84
	// maxPacket is the largest RTP packet that is taken, in bytes: what fits an
	// Ethernet frame, with room for jumbo senders on a LAN.
	maxPacket = 2048
)
