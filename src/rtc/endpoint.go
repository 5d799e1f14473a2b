package rtc

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"ksfu/src/media"
)

// Endpoint is one RTCPeerConnection with a source and a sink of each kind. The
// sources and sinks exist from the start, so that endpoints can be connected
// before or after they are negotiated.
type Endpoint struct {
	engine   *Engine
	opts     EndpointOptions
	inbound  *media.Inbound
	outbound *media.Outbound
	sources  [2]*media.Source
	sinks    [2]*media.Sink
	tracks   [2]*track

	ssrcs                          atomic.Int64 // distinct ones received
	bytesSent, bytesReceived       atomic.Uint64
	packetsSent, packetsReceived   atomic.Uint64
	channelsOpened, channelsClosed atomic.Int64
	accepted                       atomic.Int64 // channels that the remote side has opened
	data                           dataFlow

	ctx        context.Context // of all that waits for the remote side
	cancel     context.CancelFunc
	events     outbox
	resolving  sync.WaitGroup
	closing    sync.Once
	failing    sync.Once
	refreshing sync.Mutex   // held through refresh
	reading    sync.RWMutex // read-held through Stats, which must not run into the end

	negotiating sync.Mutex       // held through Offer, Answer and SetAnswer; guards the following
	bound       [2]*bound        // what the sinks were bound to
	tap         func(rtp []byte) // tests look at what comes, nil otherwise

	mu         sync.Mutex // guards the following
	pc         *webrtc.PeerConnection
	maxRecv    [2]int
	local      string // as given to the remote side
	remote     string
	offered    bool // an offer of ours waits for its answer
	negotiated bool
	candidates candidates
	ice        ICEState
	dtls       DTLSState
	connected  bool
	pairs      int // selected so far
	pair       *webrtc.ICECandidatePair
	layout     []place // the lines of the last negotiation
	profile    string  // of SRTP
	channels   map[uint16]*webrtc.DataChannel
	closed     bool
}

// NewEndpoint makes an endpoint that nothing has been negotiated for.
func (e *Engine) NewEndpoint(opts EndpointOptions) (*Endpoint, error) {
	ep := &Endpoint{engine: e, opts: opts, ice: ICENew, dtls: DTLSNew, channels: map[uint16]*webrtc.DataChannel{}}
	ep.candidates.max, ep.candidates.seed = e.limits.Candidates, e.seed
	limit := e.live.Load().MaxVideoBitrate
	ep.maxRecv[media.Video] = limit
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, ErrClosed
	}
	if len(e.endpoints) >= e.limits.Endpoints {
		return nil, fmt.Errorf("%w: %d are open, which is the limit", ErrTooManyEndpoints, len(e.endpoints))
	}
	e.endpoints[ep] = struct{}{}
	ep.ctx, ep.cancel = context.WithCancel(context.Background())
	ep.events.deliver = func(ev Event) {
		defer ep.guard()
		opts.Events(ev)
	}
	ep.inbound = e.router.NewInbound(media.InboundOptions{
		Write: ep.writeRTCP, MaxBitrate: limit,
		Failed: func(err error) { ep.emit(Failure{Err: err}) },
	})
	ep.outbound = e.router.NewOutbound(ep.writeRTCP)
	for _, kind := range media.Kinds() {
		ep.sources[kind] = e.router.NewSource(kind, media.SourceOptions{
			Flow: func(flowing bool) { ep.emit(FlowChanged{Kind: kind, Flowing: flowing}) },
		})
		ep.sinks[kind] = ep.outbound.NewSink(kind, media.SinkOptions{
			Flow:   func(flowing bool) { ep.emit(FlowChanged{Kind: kind, In: true, Flowing: flowing}) },
			Failed: func(err error) { ep.emit(Failure{Err: err}) },
		})
		ep.tracks[kind] = &track{endpoint: ep, kind: kind}
	}
	return ep, nil
}

// Source is what the remote side sends of a kind.
func (ep *Endpoint) Source(kind media.Kind) *media.Source { return ep.sources[kind] }

// Sink is what the remote side is sent of a kind.
func (ep *Endpoint) Sink(kind media.Kind) *media.Sink { return ep.sinks[kind] }

// SetCodecs restricts what will be negotiated of a kind, by names as in
// EndpointOptions; nil lifts the restriction. It has no effect on what has
// been negotiated, which ErrAnswered tells.
func (ep *Endpoint) SetCodecs(kind media.Kind, names []string) error {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	if ep.pc != nil {
		return fmt.Errorf("codecs of %s: %w", kind, ErrAnswered)
	}
	if kind == media.Video {
		ep.opts.VideoCodecs = names
	} else {
		ep.opts.AudioCodecs = names
	}
	return nil
}

// SetMaxRecvBitrate asks the remote side to send at most so many bits per
// second of a kind (0 = no limit): by REMB at once, and in the SDP of the next
// negotiation. Endpoints never exceed Options.MaxVideoBitrate.
func (ep *Endpoint) SetMaxRecvBitrate(kind media.Kind, bps int) {
	if limit := ep.engine.live.Load().MaxVideoBitrate; kind == media.Video && limit > 0 && (bps == 0 || bps > limit) {
		bps = limit
	}
	ep.mu.Lock()
	ep.maxRecv[kind] = bps
	ep.mu.Unlock()
	if kind == media.Video {
		ep.inbound.SetMaxBitrate(bps)
	}
}

// SetMaxSendBitrate limits the video that the remote side is sent, by the
// choice of the simulcast layer (bits per second, 0 = no limit).
func (ep *Endpoint) SetMaxSendBitrate(bps int) { ep.sinks[media.Video].SetMaxBitrate(bps) }

// LocalDescription is the last SDP made here, "" before; RemoteDescription the
// last one taken.
func (ep *Endpoint) LocalDescription() string {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	return ep.candidates.into(ep.local)
}

// RemoteDescription is the last SDP taken, "" before.
func (ep *Endpoint) RemoteDescription() string {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	return ep.remote
}

// ICEState is the state of the ICE transport.
func (ep *Endpoint) ICEState() ICEState {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	return ep.ice
}

// DTLSState is the state of the DTLS transport.
func (ep *Endpoint) DTLSState() DTLSState {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	return ep.dtls
}

// Connected tells whether media can pass.
func (ep *Endpoint) Connected() bool {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	return ep.connected
}

// connection returns the PeerConnection, made at the first negotiation;
// ep.negotiating is held.
func (ep *Endpoint) connection() (*webrtc.PeerConnection, error) {
	ep.mu.Lock()
	pc, closed, opts := ep.pc, ep.closed, ep.opts
	ep.mu.Unlock()
	if closed {
		return nil, ErrClosed
	}
	if pc != nil {
		return pc, nil
	}
	m, err := newMediaEngine(opts.AudioCodecs, opts.VideoCodecs)
	if err != nil {
		return nil, fmt.Errorf("register codecs: %w", err)
	}
	se, err := ep.engine.settings(ep)
	if err != nil {
		return nil, fmt.Errorf("ICE settings: %w", err)
	}
	cert, err := ep.engine.certs.get(opts.RSA)
	if err != nil {
		return nil, fmt.Errorf("DTLS certificate: %w", err)
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(se),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{})) // none: see the package's doc
	pc, err = api.NewPeerConnection(webrtc.Configuration{
		Certificates: []webrtc.Certificate{cert}, ICEServers: ep.engine.iceServers(ep.engine.live.Load()),
		BundlePolicy: webrtc.BundlePolicyMaxBundle, AlwaysNegotiateDataChannels: opts.DataChannels,
	})
	if err != nil {
		return nil, fmt.Errorf("peer connection: %w", err)
	}
	ep.watch(pc)
	ep.mu.Lock()
	ep.pc = pc
	ep.mu.Unlock()
	return pc, nil
}

// writeRTCP sends what media reports; errors mean that the transport is not up
// or going, of which there are events.
func (ep *Endpoint) writeRTCP(packets []rtcp.Packet) {
	ep.mu.Lock()
	pc, up := ep.pc, ep.connected
	ep.mu.Unlock()
	if up {
		_ = pc.WriteRTCP(packets)
	}
}

// emit tells of an event, under whatever locks; none follow Close.
func (ep *Endpoint) emit(ev Event) {
	if ep.opts.Events != nil {
		ep.events.put(ev)
	}
}

// guard is deferred at the edge of goroutines that Pion runs for this
// endpoint: a panic there ends this endpoint and nothing else.
func (ep *Endpoint) guard() {
	if v := recover(); v != nil {
		ep.panicked(v)
	}
}

// contain is deferred by what hands a remote side's words to Pion.
func (ep *Endpoint) contain(err *error) {
	if v := recover(); v != nil {
		ep.panicked(v)
		*err = ErrPanic
	}
}

func (ep *Endpoint) panicked(v any) {
	ep.engine.panics.Add(1)
	ep.engine.opts.Logger.Error("endpoint panic contained", "panic", v, "stack", string(debug.Stack()))
	ep.fail(ErrPanic)
}

// fail tells of an error and closes the endpoint, from any goroutine and under
// any lock.
func (ep *Endpoint) fail(err error) {
	ep.failing.Do(func() {
		var told <-chan struct{}
		if ep.opts.Events != nil {
			told = ep.events.last(Failure{Err: err, Fatal: true})
		}
		go func() { // ends by itself; Engine.Close waits for the Close in it as for any
			if told != nil {
				<-told
			}
			_ = ep.Close()
		}()
	})
}

// Close ends the endpoint: its sources stop, its sinks are disconnected, its
// goroutines have ended when it returns.
func (ep *Endpoint) Close() error {
	var err error
	ep.closing.Do(func() {
		ep.mu.Lock()
		ep.closed, ep.connected = true, false
		ep.mu.Unlock()
		// What a negotiation begins while Pion's end is under way, nothing would
		// end, and a look at the statistics would race with it: those that run
		// are waited for, those that come later see closed.
		ep.reading.Lock()
		ep.reading.Unlock() //nolint:staticcheck // on purpose empty
		ep.cancel()
		ep.negotiating.Lock()
		ep.mu.Lock()
		pc := ep.pc
		ep.mu.Unlock()
		ep.negotiating.Unlock()
		ep.SetDataSource(nil)
		ep.data.close()
		ep.outbound.Close()
		ep.inbound.Close()
		if pc != nil {
			err = pc.GracefulClose()
		}
		ep.resolving.Wait()
		ep.events.close()
		ep.mu.Lock()
		ep.ice, ep.dtls = ICEClosed, DTLSClosed
		ep.mu.Unlock()
		ep.engine.mu.Lock()
		delete(ep.engine.endpoints, ep)
		ep.engine.mu.Unlock()
	})
	return err
}
