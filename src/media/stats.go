package media

import "time"

// SourceStats is what has come in of one source.
type SourceStats struct {
	Codec               string // name as in SDP, "" before negotiation
	ClockRate, Channels int
	Fmtp                string
	PayloadType         int
	Encodings           []EncodingStats
}

// EncodingStats counts one encoding since it was first seen.
type EncodingStats struct {
	RID               string // "" without simulcast
	SSRC              uint32
	Packets, Bytes    uint64 // of media, without RTX and padding
	Lost              uint64 // packets that never came, RFC 3550 section 6.4.1
	NACKs, PLIs, FIRs uint64 // asked of the publisher
	FractionLost      float64
	Jitter            time.Duration
	Bitrate           int // bits per second over the last second
	Width, Height     int // of the last key frame, 0 where the codec does not tell
	Frames, KeyFrames uint64
	Active            bool // packets came within the last second
}

// SinkStats is what has been sent by one sink.
type SinkStats struct {
	Codec               string // "" while nothing is forwarded
	ClockRate, Channels int
	Fmtp                string
	PayloadType         int
	SSRC                uint32
	RID                 string // of the encoding forwarded now
	Packets, Bytes      uint64
	Retransmitted       uint64 // packets sent again
	Refused             uint64 // packets that the transport did not take; not among Packets
	NACKs, PLIs, FIRs   uint64 // asked by the remote side
	Lost                uint64 // by its receiver reports
	FractionLost        float64
	RTT                 time.Duration
	REMB                int           // bits per second, 0 = none was received
	MaxBitrate          int           // as set by SetMaxBitrate, 0 = no limit
	TargetBitrate       int           // of the encoding chosen
	Latency             time.Duration // from arrival to being sent, 0 unless Options.MeasureLatency
}
