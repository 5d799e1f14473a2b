package state

import "errors"

// What a Dir answers; the errors that carry detail wrap one of these.
var (
	// ErrExposed means that others could read or change what is ours.
	ErrExposed = errors.New("open to others")
	// ErrName means that a name is not one a state file may have.
	ErrName = errors.New("not a name of a state file")
	// ErrTooLarge means that a file is larger than any state file is.
	ErrTooLarge = errors.New("state file is too large")
	// ErrNotFile means that something other than a plain file is in its place.
	ErrNotFile = errors.New("not a plain file")
)
