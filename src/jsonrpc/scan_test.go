package jsonrpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestScan(t *testing.T) {
	for _, test := range []struct {
		name, json string
		want       error
	}{
		{"empty", ``, errSyntax},
		{"space only", " \n", errSyntax},
		{"object", `{"a":1,"b":[true,false,null,-0.5e+3,"x\u00e9\n"]}`, nil},
		{"empty object and array", ` { "a" : { } , "b" : [ ] } `, nil},
		{"depth at the limit", strings.Repeat("[", 32) + strings.Repeat("]", 32), nil},
		{"depth over the limit", strings.Repeat("[", 33) + strings.Repeat("]", 33), errDepth},
		{"100,000 deep", strings.Repeat("[", 100_000), errDepth},
		{"100,000 objects deep", strings.Repeat(`{"a":`, 100_000), errDepth},
		{"duplicate key", `{"a":1,"b":2,"a":3}`, errDuplicate},
		{"duplicate by escape", `{"a":1,"\u0061":2}`, errDuplicate},
		{"duplicate nested", `{"x":[{"k":1,"k":1}]}`, errDuplicate},
		{"same key in two objects", `[{"a":1},{"a":1}]`, nil},
		{"letter case differs", `{"a":1,"A":2}`, nil},
		{"duplicate among many", `{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1,"l":1,"m":1,"n":1,"c":2}`, errDuplicate},
		{"two values", `{} {}`, errSyntax},
		{"comma at the end", `[1,]`, errSyntax},
		{"leading zero", `[01]`, errSyntax},
		{"no digit after the point", `[1.]`, errSyntax},
		{"no exponent", `[1e]`, errSyntax},
		{"plus", `[+1]`, errSyntax},
		{"bad escape", `["\x"]`, errSyntax},
		{"bad unicode escape", `["\u12g4"]`, errSyntax},
		{"control character", "[\"\x01\"]", errSyntax},
		{"open string", `["abc`, errSyntax},
		{"not UTF-8", "[\"\xff\"]", errSyntax},
		{"key is no string", `{1:2}`, errSyntax},
		{"word cut", `[tru`, errSyntax},
		{"NaN", `[NaN]`, errSyntax},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Scan([]byte(test.json), 32); !errors.Is(got, test.want) {
				t.Errorf("Scan = %v, want %v", got, test.want)
			}
		})
	}
}

// Depth is refused after the first levels: scanning a deep text must not cost
// what reading it would.
func TestScanStopsAtDepth(t *testing.T) {
	deep := []byte(strings.Repeat("[", 100_000))
	if n := testing.AllocsPerRun(10, func() { _ = Scan(deep, 32) }); n > 4 {
		t.Errorf("%v allocations", n)
	}
}

// Many different keys must not make the check for duplicates quadratic.
func TestScanManyKeys(t *testing.T) {
	var b bytes.Buffer
	b.WriteString(`{"x":0`)
	for i := range 40_000 {
		b.WriteString(`,"` + string(rune('a'+i%26)) + strings.Repeat("k", i%3) + jsonNumber(i) + `":0`)
	}
	b.WriteString("}")
	start := time.Now()
	if err := Scan(b.Bytes(), 32); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes in %v", b.Len(), time.Since(start))
}

func jsonNumber(i int) string {
	data, _ := json.Marshal(i)
	return string(data)
}

func FuzzScan(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":[1,2,{"b":null}],"c":"\u00e9"}`, `[1e5,-0.1]`, `{"a":1,"a":2}`, `[[[[`, "\"\xff\"", `{"\ud800":1,"\ud801":2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		const depth = 8
		err := Scan(data, depth)
		if err == nil {
			if !json.Valid(data) {
				t.Fatalf("accepted, but not valid: %q", data)
			}
			if got := nesting(data); got > depth {
				t.Fatalf("accepted at depth %d: %q", got, data)
			}
			return
		}
		// What is refused as bad syntax is bad for the standard library too,
		// but for text that is not UTF-8, which that one repairs.
		if errors.Is(err, errSyntax) && json.Valid(data) && bytes.Equal(bytes.ToValidUTF8(data, nil), data) {
			t.Fatalf("refused, but valid: %q: %v", data, err)
		}
	})
}

func nesting(data []byte) int {
	decoder := json.NewDecoder(bytes.NewReader(data))
	level, deepest := 0, 0
	for {
		token, err := decoder.Token()
		if err != nil {
			return deepest
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			level++
			deepest = max(deepest, level)
		case json.Delim('}'), json.Delim(']'):
			level--
		}
	}
}
