package config

import (
	"time"

	"ksfu/src/secret"
)

func routerOptions() []Option {
	return []Option{
		{
			Name: "router_with_stats", Section: sectionRouter, Env: []string{"ROUTER_WITH_STATS"}, Default: "0",
			Text:  "Time packets on their way through this node, for getStats (inputLatency).",
			value: scalar(boolean(), func(c *Config) *bool { return &c.WithStats }),
		},
		{
			// The upper limit keeps the value an int on 32-bit routers.
			Name: "router_max_bandwidth", Section: sectionRouter, Env: []string{"ROUTER_MAX_BANDWIDTH"}, Default: "0", Reload: true,
			Text:  "Bits per second asked of each publisher's video at most. 0 = no limit.",
			value: scalar(number[int64](0, 2_000_000_000, "bit/s"), func(c *Config) *int64 { return &c.MaxBandwidth }),
		},
		{
			// Half the sequence number space (RFC 3550 section 5.1): beyond it a
			// packet cannot be told from one of the next cycle.
			Name: "router_max_packet_track", Section: sectionRouter, Env: []string{"ROUTER_MAX_PACKET_TRACK"}, Default: "0", Reload: true,
			Text:  "Packets of a video that are kept to be sent again, rounded up to a power of two. 0 = by bitrate and round-trip time.",
			value: scalar(number[int](0, 1<<15, "packets"), func(c *Config) *int { return &c.MaxPacketTrack }),
		},
		{
			Name: "router_audio_level_interval", Section: sectionRouter, Env: []string{"ROUTER_AUDIO_LEVEL_INTERVAL"}, Default: "0", Reload: true,
			Text:  "Milliseconds between decisions on who speaks. 0 = 500.",
			value: scalar(span(preset(number[int64](0, 60_000, "ms"), 500), time.Millisecond), func(c *Config) *time.Duration { return &c.AudioInterval }),
		},
		{
			// The audio level extension has 7 bits (RFC 6464 section 3).
			Name: "router_audio_level_threshold", Section: sectionRouter, Env: []string{"ROUTER_AUDIO_LEVEL_THRESHOLD"}, Default: "0", Reload: true,
			Text:  "Level in -dBov, from the loudest to 127, that counts as speech. 0 = 40.",
			value: scalar(preset(number[int](0, 127, "-dBov"), 40), func(c *Config) *int { return &c.AudioThreshold }),
		},
		{
			Name: "router_audio_level_filter", Section: sectionRouter, Env: []string{"ROUTER_AUDIO_LEVEL_FILTER"}, Default: "0", Reload: true,
			Text:  "Percent of an interval's packets that must reach the threshold. 0 = 20.",
			value: scalar(preset(number[int](0, 100, "percent"), 20), func(c *Config) *int { return &c.AudioFilter }),
		},
		{
			Name: "simulcast_best_quality_first", Section: sectionRouter, Env: []string{"SIMULCAST_BEST_QUALITY_FIRST"}, Default: "0", Reload: true,
			Text:  "A new viewer starts at the highest layer instead of the lowest.",
			value: scalar(boolean(), func(c *Config) *bool { return &c.BestFirst }),
		},
		{
			Name: "simulcast_enable_temporal_layer", Section: sectionRouter, Env: []string{"SIMULCAST_ENABLE_TEMPORAL_LAYER"}, Default: "0", Reload: true,
			Text:  "Drop temporal layers between layer switches.",
			value: scalar(boolean(), func(c *Config) *bool { return &c.TemporalLayers }),
		},
	}
}

func kurentoOptions() []Option {
	return []Option{
		{
			Name: "kurento_port", Section: sectionKurento, Env: []string{"KURENTO_PORT"}, Default: "8888",
			Text:  "The Kurento API: a port alone listens on 127.0.0.1 and [::1] and asks for no token, at another address (`:8888`, `host:port`) it asks for one. 0 = off.",
			value: scalar(listener(loopback()...), func(c *Config) *Listen { return &c.Kurento }),
		},
		{
			Name: "kurento_renegotiate", Section: sectionKurento, Default: "0",
			Text:  "Kurento extension: a further offer on an endpoint renegotiates instead of failing.",
			value: scalar(boolean(), func(c *Config) *bool { return &c.KurentoRenegotiate }),
		},
	}
}

func tokenOptions() []Option {
	return []Option{
		{
			Name: "name", Section: sectionToken, Repeat: true, Reload: true,
			Example: "app",
			Text:    "Name of the token and scope of what is made with it. Not set: the section's name.",
			value:   scalar(id(), func(c *Config) *string { return &last(c).Name }),
		},
		{
			Name: "token", Section: sectionToken, Env: []string{"KSFU_TOKEN"}, Repeat: true, Reload: true, Secret: true,
			Example: "made by: openssl rand -hex 16",
			Text:    "The token, 16 characters or more: an application server sends it as `Authorization: Bearer` or `?access_token=`. From the environment it is an API token named api, beside those of the UCI file. Where no API token or no admin token is configured, one is made at the first start.",
			value:   hidden(token(), func(c *Config) *secret.String { return &last(c).Value }),
		},
		{
			Name: "admin", Section: sectionToken, Default: "0", Repeat: true, Reload: true,
			Text:  "The token is an admin's.",
			value: scalar(boolean(), func(c *Config) *bool { return &last(c).Admin }),
		},
	}
}
