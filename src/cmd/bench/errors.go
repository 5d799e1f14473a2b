package main

import "errors"

var (
	// errServerEnded says that the server's process ended while it was needed.
	errServerEnded = errors.New("server ended")
	// errNotListening says that the server's signalling port did not open in time.
	errNotListening = errors.New("server does not listen")
	// errSignalling is a refusal by the server, with its code and words.
	errSignalling = errors.New("server refused")
	// errSessionClosed says that the signalling connection is gone.
	errSessionClosed = errors.New("signalling connection closed")
	// errNotConnected says that ICE or DTLS failed.
	errNotConnected = errors.New("connection failed")
	// errNoMedia says that a subscriber saw no whole key frame in time.
	errNoMedia = errors.New("no key frame arrived")
	// errNoFigure says that a tool's output holds no such figure.
	errNoFigure = errors.New("figure not found in the output")
)
