package httpd

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestHealth(t *testing.T) {
	r := run(t, options(t))
	response, body := r.do("GET", r.url(KindHTTPS, "/ksfu/health"))
	if response.StatusCode != 200 || strings.TrimSpace(body) != `{"status":"ok"}` {
		t.Errorf("without a credential: %d %s", response.StatusCode, body)
	}
	_, body = r.do("GET", r.url(KindHTTPS, "/health"), "Authorization", "Bearer "+apiToken)
	var got map[string]any
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{"status": "ok", "version": "1.2", "uptime": 90.0, "endpoints": 3.0, "pipelines": 2.0, "sessions": 1.0, "panics": 4.0} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}
	if response, body := r.do("GET", r.url(KindHTTPS, "/health?access_token=wrong")); response.StatusCode != 401 || strings.Contains(body, "1.2") {
		t.Errorf("with a wrong credential: %d %s", response.StatusCode, body)
	}
	if response, _ := r.do("POST", r.url(KindHTTPS, "/health")); response.StatusCode != 405 {
		t.Errorf("POST: %d", response.StatusCode)
	}
}

func TestPages(t *testing.T) {
	r := run(t, options(t))
	tests := []struct {
		path     string
		status   int
		location string
		body     string
		kind     string
	}{
		{"/check/", 200, "", "page", "text/html"},
		{"/ksfu/check/", 200, "", "page", "text/html"},
		{"/check/check.js", 200, "", "js", "text/javascript"},
		{"/ksfu/check/check.js", 200, "", "js", "text/javascript"},
		{"/check?access_token=x", 307, "check/?access_token=x", "", ""},
		{"/ksfu/check", 307, "check/", "", ""},
		{"/", 307, "check/", "", ""},
		{"/ksfu/", 307, "check/", "", ""},
		{"/check/secret.txt", 404, "", "nothing at this path", ""},
		{"/check/../health", 404, "", "", ""},
		{"/check/%2e%2e/%2e%2e/etc/passwd", 404, "", "", ""},
		{"/ksfux/check/", 404, "", "", ""},
		{"/ksfu/ksfu/check/", 404, "", "", ""},
		{"/nothing", 404, "", "/check", ""},
	}
	for _, test := range tests {
		t.Run(test.path, func(t *testing.T) {
			response, body := r.do("GET", r.url(KindHTTPS, test.path))
			if response.StatusCode != test.status || response.Header.Get("Location") != test.location ||
				!strings.Contains(body, test.body) || !strings.HasPrefix(response.Header.Get("Content-Type"), test.kind) {
				t.Errorf("%d %q %q %q", response.StatusCode, response.Header.Get("Location"), response.Header.Get("Content-Type"), body)
			}
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
			} {
				if got := response.Header.Get(name); got != want {
					t.Errorf("%s: %q", name, got)
				}
			}
			policy := response.Header.Get("Content-Security-Policy")
			if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
				t.Errorf("policy: %q", policy)
			}
		})
	}
	response, _ := r.do("GET", r.url(KindHTTPS, "/check/"))
	if again, body := r.do("GET", r.url(KindHTTPS, "/check/"), "If-None-Match", response.Header.Get("ETag")); again.StatusCode != 304 || body != "" {
		t.Errorf("unchanged: %d %q", again.StatusCode, body)
	}
	if response, body := r.do("GET", r.url(KindHTTPS, "/<b>"), "Accept", "text/html"); response.StatusCode != 404 || !strings.Contains(body, "<h1>There is nothing at this path.</h1>") || strings.Contains(body, "<b>") {
		t.Errorf("page for a person: %d %s", response.StatusCode, body)
	}
	if response, _ := r.do("POST", r.url(KindHTTPS, "/check/")); response.StatusCode != 405 {
		t.Errorf("POST: %d", response.StatusCode)
	}
}

func TestPanicIsContained(t *testing.T) {
	r := run(t, options(t))
	response, body := r.do("GET", r.url(KindHTTPS, "/panic?access_token="+apiToken))
	if response.StatusCode != 500 || strings.Contains(body, "on purpose") {
		t.Errorf("%d %q", response.StatusCode, body)
	}
	_, body = r.do("GET", r.url(KindHTTPS, "/health?access_token="+apiToken))
	if !strings.Contains(body, `"panics":5`) {
		t.Errorf("not counted: %s", body)
	}
}

// What strangers get on the plain port; the address of this machine stands for
// them, as every other one counts as local here.
func TestPlainPortForStrangers(t *testing.T) {
	r := run(t, options(t))
	w := &recorder{header: http.Header{}}
	ask := func(path, host string) *recorder {
		w = &recorder{header: http.Header{}}
		request, err := http.NewRequest("GET", "http://"+host+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		stranger := &conn{Conn: fakeConn{}, server: r.Server, gate: r.anonymous, peer: mustAddr("198.51.100.9")}
		r.answer(&response{ResponseWriter: w, conn: stranger}, request, KindHTTP)
		return w
	}
	_, port, _ := net.SplitHostPort(r.Addrs(KindHTTPS)[0].String())
	tests := []struct {
		path, host string
		status     int
		location   string
	}{
		{"/check/?a=b", "ksfu.local:8080", 307, "https://ksfu.local:" + port + "/check/?a=b"},
		{"/kurento?access_token=" + apiToken, "192.168.7.1", 307, "https://192.168.7.1:" + port + "/kurento?access_token=" + apiToken},
		{"/", "[fd00::7]:8080", 307, "https://[fd00::7]:" + port + "/"},
		{"/", "evil.example", 307, "https://192.168.7.1:" + port + "/"}, // to the address they came to, never to the name
		{"/health", "evil.example", 200, ""},
		{"/health?access_token=" + apiToken, "ksfu.local", 200, ""},
		{"/ca", "ksfu.local", 200, ""},
	}
	for _, test := range tests {
		t.Run(test.path+" "+test.host, func(t *testing.T) {
			got := ask(test.path, test.host)
			if got.code != test.status || got.header.Get("Location") != test.location {
				t.Errorf("%d %q", got.code, got.header.Get("Location"))
			}
			if strings.HasPrefix(test.path, "/health") && strings.TrimSpace(got.body) != `{"status":"ok"}` {
				t.Errorf("a token sent in the clear gives %s", got.body)
			}
		})
	}
}

func TestCloseFreesPortsAndTellsWebSockets(t *testing.T) {
	r := run(t, options(t))
	sockets := map[Kind]*websocket.Conn{}
	for _, kind := range []Kind{KindHTTPS, KindHTTP, KindKurento} {
		ws, status := r.dial(kind, "/kurento?access_token="+apiToken, nil)
		if ws == nil {
			t.Fatalf("%s: %d", kind, status)
		}
		if _, _, err := ws.ReadMessage(); err != nil {
			t.Fatal(err)
		}
		sockets[kind] = ws
	}
	silent, err := r.from("127.0.0.1", KindHTTP)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	addrs := map[Kind]string{}
	for kind := range sockets {
		addrs[kind] = r.Addrs(kind)[0].String()
	}
	start := time.Now()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("closing took %v", took)
	}
	for kind, ws := range sockets {
		var closed *websocket.CloseError
		if _, _, err := ws.ReadMessage(); !asClose(err, &closed) || closed.Code != 1001 {
			t.Errorf("%s: the WebSocket saw %v, want 1001", kind, err)
		}
		l, err := net.Listen("tcp", addrs[kind])
		if err != nil {
			t.Errorf("%s: the port is not free: %v", kind, err)
			continue
		}
		_ = l.Close()
	}
	if err := r.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func TestStartErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	tests := []struct {
		name   string
		change func(*Options)
		want   error
		hint   string
	}{
		{"no port", func(o *Options) { o.HTTP = "http" }, ErrAddress, "HTTP_PORT"},
		{"large port", func(o *Options) { o.HTTPS = "70000" }, ErrAddress, "HTTPS_PORT"},
		{"a name", func(o *Options) { o.Kurento = "example.org:1" }, ErrAddress, "KURENTO_PORT"},
		{"taken", func(o *Options) { o.HTTP = taken.Addr().String() }, ErrListen, "another program has this port"},
		{"not ours", func(o *Options) { o.Kurento = "192.0.2.1:8888" }, ErrListen, "does not have that address"},
		{"half a certificate", func(o *Options) { o.TLSCert = "/x" }, ErrCertificate, "both or neither"},
		{"no certificate file", func(o *Options) { o.TLSCert, o.TLSKey = "/nowhere/c", "/nowhere/k" }, fs.ErrNotExist, "tls_cert"},
		{"no state", func(o *Options) { o.State = nil }, ErrNoState, "HTTPS_PORT=0"},
		{"prefix", func(o *Options) { o.Prefix = "/a/../b" }, ErrRoute, "http_prefix"},
		{"route without a handler", func(o *Options) { o.Routes = []Route{{Path: "/x"}} }, ErrRoute, "/x"},
		{"route on ours", func(o *Options) { o.Routes[0].Path = "/health" }, ErrRoute, "taken"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := options(t)
			test.change(&o)
			s, err := New(o)
			if s != nil {
				_ = s.Close()
			}
			if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.hint) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	tests := []struct {
		kind  Kind
		value string
		want  string
	}{
		{KindHTTPS, "", ":8443"},
		{KindHTTP, "8081", ":8081"},
		{KindHTTP, "0", ""},
		{KindHTTP, "off", ""},
		{KindHTTP, ":0", ":0"},
		{KindHTTP, "[::]:8081", "[::]:8081"},
		{KindKurento, "", "127.0.0.1:8888 [::1]:8888"},
		{KindKurento, "9000", "127.0.0.1:9000 [::1]:9000"},
		{KindKurento, "localhost:9000", "127.0.0.1:9000 [::1]:9000"},
		{KindKurento, ":9000", ":9000"},
		{KindKurento, "127.0.0.1:9000 [::1]:9000", "127.0.0.1:9000 [::1]:9000"},
		{KindKurento, "0.0.0.0:9000", "0.0.0.0:9000"},
	}
	for _, test := range tests {
		got, err := addresses(test.kind, test.value)
		if err != nil || strings.Join(got, " ") != test.want {
			t.Errorf("%s %q: %q, %v", test.kind, test.value, got, err)
		}
	}
}

func TestBanner(t *testing.T) {
	o := options(t)
	o.HTTPS = ":0"
	r := run(t, o)
	port := strings.TrimPrefix(r.Addrs(KindHTTPS)[0].String(), "[::]:")
	http1 := strings.TrimPrefix(r.Addrs(KindHTTP)[0].String(), "127.0.0.1:")
	terminal, log := r.Banner(true), r.Banner(false)
	t.Log("\n" + terminal + log)
	for _, want := range []string{
		"http://localhost:" + http1 + "/ksfu/check/#access_token=" + apiToken,
		"https://ksfu.local:" + port + "/ksfu/check/#access_token=" + apiToken,
		"https://ksfu.example.org:" + port + "/ksfu/check/#access_token=" + apiToken,
		"ws://" + r.Addrs(KindKurento)[0].String() + "/kurento\n",
		"wss://ksfu.local:" + port + "/ksfu/kurento?access_token=" + apiToken,
		"/state/api-token",
	} {
		if !strings.Contains(terminal, want) {
			t.Errorf("the banner lacks %s", want)
		}
	}
	if strings.Contains(log, apiToken) || strings.Contains(terminal+log, adminToken) {
		t.Error("a token went where it does not belong")
	}
	if !strings.Contains(log, "file /state/api-token") {
		t.Error("the log does not say where the token is")
	}
}
