package jsonrpc

import (
	"errors"
	"fmt"
)

// What a caller of this package may want to tell apart.
var (
	ErrClosed          = errors.New("closed")
	ErrSlow            = errors.New("client does not read what it is sent")
	ErrTooManySessions = errors.New("too many sessions")
	ErrBadSessionID    = errors.New("session id cannot be used")

	errDepth     = errors.New("JSON is nested too deep")
	errDuplicate = errors.New("JSON object has a key twice")
	errSyntax    = errors.New("invalid JSON")
)

// Codes of JSON-RPC 2.0 section 5.1, and the first of the range that it leaves
// to servers.
const (
	CodeParse          = -32700
	CodeInvalidRequest = -32600
	CodeNoMethod       = -32601
	CodeInvalidParams  = -32602
	CodeInternal       = -32603
	CodeServer         = -32000
)

// Error is what a request is refused with; it travels as it stands.
type Error struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    any    `json:"data,omitempty"`
}

// Error is the message with its code.
func (e *Error) Error() string { return fmt.Sprintf("%s (%d)", e.Message, e.Code) }

// Errorf makes an Error without data.
func Errorf(code int, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}
