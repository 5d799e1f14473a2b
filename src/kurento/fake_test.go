package kurento

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"ksfu/src/media"
	"ksfu/src/rtc"
)

// fakeEndpoint stands for an endpoint of rtc: it checks nothing but what the
// adapter must not get wrong, and records.
type fakeEndpoint struct {
	options rtc.EndpointOptions
	sources [2]*fakeSource
	sinks   [2]*fakeSink

	mu            sync.Mutex // guards the following
	local, remote string
	candidates    []rtc.Candidate
	gathered      int
	closed        bool
	maxSend       int
	maxRecv       [2]int
	channels      uint16
	offer         rtc.OfferOptions
	codecs        [2][]string
	block         chan struct{} // when set, Answer waits for it
	stats         rtc.Stats
	data          Endpoint // whose messages are passed on
}

type fakeSource struct {
	name      string
	mu        sync.Mutex // guards the following
	flowing   bool
	keyFrames int
	stats     media.SourceStats
}

func (s *fakeSource) Flowing() bool            { s.mu.Lock(); defer s.mu.Unlock(); return s.flowing }
func (s *fakeSource) RequestKeyFrame()         { s.mu.Lock(); defer s.mu.Unlock(); s.keyFrames++ }
func (s *fakeSource) Stats() media.SourceStats { s.mu.Lock(); defer s.mu.Unlock(); return s.stats }

type fakeSink struct {
	mu     sync.Mutex // guards the following
	source Source
	stats  media.SinkStats
}

func (s *fakeSink) SetSource(source Source) { s.mu.Lock(); defer s.mu.Unlock(); s.source = source }
func (s *fakeSink) Stats() media.SinkStats  { s.mu.Lock(); defer s.mu.Unlock(); return s.stats }
func (s *fakeSink) Flowing() bool           { s.mu.Lock(); defer s.mu.Unlock(); return s.source != nil }

func newFake(o rtc.EndpointOptions) *fakeEndpoint {
	f := &fakeEndpoint{options: o}
	for _, k := range media.Kinds() {
		f.sources[k], f.sinks[k] = &fakeSource{name: k.String()}, &fakeSink{}
	}
	return f
}

func (f *fakeEndpoint) Offer(o rtc.OfferOptions) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.offer = o
	f.local = fmt.Sprintf("offer audio=%v video=%v", o.Audio, o.Video)
	return f.local, nil
}

func (f *fakeEndpoint) Answer(offer string) (string, error) {
	if f.block != nil {
		<-f.block
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.closed:
		return "", rtc.ErrClosed
	case !strings.HasPrefix(offer, "v=0"):
		return "", fmt.Errorf("%w: no version", rtc.ErrSDP)
	case !strings.Contains(offer, "ice-ufrag"):
		return "v=0\r\nm=audio 0 RTP/AVP 0\r\n", nil
	case strings.Contains(offer, "panic"):
		panic("in rtc")
	}
	f.local, f.remote = "answer", offer
	return f.local, nil
}

func (f *fakeEndpoint) SetCodecs(k media.Kind, names []string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.local != "" {
		return rtc.ErrAnswered
	}
	f.codecs[k] = names
	return nil
}

func (f *fakeEndpoint) SetAnswer(answer string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !strings.HasPrefix(answer, "v=0") {
		return rtc.ErrSDP
	}
	f.remote = answer
	return nil
}

func (f *fakeEndpoint) LocalDescription() string  { f.mu.Lock(); defer f.mu.Unlock(); return f.local }
func (f *fakeEndpoint) RemoteDescription() string { f.mu.Lock(); defer f.mu.Unlock(); return f.remote }

func (f *fakeEndpoint) Gather() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.local == "" {
		return rtc.ErrNoDescription
	}
	f.gathered++
	return nil
}

func (f *fakeEndpoint) AddCandidate(c rtc.Candidate) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !strings.HasPrefix(c.Candidate, "candidate:"):
		return rtc.ErrBadCandidate
	case len(f.candidates) >= 64:
		return rtc.ErrTooManyCandidates
	}
	f.candidates = append(f.candidates, c)
	return nil
}

func (f *fakeEndpoint) Source(k media.Kind) Source { return f.sources[k] }
func (f *fakeEndpoint) Sink(k media.Kind) Sink     { return f.sinks[k] }

func (f *fakeEndpoint) SetMaxRecvBitrate(k media.Kind, bps int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.maxRecv[k] = bps
}

func (f *fakeEndpoint) SetMaxSendBitrate(bps int) { f.mu.Lock(); defer f.mu.Unlock(); f.maxSend = bps }

func (f *fakeEndpoint) SelectedPair() (local, remote string, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return "candidate:1 local", "candidate:2 remote", f.gathered > 0
}

func (f *fakeEndpoint) Stats() rtc.Stats { f.mu.Lock(); defer f.mu.Unlock(); return f.stats }

func (f *fakeEndpoint) CreateDataChannel(rtc.DataChannelOptions) (uint16, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.channels++
	return f.channels, nil
}

func (f *fakeEndpoint) CloseDataChannel(id uint16) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if id == 0 || id > f.channels {
		return rtc.ErrNoDataChannel
	}
	return nil
}

func (f *fakeEndpoint) SetDataSource(src Endpoint) { f.mu.Lock(); defer f.mu.Unlock(); f.data = src }

func (f *fakeEndpoint) Close() error { f.mu.Lock(); defer f.mu.Unlock(); f.closed = true; return nil }

func (f *fakeEndpoint) isClosed() bool { f.mu.Lock(); defer f.mu.Unlock(); return f.closed }

// fakeEngine makes endpoints and remembers them in order.
type fakeEngine struct {
	mu   sync.Mutex // guards the following
	made []*fakeEndpoint
	fail bool
}

func (e *fakeEngine) newEndpoint(o rtc.EndpointOptions) (Endpoint, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fail {
		return nil, errors.New("no ports left")
	}
	f := newFake(o)
	e.made = append(e.made, f)
	return f, nil
}

func (e *fakeEngine) at(i int) *fakeEndpoint {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.made[i]
}

func (e *fakeEngine) len() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.made)
}

// send lets an endpoint tell of an event, as rtc does from its own goroutines.
func (f *fakeEndpoint) send(event rtc.Event) { f.options.Events(event) }
