package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v4"
)

// request is what the rival understands of a request's params.
type request struct {
	Type      string `json:"type"`
	Object    string `json:"object"`
	Operation string `json:"operation"`
	Params    struct {
		Offer string `json:"offer"`
		Sink  string `json:"sink"`
	} `json:"operationParams"`
}

// errorCode of every refusal: the rival has one client, which only shows it.
const errorCode = -32000

// ServeHTTP speaks as much of the Kurento protocol as session does.
func (f *fanout) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{}
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	defer ws.Close()
	var writing sync.Mutex
	send := func(v any) {
		writing.Lock()
		defer writing.Unlock()
		_ = ws.WriteJSON(v) // a broken connection ends the reading below
	}
	found := func(id string, c webrtc.ICECandidateInit) {
		var e event
		e.Value.Object, e.Value.Type, e.Value.Data.Candidate = id, eventCandidate, &c
		params, err := json.Marshal(e)
		if err != nil {
			return
		}
		send(message{Version: "2.0", Method: "onEvent", Params: params})
	}
	for {
		var m message
		if err := ws.ReadJSON(&m); err != nil {
			return
		}
		reply := message{Version: "2.0", ID: m.ID}
		if value, err := f.handle(m, found); err != nil {
			reply.Error = &refusal{Code: errorCode, Message: err.Error()}
		} else if raw, err := json.Marshal(value); err != nil {
			reply.Error = &refusal{Code: errorCode, Message: err.Error()}
		} else {
			reply.Result = &result{Value: raw, SessionID: "bench"}
		}
		send(reply)
	}
}

func (f *fanout) handle(m message, found func(string, webrtc.ICECandidateInit)) (value string, err error) {
	var q request
	if err := json.Unmarshal(m.Params, &q); err != nil {
		return "", fmt.Errorf("params: %w", err)
	}
	switch m.Method {
	case "create":
		if q.Type == "MediaPipeline" {
			return "1_kurento.MediaPipeline", nil
		}
		return f.newEndpoint(found)
	case "subscribe":
		return "1", nil // candidates are always sent
	case "invoke":
		return f.invoke(q)
	}
	return "", fmt.Errorf("unknown method %q", m.Method)
}

func (f *fanout) invoke(q request) (string, error) {
	f.mu.Lock()
	e, sink := f.endpoints[q.Object], f.endpoints[q.Params.Sink]
	f.mu.Unlock()
	if e == nil {
		return "", fmt.Errorf("unknown object %q", q.Object)
	}
	switch q.Operation {
	case "connect":
		if sink == nil {
			return "", fmt.Errorf("unknown object %q", q.Params.Sink)
		}
		return "", e.connect(sink)
	case "processOffer":
		return e.answer(q.Params.Offer)
	case "gatherCandidates":
		return "", nil // they come as soon as the answer is set
	}
	return "", fmt.Errorf("unknown operation %q", q.Operation)
}
