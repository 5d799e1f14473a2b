package config

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGolden holds UCI files to the Config and the --check table that come of
// them. Secrets are masked in both.
func TestGolden(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*.uci")
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no input: %v", err)
	}
	for _, input := range inputs {
		t.Run(filepath.Base(input), func(t *testing.T) {
			src, err := os.ReadFile(input)
			if err != nil {
				t.Fatal(err)
			}
			c := load(t, machine{uci: string(src)})
			var got bytes.Buffer
			enc := json.NewEncoder(&got)
			enc.SetIndent("", "\t")
			if err := enc.Encode(c); err != nil {
				t.Fatal(err)
			}
			if err := c.WriteCheck(&got); err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(input, ".uci") + ".golden"
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil { //nolint:gosec // test data
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != string(want) {
				t.Errorf("differs from %s:\n%s", golden, got.String())
			}
		})
	}
}

func TestGoldenSecrets(t *testing.T) {
	src, err := os.ReadFile("testdata/full.uci")
	if err != nil {
		t.Fatal(err)
	}
	c := load(t, machine{uci: string(src)})
	if got := c.TURNPassword.Reveal(); got != "it's a secret" {
		t.Errorf("turn_password %q", got)
	}
	want := map[string]string{"shop": "0123456789abcdef-shop", "boss": "0123456789abcdef-boss"}
	for _, token := range c.Tokens {
		if token.Value.Reveal() != want[token.Name] || token.Admin != (token.Name == "boss") {
			t.Errorf("token %s is %q, admin %v", token.Name, token.Value.Reveal(), token.Admin)
		}
		delete(want, token.Name)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}
