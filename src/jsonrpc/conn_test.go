package jsonrpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
)

// script is a Handler with a few methods that the tests call.
type script struct {
	conn    *Conn
	release chan struct{}
	closed  chan struct{}
}

func (s *script) Closed() { close(s.closed) }

func (s *script) Serve(r *Request) {
	switch r.Method {
	case "echo":
		r.Reply(map[string]any{"params": r.Params})
	case "nothing":
		r.Reply(nil)
	case "slow":
		r.Later(func(ctx context.Context) (any, error) {
			select {
			case <-s.release:
				return map[string]bool{"slow": true}, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		})
	case "slowpanic":
		r.Later(func(context.Context) (any, error) { panic("late") })
	case "panic":
		panic("at once")
	case "forget":
	case "secret":
		r.Fail(errors.New("detail that stays here"))
	case "refuse":
		r.Fail(&Error{Code: 40101, Message: "not found", Data: map[string]string{"type": "X"}})
	case "flood":
		for i := range 10_000 {
			if !s.conn.Notify("onEvent", map[string]any{"n": i, "pad": strings.Repeat("x", 1000)}) {
				break
			}
		}
		r.Reply(nil)
	case "big":
		r.Reply(strings.Repeat("x", 1_000_001))
	default:
		r.Fail(Errorf(CodeNoMethod, "Method not found."))
	}
}

type fixture struct {
	server  *Server
	url     string
	handler chan *script
	release chan struct{}
}

func start(t *testing.T, limits Limits) *fixture {
	t.Helper()
	// Whatever the test started has ended when its clean-ups have run.
	t.Cleanup(func() { goleak.VerifyNone(t) })
	server, err := New(Options{Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{server: server, handler: make(chan *script, 64), release: make(chan struct{})}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = server.Accept(w, r, func(c *Conn) Handler {
			s := &script{conn: c, release: f.release, closed: make(chan struct{})}
			f.handler <- s
			return s
		})
	}))
	t.Cleanup(web.Close)
	t.Cleanup(func() { _ = server.Close() })
	f.url = "ws" + strings.TrimPrefix(web.URL, "http")
	return f
}

func (f *fixture) dial(t *testing.T) *websocket.Conn {
	t.Helper()
	ws, _, err := websocket.DefaultDialer.Dial(f.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.Close() })
	_ = ws.SetReadDeadline(time.Now().Add(20 * time.Second))
	return ws
}

func send(t *testing.T, ws *websocket.Conn, text string) {
	t.Helper()
	if err := ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, ws *websocket.Conn) string {
	t.Helper()
	_, data, err := ws.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestAnswers(t *testing.T) {
	f := start(t, Limits{})
	ws := f.dial(t)
	for _, test := range []struct{ name, request, want string }{
		{"echo", `{"jsonrpc":"2.0","id":1,"method":"echo","params":{"a":[1]}}`, `{"id":1,"jsonrpc":"2.0","result":{"params":{"a":[1]}}}`},
		{"string id", `{"id":"x","method":"nothing","jsonrpc":"2.0"}`, `{"id":"x","jsonrpc":"2.0","result":{}}`},
		{"null id", `{"id":null,"method":"nothing","jsonrpc":"2.0"}`, `{"id":null,"jsonrpc":"2.0","result":{}}`},
		{"no JSON", `{"jsonrpc"`, `{"id":null,"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error: invalid JSON: ':' is missing at byte 10"}}`},
		{"empty", ``, `{"id":null,"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error: invalid JSON: a value is missing at byte 0"}}`},
		{"batch", `[{"jsonrpc":"2.0","id":1,"method":"echo"}]`, `{"id":null,"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid JSON-RPC request."}}`},
		{"empty batch", `[]`, `{"id":null,"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid JSON-RPC request."}}`},
		{"number", `7`, `{"id":null,"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid JSON-RPC request."}}`},
		{"duplicate key", `{"jsonrpc":"2.0","id":1,"method":"echo","method":"panic"}`, `{"id":null,"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid JSON-RPC request: JSON object has a key twice: \"method\""}}`},
		{"deep", strings.Repeat("[", 100_000), `{"id":null,"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid JSON-RPC request: JSON is nested too deep: more than 32 levels"}}`},
		{"no version", `{"id":2,"method":"echo"}`, `{"id":2,"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid JSON-RPC request: \"jsonrpc\" must be \"2.0\""}}`},
		{"version 1", `{"id":2,"jsonrpc":2.0,"method":"echo"}`, `{"id":2,"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid JSON-RPC request: \"jsonrpc\" must be \"2.0\""}}`},
		{"no method", `{"jsonrpc":"2.0","id":3}`, `{"id":3,"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid JSON-RPC request: \"method\" must be a string"}}`},
		{"method by other case", `{"jsonrpc":"2.0","id":3,"Method":"echo"}`, `{"id":3,"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid JSON-RPC request: \"method\" must be a string"}}`},
		{"bad id", `{"jsonrpc":"2.0","id":{},"method":"echo"}`, `{"id":null,"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid JSON-RPC request: id must be a string or a number"}}`},
		{"long id", `{"jsonrpc":"2.0","id":"` + strings.Repeat("i", 300) + `","method":"echo"}`, `{"id":null,"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid JSON-RPC request: id over 256 bytes"}}`},
		{"bad params", `{"jsonrpc":"2.0","id":4,"method":"echo","params":"x"}`, `{"id":4,"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid JSON-RPC request: \"params\" must be an object or an array"}}`},
		{"null params", `{"jsonrpc":"2.0","id":4,"method":"echo","params":null}`, `{"id":4,"jsonrpc":"2.0","result":{"params":null}}`},
		{"unknown method", `{"jsonrpc":"2.0","id":5,"method":"x"}`, `{"id":5,"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found."}}`},
		{"refusal", `{"jsonrpc":"2.0","id":6,"method":"refuse"}`, `{"id":6,"jsonrpc":"2.0","error":{"code":40101,"message":"not found","data":{"type":"X"}}}`},
		{"panic", `{"jsonrpc":"2.0","id":7,"method":"panic"}`, `{"id":7,"jsonrpc":"2.0","error":{"code":-32603,"message":"Internal error."}}`},
		{"panic in a slow call", `{"jsonrpc":"2.0","id":8,"method":"slowpanic"}`, `{"id":8,"jsonrpc":"2.0","error":{"code":-32603,"message":"Internal error."}}`},
		{"no answer", `{"jsonrpc":"2.0","id":9,"method":"forget"}`, `{"id":9,"jsonrpc":"2.0","error":{"code":-32603,"message":"Internal error."}}`},
		{"an error without code", `{"jsonrpc":"2.0","id":10,"method":"secret"}`, `{"id":10,"jsonrpc":"2.0","error":{"code":-32603,"message":"Internal error."}}`},
		{"answer too big", `{"jsonrpc":"2.0","id":11,"method":"big"}`, `{"id":11,"jsonrpc":"2.0","error":{"code":-32603,"message":"Answer over 1000000 bytes; ask for less at a time"}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			send(t, ws, test.request)
			if got := receive(t, ws); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
	if got := f.server.Counts(); got.Panics != 2 || got.Conns != 1 {
		t.Errorf("counts: %+v", got)
	}
}

// A notification is executed and gets no answer, whatever comes of it.
func TestNotificationGetsNoAnswer(t *testing.T) {
	f := start(t, Limits{})
	ws := f.dial(t)
	send(t, ws, `{"jsonrpc":"2.0","method":"echo"}`)
	send(t, ws, `{"jsonrpc":"2.0","method":"refuse"}`)
	send(t, ws, `{"jsonrpc":"2.0","id":1,"method":"nothing"}`)
	if got := receive(t, ws); !strings.Contains(got, `"id":1`) {
		t.Errorf("got %s", got)
	}
}

func TestOrderAndSlowCalls(t *testing.T) {
	f := start(t, Limits{InFlight: 2})
	ws := f.dial(t)
	for i := range 3 {
		send(t, ws, fmt.Sprintf(`{"jsonrpc":"2.0","id":"s%d","method":"slow"}`, i))
	}
	for i := range 100 {
		send(t, ws, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"nothing"}`, i))
	}
	if got := receive(t, ws); !strings.Contains(got, `"id":"s2"`) || !strings.Contains(got, "in flight") {
		t.Errorf("a third slow call must be refused, got %s", got)
	}
	for i := range 100 {
		if got, want := receive(t, ws), fmt.Sprintf(`{"id":%d,"jsonrpc":"2.0","result":{}}`, i); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
	close(f.release)
	for range 2 {
		if got := receive(t, ws); !strings.Contains(got, `"slow":true`) {
			t.Errorf("got %s", got)
		}
	}
}

// What is slow ends with the connection.
func TestSlowCallEndsWithConnection(t *testing.T) {
	f := start(t, Limits{})
	ws := f.dial(t)
	send(t, ws, `{"jsonrpc":"2.0","id":1,"method":"slow"}`)
	send(t, ws, `{"jsonrpc":"2.0","id":2,"method":"nothing"}`)
	receive(t, ws)
	_ = ws.Close()
	<-(<-f.handler).closed
}

func closeError(t *testing.T, ws *websocket.Conn) *websocket.CloseError {
	t.Helper()
	for {
		_, _, err := ws.ReadMessage()
		var closed *websocket.CloseError
		if errors.As(err, &closed) {
			return closed
		}
		if err != nil {
			t.Fatalf("ended without a close frame: %v", err)
		}
	}
}

func TestMessageSize(t *testing.T) {
	const limit = 1000
	f := start(t, Limits{MessageBytes: limit})
	for _, test := range []struct {
		size int
		ok   bool
	}{{limit - 1, true}, {limit, true}, {limit + 1, false}, {100 * limit, false}} {
		t.Run(fmt.Sprint(test.size), func(t *testing.T) {
			ws := f.dial(t)
			head, tail := `{"jsonrpc":"2.0","id":1,"method":"nothing","params":{"pad":"`, `"}}`
			send(t, ws, head+strings.Repeat("x", test.size-len(head)-len(tail))+tail)
			if test.ok {
				if got := receive(t, ws); !strings.Contains(got, `"result"`) {
					t.Errorf("got %s", got)
				}
				return
			}
			if got := closeError(t, ws); got.Code != websocket.CloseMessageTooBig || got.Text != "message over 1000 bytes" {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestBinaryIsRefused(t *testing.T) {
	f := start(t, Limits{})
	ws := f.dial(t)
	if err := ws.WriteMessage(websocket.BinaryMessage, []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	if got := closeError(t, ws); got.Code != websocket.CloseUnsupportedData {
		t.Errorf("got %v", got)
	}
}

// A client may offer compression; it is not negotiated, so a small frame cannot
// become a large message.
func TestCompressionIsOff(t *testing.T) {
	f := start(t, Limits{})
	dialer := websocket.Dialer{EnableCompression: true}
	ws, response, err := dialer.Dial(f.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	if got := response.Header.Get("Sec-WebSocket-Extensions"); got != "" {
		t.Errorf("extensions %q", got)
	}
}

// A client that does not read is closed; another one notices nothing.
func TestSlowClientIsClosed(t *testing.T) {
	f := start(t, Limits{QueueMessages: 64, QueueBytes: 1 << 20})
	other := f.dial(t)
	<-f.handler
	raw, err := net.Dial("tcp", strings.TrimPrefix(f.url, "ws://"))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	_ = raw.(*net.TCPConn).SetReadBuffer(4096)
	ws, _, err := (&websocket.Dialer{NetDial: func(string, string) (net.Conn, error) { return raw, nil }}).Dial(f.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	slow := <-f.handler
	send(t, ws, `{"jsonrpc":"2.0","id":1,"method":"flood"}`)
	<-slow.closed
	if got := f.server.Counts().Slow; got != 1 {
		t.Errorf("slow = %d", got)
	}
	send(t, other, `{"jsonrpc":"2.0","id":1,"method":"nothing"}`)
	receive(t, other)
}

func TestServerClose(t *testing.T) {
	f := start(t, Limits{})
	a, b := f.dial(t), f.dial(t)
	send(t, a, `{"jsonrpc":"2.0","id":1,"method":"slow"}`)
	send(t, a, `{"jsonrpc":"2.0","id":2,"method":"nothing"}`)
	receive(t, a)
	done := make(chan struct{})
	go func() { _ = f.server.Close(); close(done) }()
	for _, ws := range []*websocket.Conn{a, b} {
		if got := closeError(t, ws); got.Code != websocket.CloseGoingAway {
			t.Errorf("got %v", got)
		}
	}
	<-done
	if _, response, err := websocket.DefaultDialer.Dial(f.url, nil); err == nil || response == nil || response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a connection after the end: %v %v", response, err)
	}
}

// Pings keep a silent client alive, and the lack of pongs ends a dead one.
func TestKeepalive(t *testing.T) {
	f := start(t, Limits{PingInterval: 20 * time.Millisecond, PongTimeout: 200 * time.Millisecond})
	alive, dead := f.dial(t), f.dial(t)
	first, second := <-f.handler, <-f.handler
	pings := make(chan struct{}, 64)
	alive.SetPingHandler(func(data string) error {
		pings <- struct{}{}
		return alive.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(time.Second))
	})
	answered := make(chan string, 1)
	go func() {
		_, data, _ := alive.ReadMessage()
		answered <- string(data)
	}()
	select {
	case <-first.closed: // one of the two is the dead one
	case <-second.closed:
	}
	for range 3 {
		<-pings
	}
	send(t, alive, `{"jsonrpc":"2.0","id":1,"method":"nothing"}`)
	if got := <-answered; !strings.Contains(got, `"result"`) {
		t.Errorf("got %s", got)
	}
	_ = dead
}

// kurento-client sends an Origin without a scheme; the middleware in front has
// judged it.
func TestOriginIsNotJudgedHere(t *testing.T) {
	f := start(t, Limits{})
	ws, _, err := websocket.DefaultDialer.Dial(f.url, http.Header{"Origin": {"127.0.0.1:8888"}})
	if err != nil {
		t.Fatal(err)
	}
	_ = ws.Close()
}

func TestNotAnUpgrade(t *testing.T) {
	server, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	recorder := httptest.NewRecorder()
	if err := server.Accept(recorder, httptest.NewRequest(http.MethodGet, "/", nil), nil); err == nil || recorder.Code != http.StatusBadRequest {
		t.Errorf("%v %d", err, recorder.Code)
	}
}

func TestOptions(t *testing.T) {
	if _, err := New(Options{Limits: Limits{MessageBytes: -1}}); err == nil {
		t.Error("negative limit accepted")
	}
	if _, err := New(Options{Limits: Limits{PongTimeout: time.Second}}); err == nil {
		t.Error("a pong timeout below the ping interval accepted")
	}
	if !(Options{}).Equal(Options{Limits: Limits{Depth: 32}}) || (Options{}).Equal(Options{Limits: Limits{Depth: 31}}) {
		t.Error("Equal does not see the defaults")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"jsonrpc":"2.0","id":1,"method":"echo","params":{"a":[1]}}`))
	f.Add([]byte(`[]`))
	f.Add([]byte(`{"jsonrpc":"2.0","id":null,"method":"\u0000"}`))
	limits := Limits{}.withDefaults()
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parse(data, limits)
		if r == nil {
			t.Fatal("no request")
		}
		if err != nil && !json.Valid(r.ID) {
			t.Fatalf("no id to answer to: %q", r.ID)
		}
		if err == nil && r.Method == "" {
			t.Fatal("accepted without a method")
		}
	})
}
