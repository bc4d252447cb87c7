package sio

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Identity is who a connection belongs to, as authentication found out.
type Identity struct {
	UserID string
	// Role is one of the contract's roles; "" where the contract has none.
	Role string
	// Attributes are further claims that handlers want, such as department.
	Attributes map[string]string
	// ExpiresAt is when the connection ends by itself, with CodeTokenExpired;
	// the zero time: never.
	ExpiresAt time.Time
}

// Options are what a server needs besides contract and handlers. The zero
// value lets everybody in as nobody in particular.
type Options struct {
	// Authenticate decides on a handshake. A *Refusal goes out as
	// connect_error, any other error as RefusalInternal, and is logged.
	// nil: everyone gets in with a zero Identity.
	Authenticate func(ctx context.Context, h *Handshake) (Identity, error)
	// Connected is called before the client learns that it is connected, so
	// that rooms joined here miss nothing. An error refuses as Authenticate's.
	Connected func(ctx context.Context, c *Conn, h *Handshake) error
	// Opened is called once the client may be emitted to, before its first
	// event. It is the last that Conn.Handshake tells what the client said.
	Opened func(ctx context.Context, c *Conn)
	// Disconnected is called once after the last event of a connection that
	// Connected let in, even where it was gone before Opened could be called.
	Disconnected func(c *Conn, reason Reason)
	// Refused is called for every handshake that Authenticate or Connected
	// refused, with the refusal's code: "" for a Refusal without one.
	Refused func(code Code)
	// Abused is called before a connection is ended because it went on far
	// beyond the rate limit, on the connection's goroutine.
	Abused func(c *Conn)

	// RateLimit replaces the contract's where it is not nil.
	RateLimit *RateLimit
	Clock     Clock        // default: SystemClock
	Logger    *slog.Logger // default: discard
	// Observe is told of every handled event, on the connection's goroutine.
	Observe func(Observation)
	// Emitted is told the event of every packet that Conn.Send, Conn.Call and
	// Audience.Send took, once however many sockets it is for, on the caller's
	// goroutine. It must not wait.
	Emitted func(event string)
}

// Server runs one namespace of a contract on an engine: it dispatches client
// events to handlers and emits server events. All methods may be called from
// any goroutine.
type Server struct {
	contract Contract
	routes   map[string]*route
	options  Options
	limit    RateLimit
	ns       Namespace
}

// NewServer opens the contract's namespace on the engine. It fails where an
// event lacks a handler or the engine has the namespace already. Generated
// registration functions call it.
func NewServer(engine Engine, contract Contract, bindings []Binding, o Options) (*Server, error) {
	routes, err := contract.bind(bindings)
	if err != nil {
		return nil, err
	}
	if o.Clock == nil {
		o.Clock = SystemClock{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{contract: contract, routes: routes, options: o, limit: contract.RateLimit}
	if o.RateLimit != nil {
		s.limit = *o.RateLimit
	}
	s.ns, err = engine.Namespace(contract.Namespace, (*connector)(s))
	if err != nil {
		return nil, fmt.Errorf("sio: open namespace %s: %w", contract.Namespace, err)
	}
	return s, nil
}

// Contract returns the table that the server runs.
func (s *Server) Contract() *Contract { return &s.contract }

// Namespace returns the engine's side of the namespace.
func (s *Server) Namespace() Namespace { return s.ns }

// To returns a sink that reaches every socket in any of the rooms, each once;
// without rooms, every socket of the namespace.
func (s *Server) To(rooms ...string) Audience {
	return Audience{ns: s.ns, target: Target{Rooms: rooms}, emitted: s.options.Emitted}
}

// Sink takes packets: one connection or an audience. Generated emitters write
// to one.
type Sink interface {
	// Send queues a packet. It never waits for the network.
	Send(p Packet) error
}

// Audience is a set of sockets named by rooms. It is a value: Except returns
// another one.
type Audience struct {
	ns      Namespace
	target  Target
	emitted func(event string) // Options.Emitted
}

// Except leaves out the sockets in any of the rooms; a socket's id is a room.
func (a Audience) Except(rooms ...string) Audience {
	a.target.Except = append(a.target.Except[:len(a.target.Except):len(a.target.Except)], rooms...)
	return a
}

// Volatile lets the packet be dropped for a client that is not ready for it.
func (a Audience) Volatile() Audience {
	a.target.Volatile = true
	return a
}

// Send queues p for each socket of the audience. It returns an error only for
// the zero Packet or the zero Audience.
func (a Audience) Send(p Packet) error {
	if a.ns == nil || p.IsZero() {
		return fmt.Errorf("sio: send %q: no audience or no packet", p.Event())
	}
	a.ns.Broadcast(p, a.target)
	if a.emitted != nil {
		a.emitted(p.Event())
	}
	return nil
}
