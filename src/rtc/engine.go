package rtc

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"

	"ksfu/src/media"
)

const (
	// dtlsTimeout: a handshake that has not ended by then has failed. Five
	// flights may be lost one after the other (RFC 6347 section 4.2.4.1).
	dtlsTimeout = 30 * time.Second
	// messageSize is the largest data channel message taken, in bytes: what all
	// browsers send without asking. Pion's own limit is 1 GiB.
	messageSize = 64 << 10
)

// Engine owns what all endpoints share.
type Engine struct {
	opts   Options // as New got them; of what Reconfigure changes, live counts
	live   atomic.Pointer[Options]
	limits Limits
	router *media.Router
	net    *network
	log    *pionLog
	mux    *portMux
	udp    []*net.UDPConn
	tcp    ice.TCPMux
	tcpIn  net.Listener
	port   int
	mdns   *resolver
	certs  certificates
	seed   maphash.Seed
	panics atomic.Uint64

	mu        sync.Mutex // guards the following
	endpoints map[*Endpoint]struct{}
	closed    bool
}

// New opens the ports and makes the certificate.
func New(opts Options) (*Engine, error) {
	e := &Engine{
		opts: opts, limits: opts.Limits.withDefaults(), net: newNetwork(), seed: maphash.MakeSeed(),
		endpoints: map[*Endpoint]struct{}{},
	}
	e.log = &pionLog{log: opts.Logger}
	if opts.Media.Logger == nil {
		opts.Media.Logger = opts.Logger
	}
	e.live.Store(&opts)
	e.router = media.NewRouter(opts.Media)
	err := e.checkServers(&opts)
	if err == nil {
		_, err = e.certs.get(false)
	}
	if err == nil && opts.SinglePort != 0 {
		err = e.listen()
	}
	if err == nil && opts.MDNS {
		e.mdns, err = newResolver(e.net, e.log)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("media engine: %w", err), e.Close())
	}
	return e, nil
}

// Port is the single port, 0 where there is none.
func (e *Engine) Port() int { return e.port }

// Endpoints is the number of open endpoints.
func (e *Engine) Endpoints() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.endpoints)
}

// Panics is the number of panics that were contained since the start.
func (e *Engine) Panics() uint64 { return e.panics.Load() + e.router.Panics() }

// settings are Pion's for one endpoint.
func (e *Engine) settings(ep *Endpoint) (webrtc.SettingEngine, error) {
	se := webrtc.SettingEngine{LoggerFactory: e.log, BufferFactory: ep.newBuffer}
	se.SetNet(e.net)
	se.SetSRTPProtectionProfiles(srtpProfiles()...)
	se.DisableMediaEngineCopy(true)
	se.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled) // one resolver for all: e.mdns
	se.SetIncludeLoopbackCandidate(true)                    // announced only as announces says
	se.DisableActiveTCP(true)
	se.SetLite(e.opts.Lite)
	// Only a path that ICE has proved reaches DTLS: its cookie would prove the
	// same once more and cost a round trip.
	se.SetDTLSInsecureSkipHelloVerify(true)
	se.SetDTLSConnectContextMaker(func() (context.Context, func()) { return context.WithTimeout(ep.ctx, dtlsTimeout) })
	se.SetDTLSServerHelloMessageHook(ep.serverHello)
	se.SetSCTPMaxMessageSize(messageSize)
	d := func(v, def time.Duration) time.Duration {
		if v == 0 {
			return def
		}
		return v
	}
	se.SetICETimeouts(d(e.opts.Disconnected, 15*time.Second), d(e.opts.Failed, 15*time.Second), d(e.opts.Keepalive, 5*time.Second))
	// No wait for a better pair than one that works: a join takes 100 ms less.
	se.SetPrflxAcceptanceMinWait(0)
	se.SetSrflxAcceptanceMinWait(0)
	types := []webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6}
	if e.mux != nil {
		se.SetICEUDPMux(e.mux)
		se.SetICETCPMux(e.tcp)
		types = append(types, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6)
	} else if e.opts.PortMin != 0 || e.opts.PortMax != 0 {
		if err := se.SetEphemeralUDPPortRange(e.opts.PortMin, e.opts.PortMax); err != nil {
			return se, err
		}
	}
	se.SetNetworkTypes(types)
	if err := se.SetAnsweringDTLSRole(webrtc.DTLSRoleServer); err != nil { // see srtpProfiles
		return se, err
	}
	return se, se.SetICEAddressRewriteRules(rewriteRules(e.opts)...)
}

// checkServers tells at the start what would else fail each endpoint.
func (e *Engine) checkServers(o *Options) error {
	for _, a := range e.opts.NAT1To1 {
		if net.ParseIP(strings.TrimPrefix(a, "+")) == nil {
			return fmt.Errorf("%q is no IP address to announce", a)
		}
	}
	_, err := webrtc.NewAPI(webrtc.WithSettingEngine(webrtc.SettingEngine{LoggerFactory: e.log})).
		NewICEGatherer(webrtc.ICEGatherOptions{ICEServers: e.iceServers(o)})
	if err != nil {
		return fmt.Errorf("STUN and TURN servers: %w (they are URLs such as stun:host:3478)", err)
	}
	return nil
}

// Reconfigure changes the servers and the publishers' limit for endpoints to
// come, and the options of the forwarding; the rest needs a new Engine. Wrong
// servers are refused, and nothing has changed.
func (e *Engine) Reconfigure(opts Options) error {
	next := e.opts
	next.STUNServers, next.TURNServers = opts.STUNServers, opts.TURNServers
	next.TURNUsername, next.TURNPassword = opts.TURNUsername, opts.TURNPassword
	next.MaxVideoBitrate, next.Media = opts.MaxVideoBitrate, opts.Media
	if next.Media.Logger == nil {
		next.Media.Logger = e.opts.Logger
	}
	if err := e.checkServers(&next); err != nil {
		return err
	}
	e.live.Store(&next)
	e.router.Reconfigure(next.Media)
	return nil
}

func (e *Engine) iceServers(o *Options) []webrtc.ICEServer {
	if e.opts.Lite {
		return nil // it has host candidates only
	}
	var list []webrtc.ICEServer
	if len(o.STUNServers) > 0 {
		list = append(list, webrtc.ICEServer{URLs: o.STUNServers})
	}
	if len(o.TURNServers) > 0 {
		list = append(list, webrtc.ICEServer{
			URLs: o.TURNServers, Username: o.TURNUsername, Credential: o.TURNPassword.Reveal(),
		})
	}
	return list
}

// Close closes all endpoints and the ports.
func (e *Engine) Close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil
	}
	e.closed = true
	var open []*Endpoint
	for ep := range e.endpoints {
		open = append(open, ep)
	}
	e.mu.Unlock()
	var wg sync.WaitGroup
	for _, ep := range open { // a graceful end each; side by side they take as long as one
		wg.Add(1)
		go func() {
			defer wg.Done()
			_ = ep.Close()
		}()
	}
	wg.Wait()
	var errs []error
	if e.mux != nil {
		errs = append(errs, e.mux.Close())
	}
	for _, c := range e.udp {
		_ = c.Close() // the mux has closed it; it has not where listen failed half-way
	}
	if e.tcp != nil {
		errs = append(errs, e.tcp.Close())
	}
	if e.mdns != nil {
		errs = append(errs, e.mdns.Close())
	}
	e.router.Close()
	return errors.Join(errs...)
}
