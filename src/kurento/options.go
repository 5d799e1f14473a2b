package kurento

import (
	"log/slog"
	"net/http"
	"time"

	"ksfu/src/jsonrpc"
	"ksfu/src/rtc"
)

// Options is what a Server needs.
type Options struct {
	// Principal tells who calls, from what the middleware has put into the
	// request; an empty name is refused. It is required. An admin's objects are
	// a scope like any other's.
	Principal func(*http.Request) (name string, admin bool)
	// NewEndpoint makes the WebRTC side of an endpoint; OnEngine gives one. It
	// is required.
	NewEndpoint func(rtc.EndpointOptions) (Endpoint, error)
	// Renegotiate lets processOffer be called again on a negotiated endpoint,
	// which Kurento refuses: it is how ICE restarts.
	Renegotiate bool
	// SessionTTL is how long a session without a socket keeps its objects.
	// 0 means 240 s; a quarter of it may pass until it is noticed. (Kurento: 240
	// to 480 s.)
	SessionTTL time.Duration
	Limits     Limits
	RPC        jsonrpc.Limits
	// Logger defaults to one that discards.
	Logger *slog.Logger
	// Now defaults to time.Now.
	Now func() time.Time
}

// Equal compares what a reload may change: everything but the functions.
func (o Options) Equal(other Options) bool {
	return o.Renegotiate == other.Renegotiate && o.sessionTTL() == other.sessionTTL() &&
		o.Limits.withDefaults() == other.Limits.withDefaults() &&
		jsonrpc.Options{Limits: o.RPC}.Equal(jsonrpc.Options{Limits: other.RPC}) && o.Logger == other.Logger
}

func (o Options) sessionTTL() time.Duration {
	if o.SessionTTL == 0 {
		return 240 * time.Second
	}
	return o.SessionTTL
}

// Limits bound what one principal can hold; beyond them the answer is 40009. A
// zero field means the default named at it. Messages are bounded by
// jsonrpc.Limits, candidates and SDP by rtc.
type Limits struct {
	// Endpoints is the number of WebRtcEndpoints. Default 4,096.
	Endpoints int
	// Objects is the number of all objects. Default 8,192.
	Objects int
	// Subscriptions to events. Default 65,536: 16 at each endpoint.
	Subscriptions int
	// Sessions. Default 1,024.
	Sessions int
	// Operations of one transaction. Default 256.
	Operations int
	// Tags of one object. Default 32.
	Tags int
	// TextBytes is the longest name, tag or text property. Default 4,096.
	TextBytes int
	// Events that may wait at one endpoint; one that produces more than can be
	// delivered loses the newest, which is logged. Default 1,024.
	Events int
}

func (l Limits) withDefaults() Limits {
	for _, f := range []struct {
		field *int
		value int
	}{
		{&l.Endpoints, 4096},
		{&l.Objects, 8192},
		{&l.Subscriptions, 65_536},
		{&l.Sessions, 1024},
		{&l.Operations, 256},
		{&l.Tags, 32},
		{&l.TextBytes, 4096},
		{&l.Events, 1024},
	} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	return l
}

func (l Limits) valid() bool {
	return l.Endpoints > 0 && l.Objects > 0 && l.Subscriptions > 0 && l.Sessions > 0 &&
		l.Operations > 0 && l.Tags > 0 && l.TextBytes > 0 && l.Events > 0
}
