package auth

import "errors"

// Why a request is turned away. Errors that carry detail wrap one of these.
var (
	// ErrNoCredential means that the request carries no token.
	ErrNoCredential = errors.New("no credential was given")
	// ErrWrongCredential means that the token is not one of this node's.
	ErrWrongCredential = errors.New("the token is not valid here")
	// ErrLocked means that the address has failed too often of late; the token
	// was not looked at.
	ErrLocked = errors.New("too many failed attempts from this address")
	// ErrHost means that the Host header names none of this node's names.
	ErrHost = errors.New("this host name is not one of this node's")
	// ErrOrigin means that the page that sent the request is a foreign one.
	ErrOrigin = errors.New("this origin is not allowed")
	// ErrBadToken means that a configured token cannot be used.
	ErrBadToken = errors.New("token cannot be used")
	// ErrBadHost means that a configured host or origin cannot be used.
	ErrBadHost = errors.New("not a host or an origin")
	// ErrBadProxy means that a configured proxy is no address or range.
	ErrBadProxy = errors.New("not an address or a range of addresses")
)
