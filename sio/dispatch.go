package sio

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/parlance-dev/parlance/sio/wire"
)

// Observation is one client event, after it was handled or dropped.
type Observation struct {
	// Conn is the connection that it came by.
	Conn *Conn
	// Event and Feature are the contract's; "" for an unknown event.
	Event   string
	Feature string
	// Code is the failure, "" on success.
	Code Code
	// Took is the time from the event's arrival at the runtime to its answer.
	Took time.Duration
}

// dispatcher is a Conn as the engine sees it.
type dispatcher Conn

// Opened starts what depends on the client being there.
func (d *dispatcher) Opened() {
	c := (*Conn)(d)
	defer c.handshake.Store(nil) // an idle connection holds no request
	c.startExpiry()
	if f := c.server.options.Opened; f != nil {
		defer c.recovered("opened")
		f(c.ctx, c)
	}
}

// Closed stops it.
func (d *dispatcher) Closed(r Reason) {
	c := (*Conn)(d)
	if c.stopExpiry != nil {
		c.stopExpiry()
	}
	if f := c.server.options.Disconnected; f != nil {
		defer c.recovered("disconnected")
		f(c, r)
	}
}

// recovered keeps a panic of a connection hook from the engine.
func (c *Conn) recovered(hook string) {
	if r := recover(); r != nil {
		c.server.logPanic(c.ID(), hook, r)
	}
}

// Event handles one event: limit, route, role, arguments, handler, answer. The
// client is answered exactly once: nothing but this function answers.
func (d *dispatcher) Event(e Event) {
	c := (*Conn)(d)
	s := c.server
	start := e.Received
	if start.IsZero() {
		start = s.options.Clock.Now()
	}
	seen := Observation{Conn: c}
	r, err := c.admit(start, &e)
	var out Payload
	if r != nil {
		seen.Event, seen.Feature = r.spec.Name, r.spec.Feature
	}
	if err == nil {
		out, err = c.handle(r, e.Payload)
	}
	if err != nil {
		failure := s.visible(err)
		seen.Code = failure.Code
		s.logFailure(c, seen.Event, failure)
		c.fail(&e, failure)
	} else if e.Ack != nil {
		e.Ack(out)
	}
	if s.options.Observe != nil {
		seen.Took = s.options.Clock.Now().Sub(start)
		s.options.Observe(seen)
	}
}

// admit decides whether an event reaches its handler.
func (c *Conn) admit(now time.Time, e *Event) (*route, error) {
	s := c.server
	r := s.routes[e.Name]
	if err := c.limited(now); err != nil {
		return r, err
	}
	if r == nil {
		return nil, NewError(CodeUnknown, "Unknown event: "+cut(e.Name))
	}
	if !r.spec.allows(c.identity.Role) {
		return r, NewError(CodeForbidden, "Not allowed to send "+e.Name)
	}
	if len(e.Attachments) > 0 && !r.spec.Binary {
		return r, badArgs("type", "must not have binary parts")
	}
	return r, r.spec.checkArgs(len(e.Args))
}

// handle calls the handler and turns a panic into a failure.
func (c *Conn) handle(r *route, in Payload) (out Payload, err error) {
	defer func() {
		if p := recover(); p != nil {
			c.server.logPanic(c.ID(), r.spec.Name, p)
			out, err = Payload{}, NewError(CodeEvent, "")
		}
	}()
	return r.handle(c.ctx, c, in)
}

// fail answers a failed event: by its acknowledgement, or by the error event.
// An event over the rate limit without acknowledgement was told already.
func (c *Conn) fail(e *Event, failure *Error) {
	switch {
	case e.Ack != nil:
		e.Ack(rawArgs(c.server.appendFailure(nil, failure)))
	case failure.Code != CodeRateLimited:
		c.Fail(failure, e.Name)
	}
}

// visible is what the client may see of an error: a code of the closed table
// and a message.
func (s *Server) visible(err error) *Error {
	e := *asError(err)
	message, known := s.contract.message(e.Code)
	if !known && len(s.contract.Codes) > 0 {
		e = Error{Code: CodeEvent, cause: fmt.Errorf("code %s is not in the contract: %w", e.Code, err)}
		message, _ = s.contract.message(CodeEvent)
	}
	if e.Message == "" {
		e.Message = message
	}
	if e.Message == "" {
		e.Message = string(e.Code)
	}
	return &e
}

// logFailure logs inner failures; what the client did wrong is its own affair.
func (s *Server) logFailure(c *Conn, event string, e *Error) {
	if cause := errors.Unwrap(e); cause != nil && !errors.Is(cause, ErrClosed) { // a client may leave at any time
		s.options.Logger.Error("event failed", "socketId", c.ID(), "userId", c.identity.UserID,
			"event", event, "code", string(e.Code), "error", cause)
	}
}

func (s *EventSpec) allows(role string) bool {
	return s.Roles == nil || slices.Contains(s.Roles, role)
}

// checkArgs compares the number of arguments with the contract.
func (s *EventSpec) checkArgs(n int) error {
	tooMany := s.MaxArgs != AnyArgs && n > s.MaxArgs
	if n >= s.MinArgs && !tooMany {
		return nil
	}
	want, keyword := s.MinArgs, "minItems"
	if tooMany {
		want, keyword = s.MaxArgs, "maxItems"
	}
	noun := "arguments"
	if want == 1 {
		noun = "argument"
	}
	return badArgs(keyword, fmt.Sprintf("must have %d %s, has %d", want, noun, n))
}

// badArgs is the failure of an event whose arguments as a whole are wrong.
func badArgs(keyword, message string) *Error {
	return &Error{Code: CodeValidation, Message: message, Details: []Violation{{Keyword: keyword, Message: message}}}
}

const longestEventName = 64 // code points of an unknown name that is echoed

// cut shortens a name that a client made up.
func cut(name string) string {
	if utf8.RuneCountInString(name) <= longestEventName {
		return name
	}
	n := 0
	for i := range name {
		if n == longestEventName {
			return name[:i] + "…"
		}
		n++
	}
	return name
}

// appendFailure encodes a failed acknowledgement.
func (s *Server) appendFailure(b []byte, e *Error) []byte {
	b = append(b, `{"success":false,"error":`...)
	b = wire.AppendString(b, e.Message)
	b = append(b, `,"code":`...)
	b = wire.AppendString(b, string(e.Code))
	return append(appendDetails(b, e.Details), '}')
}

// appendErrorEvent encodes the payload of the error event.
func (s *Server) appendErrorEvent(b []byte, e *Error, event string) []byte {
	e = s.visible(e)
	b = append(b, `{"message":`...)
	b = wire.AppendString(b, e.Message)
	b = append(b, `,"code":`...)
	b = wire.AppendString(b, string(e.Code))
	if event != "" {
		b = append(b, `,"event":`...)
		b = wire.AppendString(b, cut(event))
	}
	return append(appendDetails(b, e.Details), '}')
}

func appendDetails(b []byte, details []Violation) []byte {
	if len(details) == 0 {
		return b
	}
	b = append(b, `,"details":[`...)
	for i, v := range details {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"path":`...)
		b = wire.AppendString(b, v.Path)
		b = append(b, `,"keyword":`...)
		b = wire.AppendString(b, v.Keyword)
		b = append(b, `,"message":`...)
		b = wire.AppendString(b, v.Message)
		b = append(b, '}')
	}
	return append(b, ']')
}

// rawArgs is a payload of one argument.
func rawArgs(raw json.RawMessage) Payload {
	return Payload{Args: []json.RawMessage{raw}}
}
