package auth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ksfu/src/auth"
	"ksfu/src/secret"
)

const (
	apiToken   = "0123456789abcdef-api"
	adminToken = "0123456789abcdef-admin"
)

func keyring(t *testing.T) *auth.Keyring {
	t.Helper()
	k, err := auth.NewKeyring([]auth.Token{{Name: "api", Value: secret.New(apiToken)}, {Name: "admin", Value: secret.New(adminToken), Admin: true}})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestFind(t *testing.T) {
	k := keyring(t)
	tests := []struct {
		name, token string
		want        auth.Principal
		ok          bool
	}{
		{"api", apiToken, auth.Principal{Name: "api"}, true},
		{"admin", adminToken, auth.Principal{Name: "admin", Admin: true}, true},
		{"empty", "", auth.Principal{}, false},
		{"prefix", apiToken[:16], auth.Principal{}, false},
		{"longer", apiToken + "x", auth.Principal{}, false},
		{"letter case", strings.ToUpper(apiToken), auth.Principal{}, false},
		{"huge", strings.Repeat("a", 100_000), auth.Principal{}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, _, ok := k.Find(test.token)
			if got != test.want || ok != test.ok {
				t.Errorf("got %v %v", got, ok)
			}
		})
	}
	_, fingerprint, _ := k.Find(apiToken)
	if !k.Has(fingerprint) {
		t.Error("a good credential is said not to hold")
	}
	if err := k.Set([]auth.Token{{Name: "new", Value: secret.New("another-long-token")}}); err != nil {
		t.Fatal(err)
	}
	if k.Has(fingerprint) {
		t.Error("a withdrawn credential is said to hold")
	}
	none, err := auth.NewKeyring(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok := none.Find(""); ok {
		t.Error("without tokens the empty one was taken")
	}
}

func TestBadTokens(t *testing.T) {
	tests := []struct {
		name   string
		tokens []auth.Token
		hint   string
	}{
		{"no name", []auth.Token{{Value: secret.New(apiToken)}}, "no name"},
		{"the local scope", []auth.Token{{Name: auth.Local, Value: secret.New(apiToken)}}, "choose another"},
		{"empty", []auth.Token{{Name: "a"}}, "openssl rand"},
		{"short", []auth.Token{{Name: "a", Value: secret.New("hunter2")}}, "openssl rand"},
		{"space", []auth.Token{{Name: "a", Value: secret.New("0123456789abcdef x")}}, "openssl rand"},
		{"control", []auth.Token{{Name: "a", Value: secret.New("0123456789abcdef\n")}}, "openssl rand"},
		{"one value, two names", []auth.Token{{Name: "a", Value: secret.New(apiToken)}, {Name: "b", Value: secret.New(apiToken)}}, "its own"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := auth.NewKeyring(test.tokens)
			if !errors.Is(err, auth.ErrBadToken) || !strings.Contains(err.Error(), test.hint) {
				t.Fatalf("error is %v", err)
			}
			for _, token := range test.tokens {
				if value := token.Value.Reveal(); value != "" && strings.Contains(err.Error(), value) {
					t.Errorf("error %q shows the token", err)
				}
			}
		})
	}
}

func TestFromRequest(t *testing.T) {
	tests := []struct {
		name, target, header, want string
		ok                         bool
	}{
		{"none", "/kurento", "", "", false},
		{"query", "/kurento?access_token=abc", "", "abc", true},
		{"query, escaped", "/kurento?access_token=a%2Bb", "", "a+b", true},
		{"query, empty", "/kurento?access_token=", "", "", true},
		{"header", "/kurento", "Bearer abc", "abc", true},
		{"header, letter case", "/kurento", "bearer abc", "abc", true},
		{"header wins", "/kurento?access_token=query", "Bearer header", "header", true},
		{"basic", "/kurento", "Basic abc", "", false},
		{"another parameter", "/kurento?token=abc", "", "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, test.target, nil)
			if test.header != "" {
				r.Header.Set("Authorization", test.header)
			}
			if got, ok := auth.FromRequest(r); got != test.want || ok != test.ok {
				t.Errorf("got %q %v, want %q %v", got, ok, test.want, test.ok)
			}
		})
	}
}

type fileStore struct{ dir string }

func (s fileStore) File(name string) string { return filepath.Join(s.dir, name) }
func (s fileStore) ReadOrCreate(name string, create func() ([]byte, error)) ([]byte, bool, error) {
	if data, err := os.ReadFile(s.File(name)); err == nil {
		return data, false, nil
	}
	data, err := create()
	if err != nil {
		return nil, false, err
	}
	return data, true, os.WriteFile(s.File(name), data, 0o600)
}

func TestLoadTokens(t *testing.T) {
	store := fileStore{t.TempDir()}
	first, err := auth.LoadTokens(nil, store)
	if err != nil {
		t.Fatal(err)
	}
	if len(first) != 2 || first[0].Admin || !first[1].Admin || first[0].Value == first[1].Value {
		t.Fatalf("made %+v", first)
	}
	if want := "file " + store.File("api-token"); first[0].From != want {
		t.Errorf("From is %q, want %q", first[0].From, want)
	}
	if _, err := auth.NewKeyring(first); err != nil {
		t.Errorf("what was made cannot be used: %v", err)
	}
	second, err := auth.LoadTokens(nil, store)
	if err != nil || second[0].Value != first[0].Value || second[1].Value != first[1].Value {
		t.Errorf("the second start has other tokens (%v)", err)
	}
	configured := []auth.Token{{Name: "shop", Value: secret.New(apiToken)}}
	both, err := auth.LoadTokens(configured, store)
	if err != nil || len(both) != 2 || both[0].Name != "shop" || !both[1].Admin {
		t.Errorf("with an API token configured: %+v, %v", both, err)
	}
	if err := os.WriteFile(store.File("api-token"), []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.LoadTokens(nil, store); !errors.Is(err, auth.ErrBadToken) || !strings.Contains(err.Error(), store.File("api-token")) {
		t.Errorf("a spoilt file: %v", err)
	}
}

func TestPrincipal(t *testing.T) {
	if _, ok := auth.PrincipalFrom(t.Context()); ok {
		t.Error("an empty context has a principal")
	}
	want := auth.Principal{Name: "api"}
	if got, ok := auth.PrincipalFrom(auth.WithPrincipal(t.Context(), want)); got != want || !ok {
		t.Errorf("got %v %v", got, ok)
	}
}

func FuzzFromRequest(f *testing.F) {
	f.Add("access_token=abc", "Bearer x")
	f.Add("access_token=%zz&access_token", "bearer")
	k, err := auth.NewKeyring([]auth.Token{{Name: "api", Value: secret.New(apiToken)}})
	if err != nil {
		f.Fatal(err)
	}
	guard := &auth.Guard{Keys: k, Lockout: auth.NewLockout(nil)}
	f.Fuzz(func(t *testing.T, query, header string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.RawQuery = query
		r.Header["Authorization"] = []string{header}
		token, _ := auth.FromRequest(r)
		if _, err := guard.Check(r, netip.Addr{}); err == nil && token != apiToken {
			t.Errorf("query %q, header %q were let in", query, header)
		}
	})
}
