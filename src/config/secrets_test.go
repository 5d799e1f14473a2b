package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const canary = "canary-0123456789"

func TestSecretSources(t *testing.T) {
	token := func(c *Config) (name, text string) {
		if len(c.Tokens) == 0 {
			return "", ""
		}
		last := c.Tokens[len(c.Tokens)-1]

		return last.Name, last.Value.Reveal()
	}
	for name, m := range map[string]machine{
		"environment":      {env: []string{"KSFU_TOKEN=" + canary}},
		".env":             {dotenv: "KSFU_TOKEN=" + canary + "\n"},
		".env is weaker":   {dotenv: "KSFU_TOKEN=0123456789abcdef\n", env: []string{"KSFU_TOKEN=" + canary}},
		"file":             {files: map[string]string{"t": canary + "\n"}, env: []string{"KSFU_TOKEN_FILE=t"}},
		"file from .env":   {files: map[string]string{"t": canary + "\r\n"}, dotenv: "KSFU_TOKEN_FILE=t\n"},
		"beside UCI token": {uci: "config token 'shop'\n\toption token 'abcdefghijklmnop'\n", env: []string{"KSFU_TOKEN=" + canary}},
	} {
		t.Run(name, func(t *testing.T) {
			c := load(t, m)
			if scope, text := token(c); scope != "api" || text != canary {
				t.Errorf("token %q is %q", scope, text)
			}
			var out bytes.Buffer
			if err := c.WriteCheck(&out); err != nil {
				t.Fatal(err)
			}
			asJSON, err := json.Marshal(c)
			if err != nil {
				t.Fatal(err)
			}
			if shown := out.String() + string(asJSON) + fmt.Sprintf("%v %+v %#v", c, *c, c); strings.Contains(shown, canary) {
				t.Error("the token shows")
			}
		})
	}
	c := load(t, machine{files: map[string]string{"p": "p w\n"}, env: []string{"TURN_PASSWORD_FILE=p", "TURN_USERNAME=u", "TURN_SERVERS=turn:a.example"}})
	if c.TURNPassword.Reveal() != "p w" || c.Source("turn_password") != "environment TURN_PASSWORD_FILE" {
		t.Errorf("turn_password %q from %s", c.TURNPassword.Reveal(), c.Source("turn_password"))
	}
}

func TestSecretsStayOutOfProblems(t *testing.T) {
	long := strings.Repeat(canary, 40)
	for name, test := range map[string]struct {
		m    machine
		want string
	}{
		"token in environment": {machine{env: []string{"KSFU_TOKEN=canary"}}, "KSFU_TOKEN = ***"},
		"token too long":       {machine{env: []string{"KSFU_TOKEN=" + long}}, "KSFU_TOKEN = ***"},
		"both ways":            {machine{files: map[string]string{"t": canary}, env: []string{"KSFU_TOKEN_FILE=t", "KSFU_TOKEN=" + canary + "x"}}, "KSFU_TOKEN, KSFU_TOKEN_FILE (environment): contradiction"},
		"empty file":           {machine{files: map[string]string{"t": "\n"}, env: []string{"KSFU_TOKEN_FILE=t"}}, `KSFU_TOKEN_FILE = "t" (environment): file cannot be used: it is empty`},
		"missing file":         {machine{env: []string{"KSFU_TOKEN_FILE=gone"}}, `KSFU_TOKEN_FILE = "gone" (environment): file cannot be used: no such file`},
		"huge file":            {machine{files: map[string]string{"t": strings.Repeat("x", 5000)}, env: []string{"KSFU_TOKEN_FILE=t"}}, `KSFU_TOKEN_FILE = "t" (environment): file cannot be used: it is larger than`},
		"broken .env":          {machine{dotenv: "# c\nHTTP_PORT=1\nKSFU TOKEN canary\n"}, ".env (working directory): cannot be understood: line 3"},
		"open quote in .env":   {machine{dotenv: "A=1\nKSFU_TOKEN=\"canary\n"}, ".env (working directory): cannot be understood: line 2"},
		"broken UCI":           {machine{uci: "config token 'a'\n\toption token 'canary'x'\n"}, "line (UCI /etc/config/ksfu line 2): cannot be understood"},
		"TURN address":         {machine{env: []string{"TURN_SERVERS=turn:ann:canary@turn.example"}}, `TURN_SERVERS = "***@turn.example" (environment TURN_SERVERS): wrong value: user and password do not belong`},
		"flag":                 {machine{args: []string{"--token=canary"}}, "--token (command line): secrets are not taken from the command line"},
		"flag, apart":          {machine{args: []string{"-token", "canary"}}, "-token (command line): secrets are not taken"},
		"mistyped flag":        {machine{args: []string{"--turn-pasword", "canary"}}, "--turn-pasword (command line): no such option"},
		"control character":    {machine{env: []string{"TURN_PASSWORD=canary\n"}}, "TURN_PASSWORD = ***"},
		"unnamed":              {machine{uci: "config token\n\toption token '" + canary + "'\n"}, "token.name (UCI /etc/config/ksfu line 1): wrong value: a token needs a name"},
		"named local":          {machine{uci: "config token 'local'\n\toption token '" + canary + "'\n"}, `token.name = "local"`},
		"option name local":    {machine{uci: "config token\n\toption name 'local'\n\toption token '" + canary + "'\n"}, `token.name = "local"`},
		"without token":        {machine{uci: "config token 'a'\n"}, "token.token (UCI /etc/config/ksfu line 1): wrong value: the section has no token"},
	} {
		t.Run(name, func(t *testing.T) {
			all := problems(t, test.m)
			if len(all) != 1 || !strings.HasPrefix(all[0].Error(), test.want) || strings.Contains(lines(all), "canary") {
				t.Errorf("got\n%s\nwant\n%s", lines(all), test.want)
			}
		})
	}
}

func TestExposedDotenv(t *testing.T) {
	opts := machine{dotenv: "KSFU_TOKEN=" + canary + "\n"}.options(t)
	path := filepath.Join(opts.Dir, ".env")
	if c, err := Load(opts); err != nil || len(c.Warnings) > 0 {
		t.Errorf("mode 0600: %v, %v", c.Warnings, err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if c, err := Load(opts); err != nil || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "chmod 600") {
		t.Errorf("mode 0644: %v, %v", c.Warnings, err)
	}
}
