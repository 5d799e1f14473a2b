package rtc

import "ksfu/src/media"

// Event is what an Endpoint tells its owner: one of the types below. Events of
// one endpoint are delivered one at a time and in order; the receiver must not
// block and must not call Close from within the delivery.
type Event interface{ event() }

// CandidateFound is one local ICE candidate (RFC 8838 trickle).
type CandidateFound struct{ Candidate Candidate }

// GatheringDone ends the candidates of one gathering.
type GatheringDone struct{}

// ICEStateChanged is the state of the one ICE component (RTP/RTCP are bundled
// and multiplexed, so there is no other).
type ICEStateChanged struct{ State ICEState }

// DTLSStateChanged is the state of the DTLS association.
type DTLSStateChanged struct{ State DTLSState }

// PairSelected is the candidate pair that carries the media from now on.
// Both are candidate lines without their "candidate:" prefix's attribute name.
type PairSelected struct{ Local, Remote string }

// ConnectionChanged is true once media can pass (ICE and DTLS are up) and false
// when it no longer can.
type ConnectionChanged struct{ Connected bool }

// FlowChanged tells whether packets of a kind pass. In is the media that enters
// the endpoint from another one to be sent to its remote side (a Sink); the
// other direction is what the remote side sends (a Source).
type FlowChanged struct {
	Kind    media.Kind
	In      bool
	Flowing bool
}

// DataChannelChanged tells of a data channel's opening and closing.
type DataChannelChanged struct {
	ID   uint16
	Open bool
}

// Failure is something that keeps media from passing and that the owner of the
// endpoint should be told: no common codec (media.ErrNoCommonFormat), too many
// SSRCs, an internal error. Fatal means the endpoint has closed itself.
type Failure struct {
	Err   error
	Fatal bool
}

func (CandidateFound) event()     {}
func (GatheringDone) event()      {}
func (ICEStateChanged) event()    {}
func (DTLSStateChanged) event()   {}
func (PairSelected) event()       {}
func (ConnectionChanged) event()  {}
func (FlowChanged) event()        {}
func (DataChannelChanged) event() {}
func (Failure) event()            {}

// ICEState is the state of an ICE transport by W3C WebRTC section 5.6.3.
type ICEState string

// The ICE states.
const (
	ICENew          ICEState = "new"
	ICEChecking     ICEState = "checking"
	ICEConnected    ICEState = "connected"
	ICECompleted    ICEState = "completed"
	ICEDisconnected ICEState = "disconnected"
	ICEFailed       ICEState = "failed"
	ICEClosed       ICEState = "closed"
)

// DTLSState is the state of a DTLS transport by W3C WebRTC section 5.5.1.
type DTLSState string

// The DTLS states.
const (
	DTLSNew        DTLSState = "new"
	DTLSConnecting DTLSState = "connecting"
	DTLSConnected  DTLSState = "connected"
	DTLSClosed     DTLSState = "closed"
	DTLSFailed     DTLSState = "failed"
)
