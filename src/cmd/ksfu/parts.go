package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"

	"ksfu/src/auth"
	"ksfu/src/config"
	"ksfu/src/httpd"
	"ksfu/src/kurento"
	"ksfu/src/media"
	"ksfu/src/node"
	"ksfu/src/rtc"
	"ksfu/src/state"
	"ksfu/web"
)

// parts are what runs, in the order in which they were started.
type parts struct {
	state   *state.Dir
	engine  *rtc.Engine
	kurento *kurento.Server
	web     *httpd.Server
	options httpd.Options // that web was made from
}

// start makes the parts; where one fails, those before it are ended.
func start(cfg *config.Config, log *slog.Logger) (*parts, error) {
	dir, err := state.Open(cfg.StateDir)
	if err != nil {
		return nil, err
	}
	tokens, err := auth.LoadTokens(tokens(cfg), dir)
	if err != nil {
		return nil, err
	}
	p := &parts{state: dir}
	fail := func(err error) (*parts, error) { return nil, errors.Join(err, p.close()) }
	if p.engine, err = rtc.New(engineOptions(cfg, log)); err != nil {
		return fail(err)
	}
	if p.kurento, err = kurento.New(kurento.Options{
		Principal: principal, NewEndpoint: kurento.OnEngine(p.engine), Renegotiate: cfg.KurentoRenegotiate, Logger: log,
	}); err != nil {
		return fail(err)
	}
	view, err := node.New(node.Options{Version: version, Media: p.engine, Kurento: p.kurento})
	if err != nil {
		return fail(err)
	}
	page, err := web.Check()
	if err != nil {
		return fail(fmt.Errorf("embedded pages: %w", err))
	}
	p.options = httpd.Options{
		HTTPS: listen(cfg.HTTPS), HTTP: listen(cfg.HTTP), Kurento: listen(cfg.Kurento),
		Prefix: cfg.HTTPPrefix, PublicHost: cfg.PublicHost, AllowOrigin: cfg.AllowOrigin, TrustedProxies: proxies(cfg),
		TLSCert: cfg.TLSCert, TLSKey: cfg.TLSKey, Names: names(), Tokens: tokens,
		Routes: []httpd.Route{
			{Path: "/kurento", Handler: p.kurento, Kurento: true},
			{Path: "/ws", Handler: p.kurento, Kurento: true}, // the predecessor's path
		},
		Check: page, State: dir, Node: view, Logger: log,
	}
	if p.web, err = httpd.New(p.options); err != nil {
		return fail(err)
	}
	return p, nil
}

// reload gives the parts what they can take while calls go on: credentials and
// who may call at once, media options to endpoints made from now on.
func (p *parts) reload(cfg *config.Config, log *slog.Logger) error {
	tokens, err := auth.LoadTokens(tokens(cfg), p.state)
	if err != nil {
		return err
	}
	o := p.options // what needs a restart stays as it was
	o.PublicHost, o.AllowOrigin, o.TrustedProxies, o.Tokens = cfg.PublicHost, cfg.AllowOrigin, proxies(cfg), tokens
	if err := p.engine.Reconfigure(engineOptions(cfg, log)); err != nil {
		return err
	}
	p.options = o
	return p.web.Reload(o)
}

// close ends the parts.
func (p *parts) close() error {
	var errs []error
	if p.kurento != nil { // tells its clients that the node goes, while it still listens
		errs = append(errs, p.kurento.Close())
	}
	if p.web != nil {
		errs = append(errs, p.web.Close())
	}
	if p.engine != nil {
		errs = append(errs, p.engine.Close())
	}
	return errors.Join(errs...)
}

func engineOptions(cfg *config.Config, log *slog.Logger) rtc.Options {
	var nat []string
	for _, a := range cfg.NAT1To1 {
		nat = append(nat, a.String())
	}
	return rtc.Options{
		SinglePort: cfg.ICESinglePort, PortMin: cfg.ICEPortRange.Min, PortMax: cfg.ICEPortRange.Max,
		Lite: cfg.ICELite, Loopback: cfg.ICELoopback, NAT1To1: nat, NAT1To1Srflx: cfg.CandidateType == "srflx",
		STUNServers: cfg.STUNServers, TURNServers: cfg.TURNServers, TURNUsername: cfg.TURNUsername, TURNPassword: cfg.TURNPassword,
		Disconnected: cfg.DisconnectedIn, Failed: cfg.FailedIn, Keepalive: cfg.KeepaliveEvery, MDNS: cfg.MDNS,
		MaxVideoBitrate: int(min(cfg.MaxBandwidth, 1<<31-1)),
		Media: media.Options{
			RingPackets: cfg.MaxPacketTrack, BestQualityFirst: cfg.BestFirst, TemporalLayers: cfg.TemporalLayers, MeasureLatency: cfg.WithStats,
			AudioLevelInterval: cfg.AudioInterval, AudioLevelThreshold: cfg.AudioThreshold, AudioLevelFilter: cfg.AudioFilter,
			Logger: log,
		},
		Logger: log,
	}
}

func tokens(cfg *config.Config) []auth.Token {
	var list []auth.Token
	for _, t := range cfg.Tokens {
		list = append(list, auth.Token{Name: t.Name, Value: t.Value, Admin: t.Admin, From: t.From})
	}
	return list
}

func proxies(cfg *config.Config) []string {
	var list []string
	for _, p := range cfg.TrustedProxy {
		list = append(list, p.String())
	}
	return list
}

// listen is a listener as httpd takes it.
func listen(l config.Listen) string {
	if l.Off() {
		return "off"
	}
	return strings.Join(l.Addrs, " ")
}

// names are this machine's on the LAN.
func names() []string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		return nil
	}
	host, _, _ = strings.Cut(strings.ToLower(host), ".")
	return []string{host + ".lan", host + ".local"}
}

// principal is who httpd has found to be calling.
func principal(r *http.Request) (name string, admin bool) {
	p, _ := auth.PrincipalFrom(r.Context())
	return p.Name, p.Admin
}
