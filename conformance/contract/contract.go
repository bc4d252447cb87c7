package contract

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/parlance-dev/parlance/asyncapi"
	"github.com/parlance-dev/parlance/schemas"
)

// Connect is the name that stands for the handshake where a client event's would:
// in error events, constraints and mutations. Socket.IO reserves it.
const Connect = "connect"

// Contract is everything that the document says. It is read only and may be used
// concurrently. Lists are in the order of the document.
type Contract struct {
	ID, Title, Version string

	// Namespace is the channel's address.
	Namespace string
	// Path, Transports, MaxPayloadBytes and the heartbeat are the server's; 0
	// and empty where the document leaves them to it.
	Path            string
	Transports      []string
	MaxPayloadBytes int
	PingInterval    time.Duration
	PingTimeout     time.Duration

	ClientEvents []*ClientEvent
	ServerEvents []*ServerEvent
	// Auth is the schema of the auth payload of the handshake; nil where the
	// handshake needs none.
	Auth     *Schema
	Refusals []Refusal
	// Errors is the closed table of failures.
	Errors    []ErrorCode
	Roles     []string
	Rooms     map[string]Room
	Limits    map[string]Limit
	RateLimit RateLimit
	// Failure is the schema of an acknowledgement of failure, ErrorEvent the
	// name of the event that carries a failure without one, "" for none.
	Failure         *Schema
	FailureExamples []json.RawMessage
	ErrorEvent      string

	failureCodes []string
	constraints  []Constraint
	underived    []string
	mutations    map[string][]Mutation
	boundaries   map[string][]Boundary
}

// ClientEvent is an event that clients emit and the backend handles.
type ClientEvent struct {
	// Operation is its key in the document, Name is on the wire.
	Operation, Name string
	Payload         *Schema
	// PayloadOptional says that the argument may be left out.
	PayloadOptional bool
	// Examples are the document's payloads.
	Examples []json.RawMessage
	// Ack is the schema of the acknowledgement of success; nil where the event
	// has none.
	Ack         *Schema
	AckExamples []json.RawMessage
	// Roles are those that may send it; empty: all.
	Roles []string
}

// ServerEvent is an event that the backend emits.
type ServerEvent struct {
	Operation, Name string
	Payload         *Schema
	Examples        []json.RawMessage
	// To is who gets it: "socket" for the one asking, else keys of Rooms.
	// Except are keys of the rooms whose sockets do not.
	To, Except []string
}

// Refusal is a way in which a handshake fails: the message of connect_error and
// the code in its data.
type Refusal struct{ Code, Message, When string }

// ErrorCode is a way in which an event fails. Message is what clients see where
// nothing better is known.
type ErrorCode struct{ Code, Message, When string }

// Room is a room of the server, or a family of them where Name holds parameters
// in braces.
type Room struct{ Name, Description string }

// Limit is a number of the contract. Env overrides it; Code is that of the
// failure when the limit is reached; both may be empty.
type Limit struct {
	Value                  int
	Env, Code, Description string
}

// RateLimit is how many events a socket may send: Events in a Window, beyond
// which Event tells it. AbuseFactor times as many for the time Abuse end it.
type RateLimit struct {
	Events      int
	Window      time.Duration
	Event       string
	AbuseFactor int
	Abuse       time.Duration
}

// Load reads the contract out of the documents that the program carries. An error
// means that they say something that this package can't judge by.
func Load() (*Contract, error) {
	c, err := load(asyncapi.FS(), schemas.FS())
	if err != nil {
		return nil, fmt.Errorf("load the contract: %w", err)
	}
	return c, nil
}

// load reads the contract out of the two folders of its files.
func load(events, payloads fs.FS) (*Contract, error) {
	d, err := readDocuments(events, payloads)
	if err != nil {
		return nil, err
	}
	return read(d)
}

// read reads a contract out of its files.
func read(d *documents) (*Contract, error) {
	c := &Contract{}
	for _, step := range []func(*documents) error{c.readInfo, c.readServer, c.readChannel, c.readOperations} {
		if err := step(d); err != nil {
			return nil, err
		}
	}
	return c, c.derive()
}

// prose is the id of the document that the suite carries.
const prose = "urn:parlance:events"

// HasProse reports whether this is the contract that the suite carries, of which
// it also knows what is written in words only. Of any other document it knows
// what a machine can read there.
func (c *Contract) HasProse() bool { return c.ID == prose }

// ClientEvent returns the client event of that name, or nil.
func (c *Contract) ClientEvent(name string) *ClientEvent {
	for _, e := range c.ClientEvents {
		if e.Name == name {
			return e
		}
	}
	return nil
}

// ServerEvent returns the server event of that name, or nil.
func (c *Contract) ServerEvent(name string) *ServerEvent {
	for _, e := range c.ServerEvents {
		if e.Name == name {
			return e
		}
	}
	return nil
}

// ErrorCodes returns every code that an acknowledgement of failure or an error
// event may carry: those of the table in its order, then the others.
func (c *Contract) ErrorCodes() []string {
	var codes []string
	for _, e := range c.Errors {
		codes = append(codes, e.Code)
	}
	for _, code := range c.failureCodes {
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	return codes
}
