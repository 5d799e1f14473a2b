package auth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"ksfu/src/auth"
)

func hosts(t testing.TB) *auth.Hosts {
	t.Helper()
	h, err := auth.NewHosts("ksfu.example.org", []string{"https://app.example.org", "http://dev.example.org:3000", "any.example.org"})
	if err != nil {
		t.Fatal(err)
	}
	h.SetOwn([]string{"ksfu.local", "192.168.1.1", "fd00::1", "*.wild.lan"})
	return h
}

func TestHostAndOrigin(t *testing.T) {
	h := hosts(t)
	tests := []struct {
		value        string
		host, origin bool // accepted as Host; as Origin
	}{
		{"localhost", true, true},
		{"localhost:8888", true, true},
		{"LOCALHOST.:1", true, true},
		{"127.0.0.1:8888", true, true},
		{"127.9.9.9", true, true},
		{"[::1]:8888", true, true},
		{"::1", true, true},
		{"[::ffff:127.0.0.1]:80", true, true},
		{"ksfu.local:8443", true, true},
		{"KSFU.Local", true, true},
		{"192.168.1.1:8443", true, true},
		{"[fd00::1]:8443", true, true},
		{"[FD00:0::1]:8443", true, true},
		{"a.wild.lan", true, true},
		{"a.b.wild.lan", false, true},
		{"wild.lan", false, true},
		{"ksfu.example.org", true, true},
		{"app.example.org", true, true},
		{"any.example.org:99", true, true},
		// Another's host: as Host it is DNS rebinding; as an Origin without a
		// scheme it is a program.
		{"evil.example", false, true},
		{"192.168.1.2", false, true},
		{"8.8.8.8", false, true},
		{"ksfu", false, true},
		{"localhost.evil.example", false, true},
		{"127.0.0.1.evil.example", false, true},
		{"evil-ksfu.local", false, true},
		{"ksfu.local@evil.example", false, false},
		{"[::1", false, false},
		{"[localhost]", false, false},
		{"localhost:80:80", false, false},
		{"localhost:port", false, false},
		// With a scheme.
		{"http://localhost:3000", false, true},
		{"https://127.0.0.1", false, true},
		{"https://[::1]:8443", false, true},
		{"https://ksfu.local:8443", false, true},
		{"HTTPS://KSFU.LOCAL:8443", false, true},
		{"https://ksfu.example.org", false, true},
		{"http://ksfu.example.org:8081", false, true},
		{"https://app.example.org", false, true},
		{"https://app.example.org:443", false, true},
		{"http://app.example.org", false, false},
		{"https://app.example.org:8443", false, false},
		{"http://dev.example.org:3000", false, true},
		{"http://dev.example.org", false, false},
		{"https://any.example.org:1", false, true},
		{"https://evil.example", false, false},
		{"https://localhost.evil.example", false, false},
		{"https://localhost@evil.example", false, false},
		{"https://evil.example#localhost", false, false},
		{"https://evil.example/localhost", false, false},
		{"https://", false, false},
		{"file://", false, false},
		{"file://localhost", false, false},
		{"chrome-extension://localhost", false, false},
		{"null", false, false},
		{"NULL", false, false},
		{"https://a https://localhost", false, false},
	}
	for _, test := range tests {
		t.Run(test.value, func(t *testing.T) {
			if err := h.CheckHost(test.value); (err == nil) != test.host || err != nil && !errors.Is(err, auth.ErrHost) {
				t.Errorf("as Host: %v", err)
			}
			if err := h.CheckOrigin(test.value, true); (err == nil) != test.origin || err != nil && !errors.Is(err, auth.ErrOrigin) {
				t.Errorf("as Origin: %v", err)
			}
		})
	}
	if err := h.CheckHost(""); err == nil {
		t.Error("an empty Host was accepted")
	}
	if err := h.CheckOrigin("", false); err != nil {
		t.Errorf("an absent Origin: %v", err)
	}
}

func TestBadHosts(t *testing.T) {
	for _, public := range []string{"https://ksfu.example.org", "a b", "*", "*.example.org", "a/b"} {
		if _, err := auth.NewHosts(public, nil); !errors.Is(err, auth.ErrBadHost) {
			t.Errorf("public_host %q: %v", public, err)
		}
	}
	for _, origin := range []string{"*", "", "https://*.example.org", "https://a.example/path", "ftp://a.example", "null://", "https://user@a.example"} {
		if _, err := auth.NewHosts("", []string{origin}); !errors.Is(err, auth.ErrBadHost) {
			t.Errorf("allow_origin %q: %v", origin, err)
		}
	}
}

func FuzzHosts(f *testing.F) {
	h := hosts(f)
	for _, seed := range []string{"localhost", "[::1]:1", "https://localhost", "null", ":", "[", "]:", "://"} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, value string) {
		_ = h.CheckHost(value)
		_ = h.CheckOrigin(value, true)
	})
}

func TestForwarded(t *testing.T) {
	p, err := auth.ParseProxies([]string{"127.0.0.1", "::1", "10.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"direct", "192.0.2.9", nil, "192.0.2.9"},
		{"a stranger's word", "192.0.2.9", []string{"198.51.100.1"}, "192.0.2.9"},
		{"one proxy", "127.0.0.1", []string{"198.51.100.1"}, "198.51.100.1"},
		{"mapped", "::ffff:127.0.0.1", []string{"198.51.100.1"}, "198.51.100.1"},
		{"two proxies", "127.0.0.1", []string{"198.51.100.1, 10.1.2.3"}, "198.51.100.1"},
		{"two headers", "127.0.0.1", []string{"203.0.113.7", "198.51.100.1"}, "198.51.100.1"},
		{"invented by the client", "127.0.0.1", []string{"127.0.0.1, 203.0.113.7, 198.51.100.1"}, "198.51.100.1"},
		{"with port", "127.0.0.1", []string{"198.51.100.1:1234"}, "198.51.100.1"},
		{"IPv6", "::1", []string{"[2001:db8::1]:443"}, "2001:db8::1"},
		{"IPv6, no port", "::1", []string{"2001:db8::1"}, "2001:db8::1"},
		{"nonsense", "127.0.0.1", []string{"unknown"}, "127.0.0.1"},
		{"none", "127.0.0.1", nil, "127.0.0.1"},
		{"proxies alone", "127.0.0.1", []string{"10.0.0.1"}, "10.0.0.1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := p.Client(netip.MustParseAddr(test.peer), http.Header{"X-Forwarded-For": test.forwarded})
			if got.String() != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Host = "127.0.0.1:8080"
	r.Header.Set("X-Forwarded-Host", "evil.example, ksfu.example.org")
	if got := p.Host(netip.MustParseAddr("127.0.0.1"), r); got != "ksfu.example.org" {
		t.Errorf("host behind a proxy is %q", got)
	}
	if got := p.Host(netip.MustParseAddr("192.0.2.9"), r); got != "127.0.0.1:8080" {
		t.Errorf("host by a stranger's word is %q", got)
	}
	if !auth.Forwarded(r.Header) || auth.Forwarded(http.Header{}) {
		t.Error("Forwarded is wrong")
	}
	for _, bad := range []string{"", "proxy.example", "10.0.0.0/33", "fe80::1%eth0", "*"} {
		if _, err := auth.ParseProxies([]string{bad}); !errors.Is(err, auth.ErrBadProxy) {
			t.Errorf("trusted_proxy %q: %v", bad, err)
		}
	}
}

func FuzzForwarded(f *testing.F) {
	p, err := auth.ParseProxies([]string{"127.0.0.1"})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"198.51.100.1", "[::1]:1, 127.0.0.1", ",,", "fe80::1%eth0"} {
		f.Add(seed, "a, b")
	}
	f.Fuzz(func(t *testing.T, addresses, names string) {
		peer := netip.MustParseAddr("127.0.0.1")
		r := &http.Request{Header: http.Header{"X-Forwarded-For": {addresses}, "X-Forwarded-Host": {names}}}
		if client := p.Client(peer, r.Header); !client.IsValid() {
			t.Errorf("no client from %q", addresses)
		}
		_ = p.Host(peer, r)
	})
}
