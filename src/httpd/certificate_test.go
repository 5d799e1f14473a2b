package httpd

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ksfu/src/state"
)

func clock() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }

func addrs(list ...string) []netip.Addr {
	var out []netip.Addr
	for _, s := range list {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}

func openTestLeaf(t *testing.T) (*localLeaf, *state.Dir) {
	t.Helper()
	dir, err := state.Open(filepath.Join(t.TempDir(), "state"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := openLeaf(dir)
	if err != nil {
		t.Fatal(err)
	}
	return l, dir
}

func verify(a *authority, leaf *x509.Certificate, host string, now time.Time) error {
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: host, CurrentTime: now})
	return err
}

func TestChain(t *testing.T) {
	l, _ := openTestLeaf(t)
	names := localNames([]string{"KSFU.Local.", "node.lan", "a.b.home.arpa", "ksfu", "localhost", "ksfu.example.org", "evil.lan.example.org", "bad_name.lan", "-x.lan", ".lan", "lan", ""})
	if want := []string{"a.b.home.arpa", "ksfu.local", "node.lan"}; !slices.Equal(names, want) {
		t.Fatalf("names are %q, want %q", names, want)
	}
	ips := localAddresses(addrs("192.168.1.1", "10.0.0.1", "::ffff:172.16.0.1", "8.8.8.8", "100.64.0.1", "fd00::1", "2001:db8::1", "fe80::1", "169.254.1.1", "127.0.0.2", "172.32.0.1"))
	if _, err := l.check(names, ips, clock()); err != nil {
		t.Fatal(err)
	}
	leaf := l.current.Load().Leaf
	for _, host := range []string{"ksfu.local", "node.lan", "a.b.home.arpa", "127.0.0.1", "::1", "192.168.1.1", "10.0.0.1", "172.16.0.1", "fd00::1", "169.254.1.1"} {
		if err := verify(l.authority, leaf, host, clock()); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	for _, host := range []string{"ksfu", "localhost", "ksfu.example.org", "8.8.8.8", "100.64.0.1", "2001:db8::1", "172.32.0.1"} {
		if err := verify(l.authority, leaf, host, clock()); err == nil {
			t.Errorf("%s is in the leaf", host)
		}
	}
	if leaf.Subject.CommonName != "" || leaf.PublicKeyAlgorithm != x509.ECDSA || leaf.NotAfter.Sub(leaf.NotBefore) > 825*24*time.Hour || leaf.IsCA {
		t.Errorf("leaf: %v %v %v", leaf.Subject, leaf.PublicKeyAlgorithm, leaf.NotAfter)
	}
	ca := l.authority.cert
	if !ca.PermittedDNSDomainsCritical || !ca.IsCA || !ca.MaxPathLenZero || ca.MaxPathLen != 0 {
		t.Error("the CA is not bound as it must be")
	}
}

// What the CA signs outside its constraints nobody believes, the whole leaf.
func TestConstraints(t *testing.T) {
	a, err := newAuthority()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		names []string
		addrs []netip.Addr
		ask   string
		ok    bool
	}{
		{"inside", []string{"ksfu.lan"}, addrs("192.168.1.1"), "ksfu.lan", true},
		{"public name", []string{"www.example.com"}, nil, "www.example.com", false},
		{"mixed, asked inside", []string{"ksfu.lan", "www.example.com"}, nil, "ksfu.lan", false},
		{"bare name", []string{"ksfu", "ksfu.lan"}, nil, "ksfu.lan", false},
		{"public address", []string{"ksfu.lan"}, addrs("8.8.8.8"), "ksfu.lan", false},
		{"public IPv6 address", []string{"ksfu.lan"}, addrs("2001:4860::1"), "ksfu.lan", false},
		{"look-alike", []string{"evillan"}, nil, "evillan", false},
		{"IPv4 mapped public address", nil, addrs("::ffff:8.8.8.8"), "8.8.8.8", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			leaf, _, err := a.issue(test.names, test.addrs, clock())
			if err != nil {
				t.Fatal(err)
			}
			if err := verify(a, leaf, test.ask, clock()); (err == nil) != test.ok {
				t.Errorf("verified: %v", err)
			}
		})
	}
	critical := false
	for _, extension := range a.cert.Extensions {
		if extension.Id.String() == "2.5.29.30" {
			critical = extension.Critical
		}
	}
	if !critical {
		t.Error("the name constraints are not critical: who does not know them would not heed them")
	}
}

func TestRenewal(t *testing.T) {
	l, dir := openTestLeaf(t)
	names, home := []string{"ksfu.local"}, addrs("192.168.1.1")
	check := func(l *localLeaf, names []string, a []netip.Addr, now time.Time, want bool) {
		t.Helper()
		if renewed, err := l.check(names, a, now); err != nil || renewed != want {
			t.Errorf("renewed %v, %v; want %v", renewed, err, want)
		}
	}
	check(l, names, home, clock(), true)
	check(l, names, home, clock().Add(time.Hour), false)
	check(l, names, nil, clock(), false) // an address that went away is no reason
	check(l, append(names, "new.lan"), home, clock(), true)
	check(l, append(names, "new.lan"), addrs("192.168.1.2"), clock(), true)
	check(l, names, addrs("192.168.1.2"), clock().Add(274*24*time.Hour), false)
	check(l, names, addrs("192.168.1.2"), clock().Add(276*24*time.Hour), true) // 89 days left
	before := l.current.Load()

	again, err := openLeaf(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !sameCert(again.current.Load(), before) || !again.authority.cert.Equal(l.authority.cert) {
		t.Error("after a restart CA or leaf is another")
	}
	// A new CA: the leaf of the old one must go.
	if err := dir.Remove("ca.pem"); err != nil {
		t.Fatal(err)
	}
	third, err := openLeaf(dir)
	if err != nil {
		t.Fatal(err)
	}
	check(third, names, nil, clock(), true)
	if err := verify(third.authority, third.current.Load().Leaf, "ksfu.local", clock()); err != nil {
		t.Error(err)
	}
}

// A router starts in 1970 and then learns the time.
func TestUnsetClock(t *testing.T) {
	l, _ := openTestLeaf(t)
	if _, err := l.check([]string{"ksfu.local"}, nil, time.Unix(60, 0)); err != nil {
		t.Fatal(err)
	}
	if err := verify(l.authority, l.current.Load().Leaf, "ksfu.local", earliest().Add(48*time.Hour)); err != nil {
		t.Errorf("a client that knows the time: %v", err)
	}
	if renewed, err := l.check([]string{"ksfu.local"}, nil, time.Unix(120, 0)); err != nil || renewed {
		t.Errorf("made anew at each check while the clock is unset: %v, %v", renewed, err)
	}
	late := clock().Add(4 * 365 * 24 * time.Hour)
	if renewed, err := l.check([]string{"ksfu.local"}, nil, late); err != nil || !renewed {
		t.Errorf("when the time is known: %v, %v", renewed, err)
	}
	if err := verify(l.authority, l.current.Load().Leaf, "ksfu.local", late); err != nil {
		t.Error(err)
	}
}

// Addresses that flap do not wear the flash out.
func TestFewWrites(t *testing.T) {
	l, dir := openTestLeaf(t)
	now, writes := clock(), 0
	var last []byte
	addr := netip.MustParseAddr("192.168.1.1")
	for range 120 { // an hour
		addr = addr.Next()
		if _, err := l.check([]string{"ksfu.local"}, []netip.Addr{addr}, now); err != nil {
			t.Fatal(err)
		}
		if err := l.current.Load().Leaf.VerifyHostname(addr.String()); err != nil {
			t.Fatal(err)
		}
		data, err := dir.Read("leaf.pem")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(data, last) {
			writes, last = writes+1, data
		}
		now = now.Add(30*time.Second - time.Millisecond)
	}
	if writes > 4 {
		t.Errorf("%d writes in an hour", writes)
	}
	if _, err := l.check([]string{"ksfu.local"}, []netip.Addr{addr}, now.Add(time.Hour)); err != nil || !l.stored {
		t.Errorf("the last leaf was never kept: %v", err)
	}
}

func TestFileModes(t *testing.T) {
	l, dir := openTestLeaf(t)
	if _, err := l.check([]string{"ksfu.local"}, nil, clock()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ca.pem", "leaf.pem"} {
		info, err := os.Stat(dir.File(name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
		if err := os.Chmod(dir.File(name), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := openLeaf(dir); !errors.Is(err, state.ErrExposed) || !strings.Contains(err.Error(), "chmod 600 "+dir.File(name)) {
			t.Errorf("%s of mode 0644: %v", name, err)
		}
		if err := os.Chmod(dir.File(name), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir.File(name), []byte("spoilt"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openLeaf(dir); !errors.Is(err, ErrCertificate) || !strings.Contains(err.Error(), "remove the file") {
			t.Errorf("%s spoilt: %v", name, err)
		}
		if err := dir.Remove(name); err != nil {
			t.Fatal(err)
		}
		if _, err := openLeaf(dir); err != nil {
			t.Errorf("%s removed: %v", name, err)
		}
	}
}

// Over the wire: the chain verifies, old TLS is refused, and a new certificate
// is served without dropping what is connected.
func TestHandshake(t *testing.T) {
	o := options(t)
	list := addrs("192.168.7.1")
	o.Addresses = func() ([]netip.Addr, error) { return list, nil }
	r := run(t, o)
	ask := func(name string, limit uint16) (*tls.Conn, error) {
		return tls.DialWithDialer(&net.Dialer{Timeout: 5 * time.Second}, "tcp", r.Addrs(KindHTTPS)[0].String(),
			&tls.Config{RootCAs: r.pool(), ServerName: name, MaxVersion: limit}) //nolint:gosec // old versions are what is tested
	}
	for _, name := range []string{"ksfu.local", "node.lan", "127.0.0.1", "192.168.7.1"} {
		c, err := ask(name, 0)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.ConnectionState().NegotiatedProtocol == "h2" {
			t.Error("HTTP/2 was negotiated")
		}
		_ = c.Close()
	}
	for _, name := range []string{"bare", "ksfu.example.org", "192.168.7.2"} {
		if c, err := ask(name, 0); err == nil {
			t.Errorf("%s was verified", name)
			_ = c.Close()
		}
	}
	if c, err := ask("ksfu.local", tls.VersionTLS11); err == nil {
		t.Error("TLS 1.1 was accepted")
		_ = c.Close()
	}
	if c, err := ask("ksfu.local", tls.VersionTLS12); err != nil {
		t.Errorf("TLS 1.2: %v", err)
	} else {
		_ = c.Close()
	}
	ws, _ := r.dial(KindHTTPS, "/kurento?access_token="+apiToken, nil)
	if _, _, err := ws.ReadMessage(); err != nil {
		t.Fatal(err)
	}
	list = addrs("192.168.7.1", "192.168.7.2")
	if err := r.keeper.check(); err != nil {
		t.Fatal(err)
	}
	c, err := ask("192.168.7.2", 0)
	if err != nil {
		t.Fatalf("the new address: %v", err)
	}
	_ = c.Close()
	if err := ws.WriteMessage(1, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ws.ReadMessage(); err != nil {
		t.Errorf("the connection was dropped: %v", err)
	}
	if response, _ := r.do("GET", r.url(KindHTTPS, "/kurento?access_token="+apiToken), "Host", "192.168.7.2"); response.StatusCode != 200 {
		t.Errorf("the new address as Host: %d", response.StatusCode)
	}
}

func writePair(t *testing.T, dir, name string, modified time.Time) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(modified.Unix()), DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	text, err := encodePair(parsed, private)
	if err != nil {
		t.Fatal(err)
	}
	certText := encodeCert(parsed)
	cert, key = filepath.Join(dir, "service.crt"), filepath.Join(dir, "service.key")
	for path, data := range map[string][]byte{cert: certText, key: text[len(certText):]} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, modified, modified); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestGivenFiles(t *testing.T) {
	dir := t.TempDir()
	o := options(t)
	o.TLSCert, o.TLSKey = writePair(t, dir, "first.example.org", clock())
	o.State = nil // none is needed
	r := run(t, o)
	served := func() string {
		c, err := tls.Dial("tcp", r.Addrs(KindHTTPS)[0].String(), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // looks at what is served
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].DNSNames[0]
	}
	if got := served(); got != "first.example.org" {
		t.Errorf("served %s", got)
	}
	if r.CA() != nil {
		t.Error("there is a CA though the certificate is given")
	}
	if response, body := r.do("GET", r.url(KindHTTPS, "/ca")); response.StatusCode != 404 || !strings.Contains(body, "nothing to install") {
		t.Errorf("/ca: %d %s", response.StatusCode, body)
	}
	if response, _ := r.do("GET", r.url(KindHTTPS, "/kurento?access_token="+apiToken), "Host", "first.example.org"); response.StatusCode != 200 {
		t.Errorf("its name as Host: %d", response.StatusCode)
	}
	writePair(t, dir, "second.example.org", clock().Add(time.Minute))
	if err := r.keeper.check(); err != nil {
		t.Fatal(err)
	}
	if got := served(); got != "second.example.org" {
		t.Errorf("after the change served %s", got)
	}
	// Half of a change: the key does not fit. The former pair stays.
	if err := os.WriteFile(o.TLSCert, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.keeper.check(); !errors.Is(err, ErrCertificate) {
		t.Errorf("a spoilt file: %v", err)
	}
	if got := served(); got != "second.example.org" {
		t.Errorf("after a spoilt change served %s", got)
	}
	for _, mode := range []fs.FileMode{0o644, 0o604, 0o660} {
		writePair(t, dir, "third.example.org", clock().Add(2*time.Minute))
		if err := os.Chmod(o.TLSKey, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := openFiles(o.TLSCert, o.TLSKey); !errors.Is(err, ErrExposedKey) || !strings.Contains(err.Error(), "chmod 640 "+o.TLSKey) {
			t.Errorf("key of mode %04o: %v", mode, err)
		}
	}
}

func TestCAPages(t *testing.T) {
	r := run(t, options(t))
	response, body := r.do("GET", r.url(KindHTTP, "/ca"))
	if response.StatusCode != 200 || !strings.HasPrefix(body, "-----BEGIN CERTIFICATE-----") || strings.Contains(body, "PRIVATE") {
		t.Errorf("/ca to a program: %d %s", response.StatusCode, body)
	}
	response, body = r.do("GET", r.url(KindHTTP, "/ksfu/ca.crt"))
	if cert, err := x509.ParseCertificate([]byte(body)); err != nil || !cert.IsCA || response.Header.Get("Content-Type") != "application/x-x509-ca-cert" {
		t.Errorf("/ca.crt: %v %s", err, response.Header.Get("Content-Type"))
	}
	response, body = r.do("GET", r.url(KindHTTP, "/ca"), "Accept", "text/html,*/*")
	if response.StatusCode != 200 || !strings.Contains(body, `href="ca.crt"`) || !strings.Contains(body, "ksfu local CA ") {
		t.Errorf("/ca to a person: %d %s", response.StatusCode, body)
	}
}

func FuzzDecodePair(f *testing.F) {
	a, err := newAuthority()
	if err != nil {
		f.Fatal(err)
	}
	good, err := encodePair(a.cert, a.key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		if cert, key, err := decodePair(data); err == nil && (cert == nil || key == nil) {
			t.Error("half a pair")
		}
	})
}
