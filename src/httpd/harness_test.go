package httpd

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"ksfu/src/auth"
	"ksfu/src/node"
	"ksfu/src/secret"
	"ksfu/src/state"
)

const (
	apiToken   = "api-token-0123456789"
	adminToken = "admin-token-0123456789"
)

type fixedStatus struct{}

func (fixedStatus) Status() node.Status {
	return node.Status{Version: "1.2", Uptime: 90 * time.Second, Endpoints: 3, Pipelines: 2, Sessions: 1, Panics: 4}
}

// whoami answers with the caller's name, by WebSocket or plainly.
func whoami(t testing.TB) http.Handler {
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ok := auth.PrincipalFrom(r.Context())
		if !ok {
			t.Errorf("%s reached the handler without a principal", r.URL)
		}
		if r.URL.Path != "/kurento" && r.URL.Path != "/panic" {
			t.Errorf("the handler sees path %q", r.URL.Path)
		}
		if r.URL.Path == "/panic" {
			panic("on purpose")
		}
		if !websocket.IsWebSocketUpgrade(r) {
			_, _ = io.WriteString(w, p.Name)
			return
		}
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		if err := ws.WriteMessage(websocket.TextMessage, []byte(p.Name)); err != nil {
			return
		}
		for {
			kind, data, err := ws.ReadMessage()
			if err != nil {
				return
			}
			if err := ws.WriteMessage(kind, data); err != nil {
				return
			}
		}
	})
}

func options(t testing.TB) Options {
	t.Helper()
	dir, err := state.Open(filepath.Join(t.TempDir(), "state"))
	if err != nil {
		t.Fatal(err)
	}
	h := whoami(t)
	return Options{
		HTTPS: "127.0.0.1:0", HTTP: "127.0.0.1:0", Kurento: "127.0.0.1:0",
		Prefix: "/ksfu", PublicHost: "ksfu.example.org", AllowOrigin: []string{"https://app.example.org"},
		Names:  []string{"KSFU.local", "bare", "ksfu.example.org", "node.lan"},
		Tokens: []auth.Token{{Name: "api", Value: secret.New(apiToken), From: "file /state/api-token"}, {Name: "admin", Value: secret.New(adminToken), Admin: true}},
		Routes: []Route{{Path: "/kurento", Handler: h, Kurento: true}, {Path: "/panic", Handler: h}},
		Check:  fstest.MapFS{"index.html": {Data: []byte("<!doctype html>page")}, "check.js": {Data: []byte("js")}, "secret.txt": {Data: []byte("no")}},
		State:  dir, Node: fixedStatus{},
		Addresses: func() ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("192.168.7.1"), netip.MustParseAddr("8.8.8.8"), netip.MustParseAddr("fd00::7"), netip.MustParseAddr("fe80::1%eth0")}, nil
		},
	}
}

type rig struct {
	*Server
	t      testing.TB
	client *http.Client
}

// run starts a server; at the test's end it and all its goroutines are gone.
func run(t testing.TB, o Options) *rig {
	t.Helper()
	before := goleak.IgnoreCurrent()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true} //nolint:gosec // the chain has its own tests
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		transport.CloseIdleConnections()
		goleak.VerifyNone(t, before)
	})
	return &rig{Server: s, t: t, client: &http.Client{
		Transport: transport, Timeout: 10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (r *rig) url(kind Kind, path string) string {
	scheme := "http://"
	if kind == KindHTTPS {
		scheme = "https://"
	}
	return scheme + r.Addrs(kind)[0].String() + path
}

// do sends a request; header is a list of names and values.
func (r *rig) do(method, url string, header ...string) (*http.Response, string) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), method, url, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			request.Host = header[i+1]
		}
		request.Header.Add(header[i], header[i+1])
	}
	response, err := r.client.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return response, string(body)
}

// dial opens a WebSocket; the status is that of a refusal.
func (r *rig) dial(kind Kind, path string, header http.Header) (ws *websocket.Conn, status int) {
	r.t.Helper()
	dialer := websocket.Dialer{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, HandshakeTimeout: 5 * time.Second} //nolint:gosec // as above
	scheme := "ws://"
	if kind == KindHTTPS {
		scheme = "wss://"
	}
	ws, response, err := dialer.Dial(scheme+r.Addrs(kind)[0].String()+path, header)
	if err == nil {
		r.t.Cleanup(func() { _ = ws.Close() })
		return ws, response.StatusCode
	}
	if response != nil {
		return nil, response.StatusCode
	}
	r.t.Fatalf("dial %s: %v", path, err)
	return nil, 0
}

func (r *rig) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(r.CA()) {
		r.t.Fatal("the CA is no PEM")
	}
	return pool
}

// from connects from a given loopback address.
func (r *rig) from(address string, kind Kind) (net.Conn, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: 5 * time.Second}
	return dialer.Dial("tcp", r.Addrs(kind)[0].String())
}
