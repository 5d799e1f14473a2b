package kurento

import (
	"net/netip"
	"strings"

	"ksfu/src/jsonrpc"
	"ksfu/src/rtc"
)

func webRTCEndpointClass() *class {
	k := &class{
		name: "WebRtcEndpoint", construct: newWebRTC,
		params: params("mediaPipeline:MediaPipeline", "recvonly?:boolean=false", "sendonly?:boolean=false",
			"useDataChannels?:boolean=false", "certificateKeyType?:CertificateKeyType", "qosDscp?:DSCPValue=NO_VALUE"),
		events: []string{
			"IceCandidateFound", "IceGatheringDone", "IceComponentStateChanged", "DtlsConnectionStateChange",
			"DataChannelOpened", "DataChannelClosed", "NewCandidatePairSelected",
		},
	}
	k.define("gatherCandidates()", gatherCandidates)
	k.define("addIceCandidate(candidate:IceCandidate)", addIceCandidate).normal = nestCandidate
	k.define("createDataChannel(label?:String=, ordered?:boolean=true, maxPacketLifeTime?:int=-1, maxRetransmits?:int=-1, protocol?:String=)", createDataChannel)
	k.define("closeDataChannel(channelId:int)", closeDataChannel)
	// How candidates are gathered is settled once for the node, by its own
	// configuration: what a client sets here is kept for it to read.
	k.stored("networkInterfaces:String=", nil, nil)
	k.stored("iceTcp:boolean=true", nil, nil)
	k.stored("stunServerAddress:String=", nil, nil)
	k.stored("stunServerPort:int=3478", port, nil)
	k.stored("turnUrl:String=", nil, nil)
	k.stored("externalIPv4:String=", address(netip.Addr.Is4, "IPv4"), nil)
	k.stored("externalIPv6:String=", address(netip.Addr.Is6, "IPv6"), nil)
	k.stored("externalAddress:String=", nil, nil).legacy = true
	k.property("ICECandidatePairs:IceCandidatePair[]", candidatePairs, nil)
	k.property("IceConnectionState:IceConnection[]", iceConnections, nil)
	k.property("DtlsConnectionState:DtlsConnection[]", dtlsConnections, nil)
	return k
}

func port(v any) *jsonrpc.Error {
	if n, _ := v.(int64); n < 0 || n > 65_535 {
		return fail(codeIllegalParam, "A port is 0 to 65535")
	}
	return nil
}

func address(family func(netip.Addr) bool, name string) func(any) *jsonrpc.Error {
	return func(v any) *jsonrpc.Error {
		text, _ := v.(string)
		if text == "" {
			return nil
		}
		if a, err := netip.ParseAddr(text); err != nil || !family(a) {
			return fail(codeIllegalParam, "'%.64s' is no %s address", text, name)
		}
		return nil
	}
}

// webRTC is what a WebRtcEndpoint adds to an object. Its options never change;
// the rest is guarded by Server.mu.
type webRTC struct {
	options  rtc.EndpointOptions
	peer     *peer
	state    sdpState
	before   sdpState   // the state that a step in negotiating began in
	offerer  bool       // the offer was ours
	rejected *rejection // set when nothing was negotiated
	ice      rtc.ICEState
	iceName  string // as told last
	dtls     rtc.DTLSState
	// connected is both states of Kurento: media can pass, and with it RTCP,
	// which is sent at once.
	connected bool
	flowed    [2]bool // by kind: media has entered once
	over      bool    // MediaSessionTerminated was told
}

// rejection is an offer all of whose media was rejected.
type rejection struct{ local, remote string }

// peer is the WebRTC side of an endpoint and where its events wait.
type peer struct {
	Endpoint
	inbox *inbox
}

// peer gives the WebRTC side of an object, nil where it has none.
func (c *call) peer(o *object) *peer {
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	if o.webrtc == nil {
		return nil
	}
	return o.webrtc.peer
}

func newWebRTC(c *call, a args) (*object, error) {
	s, pipeline := c.srv, a.object("mediaPipeline")
	recvonly, sendonly := a.flag("recvonly"), a.flag("sendonly")
	if recvonly && sendonly {
		return nil, fail(codeIllegalParam, "'recvonly' and 'sendonly' exclude each other")
	}
	o := newObject(s.model.classes["WebRtcEndpoint"], c.scope, pipeline, s.now())
	o.element = &element{}
	o.webrtc = &webRTC{options: rtc.EndpointOptions{
		Receive: !sendonly, Send: !recvonly, DataChannels: a.flag("useDataChannels"),
		// Absent means ECDSA here: one RSA key costs seconds on a small router.
		RSA: a.text("certificateKeyType") == "RSA",
	}}
	if err := c.reserve(); err != nil {
		return nil, err
	}
	inserted := false
	defer func() { // after a panic in rtc, too
		s.mu.Lock()
		defer s.mu.Unlock()
		c.scope.reserved--
		if !inserted {
			c.scope.endpoints--
		}
	}()
	p, err := s.newPeer(o, o.webrtc.options)
	if err != nil {
		return nil, mediaError(codeUnexpected, err)
	}
	if err := c.insertInto(pipeline, o, p); err != nil {
		s.closePeer(p)
		return nil, err
	}
	inserted = true
	return o, nil
}

// insertInto inserts unless the parent was released meanwhile.
func (c *call) insertInto(parent, o *object, p *peer) error {
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	o.webrtc.peer = p
	if parent.gone {
		return objectNotFound(parent.id)
	}
	return c.insert(o)
}

// reserve takes the place of an endpoint while it is made without a lock.
func (c *call) reserve() error {
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	if err := c.room(); err != nil {
		return err
	}
	if c.scope.endpoints >= c.srv.limits.Endpoints {
		return tooMany("endpoints", c.srv.limits.Endpoints)
	}
	c.scope.endpoints++
	c.scope.reserved++
	return nil
}

// newPeer makes the WebRTC side of an endpoint; its events go to a queue of
// its own.
func (s *Server) newPeer(o *object, options rtc.EndpointOptions) (*peer, error) {
	in := newInbox(s, o)
	options.Events = in.put
	e, err := s.opts.NewEndpoint(options)
	if err != nil {
		in.close()
		return nil, err
	}
	return &peer{e, in}, nil
}

func gatherCandidates(c *call, o *object, _ args) (any, error) {
	c.srv.mu.Lock()
	p, refused := o.webrtc.peer, o.webrtc.rejected != nil
	c.srv.mu.Unlock()
	if refused { // there is nothing to gather for
		return nil, nil
	}
	if err := p.Gather(); err != nil {
		return nil, c.mediaError(o, codeGather, err)
	}
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	c.srv.iceState(o, "GATHERING")
	return nil, nil
}

// longestCandidate is 16 KiB (THREATS: candidates); a real one has 200 bytes.
const longestCandidate = 16 << 10

// nestCandidate takes the flat form, which an earlier ksfu had, too.
func nestCandidate(raw any) any {
	given, _ := raw.(map[string]any)
	if _, flat := given["candidate"].(string); flat {
		return map[string]any{"candidate": given}
	}
	return raw
}

func addIceCandidate(c *call, o *object, a args) (any, error) {
	given := a.group("candidate")
	line := given.text("candidate")
	switch {
	case line == "" && !given.has("candidate"):
		return nil, fail(codeMarshall, "'candidate' parameter is required")
	case line == "": // the end of candidates, which Kurento ignores
		return nil, nil
	case len(line) > longestCandidate || strings.ContainsAny(line, "\r\n\x00"):
		return nil, fail(codeAddCandidate, "Candidate is over %d bytes or has a line break", longestCandidate)
	}
	index := given.number("sdpMLineIndex")
	if index < 0 || index > 65_535 {
		return nil, fail(codeAddCandidate, "'sdpMLineIndex' must be 0 to 65535")
	}
	mid := given.text("sdpMid")
	if err := c.short("sdpMid", mid); err != nil {
		return nil, err
	}
	candidate := rtc.Candidate{Candidate: line, SDPMid: mid, SDPMLineIndex: uint16(index)}
	if err := c.peer(o).AddCandidate(candidate); err != nil {
		return nil, c.mediaError(o, codeAddCandidate, err)
	}
	return nil, nil
}

func createDataChannel(c *call, o *object, a args) (any, error) {
	p := c.peer(o)
	life, retransmits := a.number("maxPacketLifeTime"), a.number("maxRetransmits")
	switch {
	case !o.webrtc.options.DataChannels:
		return nil, fail(codeNotSupported, "Data channels are not enabled: create the endpoint with useDataChannels")
	case life >= 0 && retransmits >= 0:
		return nil, fail(codeIllegalParam, "'maxPacketLifeTime' and 'maxRetransmits' exclude each other")
	case life > 65_535 || retransmits > 65_535:
		return nil, fail(codeIllegalParam, "'maxPacketLifeTime' and 'maxRetransmits' are at most 65535")
	}
	for _, name := range []string{"label", "protocol"} {
		if err := c.short(name, a.text(name)); err != nil {
			return nil, err
		}
	}
	_, err := p.CreateDataChannel(rtc.DataChannelOptions{
		Label: a.text("label"), Ordered: a.flag("ordered"), Protocol: a.text("protocol"),
		MaxPacketLifeTime: int(max(life, -1)), MaxRetransmits: int(max(retransmits, -1)),
	})
	if err != nil {
		return nil, c.mediaError(o, codeUnexpected, err)
	}
	return nil, nil
}

func closeDataChannel(c *call, o *object, a args) (any, error) {
	id := a.number("channelId")
	if id < 0 || id > 65_535 {
		return nil, fail(codeIllegalParam, "'channelId' must be 0 to 65535")
	}
	if err := c.peer(o).CloseDataChannel(uint16(id)); err != nil {
		return nil, c.mediaError(o, codeUnexpected, err)
	}
	return nil, nil
}
