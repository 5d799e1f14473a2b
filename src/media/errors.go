package media

import "errors"

// What keeps a source's packets from a sink.
var (
	// ErrNoCommonFormat: nothing that the publisher sends is among what the
	// viewer negotiated. There is no transcoding.
	ErrNoCommonFormat = errors.New("no common codec")
	// ErrTooManyStreams: a remote side used more SSRCs than Limits.Streams.
	ErrTooManyStreams = errors.New("too many RTP streams")

	errPanic = errors.New("internal error: this stream was stopped, the others go on")
)
