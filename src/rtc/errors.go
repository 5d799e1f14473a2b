package rtc

import "errors"

// What an Endpoint answers to bad input or to a call at the wrong time. Errors
// that carry detail wrap one of these.
var (
	ErrClosed              = errors.New("endpoint is closed")
	ErrEmptySDP            = errors.New("SDP is empty")
	ErrSDP                 = errors.New("SDP cannot be used")
	ErrSDPTooLarge         = errors.New("SDP is too large")
	ErrNoOffer             = errors.New("no offer was made that this could answer")
	ErrAnswered            = errors.New("the offer was answered already")
	ErrNoDescription       = errors.New("no offer or answer has been made yet")
	ErrBadCandidate        = errors.New("ICE candidate cannot be used")
	ErrTooManyCandidates   = errors.New("too many ICE candidates")
	ErrTooManyEndpoints    = errors.New("too many endpoints")
	ErrTooManySSRCs        = errors.New("too many RTP streams")
	ErrDataChannelsOff     = errors.New("data channels were not asked for")
	ErrTooManyDataChannels = errors.New("too many data channels")
	ErrNoDataChannel       = errors.New("no such data channel")
	ErrPanic               = errors.New("internal error")
)
