package rtc

import "time"

// Stats is a snapshot of an endpoint's transport; what was received and sent
// of each kind is in Source.Stats and Sink.Stats.
type Stats struct {
	BytesSent, BytesReceived     uint64
	PacketsSent, PacketsReceived uint64
	DTLS                         DTLSState
	SRTPProfile                  string // e.g. "SRTP_AEAD_AES_128_GCM", "" before DTLS is up
	LocalFingerprint             string // "sha-256 AA:BB:..."
	DataChannelsOpened           int
	DataChannelsClosed           int
	Candidates                   []CandidateStats
	Pairs                        []PairStats
}

// CandidateStats is one ICE candidate.
type CandidateStats struct {
	ID       string
	Remote   bool
	Type     string // host, srflx, prflx, relay
	Protocol string // udp, tcp
	Address  string
	Port     int
	Priority uint32
}

// PairStats is one candidate pair that was checked.
type PairStats struct {
	LocalID, RemoteID string
	State             string // waiting, in-progress, failed, succeeded
	Nominated         bool
	Selected          bool
	RTT               time.Duration
	BytesSent         uint64
	BytesReceived     uint64
}
