package httpd

import "errors"

// Why a Server does not start. The errors that carry detail wrap one of these.
var (
	ErrAddress     = errors.New("not an address to listen on")
	ErrListen      = errors.New("cannot listen")
	ErrCertificate = errors.New("certificate cannot be used")
	ErrExposedKey  = errors.New("key file is open to others")
	ErrRoute       = errors.New("route cannot be used")
	ErrNoState     = errors.New("no state directory to keep the certificates in")
	ErrRestart     = errors.New("takes effect at restart")
)
