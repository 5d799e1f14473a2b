package testkit

import (
	"slices"
	"strings"
	"testing"
)

// layer says what one package of ours may import of ours, and why no more.
type layer struct {
	pkg string
	may []string
	why string
}

// everything stands for all packages but config, testkit and programs.
const everything = "*"

const (
	leaf    = "a leaf is one idea that can be read, tested and replaced alone"
	adapter = "an adapter turns a protocol into calls of the core: adapters do not know each other, nor who listens for them"
)

// layers is the order of the house, lowest first.
func layers() []layer {
	return []layer{
		{"secret", nil, leaf},
		{"codec", []string{"secret"}, leaf},
		{"auth", []string{"secret"}, leaf},
		{"state", []string{"secret"}, leaf},
		{"config", []string{"secret"}, "config is a table of options: who uses an option is main's business"},
		{"jsonrpc", []string{"secret"}, leaf},
		{"media", []string{"codec", "secret"}, "the forwarding core knows packets, not connections, SDP or who watches"},
		{"rtc", []string{"media", "codec", "secret"}, "an endpoint binds Pion to the core and is driven from above"},
		{"kurento", []string{"media", "rtc", "jsonrpc", "auth", "secret"}, adapter},
		{"node", []string{"media", "rtc", "kurento", "secret"}, "the node composes the core and the adapters: who serves or configures it stands above it"},
		{"httpd", []string{"node", "auth", "state", "secret"}, "httpd is handed http.Handlers and knows no adapter and no media"},
		{"web", nil, "pages are data: they are embedded, not programmed"},
		{"cmd/ksfu", []string{everything, "config"}, "main wires the parts"},
		{"cmd/bench", []string{everything}, "a benchmark sets options itself, as a test does"},
		{"testkit", []string{everything, "config"}, "tests may know the whole tree"},
	}
}

// bansByTarget are the imports that are wrong wherever they stand, unless the
// layer names the target.
func bansByTarget(target string) string {
	switch {
	case target == "config":
		return "only cmd/ksfu imports config: each part has Options of its own, which main fills"
	case target == "testkit":
		return "testkit is imported by tests alone: the product carries no test code"
	case strings.HasPrefix(target, "cmd/"):
		return "a program is not a library"
	}
	return ""
}

// outside says who alone may import something that is not ours, and why.
type outside struct {
	prefix string   // of the import path, whole elements
	may    []string // packages of ours, none: nobody
	why    string
}

func outsiders() []outside {
	return []outside{
		// The longest prefix that matches counts.
		{"github.com/pion", []string{"rtc", "trunk", "cmd/bench"}, "Pion is rtc's to know, so that it can be replaced piece by piece"},
		{"github.com/pion/rtp", []string{"media", "rtc", "trunk", "cmd/bench"}, "packets are media's to know"},
		{"github.com/pion/rtcp", []string{"media", "rtc", "trunk", "cmd/bench"}, "packets are media's to know"},
		{"github.com/pion/interceptor/pkg/twcc", []string{"media", "rtc", "trunk", "cmd/bench"}, "transport feedback is media's to write"},
		{"github.com/digineo/go-uci", []string{"config"}, "OpenWrt's files are config's to read"},
		{"github.com/joho/godotenv", []string{"config"}, "files of settings are config's to read"},
		{"github.com/gorilla/websocket", []string{"jsonrpc", "cmd/bench"}, "framing, limits and keepalive stand in one place"},
		{"flag", []string{"config", "cmd/ksfu", "cmd/bench"}, "flags are options: they stand in config's table"},
		{"os/exec", []string{"cmd/bench"}, "the server starts no programs: a jailed service may not"},
		{"net/http/pprof", nil, "it puts itself on the default mux by being imported"},
		{"expvar", nil, "it puts itself on the default mux by being imported"},
		{"log", nil, "slog is injected, so that levels and secrets have one keeper"},
		{"testing", nil, "it brings flags and code that a product does not want"},
		{"go.uber.org/goleak", nil, "leak checks belong to tests"},
		{"pgregory.net/rapid", nil, "generators belong to tests"},
		{"github.com/rogpeppe/go-internal", nil, "scripts belong to tests"},
	}
}

// judge gives the reason why an import may not stand, "" where it may.
func judge(imp imported) string {
	if imp.path == "" || imp.inTest || imp.pkg == "testkit" {
		return ""
	}
	target, ours := short(imp.path)
	if !ours {
		return judgeOutside(imp)
	}
	at := slices.IndexFunc(layers(), func(l layer) bool { return l.pkg == imp.pkg })
	if at < 0 {
		return "package " + imp.pkg + " has no line in the table of layers: give it one, with what it may know and why no more"
	}
	from := layers()[at]
	if slices.Contains(from.may, target) {
		return ""
	}
	if why := bansByTarget(target); why != "" {
		return why
	}
	if slices.Contains(from.may, everything) {
		return ""
	}
	return from.why
}

func judgeOutside(imp imported) string {
	var rule outside
	for _, o := range outsiders() {
		if (imp.path == o.prefix || strings.HasPrefix(imp.path, o.prefix+"/")) && len(o.prefix) > len(rule.prefix) {
			rule = o
		}
	}
	// "log" is a package, not the folder of log/slog.
	if rule.prefix == "log" && imp.path != "log" {
		return ""
	}
	if rule.prefix == "" || slices.Contains(rule.may, imp.pkg) {
		return ""
	}
	return rule.why
}

func TestLayers(t *testing.T) {
	seen := map[string]bool{}
	for _, imp := range imports(t) {
		seen[imp.pkg] = true
		if why := judge(imp); why != "" {
			t.Errorf("%s imports %s: %s", imp.file, imp.path, why)
		}
	}
	for _, l := range layers() {
		if !seen[l.pkg] {
			t.Errorf("the table of layers names %s, which does not exist: take the line out", l.pkg)
		}
		delete(seen, l.pkg)
	}
	for pkg := range seen {
		t.Errorf("package %s has no line in the table of layers: give it one, with what it may know and why no more", pkg)
	}
}

// The judge itself: a layering test that finds nothing must be one that could.
func TestLayersJudge(t *testing.T) {
	tests := []struct {
		name   string
		imp    imported
		banned bool
	}{
		{"adapter uses the core", imported{pkg: "kurento", path: "ksfu/src/rtc"}, false},
		{"adapter knows the listener", imported{pkg: "kurento", path: "ksfu/src/httpd"}, true},
		{"listener knows an adapter", imported{pkg: "httpd", path: "ksfu/src/kurento"}, true},
		{"core knows connections", imported{pkg: "media", path: "ksfu/src/rtc"}, true},
		{"leaf knows a leaf", imported{pkg: "auth", path: "ksfu/src/codec"}, true},
		{"leaf keeps a secret", imported{pkg: "auth", path: "ksfu/src/secret"}, false},
		{"part reads config", imported{pkg: "rtc", path: "ksfu/src/config"}, true},
		{"main reads config", imported{pkg: "cmd/ksfu", path: "ksfu/src/config"}, false},
		{"bench reads config", imported{pkg: "cmd/bench", path: "ksfu/src/config"}, true},
		{"main embeds pages", imported{pkg: "cmd/ksfu", path: "ksfu/web"}, false},
		{"part embeds pages", imported{pkg: "httpd", path: "ksfu/web"}, true},
		{"main uses testkit", imported{pkg: "cmd/ksfu", path: "ksfu/src/testkit"}, true},
		{"test uses testkit", imported{pkg: "rtc", path: "ksfu/src/testkit", inTest: true}, false},
		{"library uses a program", imported{pkg: "node", path: "ksfu/src/cmd/ksfu"}, true},
		{"unknown package", imported{pkg: "util", path: "ksfu/src/media"}, true},
		{"core reads packets", imported{pkg: "media", path: "github.com/pion/rtp"}, false},
		{"core makes connections", imported{pkg: "media", path: "github.com/pion/webrtc/v4"}, true},
		{"core uses an interceptor", imported{pkg: "media", path: "github.com/pion/interceptor/pkg/nack"}, true},
		{"core writes transport feedback", imported{pkg: "media", path: "github.com/pion/interceptor/pkg/twcc"}, false},
		{"adapter uses Pion", imported{pkg: "kurento", path: "github.com/pion/webrtc/v4"}, true},
		{"slog is not log", imported{pkg: "rtc", path: "log/slog"}, false},
		{"log", imported{pkg: "rtc", path: "log"}, true},
		{"testing in the product", imported{pkg: "codec", path: "testing"}, true},
		{"testing/quick in the product", imported{pkg: "codec", path: "testing/quick"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			why := judge(tt.imp)
			if tt.banned != (why != "") {
				t.Errorf("judge(%s -> %s) = %q, want banned %v", tt.imp.pkg, tt.imp.path, why, tt.banned)
			}
		})
	}
}
