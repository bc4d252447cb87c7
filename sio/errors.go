package sio

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/parlance-dev/parlance/sio/wire"
)

// Code names a kind of failure on the wire. The runtime itself produces the
// codes below; a contract's own table (Contract.Codes) is closed: a code that
// is not in it reaches clients as CodeEvent.
type Code string

// The codes that the runtime produces.
const (
	CodeValidation  Code = "VALIDATION_ERROR"  // the payload breaks its schema
	CodeLimit       Code = "LIMIT_EXCEEDED"    // a count is full
	CodeForbidden   Code = "FORBIDDEN"         // not allowed
	CodeRateLimited Code = "RATE_LIMITED"      // over the socket's rate limit
	CodeUnknown     Code = "UNKNOWN_EVENT"     // an event that the contract does not have
	CodeStore       Code = "STORE_UNAVAILABLE" // the store does not answer
	CodeEvent       Code = "EVENT_ERROR"       // the handler failed or panicked
	CodeSocket      Code = "SOCKET_ERROR"      // the connection failed underneath

	CodeTokenExpired Code = "AUTH_TOKEN_EXPIRED" // Identity.ExpiresAt has passed
)

// Violation is one way in which a payload breaks its schema.
type Violation = wire.Violation

// ValidationError is what a generated decoder returns for a bad payload.
type ValidationError = wire.ValidationError

// Error is a failure that a client may see: Code, Message and Details go out,
// the cause stays in the log. Handlers return one to refuse; any other error
// goes out as CodeEvent with that code's message.
type Error struct {
	Code    Code
	Message string      // "" means the contract's message for Code
	Details []Violation // nil for none
	cause   error
}

// NewError returns a failure for clients. An empty message means the
// contract's message for code.
func NewError(code Code, message string) *Error {
	return &Error{Code: code, Message: message}
}

// WrapError returns a failure for clients with the cause that the log gets.
func WrapError(code Code, message string, cause error) *Error {
	return &Error{Code: code, Message: message, cause: cause}
}

// Error renders code, message and cause, for logs.
func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.cause)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// Unwrap returns the cause, nil where there is none.
func (e *Error) Unwrap() error { return e.cause }

// Refusal is an answer to a handshake: connect_error with a message and data.
type Refusal struct { //nolint:errname // what a handshake gets is called a refusal
	Message string
	Data    json.RawMessage // err.data of the client; nil for none
	code    Code            // in Data, as NewRefusal put it there; "" for none
}

// Error returns the message.
func (r *Refusal) Error() string { return r.Message }

// Code returns the code in Data where NewRefusal put it there, "" for none.
func (r *Refusal) Code() Code { return r.code }

// NewRefusal returns a refusal whose data is {"code": code}.
func NewRefusal(code Code, message string) *Refusal {
	data := wire.AppendString([]byte(`{"code":`), string(code))
	return &Refusal{Message: message, Data: append(data, '}'), code: code}
}

// RefusalInternal is the refusal that stands for an inner failure.
func RefusalInternal() *Refusal {
	return NewRefusal(CodeSocket, "An error occurred")
}

// asError turns what a handler returned into what the client may see.
func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var v *ValidationError
	if errors.As(err, &v) {
		return &Error{Code: CodeValidation, Message: v.Error(), Details: v.Violations}
	}
	return &Error{Code: CodeEvent, cause: err}
}
