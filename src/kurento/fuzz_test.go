package kurento

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// FuzzRequest sends arbitrary texts as requests in a session that has a
// pipeline and two endpoints: whatever comes, there is one answer (unless it is
// a notification), no panic, and the connection goes on.
func FuzzRequest(f *testing.F) {
	files, _ := filepath.Glob("testdata/frames/tutorial*.jsonl")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(data))
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var line frame
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Dir == "client->server" && len(line.Msg) < 1000 {
				f.Add([]byte(line.Msg))
			}
		}
	}
	f.Add([]byte(`{"jsonrpc":"2.0","id":1,"method":"transaction","params":{"operations":[{"id":0,"method":"create","params":{"type":"MediaPipeline"}},{"id":1,"method":"create","params":{"type":"WebRtcEndpoint","constructorParams":{"mediaPipeline":"newref:0"}}}]}}`))
	f.Add([]byte(`{"jsonrpc":"2.0","id":1,"method":"invoke","params":{"object":"E1","operation":"connect","operationParams":{"sink":"E2","mediaType":"VIDEO"}}}`))
	f.Add([]byte(`{"jsonrpc":"2.0","id":1,"method":"invoke","params":{"object":"E1","operation":"setVideoFormat","operationParams":{"caps":{"codec":"VP8"}}}}`))
	f.Add([]byte(`{"jsonrpc":"2.0","id":1,"method":"closeSession","params":{"release":true}}`))

	b := newBench(f, nil)
	c := b.dial(f, "app")
	f.Fuzz(func(t *testing.T, text []byte) {
		c.t = t
		pipeline := c.create("MediaPipeline", nil)
		first := c.create("WebRtcEndpoint", m{"mediaPipeline": pipeline})
		second := c.create("WebRtcEndpoint", m{"mediaPipeline": pipeline})
		text = bytes.ReplaceAll(text, []byte("E1"), []byte(first))
		text = bytes.ReplaceAll(text, []byte("E2"), []byte(second))
		if bytes.Contains(text, []byte("getUsedCpu")) || len(text) > 100_000 {
			return // slow by design
		}
		if err := c.ws.WriteMessage(1, text); err != nil {
			t.Fatal(err)
		}
		c.do("ping", nil)
		c.do("closeSession", m{"release": true})
		c.events = nil
		if panics, _, _ := b.server.Faults(); panics != 0 {
			t.Fatal("panic")
		}
	})
}
