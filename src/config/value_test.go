package config

import "testing"

func TestValues(t *testing.T) {
	const refused = "refused"
	for name, values := range map[string]map[string]string{ // given -> shown, or refused
		"ice_lite":         {"1": "1", "yes": "1", "ON": "1", "True": "1", "enabled": "1", "0": "0", "no": "0", "off": "0", "false": "0", "disabled": "0", "2": refused, "": refused, "y": refused},
		"http_port":        {"0": "off", "80": ":80", "65535": ":65535", "65536": refused, "-1": refused, "+80": refused, "0x50": refused, "80 ": refused, ":8081": ":8081", "localhost:80": "127.0.0.1:80,[::1]:80", "[::1]:80": "[::1]:80", "::1:80": refused, "10.0.0.1:80": "10.0.0.1:80", "10.0.0.1:0": refused, "router.lan:80": "router.lan:80", "*:80": refused, "300.1.1.1:80": refused, "": refused, "a:b": refused},
		"kurento_port":     {"8888": "127.0.0.1:8888,[::1]:8888", ":8888": ":8888", "0": "off"},
		"ice_single_port":  {"0": "0", "50000": "50000", "65536": refused, "127.0.0.1:5": refused},
		"ice_port_range":   {"1,2": "1-2", "1-2": "1-2", "5-5": "5-5", "1, 2": "1-2", "0,0": "", "0": "", "": "", "2-1": refused, "0-5": refused, "5": refused, "1-65536": refused, "1-2-3": refused, "a-b": refused, "-5": refused},
		"stun_servers":     {"": "", "a.example": "stun:a.example", "stun:a.example:3478,STUN:b.example": "stun:a.example:3478,stun:b.example", "stun:[2001:db8::1]": "stun:[2001:db8::1]", "stun:[2001:db8::1]:3478": "stun:[2001:db8::1]:3478", "stuns:a.example": refused, "http://a.example": refused, "stun:": refused, "stun:a:0": refused, "stun:a:99999": refused, "turn:a.example": refused, "2001:db8::1": refused},
		"turn_servers":     {"turn:a.example": "turn:a.example", "turns:a.example:443?transport=tcp": "turns:a.example:443?transport=tcp", "turn:a.example?transport=sctp": refused, "a.example": refused, "turn:u:p@a.example": refused, "stun:a.example": refused, "turn:[a.example]": refused},
		"ice_nat_1to1_ips": {"203.0.113.7": "203.0.113.7", "+203.0.113.7 2001:db8::7": "+203.0.113.7,2001:db8::7", "::ffff:1.2.3.4": "1.2.3.4", "0.0.0.0": refused, "224.0.0.1": refused, "a.example": refused, "fe80::1%eth0": refused, "++1.2.3.4": refused, "1.2.3.0/24": refused},
		"trusted_proxy":    {"10.0.0.1": "10.0.0.1", "10.0.0.1/8": "10.0.0.0/8", "::1": "::1", "fd00::/8": "fd00::/8", "lan": refused, "10.0.0.0/33": refused, "*": refused},
		"allow_origin":     {"https://A.example": "https://a.example", "a.example:8443": "a.example:8443", "http://[::1]:80": "http://[::1]:80", "*": refused, "null": refused, "https://a.example/": refused, "ftp://a.example": refused, "https://u@a.example": refused, "https://*.example": refused},
		"public_host":      {"A.Example": "a.example", "10.0.0.1": "10.0.0.1", "a.example:80": refused, "https://a.example": refused, "a b": refused, "-a.example": refused, "a..b": refused, "ksfu_1": "ksfu_1"},
		"http_prefix":      {"": "", "/": "", "/a": "/a", "a/b/": "/a/b", "/a//b": refused, "/../a": refused, "/a b": refused, "/a?b": refused, "/ä": refused},
		"log_level":        {"info": "info", "WARN": "warn", "debug": "debug", "error": "error", "trace": refused},
		"sdp_semantics":    {"unified-plan": "unified-plan", "plan-b": refused, "unified-plan-with-fallback": refused, "x": refused},
		"state_dir":        {"/a": "/a", "a": refused, "/a\nb": refused},
		"memory_mb":        {"0": "0", "64": "64", "1048577": refused, "1.5": refused, "99999999999999999999": refused},

		"ice_disconnected_timeout": {"1": "1", "0": refused, "86401": refused, "5s": refused}, "ice_failed_timeout": {"1": "1", "0": refused}, "ice_keepalive_interval": {"1": "1", "0": refused},
		"router_max_bandwidth": {"0": "0", "2000000000": "2000000000", "2000000001": refused}, "router_max_packet_track": {"32768": "32768", "32769": refused},
		"router_audio_level_interval": {"0": "500", "20": "20", "60001": refused}, "router_audio_level_threshold": {"0": "40", "127": "127", "128": refused}, "router_audio_level_filter": {"0": "20", "100": "100", "101": refused},
		"ice_candidate_type": {"host": "host", "SRFLX": "srflx", "relay": refused},
	} {
		o := optionNamed(t, name)
		for given, want := range values {
			c := &Config{}
			got := refused
			if err := o.value.put(c, []string{given}); err == nil {
				got = o.value.show(c)
			}
			if got != want {
				t.Errorf("%s = %q gives %q, want %q", name, given, got, want)
			}
			if got == refused {
				continue
			}
			again := &Config{}
			if got == "off" {
				continue // how it is shown and not how it is written
			}
			if err := o.value.put(again, []string{got}); err != nil && !o.value.list && len(c.HTTP.Addrs)+len(c.Kurento.Addrs) < 2 {
				t.Errorf("%s: %q is shown as %q, which is not allowed: %v", name, given, got, err)
			}
		}
	}
}

func TestLoopback(t *testing.T) {
	for given, want := range map[string]bool{
		"8888": true, "localhost:1": true, "127.0.0.9:1": true, "[::1]:1": true, "[::ffff:127.0.0.1]:1": true,
		":8888": false, "0.0.0.0:1": false, "192.168.1.1:1": false, "router.lan:1": false,
	} {
		c := &Config{}
		if err := optionNamed(t, "kurento_port").value.put(c, []string{given}); err != nil {
			t.Fatal(err)
		}
		if c.Kurento.Loopback() != want {
			t.Errorf("%s: loopback %v", given, !want)
		}
	}
}

func optionNamed(t testing.TB, name string) Option {
	t.Helper()
	for _, o := range Options() {
		if o.Name == name {
			return o
		}
	}
	t.Fatalf("no option %s", name)

	return Option{}
}
