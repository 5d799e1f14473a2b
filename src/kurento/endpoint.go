package kurento

import (
	"io"

	"ksfu/src/media"
	"ksfu/src/rtc"
)

// Endpoint is what an object of class WebRtcEndpoint needs of rtc.Endpoint.
type Endpoint interface {
	Negotiator
	Trickler
	Router
	Limiter
	Observable
	DataChannels
	io.Closer
}

// Negotiator makes offers and answers.
type Negotiator interface {
	Offer(rtc.OfferOptions) (sdp string, err error)
	Answer(offer string) (sdp string, err error)
	SetAnswer(answer string) error
	// SetCodecs restricts the codecs, by their names in SDP; nil is all of
	// them. After the negotiation the answer is rtc.ErrAnswered.
	SetCodecs(k media.Kind, names []string) error
}

// Trickler takes and gives candidates.
type Trickler interface {
	Gather() error
	AddCandidate(rtc.Candidate) error
}

// Router has the ends that the graph connects.
type Router interface {
	Source(media.Kind) Source
	Sink(media.Kind) Sink
}

// Source is what the remote side sends of one kind; *media.Source is one.
type Source interface {
	Flowing() bool
	RequestKeyFrame()
	Stats() media.SourceStats
}

// Sink is what the remote side is sent of one kind. SetSource, with nil for
// none, must not block.
type Sink interface {
	SetSource(Source)
	Flowing() bool
	Stats() media.SinkStats
}

// Limiter bounds bitrates, in bits per second; 0 is no limit.
type Limiter interface {
	SetMaxRecvBitrate(k media.Kind, bps int)
	SetMaxSendBitrate(bps int)
}

// Observable tells what an endpoint has come to.
type Observable interface {
	LocalDescription() string
	RemoteDescription() string
	SelectedPair() (local, remote string, ok bool)
	Stats() rtc.Stats
}

// DataChannels opens and closes channels.
type DataChannels interface {
	CreateDataChannel(rtc.DataChannelOptions) (id uint16, err error)
	CloseDataChannel(id uint16) error
	// SetDataSource sends what comes on src's channels on one of the endpoint's
	// own; nil disconnects. It must not block.
	SetDataSource(src Endpoint)
}

// OnEngine makes endpoints on an rtc.Engine, for Options.NewEndpoint.
func OnEngine(engine *rtc.Engine) func(rtc.EndpointOptions) (Endpoint, error) {
	return func(o rtc.EndpointOptions) (Endpoint, error) {
		e, err := engine.NewEndpoint(o)
		if err != nil {
			return nil, err
		}
		return rtcEndpoint{e}, nil
	}
}

// rtcEndpoint gives the ends of an rtc.Endpoint as the interfaces of this
// package.
type rtcEndpoint struct{ *rtc.Endpoint }

func (e rtcEndpoint) SetDataSource(src Endpoint) {
	source, _ := src.(rtcEndpoint)
	e.Endpoint.SetDataSource(source.Endpoint)
}

func (e rtcEndpoint) Source(k media.Kind) Source { return e.Endpoint.Source(k) }

func (e rtcEndpoint) Sink(k media.Kind) Sink { return mediaSink{e.Endpoint.Sink(k)} }

type mediaSink struct{ *media.Sink }

func (m mediaSink) SetSource(s Source) {
	source, _ := s.(*media.Source)
	m.Sink.SetSource(source)
}
