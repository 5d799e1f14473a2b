package config

import (
	"log/slog"
	"net/netip"
)

// Options returns the table, in the order in which people read it. `cloud` is
// first because other defaults depend on it.
func Options() []Option {
	var all []Option
	for _, part := range [][]Option{mainOptions(), webrtcOptions(), routerOptions(), kurentoOptions(), tokenOptions()} {
		all = append(all, part...)
	}

	return all
}

func mainOptions() []Option {
	return []Option{
		{
			Name: "cloud", Section: sectionMain, Env: []string{"UMBRELLA_CLOUD"}, Default: "0",
			Text:  "Cloud mode: plain HTTP behind a reverse proxy, HTTPS off unless a port is given, no mDNS.",
			value: scalar(boolean(), func(c *Config) *bool { return &c.Cloud }),
		},
		{
			Name: "http_port", Section: sectionMain, Env: []string{"HTTP_PORT", "UMBRELLA_HTTP_SERVE_ADDR"}, Default: "8080", CloudDefault: ":8081",
			Text:  "HTTP: everything to this machine and to trusted proxies, a redirect to HTTPS to others. 0 = off.",
			value: scalar(listener(""), func(c *Config) *Listen { return &c.HTTP }),
		},
		{
			Name: "https_port", Section: sectionMain, Env: []string{"HTTPS_PORT"}, Default: "8443", CloudDefault: "0",
			Text:  "HTTPS. 0 = off.",
			value: scalar(listener(""), func(c *Config) *Listen { return &c.HTTPS }),
		},
		{
			Name: "http_prefix", Section: sectionMain, Env: []string{"KSFU_HTTP_PREFIX", "UMBRELLA_HTTP_PREFIX"},
			Example: "/ksfu",
			Text:    "Path prefix, such as /ksfu, behind a proxy that gives us a part of its site; served with and without it.",
			value:   scalar(urlPath(), func(c *Config) *string { return &c.HTTPPrefix }),
		},
		{
			Name: "public_host", Section: sectionMain, Env: []string{"KSFU_PUBLIC_HOST", "UMBRELLA_PUBLIC_HOST"},
			Example: "ksfu.example.org",
			Text:    "Name under which others reach this node: in links, in the certificate, and as Host and Origin.",
			value:   scalar(hostName(), func(c *Config) *string { return &c.PublicHost }),
		},
		{
			Name: "allow_origin", Section: sectionMain, Reload: true,
			Example: "https://app.example.org",
			Text:    "Further hosts and origins whose pages may call this node, such as https://app.example.org.",
			value:   list(origin(), func(c *Config) *[]string { return &c.AllowOrigin }),
		},
		{
			Name: "trusted_proxy", Section: sectionMain, Reload: true,
			Example:      "192.168.1.10",
			CloudDefault: "127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7",
			Text:         "Reverse proxies whose X-Forwarded-* headers count and who get everything over plain HTTP.",
			value:        list(prefix(), func(c *Config) *[]netip.Prefix { return &c.TrustedProxy }),
		},
		{
			Name: "tls_cert", Section: sectionMain,
			Example: "/etc/ssl/ksfu.crt",
			Text:    "Certificate chain (PEM) instead of the self-made one, with tls_key. service.crt and service.key in the working directory are used where neither is set.",
			value:   scalar(file(), func(c *Config) *string { return &c.TLSCert }),
		},
		{
			Name: "tls_key", Section: sectionMain,
			Example: "/etc/ssl/ksfu.key",
			Text:    "Private key (PEM) of tls_cert.",
			value:   scalar(file(), func(c *Config) *string { return &c.TLSKey }),
		},
		{
			Name: "memory_mb", Section: sectionMain, Reload: true, Default: "0",
			Text:  "Memory in MiB that the process may use. 0 = a quarter of RAM on OpenWrt, unlimited elsewhere.",
			value: scalar(number[int64](0, 1<<20, "MiB"), func(c *Config) *int64 { return &c.MemoryMB }),
		},
		{
			Name: "log_level", Section: sectionMain, Reload: true, Default: "info",
			Text:  "Least level that is logged.",
			value: scalar(level(), func(c *Config) *slog.Level { return &c.LogLevel }),
		},
		{
			Name: "state_dir", Section: sectionMain,
			Example: "/var/lib/ksfu",
			Text:    "Where keys, certificates and default tokens are kept. Not set: /state in cloud mode where that exists, /etc/ksfu on OpenWrt, /var/lib/ksfu as a service or as root, else $XDG_STATE_HOME/ksfu or ~/.local/state/ksfu.",
			value:   scalar(directory(), func(c *Config) *string { return &c.StateDir }),
		},
	}
}
