package rtc

import "ksfu/src/media"

// STUB: being written.
type Engine struct{}
type Options struct{}
type Endpoint struct{}
type EndpointOptions struct {
	Receive, Send            bool
	DataChannels             bool
	RSA                      bool
	AudioCodecs, VideoCodecs []string
	Events                   func(Event)
}
type Candidate struct {
	Candidate     string
	SDPMid        string
	SDPMLineIndex uint16
}
type OfferOptions struct{ Audio, Video, ICERestart bool }
type DataChannelOptions struct {
	Label                             string
	Ordered                           bool
	MaxPacketLifeTime, MaxRetransmits int
	Protocol                          string
}

func New(Options) (*Engine, error)                                         { return &Engine{}, nil }
func (*Engine) Close() error                                               { return nil }
func (*Engine) NewEndpoint(EndpointOptions) (*Endpoint, error)             { return &Endpoint{}, nil }
func (*Endpoint) Offer(OfferOptions) (string, error)                       { return "", nil }
func (*Endpoint) Answer(string) (string, error)                            { return "", nil }
func (*Endpoint) SetAnswer(string) error                                   { return nil }
func (*Endpoint) LocalDescription() string                                 { return "" }
func (*Endpoint) RemoteDescription() string                                { return "" }
func (*Endpoint) Gather() error                                            { return nil }
func (*Endpoint) AddCandidate(Candidate) error                             { return nil }
func (*Endpoint) Source(media.Kind) *media.Source                          { return nil }
func (*Endpoint) Sink(media.Kind) *media.Sink                              { return nil }
func (*Endpoint) SetMaxRecvBitrate(media.Kind, int)                        {}
func (*Endpoint) SetMaxSendBitrate(int)                                    {}
func (*Endpoint) ICEState() ICEState                                       { return ICENew }
func (*Endpoint) DTLSState() DTLSState                                     { return DTLSNew }
func (*Endpoint) Connected() bool                                          { return false }
func (*Endpoint) SelectedPair() (string, string, bool)                     { return "", "", false }
func (*Endpoint) CreateDataChannel(DataChannelOptions) (uint16, error)     { return 0, nil }
func (*Endpoint) CloseDataChannel(uint16) error                            { return nil }
func (*Endpoint) Stats() Stats                                             { return Stats{} }
func (*Endpoint) Close() error                                             { return nil }
