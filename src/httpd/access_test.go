package httpd

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ksfu/src/auth"
	"ksfu/src/secret"
)

// Every method x {none, wrong, right} on every listener: nobody passes without.
func TestCredentials(t *testing.T) {
	o := options(t)
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	o.Now = func() time.Time { now = now.Add(time.Hour); return now } // no lock-out here
	r := run(t, o)
	methods := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
	credentials := []struct {
		name, query string
		header      []string
		as          string // "" = refused
	}{
		{"none", "", nil, ""},
		{"wrong in the query", "?access_token=wrong", nil, ""},
		{"empty in the query", "?access_token=", nil, ""},
		{"wrong in the header", "", []string{"Authorization", "Bearer wrong"}, ""},
		{"wrong header beside right query", "?access_token=" + apiToken, []string{"Authorization", "Bearer wrong"}, ""},
		{"basic", "", []string{"Authorization", "Basic " + apiToken}, ""},
		{"cookie", "", []string{"Cookie", "access_token=" + apiToken}, ""},
		{"API in the query", "?access_token=" + apiToken, nil, "api"},
		{"API in the header", "", []string{"Authorization", "Bearer " + apiToken}, "api"},
		{"admin", "", []string{"Authorization", "Bearer " + adminToken}, "admin"},
	}
	for _, kind := range []Kind{KindHTTPS, KindHTTP} {
		for _, method := range methods {
			for _, path := range []string{"/kurento", "/ksfu/kurento", "/kurento/"} {
				for _, c := range credentials {
					response, body := r.do(method, r.url(kind, path+c.query), c.header...)
					want := http.StatusUnauthorized
					if c.as != "" {
						want = http.StatusOK
					}
					if response.StatusCode != want || c.as != "" && method != "HEAD" && body != c.as {
						t.Errorf("%s %s %s, %s: %d %q", kind, method, path, c.name, response.StatusCode, body)
					}
					if c.as == "" && response.Header.Get("WWW-Authenticate") == "" {
						t.Errorf("%s %s, %s: no WWW-Authenticate", kind, method, c.name)
					}
				}
			}
		}
		if _, status := r.dial(kind, "/kurento", nil); status != http.StatusUnauthorized {
			t.Errorf("%s WebSocket without a token: %d", kind, status)
		}
		if _, status := r.dial(kind, "/kurento?access_token=wrong", nil); status != http.StatusUnauthorized {
			t.Errorf("%s WebSocket with a wrong token: %d", kind, status)
		}
		ws, status := r.dial(kind, "/kurento?access_token="+apiToken, nil)
		if status != http.StatusSwitchingProtocols {
			t.Fatalf("%s WebSocket with the token: %d", kind, status)
		}
		if _, name, err := ws.ReadMessage(); err != nil || string(name) != "api" {
			t.Errorf("%s WebSocket is %q, %v", kind, name, err)
		}
	}
}

func TestNothingWithoutTokens(t *testing.T) {
	o := options(t)
	o.Tokens = nil
	r := run(t, o)
	for _, query := range []string{"", "?access_token="} {
		if response, _ := r.do("GET", r.url(KindHTTPS, "/kurento"+query)); response.StatusCode != http.StatusUnauthorized {
			t.Errorf("%q: %d", query, response.StatusCode)
		}
	}
}

func TestKurentoPort(t *testing.T) {
	r := run(t, options(t))
	tests := []struct {
		name, path string
		header     http.Header
		as         string
		status     int
	}{
		{"no token", "/kurento", nil, "local", 101},
		{"a token is not looked at", "/kurento?access_token=wrong", nil, "local", 101},
		{"kurento-client's origin", "/kurento", http.Header{"Origin": {"127.0.0.1:8888"}}, "local", 101},
		{"a page of this machine", "/kurento", http.Header{"Origin": {"http://localhost:3000"}}, "local", 101},
		{"a foreign page", "/kurento", http.Header{"Origin": {"https://evil.example"}}, "", 403},
		{"a sandboxed page", "/kurento", http.Header{"Origin": {"null"}}, "", 403},
		{"rebound name", "/kurento", http.Header{"Host": {"evil.example:8888"}}, "", 403},
		{"proxied", "/kurento", http.Header{"X-Forwarded-For": {"203.0.113.1"}}, "", 401},
		{"proxied, with the token", "/kurento?access_token=" + apiToken, http.Header{"Forwarded": {"for=203.0.113.1"}}, "api", 101},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ws, status := r.dial(KindKurento, test.path, test.header)
			if status != test.status {
				t.Fatalf("status %d, want %d", status, test.status)
			}
			if ws == nil {
				return
			}
			if _, name, err := ws.ReadMessage(); err != nil || string(name) != test.as {
				t.Errorf("is %q, %v, want %q", name, err, test.as)
			}
		})
	}
	for _, path := range []string{"/", "/wrong", "/check", "/health", "/panic"} {
		ws, status := r.dial(KindKurento, path, nil)
		if status != 101 {
			t.Fatalf("%s: upgrade was refused with %d", path, status)
		}
		_, _, err := ws.ReadMessage()
		var closed *websocket.CloseError
		if !asClose(err, &closed) || closed.Code != 1002 || closed.Text != "Invalid path" {
			t.Errorf("%s: %v, want 1002 Invalid path", path, err)
		}
		if response, _ := r.do("GET", r.url(KindKurento, path)); response.StatusCode != http.StatusNotFound {
			t.Errorf("%s without an upgrade: %d", path, response.StatusCode)
		}
	}
}

func asClose(err error, target **websocket.CloseError) bool {
	closed, ok := err.(*websocket.CloseError) //nolint:errorlint // gorilla does not wrap it
	*target = closed
	return ok
}

// A Kurento port that others can reach asks for a token.
func TestKurentoPortElsewhere(t *testing.T) {
	o := options(t)
	o.Kurento = ":0"
	r := run(t, o)
	addr := "http://127.0.0.1:" + strings.TrimPrefix(r.Addrs(KindKurento)[0].String(), "[::]:")
	if response, _ := r.do("GET", addr+"/kurento"); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a token: %d", response.StatusCode)
	}
	if response, body := r.do("GET", addr+"/kurento?access_token="+apiToken); response.StatusCode != http.StatusOK || body != "api" {
		t.Errorf("with the token: %d %q", response.StatusCode, body)
	}
}

func TestHostAndOrigin(t *testing.T) {
	r := run(t, options(t))
	url := r.url(KindHTTPS, "/kurento?access_token="+apiToken)
	tests := []struct {
		name, header, value string
		status              int
	}{
		{"own name", "Host", "ksfu.local:8443", 200},
		{"own name, letter case", "Host", "KSFU.LOCAL", 200},
		{"own address", "Host", "192.168.7.1:8443", 200},
		{"own IPv6 address", "Host", "[fd00::7]:8443", 200},
		{"public name", "Host", "ksfu.example.org", 200},
		{"localhost", "Host", "localhost:1", 200},
		{"bare name", "Host", "bare", 403},
		{"public address", "Host", "8.8.8.8", 403},
		{"rebinding", "Host", "evil.example", 403},
		{"own page", "Origin", "https://ksfu.local:8443", 200},
		{"allowed page", "Origin", "https://app.example.org", 200},
		{"allowed page over HTTP", "Origin", "http://app.example.org", 403},
		{"foreign page", "Origin", "https://evil.example", 403},
		{"null", "Origin", "null", 403},
		{"scheme-less", "Origin", "127.0.0.1:8888", 200},
		{"a stranger's forwarded host", "X-Forwarded-Host", "evil.example", 200},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if response, body := r.do("GET", url, test.header, test.value); response.StatusCode != test.status {
				t.Errorf("%d %q, want %d", response.StatusCode, body, test.status)
			}
		})
	}
	if response, _ := r.do("GET", r.url(KindHTTPS, "/check/"), "Host", "evil.example"); response.StatusCode != 403 {
		t.Errorf("the page under a foreign name: %d", response.StatusCode)
	}
	for _, path := range []string{"/health", "/ca"} {
		if response, _ := r.do("GET", r.url(KindHTTPS, path), "Host", "evil.example"); response.StatusCode != 200 {
			t.Errorf("%s under a foreign name: %d", path, response.StatusCode)
		}
	}
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
		if response, _ := r.do("POST", url, "Content-Type", kind); response.StatusCode != http.StatusUnsupportedMediaType {
			t.Errorf("POST of %s: %d", kind, response.StatusCode)
		}
	}
}

func TestLockout(t *testing.T) {
	o := options(t)
	o.TrustedProxies = []string{"127.0.0.1"}
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	o.Now = func() time.Time { return now }
	r := run(t, o)
	try := func(token, client string) int {
		response, _ := r.do("GET", r.url(KindHTTP, "/kurento"), "Authorization", "Bearer "+token, "X-Forwarded-For", client)
		if response.StatusCode == http.StatusTooManyRequests && response.Header.Get("Retry-After") == "" {
			t.Error("429 without Retry-After")
		}
		return response.StatusCode
	}
	for i := range 5 {
		if got := try("wrong", "198.51.100.1"); got != 401 {
			t.Fatalf("guess %d: %d", i, got)
		}
	}
	if got := try(apiToken, "198.51.100.1"); got != 429 {
		t.Errorf("right token after 5 failures: %d", got)
	}
	if response, _ := r.do("GET", r.url(KindHTTP, "/health"), "X-Forwarded-For", "198.51.100.1"); response.StatusCode != 200 {
		t.Errorf("the locked address asks for the word: %d", response.StatusCode)
	}
	if got := try(apiToken, "198.51.100.2"); got != 200 {
		t.Errorf("another address: %d", got)
	}
	now = now.Add(31 * time.Second)
	if got := try(apiToken, "198.51.100.1"); got != 200 {
		t.Errorf("after 31 s: %d", got)
	}
}

func TestReload(t *testing.T) {
	o := options(t)
	r := run(t, o)
	gone, _ := r.dial(KindHTTPS, "/kurento?access_token="+apiToken, nil)
	stays, _ := r.dial(KindHTTPS, "/kurento?access_token="+adminToken, nil)
	local, _ := r.dial(KindKurento, "/kurento", nil)
	for _, ws := range []*websocket.Conn{gone, stays, local} {
		if _, _, err := ws.ReadMessage(); err != nil {
			t.Fatal(err)
		}
	}
	next := o
	next.Tokens = []auth.Token{{Name: "new", Value: secret.New("new-token-0123456789")}, o.Tokens[1]}
	next.AllowOrigin = []string{"new.example.org"}
	if o.Equal(next) || !o.Equal(o) {
		t.Error("Equal is wrong")
	}
	if err := r.Reload(next); err != nil {
		t.Fatal(err)
	}
	var closed *websocket.CloseError
	if _, _, err := gone.ReadMessage(); !asClose(err, &closed) || closed.Code != 1008 {
		t.Errorf("WebSocket of a withdrawn token: %v", err)
	}
	for _, ws := range []*websocket.Conn{stays, local} {
		if err := ws.WriteMessage(websocket.TextMessage, []byte("x")); err != nil {
			t.Fatal(err)
		}
		if _, data, err := ws.ReadMessage(); err != nil || string(data) != "x" {
			t.Errorf("another WebSocket: %q, %v", data, err)
		}
	}
	if response, _ := r.do("GET", r.url(KindHTTPS, "/kurento?access_token="+apiToken)); response.StatusCode != 401 {
		t.Errorf("withdrawn token: %d", response.StatusCode)
	}
	if response, _ := r.do("GET", r.url(KindHTTPS, "/kurento?access_token=new-token-0123456789"), "Origin", "https://new.example.org"); response.StatusCode != 200 {
		t.Errorf("new token and origin: %d", response.StatusCode)
	}
	next.HTTP = "1234"
	if err := r.Reload(next); err == nil || !strings.Contains(err.Error(), "restart") {
		t.Errorf("a moved port: %v", err)
	}
}
