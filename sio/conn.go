package sio

import (
	"context"
	"errors"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// Conn is one client in the namespace of a contract. Its methods may be called
// from any goroutine; after the end of the connection they do nothing or
// return ErrClosed.
type Conn struct {
	server   *Server
	socket   Socket
	identity Identity
	// ctx belongs to the connection, not to a call: it ends when the
	// connection does, and every handler of the connection gets it.
	ctx        context.Context
	handshake  atomic.Pointer[Handshake] // until Opened has returned
	limiter    limiter
	stopExpiry func() bool
}

// ID returns the socket id.
func (c *Conn) ID() string { return c.socket.ID() }

// Identity returns who the connection belongs to.
func (c *Conn) Identity() Identity { return c.identity }

// Handshake returns what the client said when it connected: to Connected and
// to Opened. Once Opened has returned it is nil, so that a connection doesn't
// hold its request for as long as it lives; what matters later is kept by whoever
// needs it.
func (c *Conn) Handshake() *Handshake { return c.handshake.Load() }

// Server returns the server that the connection belongs to.
func (c *Conn) Server() *Server { return c.server }

// Transport returns the name of the current transport: polling or websocket.
func (c *Conn) Transport() string { return c.socket.Transport() }

// Send queues a packet for this client. ErrClosed where the connection is gone.
func (c *Conn) Send(p Packet) error {
	if err := c.socket.Emit(p); err != nil {
		return err
	}
	c.emitted(p)
	return nil
}

// emitted tells Options.Emitted of a packet.
func (c *Conn) emitted(p Packet) {
	if f := c.server.options.Emitted; f != nil {
		f(p.Event())
	}
}

// Flush waits until what was queued for this client before the call has been
// handed to the network, so that a sender of much keeps to the pace of the
// client. ErrClosed where the connection is gone or ends meanwhile, ctx's error
// where that ends. An event's handler that calls it holds up the client's later
// events.
func (c *Conn) Flush(ctx context.Context) error { return c.socket.Flush(ctx) }

// Call sends a packet and waits for the client's acknowledgement: until
// timeout (0: the contract's word is that none is needed) with ErrAckTimeout,
// until ctx ends with its error, or until the connection ends with ErrClosed.
//
// A handler must not wait for its own client in Call unless the client answers
// before it has got the handler's acknowledgement: acknowledgements arrive
// beside events, so that is safe, but later events of the client wait.
func (c *Conn) Call(ctx context.Context, p Packet, timeout time.Duration) (Payload, error) {
	type answer struct {
		payload Payload
		err     error
	}
	if at, ok := ctx.Deadline(); ok { // who has stopped waiting leaves nothing behind
		if left := max(time.Until(at), 1); timeout == 0 || left < timeout {
			timeout = left
		}
	}
	got := make(chan answer, 1)
	c.emitted(p)
	c.socket.EmitAck(p, timeout, func(in Payload, err error) { got <- answer{in, err} })
	select {
	case a := <-got:
		if errors.Is(a.err, ErrAckTimeout) && ctx.Err() != nil {
			return Payload{}, ctx.Err()
		}
		return a.payload, a.err
	case <-ctx.Done():
		return Payload{}, ctx.Err()
	}
}

// Join adds the connection to rooms.
func (c *Conn) Join(rooms ...string) { c.socket.Join(rooms...) }

// Leave takes the connection out of rooms.
func (c *Conn) Leave(rooms ...string) { c.socket.Leave(rooms...) }

// Rooms returns the connection's rooms, sorted, its own id among them.
func (c *Conn) Rooms() []string { return c.socket.Rooms() }

// Disconnect ends the connection after what is queued for it has been written.
func (c *Conn) Disconnect() { c.socket.Disconnect(true) }

// Fail tells the client of a failure by the contract's error event. event is
// the client event it is about, "" for none.
func (c *Conn) Fail(e *Error, event string) {
	name := c.server.contract.ErrorEvent
	if name == "" {
		return
	}
	payload := c.server.appendErrorEvent(nil, e, event)
	if err := c.Send(NewPacket(name, rawArgs(payload))); err != nil {
		c.server.options.Logger.Debug("error event not sent", "socketId", c.ID(), "error", err)
	}
}

// connector is the Server as the engine sees it.
type connector Server

// Connect authenticates a handshake and prepares the connection.
func (k *connector) Connect(ctx context.Context, socket Socket, h *Handshake) (_ SocketHandler, err error) {
	s := (*Server)(k)
	defer func() {
		if r := recover(); r != nil {
			s.logPanic(socket.ID(), "connect", r)
			err = RefusalInternal()
		}
		s.refused(socket, err)
	}()
	c := &Conn{server: s, socket: socket, ctx: ctx}
	c.handshake.Store(h)
	if s.options.Authenticate != nil {
		if c.identity, err = s.options.Authenticate(ctx, h); err != nil {
			return nil, s.refuse(socket, err)
		}
	}
	if s.options.Connected != nil {
		if err := s.options.Connected(ctx, c, h); err != nil {
			return nil, s.refuse(socket, err)
		}
	}
	return c.handler(), nil
}

// handler returns the connection as the engine sees it.
func (c *Conn) handler() SocketHandler { return (*dispatcher)(c) }

// refuse logs an inner failure and returns the refusal that the client sees.
func (s *Server) refuse(socket Socket, err error) *Refusal {
	if r, ok := err.(*Refusal); ok { //nolint:errorlint // a wrapped refusal is an inner failure: its context would be lost unseen
		return r
	}
	s.options.Logger.Error("connection refused", "socketId", socket.ID(), "error", err)
	return RefusalInternal()
}

// refused tells Options.Refused of a refusal; err is nil where there is none.
func (s *Server) refused(socket Socket, err error) {
	r, ok := err.(*Refusal) //nolint:errorlint // Connect returns nothing else
	if !ok || s.options.Refused == nil {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			s.logPanic(socket.ID(), "refused", p)
		}
	}()
	s.options.Refused(r.code)
}

// logPanic logs where a handler panicked, and what kind of value it threw. The
// value itself may hold what a client sent, unless it is the Go runtime's.
func (s *Server) logPanic(socketID, event string, r any) {
	s.options.Logger.Error("handler panicked",
		"socketId", socketID, "event", event, "panic", PanicKind(r), "stack", string(debug.Stack()))
}

// startExpiry ends the connection when its identity expires.
func (c *Conn) startExpiry() {
	at := c.identity.ExpiresAt
	if at.IsZero() {
		return
	}
	clock := c.server.options.Clock
	c.stopExpiry = clock.AfterFunc(at.Sub(clock.Now()), func() {
		c.Fail(NewError(CodeTokenExpired, ""), "")
		c.Disconnect()
	})
}
