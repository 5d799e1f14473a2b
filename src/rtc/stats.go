package rtc

import (
	"strings"
	"time"

	"github.com/pion/webrtc/v4"
)

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
	DataSent, DataDropped        uint64 // messages of the data source
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

// Stats reads the counters. It takes about a millisecond: not for each packet.
func (ep *Endpoint) Stats() Stats {
	ep.reading.RLock()
	defer ep.reading.RUnlock()
	ep.mu.Lock()
	pc, pair, closed := ep.pc, ep.pair, ep.closed
	s := Stats{
		BytesSent: ep.bytesSent.Load(), BytesReceived: ep.bytesReceived.Load(),
		PacketsSent: ep.packetsSent.Load(), PacketsReceived: ep.packetsReceived.Load(),
		DTLS: ep.dtls, SRTPProfile: ep.profile,
		DataChannelsOpened: int(ep.channelsOpened.Load()), DataChannelsClosed: int(ep.channelsClosed.Load()),
		DataSent: ep.data.sent.Load(), DataDropped: ep.data.dropped.Load(),
	}
	ep.mu.Unlock()
	if pc == nil {
		return s // no certificate has been shown either
	}
	if cert, err := ep.engine.certs.get(ep.opts.RSA); err == nil {
		if fps, err := cert.GetFingerprints(); err == nil && len(fps) > 0 {
			s.LocalFingerprint = fps[0].Algorithm + " " + strings.ToUpper(fps[0].Value)
		}
	}
	if closed {
		return s
	}
	report := pc.GetStats()
	// Its lock is what puts the reading before the end of the connection, which
	// Pion begins by itself when the remote side closes DTLS.
	_ = pc.GetTransceivers()
	var selected webrtc.ICECandidatePairStats
	if pair != nil {
		selected, _ = report.GetICECandidatePairStats(pair)
	}
	for _, r := range report {
		switch r := r.(type) {
		case webrtc.ICECandidateStats:
			s.Candidates = append(s.Candidates, CandidateStats{
				ID: r.ID, Remote: r.Type == webrtc.StatsTypeRemoteCandidate, Type: r.CandidateType.String(),
				Protocol: r.Protocol, Address: r.IP, Port: int(r.Port), Priority: uint32(r.Priority),
			})
		case webrtc.ICECandidatePairStats:
			s.Pairs = append(s.Pairs, PairStats{
				LocalID: r.LocalCandidateID, RemoteID: r.RemoteCandidateID, State: string(r.State), Nominated: r.Nominated,
				Selected: selected.ID == r.ID,
				RTT:      time.Duration(r.CurrentRoundTripTime * float64(time.Second)), BytesSent: r.BytesSent, BytesReceived: r.BytesReceived,
			})
		}
	}
	return s
}
