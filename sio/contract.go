package sio

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// GeneratedVersion1 is referred to by code that generators of version 1 wrote.
// Where this library no longer runs such code, the constant is gone and the
// build fails instead of the server.
const GeneratedVersion1 = true

// Contract is the table that generated code hands to the runtime: one
// namespace of a document.
type Contract struct {
	Title     string
	Version   string
	Namespace string
	// Server is what the document says of the transport.
	Server ServerSpec
	// Roles is the closed list of roles; nil: the contract knows none.
	Roles []string
	// Codes is the closed table of failure codes.
	Codes []CodeSpec
	// Refusals are the codes of connect_error.
	Refusals []CodeSpec
	// Limits are the named numbers of the contract.
	Limits []LimitSpec
	// RateLimit bounds the events of a socket; the zero value: no limit.
	RateLimit RateLimit
	// ErrorEvent carries failures for which no acknowledgement was asked; "":
	// such failures are only logged.
	ErrorEvent string
	// Events are the client events, sorted by name.
	Events []EventSpec
	// Emits are the server events, sorted by name.
	Emits []EmitSpec
}

// ServerSpec holds the transport settings of the document; zero: not said.
type ServerSpec struct {
	Path            string
	Transports      []string
	MaxPayloadBytes int64
	PingInterval    time.Duration
	PingTimeout     time.Duration
}

// CodeSpec is a row of a closed table of codes.
type CodeSpec struct {
	Code    Code
	Message string // what clients see where the failure says nothing better
}

// LimitSpec is a named number of the contract.
type LimitSpec struct {
	Name  string // such as roomsPerSocket
	Value int64
	Env   string // environment variable that may override it, "" for none
	Code  Code   // failure when it is reached, "" for none
}

// RateLimit allows Events per Window: a fixed window that opens with the first
// event after the last one closed. Events beyond are dropped unhandled.
type RateLimit struct {
	Events int
	Window time.Duration
	// Event is the server event that tells the socket, once a window; "": none.
	Event string
	// AbuseFactor times the limit, in every window for AbuseFor, ends the
	// socket; 0: never.
	AbuseFactor int
	AbuseFor    time.Duration
}

// EventSpec is a client event.
type EventSpec struct {
	Name    string
	Feature string
	MinArgs int
	MaxArgs int      // AnyArgs: no bound
	Binary  bool     // attachments are allowed; else an event with some fails
	Roles   []string // who may send it; nil: everyone who is connected
}

// AnyArgs is the MaxArgs of events whose arguments are untyped.
const AnyArgs = -1

// EmitSpec is a server event.
type EmitSpec struct {
	Name    string
	Feature string
}

// Binding ties a client event to the code that handles it. Generated
// registration functions make them.
type Binding struct {
	Event string
	// Handle decodes, calls the handler and encodes its answer: the arguments
	// of the acknowledgement.
	Handle func(ctx context.Context, c *Conn, in Payload) (Payload, error)
}

// Limit returns the value of a named limit, and whether the contract has it.
func (c *Contract) Limit(name string) (int64, bool) {
	i := slices.IndexFunc(c.Limits, func(l LimitSpec) bool { return l.Name == name })
	if i < 0 {
		return 0, false
	}
	return c.Limits[i].Value, true
}

// message returns the contract's message for a code, and whether the code is
// in its tables: a refusal's code may also end a connection later.
func (c *Contract) message(code Code) (string, bool) {
	for _, table := range [][]CodeSpec{c.Codes, c.Refusals} {
		i := slices.IndexFunc(table, func(s CodeSpec) bool { return s.Code == code })
		if i >= 0 {
			return table[i].Message, true
		}
	}
	return "", false
}

// bind pairs every event of the contract with its binding.
func (c *Contract) bind(bindings []Binding) (map[string]*route, error) {
	routes := make(map[string]*route, len(c.Events))
	for i := range c.Events {
		spec := &c.Events[i]
		j := slices.IndexFunc(bindings, func(b Binding) bool { return b.Event == spec.Name })
		if j < 0 || bindings[j].Handle == nil {
			return nil, fmt.Errorf("sio: event %q has no handler", spec.Name)
		}
		routes[spec.Name] = &route{spec: spec, handle: bindings[j].Handle}
	}
	if len(bindings) != len(routes) {
		return nil, fmt.Errorf("sio: %d handlers for %d events", len(bindings), len(routes))
	}
	return routes, nil
}

// route is a client event and its handler.
type route struct {
	spec   *EventSpec
	handle func(context.Context, *Conn, Payload) (Payload, error)
}
