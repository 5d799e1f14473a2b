package media

import "errors"

// STUB: being written.
type Source struct{}
type Sink struct{}

var ErrNoCommonFormat = errors.New("no common codec")

func (*Source) Kind() Kind         { return Audio }
func (*Source) Flowing() bool      { return false }
func (*Source) RequestKeyFrame()   {}
func (*Source) Stats() SourceStats { return SourceStats{} }
func (*Sink) Kind() Kind           { return Audio }
func (*Sink) SetSource(*Source)    {}
func (*Sink) Source() *Source      { return nil }
func (*Sink) SetMaxBitrate(int)    {}
func (*Sink) Flowing() bool        { return false }
func (*Sink) Stats() SinkStats     { return SinkStats{} }
