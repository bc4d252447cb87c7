package zishang520

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"github.com/zishang520/socket.io/servers/socket/v3"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/internal/acks"
	"github.com/parlance-dev/parlance/sio/internal/rooms"
)

var (
	errNotOpen  = errors.New("sio/zishang520: emit before the socket is open")
	errNoPacket = errors.New("sio/zishang520: emit of the zero packet")
)

// state is how far a socket has come. It only ever grows.
type state int

const (
	connecting state = iota // the handler has not decided, or the answer is under way
	open                    // the CONNECT answer has been queued
	leaving                 // Disconnect was called, or the client said goodbye
	ended                   // out of its rooms; Closed is queued or was called
)

// clientSocket is one client in one namespace. It implements sio.Socket.
type clientSocket struct {
	rooms.Member
	conn *conn
	ns   *namespace
	auth json.RawMessage
	id   string // set by begin, before anyone can ask

	settled chan struct{} // closed once open or ended
	gone    chan struct{} // closed once ended

	mu      sync.Mutex
	state   state
	lib     *socket.Socket // set by begin
	cancel  context.CancelFunc
	handler sio.SocketHandler // set by accepted, nil again after Closed
	reason  sio.Reason        // of ended
	early   func()            // Disconnect, called too early
	left    bool              // the client said goodbye
	events  eventQueue
	acks    acks.Table
}

// newClientSocket makes a socket for a CONNECT packet. It counts as one of the
// engine's tasks until its handler has been closed or it has been refused.
func newClientSocket(c *conn, ns *namespace, auth json.RawMessage) *clientSocket {
	c.engine.tasks.Add()
	return &clientSocket{
		conn: c, ns: ns, auth: auth,
		settled: make(chan struct{}), gone: make(chan struct{}),
	}
}

// begin binds the library's socket. It returns the context of the socket, and
// false where the connection has ended already.
func (s *clientSocket) begin(lib *socket.Socket) (context.Context, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == ended {
		return nil, false
	}
	s.lib, s.id = lib, string(lib.Id())
	// The server ends a request's context when its handler returns, which for a
	// WebSocket is at once.
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.conn.request.Context()))
	s.cancel = cancel
	s.ns.rooms.Add(s, s.id)
	return ctx, true
}

// accepted keeps the handler. Where the socket has ended meanwhile, it is
// closed at once: a handler that Connect returned always gets Closed.
func (s *clientSocket) accepted(h sio.SocketHandler) {
	s.mu.Lock()
	s.handler = h
	late := s.state == ended
	if late {
		s.events.push(call{closed: true})
	}
	start := late && s.events.start()
	s.mu.Unlock()
	if start {
		s.run()
	}
}

// refused ends a socket that never was.
func (s *clientSocket) refused() {
	s.mu.Lock()
	already := s.state == ended
	s.state = ended
	held := s.events.drop()
	s.mu.Unlock()
	s.cancel()
	s.conn.dropped(held)
	s.ns.rooms.Remove(s)
	if !already {
		close(s.settled)
		close(s.gone)
	}
	s.conn.engine.tasks.Done()
}

// open lets the socket's events go, after Opened.
func (s *clientSocket) open() {
	s.mu.Lock()
	if s.state == ended {
		s.mu.Unlock()
		s.endLibrary() // which has only just made it
		return
	}
	s.state = open
	s.events.pushFront(call{opened: true})
	s.startEvents()
	early := s.early
	s.mu.Unlock()
	close(s.settled)
	if early != nil {
		early()
	}
}

// end ends the socket: it leaves its rooms, its acknowledgements fail, and
// Closed is called after the events that came before.
func (s *clientSocket) end(reason sio.Reason) {
	s.mu.Lock()
	if s.state == ended {
		s.mu.Unlock()
		return
	}
	held := s.endLocked(reason)
	cancel := s.cancel
	s.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	s.conn.dropped(held)
	close(s.gone)
	for _, answer := range s.acks.Close() {
		s.tell(answer)
	}
	s.endLibrary()
}

// endLocked changes the state. It returns how many held events it dropped: a
// socket that never opened handles none.
func (s *clientSocket) endLocked(reason sio.Reason) (dropped int) {
	opened := s.state != connecting
	s.state, s.reason = ended, reason
	s.ns.rooms.Remove(s)
	if !opened {
		close(s.settled)
		dropped = s.events.drop()
	}
	switch {
	case s.handler != nil:
		s.events.push(call{closed: true})
		s.startEvents()
	case s.lib == nil:
		s.conn.engine.tasks.Done() // begin will refuse it
	}
	return dropped
}

// endLibrary makes the library forget its socket, which it does not by itself
// when the connection ends while it is being connected.
func (s *clientSocket) endLibrary() {
	s.mu.Lock()
	lib := s.lib
	s.mu.Unlock()
	if lib != nil {
		lib.Disconnect(false)
	}
}

// isGone reports whether the socket has ended.
func (s *clientSocket) isGone() bool {
	select {
	case <-s.gone:
		return true
	default:
		return false
	}
}

// leave starts the end for the client's DISCONNECT. It returns false where the
// end has begun already: the library closes the whole connection if it gets a
// DISCONNECT for a socket that it has just forgotten.
func (s *clientSocket) leave() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != open {
		return false
	}
	s.state, s.left = leaving, true
	return true
}

// leaving reports whether the socket was told to end, or has ended.
func (s *clientSocket) leaving() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state >= leaving
}

// awaitSettled waits until the socket is open or ended, and reports whether it
// is open.
func (s *clientSocket) awaitSettled() bool {
	select {
	case <-s.settled:
		return !s.isGone()
	case <-s.conn.done:
		return false
	}
}

// awaitGone waits for the end of the socket, or of its connection.
func (s *clientSocket) awaitGone() {
	select {
	case <-s.gone:
	case <-s.conn.done:
	}
}

// ID implements sio.Socket.
func (s *clientSocket) ID() string { return s.id }

// Transport implements sio.Socket.
func (s *clientSocket) Transport() string { return s.conn.transportName() }

// Join implements sio.Socket.
func (s *clientSocket) Join(names ...string) { s.ns.rooms.Join(s, names) }

// Leave implements sio.Socket.
func (s *clientSocket) Leave(names ...string) { s.ns.rooms.Leave(s, names) }

// Rooms implements sio.Socket.
func (s *clientSocket) Rooms() []string { return s.ns.rooms.Names(s) }

// Emit implements sio.Socket.
func (s *clientSocket) Emit(p sio.Packet) error {
	if p.IsZero() {
		return errNoPacket
	}
	s.mu.Lock()
	err := s.sendable()
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.conn.push(eventMessage(s.ns.name, p, nil))
}

// Flush implements sio.Socket.
func (s *clientSocket) Flush(ctx context.Context) error {
	s.mu.Lock()
	err := s.sendable()
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.conn.out.flush(ctx, s.gone)
}

// sendable says why nothing can be sent, nil where it can.
func (s *clientSocket) sendable() error {
	switch s.state {
	case connecting:
		return errNotOpen
	case open:
		return nil
	default:
		return sio.ErrClosed
	}
}

// Disconnect implements sio.Socket. Called before the socket is open, it acts
// as soon as it is.
func (s *clientSocket) Disconnect(connection bool) {
	s.mu.Lock()
	switch s.state {
	case connecting:
		s.early = func() { s.Disconnect(connection) }
		s.mu.Unlock()
		return
	case leaving:
		if !connection { // under way
			s.mu.Unlock()
			return
		}
	case ended:
		s.mu.Unlock()
		return
	case open:
	}
	s.state = leaving
	lib := s.lib
	s.mu.Unlock()
	if !connection {
		lib.Disconnect(false)
		return
	}
	lib.Disconnect(true)
	s.conn.close(sio.ReasonServer)
}
