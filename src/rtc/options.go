package rtc

import (
	"log/slog"
	"slices"
	"time"

	"ksfu/src/media"
	"ksfu/src/secret"
)

// Limits bound what a remote side can make an Engine hold.
type Limits struct {
	Endpoints     int // of the process; 0 = 4,096
	Candidates    int // remote ICE candidates kept for each endpoint; 0 = 64
	CandidateSize int // bytes of one candidate; 0 = 16 KiB
	SDPSize       int // bytes; 0 = 128 KiB
	MediaLines    int // m-lines of an SDP; 0 = 64
	SSRCs         int // distinct SSRCs an endpoint may send, or name in RTCP, before it is closed; 0 = 1,024
	DataChannels  int // open ones of an endpoint; 0 = 64
	// TCPConnections and TCPEach bound the open ICE-TCP connections: all, and
	// those of one address, IPv6 by /64; 0 = 1,024 and 128.
	TCPConnections, TCPEach int
}

func (l Limits) withDefaults() Limits {
	set := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	set(&l.Endpoints, 4096)
	set(&l.Candidates, 64)
	set(&l.CandidateSize, 16<<10)
	set(&l.SDPSize, 128<<10)
	set(&l.MediaLines, 64)
	set(&l.SSRCs, 1024)
	set(&l.DataChannels, 64)
	set(&l.TCPConnections, 1024)
	set(&l.TCPEach, 128)
	return l
}

// Options of an Engine. The zero value uses ephemeral ports on all addresses.
type Options struct {
	// Address is the local address to listen on; empty = all.
	Address string
	// SinglePort is the UDP port and, for ICE-TCP, the TCP port that all
	// endpoints share; 0 = each endpoint has sockets of its own; -1 = a free
	// port that the system chooses (for tests).
	SinglePort int
	// PortMin and PortMax bound the sockets where SinglePort is 0; 0 = any.
	PortMin, PortMax uint16
	// Lite answers as an ICE lite agent (RFC 8445 section 2.5).
	Lite bool
	// Loopback announces loopback addresses too. They are announced in any
	// case where the host has no other.
	Loopback bool
	// NAT1To1 are addresses announced instead of local ones, or, where they
	// start with a plus sign, beside them.
	NAT1To1 []string
	// NAT1To1Srflx announces them as server reflexive instead of host.
	NAT1To1Srflx bool
	// STUNServers and TURNServers are URLs (stun:host:port, turn:host:port?transport=udp).
	STUNServers  []string
	TURNServers  []string
	TURNUsername string
	TURNPassword secret.String
	// Disconnected, Failed (counted from disconnected) and Keepalive are ICE's
	// timeouts; 0 = 15 s, 15 s and 5 s.
	Disconnected, Failed, Keepalive time.Duration
	// MDNS resolves remote .local candidates and hides own host addresses
	// behind one such name (RFC draft-ietf-mmusic-mdns-ice-candidates).
	MDNS bool
	// MaxVideoBitrate in bits per second is asked of each publisher; 0 = none.
	MaxVideoBitrate int
	// Media configures the forwarding.
	Media media.Options
	// Limits as documented there.
	Limits Limits
	// Logger must be set.
	Logger *slog.Logger
}

// Equal tells whether two sets of options make the same Engine.
func (o Options) Equal(p Options) bool {
	if !slices.Equal(o.NAT1To1, p.NAT1To1) || !slices.Equal(o.STUNServers, p.STUNServers) ||
		!slices.Equal(o.TURNServers, p.TURNServers) {
		return false
	}
	return o.Address == p.Address && o.SinglePort == p.SinglePort && o.PortMin == p.PortMin && o.PortMax == p.PortMax &&
		o.Lite == p.Lite && o.Loopback == p.Loopback && o.NAT1To1Srflx == p.NAT1To1Srflx &&
		o.TURNUsername == p.TURNUsername && o.TURNPassword == p.TURNPassword &&
		o.Disconnected == p.Disconnected && o.Failed == p.Failed && o.Keepalive == p.Keepalive &&
		o.MDNS == p.MDNS && o.MaxVideoBitrate == p.MaxVideoBitrate && o.Media == p.Media && o.Limits == p.Limits
}

// EndpointOptions configure an Endpoint.
type EndpointOptions struct {
	// Receive and Send are what its media may do, as seen from this server.
	Receive, Send bool
	// DataChannels lets the remote side open data channels.
	DataChannels bool
	// RSA uses a DTLS certificate with an RSA key for clients that ask for one;
	// it is made at the first such request.
	RSA bool
	// AudioCodecs and VideoCodecs restrict what is negotiated, by their names
	// in SDP and in any letter case; nil = all.
	AudioCodecs, VideoCodecs []string
	// Events is told what happens; it must not block. May be nil.
	Events func(Event)
}

// OfferOptions say what an offer asks for.
type OfferOptions struct {
	Audio, Video bool
	ICERestart   bool
}

// Candidate is an ICE candidate as browsers trickle it (W3C WebRTC section
// 4.8.1.1). An empty Candidate ends the candidates.
type Candidate struct {
	Candidate     string // with the leading "candidate:"
	SDPMid        string
	SDPMLineIndex uint16
}

// DataChannelOptions are those of W3C WebRTC section 6.2; -1 leaves a limit
// unset.
type DataChannelOptions struct {
	Label                             string
	Ordered                           bool
	MaxPacketLifeTime, MaxRetransmits int // milliseconds, times
	Protocol                          string
}
