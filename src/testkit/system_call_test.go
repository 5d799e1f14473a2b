//go:build system

package testkit

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
)

// result is what the far end of a call reports, as one line of JSON.
type result struct {
	Protocol   string // of the selected pair: udp, tcp
	ServerPort uint16
	Audio      int // packets that came back
	Video      int // frames whose first packet came back
}

// What has to come back before a call counts: 1 s of audio, 1 s of video.
const (
	wantAudio = 50
	wantVideo = 30
)

// counters saw what came back; a counter that runs backwards is an error.
type counters struct {
	mu           sync.Mutex // guards the following
	audio, video int
	lastA, lastV uint64
	err          error
	done         chan struct{}
	closed       bool
}

func (c *counters) saw(video bool, count uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, last, kind := &c.audio, &c.lastA, "audio"
	if video {
		n, last, kind = &c.video, &c.lastV, "video"
	}
	if count <= *last {
		c.err = fmt.Errorf("%s: %d came after %d", kind, count, *last)
	}
	*n, *last = *n+1, count
	if !c.closed && (c.err != nil || c.audio >= wantAudio && c.video >= wantVideo) {
		c.closed = true
		close(c.done)
	}
}

// farEnd is the client's side of a call with itself through the server: one
// endpoint, connected to itself.
type farEnd struct {
	pc           *webrtc.PeerConnection
	audio, video *webrtc.TrackLocalStaticSample
	seen         *counters
	control      *kurento
}

func newFarEnd(ctx context.Context, url string, networks ...webrtc.NetworkType) (f *farEnd, err error) {
	var se webrtc.SettingEngine
	se.SetNetworkTypes(networks)
	f = &farEnd{seen: &counters{done: make(chan struct{})}}
	if f.pc, err = webrtc.NewAPI(webrtc.WithSettingEngine(se)).NewPeerConnection(webrtc.Configuration{}); err != nil {
		return nil, err
	}
	if f.audio, f.video, err = tracks(f.pc, f.seen); err == nil {
		f.control, err = dial(ctx, url, func(c webrtc.ICECandidateInit) { _ = f.pc.AddICECandidate(c) })
	}
	if err == nil {
		err = negotiate(f.pc, f.control)
	}
	if err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

// sendInterval is that of send: 50 packets and frames a second of each kind.
const sendInterval = 20 * time.Millisecond

// send sends a counter in one audio packet and in one video frame.
func (f *farEnd) send(n uint64) error {
	sound := binary.BigEndian.AppendUint64(nil, n)
	return errors.Join(f.audio.WriteSample(media.Sample{Data: sound, Duration: sendInterval}),
		f.video.WriteSample(media.Sample{Data: picture(n), Duration: sendInterval}))
}

func (f *farEnd) close() {
	if f.control != nil {
		_ = f.control.conn.Close()
	}
	_ = f.pc.Close()
}

// call sends until enough came back, and reports.
func call(ctx context.Context, url string, networks ...webrtc.NetworkType) error {
	f, err := newFarEnd(ctx, url, networks...)
	if err != nil {
		return err
	}
	defer f.close()
	tick := time.NewTicker(sendInterval)
	defer tick.Stop()
	for n := uint64(1); ; n++ {
		select {
		case <-ctx.Done():
			f.seen.mu.Lock()
			defer f.seen.mu.Unlock()
			return fmt.Errorf("%w: ICE %s, %d audio packets, %d video frames came back", ctx.Err(), f.pc.ICEConnectionState(), f.seen.audio, f.seen.video)
		case <-f.seen.done:
			return report(f.pc, f.seen)
		case <-tick.C:
			if err := f.send(n); err != nil {
				return err
			}
		}
	}
}

func report(pc *webrtc.PeerConnection, seen *counters) error {
	pair, err := pc.GetSenders()[0].Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil {
		return err
	}
	seen.mu.Lock()
	defer seen.mu.Unlock()
	if seen.err != nil {
		return seen.err
	}
	line, err := json.Marshal(result{pair.Remote.Protocol.String(), pair.Remote.Port, seen.audio, seen.video})
	fmt.Println(string(line))
	return err
}

// both is the number of audio packets and video frames seen.
func (c *counters) both() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.audio + c.video
}

// picture is a VP8 frame as far as a forwarder reads it (RFC 6386, section
// 9.1): the frame tag, for each tenth frame the key frame's start code and
// size, then the counter and enough bytes for two packets.
func picture(n uint64) []byte {
	frame := make([]byte, 2000)
	if n%10 == 1 {
		copy(frame, []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00})
	} else {
		frame[0] = 0x11
	}
	binary.BigEndian.PutUint64(frame[10:], n)
	return frame
}

// tracks adds a track of each kind, sent and received.
func tracks(pc *webrtc.PeerConnection, seen *counters) (audio, video *webrtc.TrackLocalStaticSample, err error) {
	audio, errA := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, "audio", "system")
	video, errV := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "video", "system")
	if err := errors.Join(errA, errV); err != nil {
		return nil, nil, err
	}
	for _, track := range []webrtc.TrackLocal{audio, video} {
		if _, err := pc.AddTrack(track); err != nil {
			return nil, nil, err
		}
	}
	// Each reader ends with its track, when the connection is closed.
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			packet, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			if track.Kind() == webrtc.RTPCodecTypeAudio {
				if len(packet.Payload) == 8 {
					seen.saw(false, binary.BigEndian.Uint64(packet.Payload))
				}
				continue
			}
			var vp8 codecs.VP8Packet
			if frame, err := vp8.Unmarshal(packet.Payload); err == nil && vp8.S == 1 && len(frame) >= 18 {
				seen.saw(true, binary.BigEndian.Uint64(frame[10:]))
			}
		}
	})
	return audio, video, nil
}

// negotiate makes a pipeline with one endpoint, offers, and connects the
// endpoint to itself.
func negotiate(pc *webrtc.PeerConnection, k *kurento) error {
	pipeline, err := k.call("create", map[string]any{"type": "MediaPipeline", "constructorParams": map[string]any{}})
	if err != nil {
		return err
	}
	endpoint, err := k.call("create", map[string]any{"type": "WebRtcEndpoint", "constructorParams": map[string]any{"mediaPipeline": pipeline}})
	if err != nil {
		return err
	}
	if _, err := k.call("subscribe", map[string]any{"object": endpoint, "type": "IceCandidateFound"}); err != nil {
		return err
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		return err
	}
	if err := pc.SetLocalDescription(offer); err != nil {
		return err
	}
	<-gathered
	invoke := func(operation string, params map[string]any) (string, error) {
		return k.call("invoke", map[string]any{"object": endpoint, "operation": operation, "operationParams": params})
	}
	if _, err := invoke("connect", map[string]any{"sink": endpoint}); err != nil {
		return err
	}
	answer, err := invoke("processOffer", map[string]any{"offer": pc.LocalDescription().SDP})
	if err != nil {
		return err
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		return err
	}
	_, err = invoke("gatherCandidates", map[string]any{})
	return err
}

// kurento is as much of a Kurento client as a call needs: one request at a
// time, candidates handed to a function.
type kurento struct {
	conn    *websocket.Conn
	session string
	id      int
	replies chan reply
}

type reply struct {
	ID     *int
	Result struct {
		Value     any
		SessionID string
	}
	Error *struct {
		Code    int
		Message string
	}
	Params struct {
		Value struct {
			Type string
			Data struct {
				Candidate struct {
					Candidate     string
					SDPMid        string
					SDPMLineIndex uint16
				}
			}
		}
	}
}

// dial tries until the server listens. The reader ends with the connection.
func dial(ctx context.Context, url string, candidate func(webrtc.ICECandidateInit)) (*kurento, error) {
	var conn *websocket.Conn
	err := until(ctx, func() (err error) {
		conn, _, err = websocket.DefaultDialer.DialContext(ctx, url, nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	k := &kurento{conn: conn, replies: make(chan reply)}
	go func() {
		defer close(k.replies)
		for {
			var r reply
			if err := conn.ReadJSON(&r); err != nil {
				return
			}
			if r.ID != nil {
				k.replies <- r
				continue
			}
			if c := r.Params.Value.Data.Candidate; c.Candidate != "" {
				candidate(webrtc.ICECandidateInit{Candidate: c.Candidate, SDPMid: &c.SDPMid, SDPMLineIndex: &c.SDPMLineIndex})
			}
		}
	}()
	return k, nil
}

// call sends a request and returns the value of its reply as text.
func (k *kurento) call(method string, params map[string]any) (string, error) {
	k.id++
	if k.session != "" {
		params["sessionId"] = k.session
	}
	if err := k.conn.WriteJSON(map[string]any{"jsonrpc": "2.0", "id": k.id, "method": method, "params": params}); err != nil {
		return "", err
	}
	r, open := <-k.replies
	switch {
	case !open:
		return "", fmt.Errorf("%s: the connection ended", method)
	case r.Error != nil:
		return "", fmt.Errorf("%s: error %d: %s", method, r.Error.Code, r.Error.Message)
	case *r.ID != k.id:
		return "", fmt.Errorf("%s: reply to %d, want %d", method, *r.ID, k.id)
	}
	k.session = r.Result.SessionID
	value, _ := r.Result.Value.(string)
	return value, nil
}

// health prints what a health check answers, once the server listens.
func health(ctx context.Context, url string) error {
	var body []byte
	err := until(ctx, func() error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if body, err = io.ReadAll(res.Body); err == nil && res.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: %s", res.Status, body)
		}
		return err
	})
	fmt.Println(strings.TrimSpace(string(body)))
	return err
}

// until tries again each 50 ms, as the other process needs a moment to listen.
func until(ctx context.Context, try func() error) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-tick.C:
		}
	}
}
