package eio

import (
	"errors"
	"fmt"
)

// Why a session ended, in the words of the official client.
const (
	TransportClose = "transport close" // the server, or the network, closed it
	TransportError = "transport error" // reading or writing failed
	PingTimeout    = "ping timeout"    // the server fell silent
	ParseError     = "parse error"     // the server broke the protocol
	Forced         = "forced close"    // Close or Abort was called
)

// ErrEnded says that the session is over or about to be.
var ErrEnded = errors.New("engine.io: session ended")

// Errors of servers that break the protocol.
var (
	errHandshake = errors.New("engine.io: malformed handshake")
	errPacket    = errors.New("engine.io: malformed packet")
	errTooLarge  = errors.New("engine.io: message above the limit")
)

// End says why a session ended. Err is nil where there is nothing to add.
type End struct { //nolint:errname // the end of a session is no failure as such
	Reason string
	Err    error
}

// Error returns the reason and the cause.
func (e *End) Error() string {
	if e.Err == nil {
		return "engine.io: " + e.Reason
	}
	return fmt.Sprintf("engine.io: %s: %v", e.Reason, e.Err)
}

// Unwrap returns the cause, nil where there is none.
func (e *End) Unwrap() error { return e.Err }

// HTTPError is an HTTP answer that is no success.
type HTTPError struct {
	Status int
	// Code and Message are what an Engine.IO server says in the body, such as
	// 1 and "Session ID unknown"; zero where it says nothing.
	Code    int
	Message string
}

// Error returns status and message.
func (e *HTTPError) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("engine.io: HTTP status %d", e.Status)
	}
	return fmt.Sprintf("engine.io: HTTP status %d: %s", e.Status, e.Message)
}
