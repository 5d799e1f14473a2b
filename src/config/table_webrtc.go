package config

import (
	"time"

	"ksfu/src/secret"
)

func webrtcOptions() []Option {
	seconds := span(number[int64](1, 86400, "seconds"), time.Second)

	return []Option{
		{
			Name: "ice_single_port", Section: sectionWebRTC, Env: []string{"ICE_SINGLE_PORT"}, Default: "50000",
			Text:  "The one port of all media, UDP and ICE-TCP. 0 = off: ephemeral ports or ice_port_range. Not set and ice_port_range given: off.",
			value: scalar(port(0), func(c *Config) *int { return &c.ICESinglePort }),
		},
		{
			Name: "ice_port_range", Section: sectionWebRTC, Env: []string{"ICE_PORT_RANGE"},
			Example: "50000-50999",
			Text:    "UDP ports of media, `min,max` or `min-max`, instead of the single port.",
			value:   scalar(portRange(), func(c *Config) *PortRange { return &c.ICEPortRange }),
		},
		{
			Name: "umbrella_min_port", Env: []string{"UMBRELLA_MIN_PORT"}, Compat: true,
			Example: "50000",
			Text:    "The lower end of ice_port_range, with UMBRELLA_MAX_PORT.",
			value:   scalar(port(1), func(c *Config) *int { return &c.rangeFrom }),
		},
		{
			Name: "umbrella_max_port", Env: []string{"UMBRELLA_MAX_PORT"}, Compat: true,
			Example: "50999",
			Text:    "The upper end of ice_port_range, with UMBRELLA_MIN_PORT.",
			value:   scalar(port(1), func(c *Config) *int { return &c.rangeTo }),
		},
		{
			Name: "stun_servers", Section: sectionWebRTC, Env: []string{"STUN_SERVERS"}, Reload: true,
			Example: "stun:stun.example.org:3478",
			Text:    "STUN servers that tell this node its public address. None by default: no third party unasked.",
			value:   list(stunServer(), func(c *Config) *[]string { return &c.STUNServers }),
		},
		{
			Name: "turn_servers", Section: sectionWebRTC, Env: []string{"TURN_SERVERS"}, Reload: true,
			Example: "turn:turn.example.org:3478?transport=udp",
			Text:    "TURN servers that this node and its clients may use.",
			value:   list(turnServer(), func(c *Config) *[]string { return &c.TURNServers }),
		},
		{
			Name: "turn_username", Section: sectionWebRTC, Env: []string{"TURN_USERNAME"}, Reload: true,
			Example: "ksfu",
			Text:    "User name at turn_servers.",
			value:   scalar(plain("text"), func(c *Config) *string { return &c.TURNUsername }),
		},
		{
			Name: "turn_password", Section: sectionWebRTC, Env: []string{"TURN_PASSWORD"}, Reload: true, Secret: true,
			Example: "a password",
			Text:    "Password at turn_servers.",
			value:   hidden(plain("text"), func(c *Config) *secret.String { return &c.TURNPassword }),
		},
		{
			Name: "ice_lite", Section: sectionWebRTC, Env: []string{"ICE_LITE"}, Default: "0",
			Text:  "Answer as ICE lite: for a node with public addresses.",
			value: scalar(boolean(), func(c *Config) *bool { return &c.ICELite }),
		},
		{
			Name: "ice_loopback", Section: sectionWebRTC, Default: "0",
			Text:  "Announce loopback addresses too: for clients on this machine. They are announced in any case where there are no others.",
			value: scalar(boolean(), func(c *Config) *bool { return &c.ICELoopback }),
		},
		{
			Name: "ice_nat_1to1_ips", Section: sectionWebRTC, Env: []string{"ICE_NAT_1TO1_IPS", "UMBRELLA_PUBLIC_IP"},
			Example: "203.0.113.7",
			Text:    "Addresses announced instead of (`ip`) or beside (`+ip`) the local ones: the public side of a one-to-one NAT.",
			value:   list(natAddr(), func(c *Config) *[]NATAddr { return &c.NAT1To1 }),
		},
		{
			Name: "ice_candidate_type", Section: sectionWebRTC, Env: []string{"ICE_CANDIDATE_TYPE"}, Default: "host",
			Text:  "Kind of candidate that ice_nat_1to1_ips are announced as.",
			value: scalar(choice([]string{"host", "srflx"}, nil), func(c *Config) *string { return &c.CandidateType }),
		},
		{
			Name: "sdp_semantics", Section: sectionWebRTC, Env: []string{"SDP_SEMANTICS"}, Default: "unified-plan",
			Text: "How several tracks stand in the SDP.",
			value: scalar(choice([]string{"unified-plan"}, map[string]string{
				"plan-b":                     "this version offers and answers unified plan only (RFC 8829)",
				"unified-plan-with-fallback": "this version cannot answer a plan-b offer; it offers and answers unified plan only (RFC 8829)",
			}), func(c *Config) *string { return &c.SDPSemantics }),
		},
		{
			Name: "mdns_enabled", Section: sectionWebRTC, Env: []string{"MDNS_ENABLED"}, Default: "0",
			Text:  "Resolve the .local ICE candidates of clients, and hide our own host candidates behind such a name.",
			value: scalar(boolean(), func(c *Config) *bool { return &c.MDNS }),
		},
		{
			Name: "ice_disconnected_timeout", Section: sectionWebRTC, Env: []string{"ICE_DISCONNECTED_TIMEOUT"}, Default: "15",
			Text:  "Seconds of silence after which a connection counts as disconnected.",
			value: scalar(seconds, func(c *Config) *time.Duration { return &c.DisconnectedIn }),
		},
		{
			Name: "ice_failed_timeout", Section: sectionWebRTC, Env: []string{"ICE_FAILED_TIMEOUT"}, Default: "15",
			Text:  "Seconds from disconnected to failed.",
			value: scalar(seconds, func(c *Config) *time.Duration { return &c.FailedIn }),
		},
		{
			Name: "ice_keepalive_interval", Section: sectionWebRTC, Env: []string{"ICE_KEEPALIVE_INTERVAL"}, Default: "5",
			Text:  "Seconds between keep-alives on a silent connection.",
			value: scalar(seconds, func(c *Config) *time.Duration { return &c.KeepaliveEvery }),
		},
	}
}
