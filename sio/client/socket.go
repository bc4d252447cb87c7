package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/parlance-dev/parlance/sio/client/internal/eio"
	"github.com/parlance-dev/parlance/sio/packet"
)

// Socket is the client in one namespace. All methods may be called from any
// goroutine, callbacks among them.
type Socket struct {
	manager *Manager
	options SocketOptions
	inbox   mailbox

	// The manager's mu guards what follows.
	active    bool  // it wants to be connected
	life      *life // nil while it has not asked a session to connect it
	stale     bool  // an earlier life was left before the answer, which is still to come
	connected bool
	id        string
	recovered bool
	pid       string // of connection state recovery; "" where the server has none
	offset    string
	failure   error        // of the last attempt to connect
	waiters   []chan error // of Connect
	buffer    []outgoing
	acks      map[uint64]*ack
	nextAck   uint64
}

// life is one connection of a socket to its namespace.
type life struct {
	session *eio.Session
	ended   <-chan struct{} // closed when the socket leaves, or the session is lost
	end     context.CancelFunc
	ask     func()      // begins to connect; it needs mu
	asked   bool        // CONNECT was sent
	left    atomic.Bool // the socket has left: what waits for a callback is dropped
	told    bool        // belongs to the inbox: Connected was due
}

// Manager returns the connection.
func (s *Socket) Manager() *Manager { return s.manager }

// Namespace returns the namespace's name.
func (s *Socket) Namespace() string { return s.options.Namespace }

// ID returns the id that the server gave with the last connect, "" before.
func (s *Socket) ID() string {
	s.manager.mu.Lock()
	defer s.manager.mu.Unlock()
	return s.id
}

// Connected reports whether the socket is connected to its namespace.
func (s *Socket) Connected() bool {
	s.manager.mu.Lock()
	defer s.manager.mu.Unlock()
	return s.connected
}

// Recovered reports whether the server restored the socket's state with the
// last connect: its id, its rooms, and the events that it has missed.
func (s *Socket) Recovered() bool {
	s.manager.mu.Lock()
	defer s.manager.mu.Unlock()
	return s.recovered
}

// Connect connects the socket and waits until it is connected. Failures of the
// network are tried again, as Options.Reconnect says; the errors are a
// *ConnectError, the failure where reconnection is off, ErrAttempts,
// ErrDisconnected, ErrClosed, and ctx's error together with the last failure.
// When ctx ends, only the wait does: Disconnect gives up.
func (s *Socket) Connect(ctx context.Context) error {
	result, err := s.begin()
	if err != nil {
		return err
	}
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
	}
	m := s.manager
	m.mu.Lock()
	defer m.mu.Unlock()
	select {
	case err := <-result: // just in time
		return err
	default:
	}
	s.waiters = slices.DeleteFunc(s.waiters, func(w chan error) bool { return w == result })
	return fmt.Errorf("client: connect: %w", errors.Join(ctx.Err(), s.failure))
}

// begin starts to connect, if need be, and returns where the outcome is told.
func (s *Socket) begin() (chan error, error) {
	m := s.manager
	m.mu.Lock()
	defer m.mu.Unlock()
	result := make(chan error, 1)
	switch {
	case m.closed:
		return nil, ErrClosed
	case s.connected:
		result <- nil
		return result, nil
	}
	s.waiters = append(s.waiters, result)
	if !s.active {
		s.active, s.failure = true, nil
		m.require(s)
	}
	return result, nil
}

// resolve tells those who wait in Connect. It needs mu.
func (s *Socket) resolve(err error) {
	for _, w := range s.waiters {
		w <- err
	}
	s.waiters = nil
}

// Disconnect leaves the namespace, after what was emitted. It does not wait.
// Events that wait for their callback are dropped, pending acknowledgements
// fail with ErrDisconnected; what waits for a connect keeps waiting. Connect
// begins anew. The connection ends with its last socket.
func (s *Socket) Disconnect() {
	m := s.manager
	m.mu.Lock()
	defer m.mu.Unlock()
	s.leave(ErrDisconnected)
	m.release()
}

// leave ends the socket from this side. It needs mu.
func (s *Socket) leave(cause error) {
	s.active = false
	s.resolve(cause)
	life := s.life
	if life == nil {
		return
	}
	wasConnected := s.connected
	switch {
	case wasConnected:
		s.sendDisconnect(life.session)
	case life.asked:
		s.stale = true
	}
	life.left.Store(true)
	s.detach(cause)
	if wasConnected {
		s.inbox.force(s.farewell(life, ReasonClient, nil))
	}
}

// sendDisconnect tells the server that the socket leaves. It needs mu.
func (s *Socket) sendDisconnect(session *eio.Session) {
	// ErrEnded is fine.
	_ = session.Push(eio.Packet{Data: packet.AppendHead([]byte{'4'}, packet.Disconnect, 0, s.options.Namespace)})
}

// late takes the answer to a CONNECT whose socket has left meanwhile, and reports
// whether the packet was for that life. The goodbye follows the answer: servers take one
// for a namespace that they have not let the client into yet for a breach of the
// protocol. Nor do they take a second CONNECT then, so that whoever has come back
// since asks only now. It needs mu.
func (s *Socket) late(session *eio.Session, kind packet.Kind) bool {
	if !s.stale {
		return false
	}
	switch kind {
	case packet.Connect:
		s.sendDisconnect(session)
	case packet.ConnectError:
	default:
		return true
	}
	s.stale = false
	if s.life != nil {
		s.life.ask()
	}
	return true
}

// detach takes the socket from its session. It needs mu.
func (s *Socket) detach(cause error) {
	s.life.end()
	s.life, s.connected = nil, false
	s.failAcks(cause)
}

// giveUp stops to try. It needs mu.
func (s *Socket) giveUp(err error) {
	s.active = false
	s.resolve(err)
}

// farewell is the notice of the end of a life.
func (s *Socket) farewell(l *life, reason Reason, err error) func() {
	return func() {
		if l.told && s.options.Disconnected != nil {
			s.options.Disconnected(s, reason, err)
		}
	}
}

// lost takes note that the session is gone, and returns what tells it. It needs
// mu.
func (s *Socket) lost(end *eio.End) (tell func()) {
	life, wasConnected := s.life, s.connected
	s.detach(ErrDisconnected)
	if !wasConnected {
		s.failure = end
		return func() { s.tellFailure(end) }
	}
	notice := s.farewell(life, Reason(end.Reason), end.Err)
	return func() { s.manager.tell(&s.inbox, notice) }
}

// tellFailure tells the callback, unless too much waits for it already.
func (s *Socket) tellFailure(err error) {
	if s.options.ConnectError != nil {
		s.inbox.try(func() { s.options.ConnectError(s, err) })
	}
}
