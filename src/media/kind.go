package media

// Kind is the kind of media of a source or a sink.
type Kind uint8

// The kinds of media.
const (
	Audio Kind = iota
	Video
)

// Kinds lists both, for loops over "each kind".
func Kinds() [2]Kind { return [2]Kind{Audio, Video} }

// String is the name of an SDP m-line (RFC 8866 section 5.14).
func (k Kind) String() string {
	if k == Video {
		return "video"
	}
	return "audio"
}
