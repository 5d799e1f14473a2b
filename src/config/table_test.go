package config

import (
	"regexp"
	"testing"
)

func TestTable(t *testing.T) {
	name := regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	places, envs := map[string]string{}, map[string]string{}
	for i, o := range Options() {
		if i == 0 && o.Name != "cloud" {
			t.Error("cloud is not first: defaults that depend on it would be read before it")
		}
		if !name.MatchString(o.Name) || o.Text == "" || o.Type() == "" || o.Allowed() == "" {
			t.Errorf("%s: incomplete row: %+v", o.Name, o)
		}
		place := o.Section + "." + o.Name
		if places[place] != "" {
			t.Errorf("%s stands twice", place)
		}
		places[place] = o.Name
		if len(o.EnvNames()) == 0 && !o.Repeat {
			t.Errorf("%s has no environment name", o.Name)
		}
		for _, env := range append(o.EnvNames(), o.FileNames()...) {
			if other := envs[env]; other != "" {
				t.Errorf("%s and %s share %s", other, o.Name, env)
			}
			envs[env] = o.Name
		}
		for _, standard := range []string{o.Default, o.CloudDefault} {
			c := &Config{Tokens: []Token{{}}}
			if standard == "" {
				continue
			}
			if err := o.value.put(c, []string{standard}); err != nil {
				t.Errorf("%s: its default %q is not allowed: %v", o.Name, standard, err)
			}
		}
		if (o.Section == "") != o.Compat {
			t.Errorf("%s: only names of predecessors stand outside the UCI file", o.Name)
		}
	}
	for _, want := range []string{
		"HTTP_PORT", "HTTPS_PORT", "KURENTO_PORT", "ICE_SINGLE_PORT", "ICE_PORT_RANGE", "STUN_SERVERS", "TURN_SERVERS",
		"TURN_USERNAME", "TURN_PASSWORD", "ICE_LITE", "ICE_NAT_1TO1_IPS", "ICE_CANDIDATE_TYPE", "SDP_SEMANTICS", "MDNS_ENABLED",
		"ICE_DISCONNECTED_TIMEOUT", "ICE_FAILED_TIMEOUT", "ICE_KEEPALIVE_INTERVAL", "ROUTER_WITH_STATS", "ROUTER_MAX_BANDWIDTH",
		"ROUTER_MAX_PACKET_TRACK", "ROUTER_AUDIO_LEVEL_INTERVAL", "ROUTER_AUDIO_LEVEL_THRESHOLD", "ROUTER_AUDIO_LEVEL_FILTER",
		"SIMULCAST_BEST_QUALITY_FIRST", "SIMULCAST_ENABLE_TEMPORAL_LAYER", "UMBRELLA_CLOUD", "UMBRELLA_HTTP_PREFIX", "KSFU_HTTP_PREFIX",
		"UMBRELLA_HTTP_SERVE_ADDR", "UMBRELLA_PUBLIC_HOST", "KSFU_PUBLIC_HOST", "UMBRELLA_PUBLIC_IP", "UMBRELLA_MIN_PORT",
		"UMBRELLA_MAX_PORT", "KSFU_MEMORY_MB", "KSFU_LOG_LEVEL", "KSFU_STATE_DIR", "KSFU_ALLOW_ORIGIN", "KSFU_TRUSTED_PROXY",
		"KSFU_TLS_CERT", "KSFU_TLS_KEY", "KSFU_KURENTO_RENEGOTIATE", "KSFU_TOKEN", "KSFU_TOKEN_FILE", "KSFU_TURN_PASSWORD_FILE",
	} {
		if envs[want] == "" {
			t.Errorf("no option has the environment name %s", want)
		}
	}
}
