package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"ksfu/src/secret"
)

const canary = "canary-4711"

// holder keeps a secret where fmt can call no method: in an unexported field.
type holder struct {
	Name  string
	token secret.String
}

func TestPrintsMasked(t *testing.T) {
	s := secret.New(canary)
	for _, verb := range []string{"v", "+v", "#v", "s", "q", "x", "X", "d", "t", "p", "T", "10s", "-5v", "U", "e", "c", "b", "o", "w"} {
		for name, value := range map[string]any{
			"value": s, "pointer": &s, "slice": []secret.String{s}, "map": map[string]secret.String{"k": s},
			"key": map[secret.String]int{s: 1}, "field": holder{"n", s}, "field pointer": &holder{"n", s},
			"any": any(s), "exported field": struct{ Token secret.String }{s},
		} {
			got := fmt.Sprintf("%"+verb, value)
			if leaks(got) {
				t.Errorf("%%%s of %s: %q holds the text", verb, name, got)
			}
		}
	}
	for _, got := range []string{fmt.Sprint(s), fmt.Sprintf("%v", s), fmt.Sprintf("%s", s), fmt.Sprintf("%#v", s), fmt.Sprintf("%x", s), s.String(), fmt.Errorf("bad: %v", s).Error()[5:]} {
		if got != secret.Mask {
			t.Errorf("printed %q, want %q", got, secret.Mask)
		}
	}
}

// leaks looks for the text as it is and in hexadecimal of both cases.
func leaks(s string) bool {
	hex := fmt.Sprintf("%x", canary)

	return strings.Contains(s, canary) || strings.Contains(strings.ToLower(s), hex)
}

func TestEncodesMasked(t *testing.T) {
	type login struct {
		Token secret.String `json:"token"`
		Empty secret.String `json:"empty"`
	}
	value := login{Token: secret.New(canary)}
	asJSON, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"token":"***","empty":""}`; string(asJSON) != want {
		t.Errorf("JSON %s, want %s", asJSON, want)
	}
	asXML, err := xml.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if leaks(string(asXML)) || !strings.Contains(string(asXML), secret.Mask) {
		t.Errorf("XML %s", asXML)
	}
	keys, err := json.Marshal(map[secret.String]int{value.Token: 1})
	if err != nil || string(keys) != `{"***":1}` {
		t.Errorf("JSON key %s, %v", keys, err)
	}
}

func TestLogsMasked(t *testing.T) {
	var out bytes.Buffer
	s := secret.New(canary)
	for _, log := range []*slog.Logger{
		slog.New(slog.NewTextHandler(&out, nil)),
		slog.New(slog.NewJSONHandler(&out, nil)),
	} {
		log.Info("start", "token", s, "pointer", &s, "holder", holder{"n", s}, "err", errors.Join(fmt.Errorf("x %s", s)))
		log.Info("start", slog.Group("g", "t", s))
	}
	if leaks(out.String()) {
		t.Errorf("log holds the text: %s", out.String())
	}
	if !strings.Contains(out.String(), "token=***") || !strings.Contains(out.String(), `"token":"***"`) {
		t.Errorf("log lacks the mask: %s", out.String())
	}
}

func TestEmptyAndEqual(t *testing.T) {
	var zero secret.String
	a, again := secret.New("a"), secret.New("a")
	switch {
	case zero != secret.New(""), !zero.Empty(), zero.Reveal() != "", fmt.Sprint(zero) != "", fmt.Sprintf("%#v", zero) != "":
		t.Error("the empty secret does not print as empty")
	case zero.Matches(""), secret.New("a").Matches(""), secret.New("a").Matches("b"), secret.New("a").Matches("ab"):
		t.Error("matched what is not the text")
	case !a.Matches("a"), a != again, a == secret.New("b"):
		t.Error("equality is not that of the texts")
	case secret.New(canary).Reveal() != canary, secret.New(canary).Empty():
		t.Error("Reveal does not return the text")
	}
}
