package config

import (
	"log/slog"
	"net/netip"
	"time"

	"ksfu/src/secret"
)

// Config is the configuration of one start or reload. OPTIONS in the README
// describe each value; the comments here give unit and zero value.
type Config struct {
	// What the command line asks for instead of a run.
	Help    bool // --help: print Usage; nothing else was read
	Version bool // --version; nothing else was read
	Check   bool // --check: WriteCheck, the errors of Load, and end

	Cloud bool // plain HTTP behind a reverse proxy, no mDNS

	// Listeners. Kurento without an address listens on loopback only.
	HTTP, HTTPS, Kurento Listen

	HTTPPrefix   string         // "" or "/path" without a slash at its end
	PublicHost   string         // lower-case name or address, "" = none
	AllowOrigin  []string       // "scheme://host[:port]" or "host[:port]", lower case
	TrustedProxy []netip.Prefix // empty = nobody's X-Forwarded-* counts
	TLSCert      string         // absolute path of a PEM file, "" = none; set with TLSKey
	TLSKey       string

	MemoryMB int64      // MiB the process may use; 0 = unlimited (a quarter of RAM on OpenWrt is filled in)
	LogLevel slog.Level // least level that is logged
	StateDir string     // absolute path, never empty
	Tokens   []Token    // configured credentials; may be empty

	// ICE. At most one of ICESinglePort and ICEPortRange is set; neither means
	// ephemeral ports.
	ICESinglePort  int       // UDP and TCP; 0 = off
	ICEPortRange   PortRange // UDP; zero = off
	STUNServers    []string  // "stun:host[:port]"
	TURNServers    []string  // "turn:host[:port][?transport=udp|tcp]" or "turns:..."
	TURNUsername   string
	TURNPassword   secret.String
	ICELite        bool
	ICELoopback    bool      // announce loopback addresses too
	NAT1To1        []NATAddr // addresses to announce
	CandidateType  string    // "host" or "srflx": what NAT1To1 is announced as
	SDPSemantics   string    // "unified-plan"
	MDNS           bool      // resolve .local candidates, hide own host candidates
	DisconnectedIn time.Duration
	FailedIn       time.Duration // counted from disconnected
	KeepaliveEvery time.Duration

	// Router.
	WithStats      bool          // counters per source and per sink
	MaxBandwidth   int64         // bits per second asked of a publisher's video; 0 = no limit
	MaxPacketTrack int           // packets of a video ring; 0 = by bitrate and round-trip time
	AudioInterval  time.Duration // between speaker decisions; never 0
	AudioThreshold int           // -dBov, 0 loudest to 127; never 0
	AudioFilter    int           // percent of an interval's packets; never 0
	BestFirst      bool          // a new sink starts at the highest layer
	TemporalLayers bool          // temporal layers may be dropped

	KurentoRenegotiate bool // Kurento extension: a further offer renegotiates

	// File is the UCI file that was read, "" = none.
	File string
	// Warnings are what the log should say once at start.
	Warnings []string

	rangeFrom, rangeTo int // UMBRELLA_MIN_PORT and UMBRELLA_MAX_PORT, folded into ICEPortRange
	rows               []row
}

// row is what WriteCheck shows of one option.
type row struct {
	name   string
	value  string // canonical, masked
	source string
	reload bool
	wrong  bool
}

// Source tells where an option's value comes from: "default", "UCI
// /etc/config/ksfu", ".env HTTP_PORT", "environment HTTP_PORT", "flag
// --http-port", or how it was derived. "" = there is no such option.
func (c *Config) Source(name string) string {
	if r := c.row(name); r != nil {
		return r.source
	}

	return ""
}

// Value is an option's effective value as WriteCheck prints it.
func (c *Config) Value(name string) string {
	if r := c.row(name); r != nil {
		return r.value
	}

	return ""
}

func (c *Config) row(name string) *row {
	for i := range c.rows {
		if c.rows[i].name == name {
			return &c.rows[i]
		}
	}

	return nil
}

// derive notes a value that the program chose and how.
func (c *Config) derive(name, value, source string) {
	if r := c.row(name); r != nil {
		r.value, r.source = value, source
	}
}
