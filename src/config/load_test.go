package config

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDefaults(t *testing.T) {
	c := load(t, machine{})
	for name, want := range map[string]string{
		"http_port": ":8080", "https_port": ":8443", "kurento_port": "127.0.0.1:8888,[::1]:8888", "ice_single_port": "50000",
		"ice_port_range": "", "stun_servers": "", "trusted_proxy": "", "ice_disconnected_timeout": "15", "ice_failed_timeout": "15",
		"ice_keepalive_interval": "5", "router_audio_level_interval": "500", "router_audio_level_threshold": "40",
		"router_audio_level_filter": "20", "sdp_semantics": "unified-plan", "log_level": "info", "memory_mb": "0",
	} {
		if got := c.Value(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
		if got := c.Source(name); got != "default" {
			t.Errorf("%s comes from %q", name, got)
		}
	}
	if !c.Kurento.Loopback() || c.HTTP.Loopback() || c.DisconnectedIn != 15*time.Second || len(c.Tokens) > 0 || len(c.Warnings) > 0 || c.File != "" {
		t.Errorf("defaults: %+v", c)
	}
}

func TestCloud(t *testing.T) {
	c := load(t, machine{env: []string{"UMBRELLA_CLOUD=1"}, dirs: []string{"/state"}})
	for name, want := range map[string]string{
		"http_port": ":8081", "https_port": "off", "state_dir": "/state", "kurento_port": "127.0.0.1:8888,[::1]:8888",
		"trusted_proxy": "127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7",
	} {
		if got := c.Value(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if c.Source("http_port") != "default in cloud mode" || len(c.Warnings) > 0 {
		t.Errorf("source %q, warnings %v", c.Source("http_port"), c.Warnings)
	}
	c = load(t, machine{env: []string{
		"UMBRELLA_CLOUD=1", "UMBRELLA_HTTP_SERVE_ADDR=10.0.0.5:9000", "HTTPS_PORT=8443", "UMBRELLA_HTTP_PREFIX=/sfu/",
		"UMBRELLA_PUBLIC_HOST=Meet.Example.org", "UMBRELLA_PUBLIC_IP=203.0.113.7", "UMBRELLA_MIN_PORT=40000", "UMBRELLA_MAX_PORT=40100",
	}})
	for name, want := range map[string]string{
		"http_port": "10.0.0.5:9000", "https_port": ":8443", "http_prefix": "/sfu", "public_host": "meet.example.org",
		"ice_nat_1to1_ips": "203.0.113.7", "ice_port_range": "40000-40100", "ice_single_port": "0",
	} {
		if got := c.Value(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if c.ICEPortRange != (PortRange{40000, 40100}) || c.ICESinglePort != 0 {
		t.Errorf("ports %v, %d", c.ICEPortRange, c.ICESinglePort)
	}
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "lost") {
		t.Errorf("no warning that the identity is lost: %v", c.Warnings)
	}
}

func TestPrecedence(t *testing.T) {
	m := machine{}
	step := func(value, source string) {
		t.Helper()
		c := load(t, m)
		if c.Value("http_port") != ":"+value || c.Source("http_port") != source {
			t.Errorf("http_port = %s from %q, want %s from %q", c.Value("http_port"), c.Source("http_port"), value, source)
		}
	}
	step("8080", "default")
	m.uci = "config ksfu 'main'\n\toption http_port '1001'\n"
	step("1001", "UCI /etc/config/ksfu")
	m.dotenv = "HTTP_PORT=1002\nSOMETHING_ELSE=1\n"
	step("1002", ".env HTTP_PORT")
	m.env = []string{"KSFU_HTTP_PORT=1003", "PATH=/bin", "HTTPS_PORT="}
	step("1003", "environment KSFU_HTTP_PORT")
	m.args = []string{"--http_port=1004"}
	step("1004", "flag --http_port")
	m.args = []string{"--http-port", "1005", "--ice-lite", "--mdns-enabled", "off"}
	step("1005", "flag --http-port")
	if c := load(t, m); !c.ICELite || c.MDNS {
		t.Errorf("boolean flags: ice_lite %v, mdns_enabled %v", c.ICELite, c.MDNS)
	}
}

func TestConfigFlag(t *testing.T) {
	m := machine{
		uci: "config ksfu\n\toption http_port '1001'\n", files: map[string]string{"other": "config ksfu\n\toption http_port '1002'\n"},
		args: []string{"--config", "other", "--check"},
	}
	if c := load(t, m); c.Value("http_port") != ":1002" || !c.Check || c.File != "other" {
		t.Errorf("http_port %s, check %v, file %q", c.Value("http_port"), c.Check, c.File)
	}
	m.args = []string{"--config", "missing"}
	if got := lines(problems(t, m)); !strings.Contains(got, "missing (UCI): file cannot be used: no such file") {
		t.Error(got)
	}
	for _, arg := range []string{"--help", "-h", "--version"} {
		c, err := Load(machine{args: []string{"--nonsense", arg}, env: []string{"HTTP_PORT=x"}}.options(t))
		if err != nil || c.Version != (arg == "--version") || c.Help == c.Version {
			t.Errorf("%s: %+v, %v", arg, c, err)
		}
	}
}

func TestProblemsAtOnce(t *testing.T) {
	m := machine{
		uci: "config ksfu 'main'\n\toption http_prot '1'\n\toption https_port '99999'\nconfig room 'a'\n\toption x 'y'\n" +
			"config token 'app'\n\toption token 'short-canary'\n",
		dotenv: "KSFU_LOGLEVEL=debug\nICE_LITE=maybe\n",
		env:    []string{"HTTP_PORT=abc", "KSFU_ROUTER_MAX_BANDWIDT=1", "SDP_SEMANTICS=plan-b", "STUN_SERVERS=stun:a b:c"},
		args:   []string{"--ice-failed-timeout", "0", "--turn-password", "canary-secret", "--http-prot", "canary-value", "stray", "--kurento-port"},
	}
	c, err := Load(m.options(t))
	if c == nil || err == nil {
		t.Fatalf("Load: %v, %v", c, err)
	}
	all := problems(t, m)
	for _, want := range []struct {
		text string
		err  error
	}{
		{`ksfu.http_prot (UCI /etc/config/ksfu line 2): no such option: section ksfu has no such option in this version; did you mean http_port?`, ErrUnknown},
		{`https_port = "99999" (UCI /etc/config/ksfu line 3): wrong value: allowed: a port from 1 to 65535, host:port, or 0 for off`, ErrValue},
		{`config room (UCI /etc/config/ksfu line 4): no such option`, ErrUnknown},
		{`token.token = *** (UCI /etc/config/ksfu line 7): wrong value: allowed: 16 to 512`, ErrValue},
		{`KSFU_LOGLEVEL (.env): no such option: names beginning with KSFU_ are ours; did you mean KSFU_LOG_LEVEL?`, ErrUnknown},
		{`ICE_LITE = "maybe" (.env ICE_LITE): wrong value: allowed: 1, yes, on, true or enabled; 0, no, off, false or disabled`, ErrValue},
		{`HTTP_PORT = "abc" (environment HTTP_PORT): wrong value`, ErrValue},
		{`KSFU_ROUTER_MAX_BANDWIDT (environment): no such option`, ErrUnknown},
		{`SDP_SEMANTICS = "plan-b" (environment SDP_SEMANTICS): wrong value: this version offers and answers unified plan only`, ErrValue},
		{`STUN_SERVERS = "stun:a b:c" (environment STUN_SERVERS): wrong value`, ErrValue},
		{`--ice-failed-timeout = "0" (flag --ice-failed-timeout): wrong value: allowed: a whole number from 1 to 86400 (seconds)`, ErrValue},
		{`--turn-password (command line): secrets are not taken from the command line: every user of the machine can read it there; set KSFU_TURN_PASSWORD_FILE`, ErrSecret},
		{`--http-prot (command line): no such option: see --help; did you mean --http-port?`, ErrUnknown},
		{`"stray" (command line): no such option`, ErrUnknown},
		{`--kurento-port (command line): wrong value: it wants a value`, ErrValue},
	} {
		if !slices.ContainsFunc(all, func(p *Problem) bool { return strings.HasPrefix(p.Error(), want.text) && errors.Is(p, want.err) }) {
			t.Errorf("no problem of kind %q begins with\n%s", want.err, want.text)
		}
	}
	if len(all) != 15 {
		t.Errorf("%d problems, want 15", len(all))
	}
	if strings.Contains(err.Error(), "canary") {
		t.Error("a secret shows")
	}
	if t.Failed() {
		t.Logf("all:\n%v", err)
	}
	var table bytes.Buffer
	if err := c.WriteCheck(&table); err != nil || !strings.Contains(table.String(), "(wrong)") {
		t.Errorf("the check table does not show what is wrong: %v", err)
	}
}

func TestOverriddenValueIsStillWrong(t *testing.T) {
	all := problems(t, machine{env: []string{"HTTP_PORT=abc"}, args: []string{"--http-port=8080"}})
	if len(all) != 1 || all[0].Name != "HTTP_PORT" {
		t.Error(lines(all))
	}
}

func TestConflicts(t *testing.T) {
	for name, test := range map[string]struct {
		m    machine
		want string
	}{
		"single port and range": {
			machine{env: []string{"ICE_SINGLE_PORT=50000", "ICE_PORT_RANGE=50001,50100"}},
			`ice_single_port = "50000", ice_port_range = "50001-50100" (environment ICE_SINGLE_PORT, environment ICE_PORT_RANGE): contradiction: media uses one port or a range`,
		},
		"single port and umbrella range": {
			machine{env: []string{"UMBRELLA_MIN_PORT=50001", "UMBRELLA_MAX_PORT=50100"}, args: []string{"--ice-single-port=50000"}},
			`ice_single_port = "50000", ice_port_range = "50001-50100" (flag --ice-single-port, environment UMBRELLA_MIN_PORT, environment UMBRELLA_MAX_PORT): contradiction`,
		},
		"half an umbrella range":     {machine{env: []string{"UMBRELLA_MIN_PORT=50001"}}, `UMBRELLA_MIN_PORT = "50001"`},
		"umbrella range upside down": {machine{env: []string{"UMBRELLA_MIN_PORT=2", "UMBRELLA_MAX_PORT=1"}}, "UMBRELLA_MIN_PORT, UMBRELLA_MAX_PORT"},
		"two ranges":                 {machine{env: []string{"UMBRELLA_MIN_PORT=1", "UMBRELLA_MAX_PORT=2", "ICE_PORT_RANGE=5-9"}}, "UMBRELLA_MIN_PORT, UMBRELLA_MAX_PORT"},
		"two names, two values":      {machine{env: []string{"HTTP_PORT=1", "KSFU_HTTP_PORT=2"}}, "HTTP_PORT, KSFU_HTTP_PORT (environment): contradiction"},
		"one TCP port for two":       {machine{env: []string{"HTTP_PORT=8443"}}, `http_port = ":8443", https_port = ":8443"`},
		"HTTP on the media port":     {machine{env: []string{"HTTP_PORT=50000"}}, `http_port = ":50000", ice_single_port = "50000"`},
		"mDNS in the cloud":          {machine{env: []string{"UMBRELLA_CLOUD=1", "MDNS_ENABLED=1"}}, `cloud = "1", mdns_enabled = "1"`},
		"mDNS and 1:1 NAT":           {machine{env: []string{"MDNS_ENABLED=1", "ICE_NAT_1TO1_IPS=203.0.113.7"}}, `mdns_enabled = "1", ice_nat_1to1_ips`},
		"lite and srflx":             {machine{env: []string{"ICE_LITE=1", "ICE_CANDIDATE_TYPE=srflx"}}, `ice_lite = "1", ice_candidate_type = "srflx"`},
		"TURN without user":          {machine{env: []string{"TURN_SERVERS=turn:a.example", "TURN_PASSWORD=x"}}, `turn_servers = "turn:a.example", turn_username = ""`},
		"TURN without password":      {machine{env: []string{"TURN_SERVERS=turn:a.example", "TURN_USERNAME=x"}}, `turn_servers = "turn:a.example", turn_password = ""`},
		"certificate without key":    {machine{files: map[string]string{"a.crt": "x"}, env: []string{"KSFU_TLS_CERT=a.crt"}}, "tls_cert = "},
		"section twice":              {machine{uci: "config ksfu 'a'\nconfig ksfu 'b'\n"}, "config ksfu (UCI /etc/config/ksfu line 2): contradiction"},
		"one token for two": {
			machine{uci: "config token 'a'\n\toption token '0123456789abcdef'\nconfig token 'b'\n\toption token '0123456789abcdef'\n"},
			"token.token (UCI /etc/config/ksfu section a, UCI /etc/config/ksfu section b): contradiction",
		},
	} {
		t.Run(name, func(t *testing.T) {
			all := problems(t, test.m)
			if len(all) != 1 || !strings.HasPrefix(all[0].Error(), test.want) {
				t.Errorf("got\n%s\nwant one that begins with\n%s", lines(all), test.want)
			}
		})
	}
}

func TestNoConflict(t *testing.T) {
	for name, m := range map[string]machine{
		"range alone":           {env: []string{"ICE_PORT_RANGE=50000,50100"}},
		"range of none":         {env: []string{"ICE_PORT_RANGE=0,0", "ICE_SINGLE_PORT=50000"}},
		"neither":               {env: []string{"ICE_SINGLE_PORT=0"}},
		"single port and 0":     {uci: "config webrtc\n\toption ice_single_port '0'\n\toption ice_port_range '1-2'\n"},
		"two names, one value":  {env: []string{"HTTP_PORT=1", "KSFU_HTTP_PORT=1"}},
		"two addresses":         {env: []string{"HTTP_PORT=10.0.0.1:8443", "HTTPS_PORT=10.0.0.2:8443"}},
		"Kubernetes":            {env: []string{"KSFU_SERVICE_HOST=10.0.0.1", "KSFU_SERVICE_PORT_HTTPS=1", "KSFU_PORT=tcp://10.0.0.1:80", "KSFU_PORT_80_TCP_ADDR=10.0.0.1"}},
		"section in two halves": {uci: "config ksfu 'main'\n\toption http_port '1'\nconfig ksfu 'main'\n\toption https_port '2'\n"},
		"mDNS and srflx NAT":    {env: []string{"MDNS_ENABLED=1", "ICE_NAT_1TO1_IPS=203.0.113.7", "ICE_CANDIDATE_TYPE=srflx"}},
	} {
		t.Run(name, func(t *testing.T) { load(t, m) })
	}
}

func TestWarnings(t *testing.T) {
	for name, test := range map[string]struct {
		m    machine
		want string // "" = none
	}{
		"private address only":     {machine{addrs: []string{"127.0.0.1/8", "192.168.1.1/24", "100.64.3.4/10", "fe80::1/64", "fd00::1/64"}}, "stun_servers is empty"},
		"public address":           {machine{addrs: []string{"2001:db8::1/64"}}, ""},
		"private but STUN":         {machine{addrs: []string{"10.0.0.1/8"}, env: []string{"STUN_SERVERS=stun.example.org"}}, ""},
		"private but 1:1 NAT":      {machine{addrs: []string{"10.0.0.1/8"}, env: []string{"ICE_NAT_1TO1_IPS=203.0.113.7"}}, ""},
		"credentials for nothing":  {machine{env: []string{"TURN_USERNAME=a"}}, "turn_servers names none"},
		"keep-alive too slow":      {machine{env: []string{"ICE_DISCONNECTED_TIMEOUT=5"}}, "ice_keepalive_interval"},
		"half of a certificate":    {machine{files: map[string]string{"service.crt": "x"}}, "service.key is missing"},
		"other half":               {machine{files: map[string]string{"service.key": "x"}}, "service.crt is missing"},
		"OpenWrt of unknown size":  {machine{files: map[string]string{"/etc/openwrt_release": "x"}}, "memory_mb"},
		"OpenWrt of a known size":  {machine{files: map[string]string{"/etc/openwrt_release": "x", "/proc/meminfo": "MemTotal:  262144 kB\n"}}, ""},
		"container without volume": {machine{env: []string{"KSFU_CLOUD=yes"}}, "/state"},
	} {
		t.Run(name, func(t *testing.T) {
			got := load(t, test.m).Warnings
			if test.want == "" && len(got) > 0 || test.want != "" && (len(got) != 1 || !strings.Contains(got[0], test.want)) {
				t.Errorf("warnings %q, want %q", got, test.want)
			}
		})
	}
}

func TestFromMachine(t *testing.T) {
	c := load(t, machine{files: map[string]string{"service.crt": "x", "service.key": "y", "/etc/openwrt_release": "x", "/proc/meminfo": "MemFree: 1 kB\nMemTotal:  252144 kB\n"}})
	if c.MemoryMB != 61 || c.Value("memory_mb") != "61" || c.Source("memory_mb") != "a quarter of RAM" {
		t.Errorf("memory %d (%s) from %s", c.MemoryMB, c.Value("memory_mb"), c.Source("memory_mb"))
	}
	if !strings.HasSuffix(c.TLSCert, "/service.crt") || !strings.HasSuffix(c.TLSKey, "/service.key") || c.Source("tls_key") != "found in the working directory" {
		t.Errorf("certificate %s, %s from %s", c.TLSCert, c.TLSKey, c.Source("tls_key"))
	}
}

func TestStateDir(t *testing.T) {
	openwrt := map[string]string{"/etc/openwrt_release": "x", "/proc/meminfo": "MemTotal: 262144 kB\n"}
	for name, test := range map[string]struct {
		m            machine
		want, source string
	}{
		"named":                   {machine{env: []string{"KSFU_STATE_DIR=/a/b", "STATE_DIRECTORY=/c"}}, "/a/b", "environment KSFU_STATE_DIR"},
		"OpenWrt":                 {machine{files: openwrt}, "/etc/ksfu", "default on OpenWrt"},
		"systemd":                 {machine{env: []string{"STATE_DIRECTORY=/var/lib/x:/y"}}, "/var/lib/x", "environment STATE_DIRECTORY"},
		"root":                    {machine{uid: -1}, "/var/lib/ksfu", "default as root"},
		"XDG":                     {machine{env: []string{"XDG_STATE_HOME=/x"}}, "/x/ksfu", "environment XDG_STATE_HOME"},
		"relative XDG":            {machine{env: []string{"XDG_STATE_HOME=x"}}, "/home/ann/.local/state/ksfu", "default"},
		"home":                    {machine{dirs: []string{"/state"}}, "/home/ann/.local/state/ksfu", "default"},
		"container":               {machine{dirs: []string{"/state"}, env: []string{"UMBRELLA_CLOUD=1"}, uid: -1}, "/state", "default in cloud mode"},
		"container without home":  {machine{env: []string{"UMBRELLA_CLOUD=1", "HOME=/"}}, "/state", "default in cloud mode"},
		"container without state": {machine{env: []string{"UMBRELLA_CLOUD=1"}}, "/home/ann/.local/state/ksfu", "default"},
	} {
		t.Run(name, func(t *testing.T) {
			c := load(t, test.m)
			if c.StateDir != test.want || c.Source("state_dir") != test.source {
				t.Errorf("%s from %q, want %s from %q", c.StateDir, c.Source("state_dir"), test.want, test.source)
			}
		})
	}
	all := problems(t, machine{noHome: true})
	if len(all) != 1 || all[0].Name != "state_dir" {
		t.Error(lines(all))
	}
}

func TestChanges(t *testing.T) {
	old := load(t, machine{env: []string{"TURN_PASSWORD=a"}})
	c := load(t, machine{env: []string{"TURN_PASSWORD=b", "HTTP_PORT=1", "UMBRELLA_MIN_PORT=1", "UMBRELLA_MAX_PORT=2", "KSFU_TOKEN=0123456789abcdef"}})
	want := []Change{{"http_port", false}, {"ice_single_port", false}, {"ice_port_range", false}, {"turn_password", true}, {"token", true}}
	if got := c.Changes(old); !slices.Equal(got, want) {
		t.Errorf("changes %v, want %v", got, want)
	}
	if got := old.Changes(load(t, machine{env: []string{"TURN_PASSWORD=a"}})); len(got) > 0 {
		t.Errorf("nothing changed but %v", got)
	}
}
