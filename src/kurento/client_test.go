package kurento

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
)

// bench is a server of the Kurento API over fake endpoints. The principal of a
// request is its access_token.
type bench struct {
	server *Server
	engine *fakeEngine
	url    string
	clock  *clock
}

type clock struct {
	mu  sync.Mutex // guards now
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *clock) add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

func newBench(t testing.TB, change func(*Options)) *bench {
	t.Helper()
	t.Cleanup(func() { goleak.VerifyNone(t) })
	return startBench(t, change)
}

func startBench(t testing.TB, change func(*Options)) *bench {
	t.Helper()
	b := &bench{engine: &fakeEngine{}, clock: &clock{now: time.UnixMilli(1_700_000_000_123)}}
	options := Options{
		Principal: func(r *http.Request) (string, bool) {
			name := r.URL.Query().Get("access_token")
			return name, name == "admin"
		},
		NewEndpoint: b.engine.newEndpoint,
		Now:         b.clock.Now,
	}
	if change != nil {
		change(&options)
	}
	server, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	b.server = server
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	b.url = "ws" + strings.TrimPrefix(web.URL, "http")
	return b
}

// client is one connection; it answers by the order of things, without any
// goroutine.
type client struct {
	t      testing.TB
	b      *bench
	ws     *websocket.Conn
	next   int
	events []map[string]any // params.value of onEvent
}

func (b *bench) dial(t testing.TB, principal string) *client {
	t.Helper()
	ws, _, err := websocket.DefaultDialer.Dial(b.url+"/kurento?access_token="+principal, http.Header{"Origin": {"127.0.0.1:8888"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.Close() })
	_ = ws.SetReadDeadline(time.Now().Add(30 * time.Second))
	return &client{t: t, b: b, ws: ws}
}

type reply struct {
	ID     any             `json:"id"`
	Result map[string]any  `json:"result"`
	Error  *replyError     `json:"error"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

type replyError struct {
	Code    int               `json:"code"`
	Message string            `json:"message"`
	Data    map[string]string `json:"data"`
}

func (c *client) send(method string, params any) int {
	c.t.Helper()
	c.next++
	message := map[string]any{"jsonrpc": "2.0", "id": c.next, "method": method}
	if params != nil {
		message["params"] = params
	}
	if err := c.ws.WriteJSON(message); err != nil {
		c.t.Fatal(err)
	}
	return c.next
}

// read gives the next message, after it kept it if it is an event.
func (c *client) read() (reply, string) {
	c.t.Helper()
	_, data, err := c.ws.ReadMessage()
	if err != nil {
		c.t.Fatal(err)
	}
	var r reply
	if err := json.Unmarshal(data, &r); err != nil {
		c.t.Fatalf("%s: %v", data, err)
	}
	if r.Method == "onEvent" {
		var params struct{ Value map[string]any }
		if err := json.Unmarshal(r.Params, &params); err != nil {
			c.t.Fatal(err)
		}
		c.events = append(c.events, params.Value)
	}
	return r, string(data)
}

func (c *client) await(id int) reply {
	c.t.Helper()
	for {
		if r, _ := c.read(); r.Method == "" && r.ID == float64(id) {
			return r
		}
	}
}

func (c *client) try(method string, params any) reply {
	c.t.Helper()
	return c.await(c.send(method, params))
}

type m = map[string]any

func (c *client) do(method string, params any) m {
	c.t.Helper()
	r := c.try(method, params)
	if r.Error != nil {
		c.t.Fatalf("%s %v: %+v", method, params, *r.Error)
	}
	if r.Result == nil {
		c.t.Fatalf("%s %v: no result", method, params)
	}
	return r.Result
}

func (c *client) create(class string, constructor m) string {
	c.t.Helper()
	id, _ := c.do("create", m{"type": class, "constructorParams": constructor, "properties": m{}})["value"].(string)
	return id
}

func (c *client) invoke(object, operation string, params m) any {
	c.t.Helper()
	return c.do("invoke", m{"object": object, "operation": operation, "operationParams": params})["value"]
}

func (c *client) refused(code int, method string, params any) string {
	c.t.Helper()
	r := c.try(method, params)
	if r.Error == nil {
		c.t.Fatalf("%s %v: got %v, want error %d", method, params, r.Result, code)
	}
	if r.Error.Code != code {
		c.t.Fatalf("%s %v: got %+v, want %d", method, params, *r.Error, code)
	}
	return r.Error.Message
}

func (c *client) refusedInvoke(code int, object, operation string, params m) string {
	c.t.Helper()
	return c.refused(code, "invoke", m{"object": object, "operation": operation, "operationParams": params})
}

func (c *client) subscribe(object, event string) string {
	c.t.Helper()
	id, _ := c.do("subscribe", m{"object": object, "type": event})["value"].(string)
	return id
}

// settle reads until everything that was under way before has arrived.
func (c *client) settle() {
	c.t.Helper()
	c.b.server.deliverer.Wait()
	c.do("ping", nil)
}

// names lists the types of the events that came, and forgets them.
func (c *client) names() string {
	c.t.Helper()
	c.settle()
	var list []string
	for _, e := range c.events {
		list = append(list, fmt.Sprint(e["type"]))
	}
	c.events = nil
	return strings.Join(list, " ")
}

const offerSDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-ufrag:abcd\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
