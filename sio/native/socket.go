package native

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/engineio"
	"github.com/parlance-dev/parlance/sio/internal/acks"
	"github.com/parlance-dev/parlance/sio/internal/queue"
	"github.com/parlance-dev/parlance/sio/internal/rooms"
	"github.com/parlance-dev/parlance/sio/packet"
)

var (
	errNotOpen  = errors.New("sio/native: emit before the socket is open")
	errNoPacket = errors.New("sio/native: emit of the zero packet")
)

// state is how far a socket has come. It only ever grows.
type state byte

const (
	connecting state = iota // the handler has not decided
	open                    // the CONNECT answer has been queued
	ended                   // out of its rooms; Closed is queued or was called
)

// socket is one client in one namespace. It implements sio.Socket.
type socket struct {
	rooms.Member
	conn   *conn
	ns     *namespace
	id     string
	back   *saved          // what it comes back to; nil for a new one
	pid    string          // under which it can come back; "" where recovery is off
	ctx    context.Context //nolint:containedctx // the socket's own, for its handler
	cancel context.CancelFunc

	mu      sync.Mutex
	state   state
	running bool // somebody makes the calls, or has been asked to
	leaving bool // the client said goodbye before it was answered
	given   bool // up, for another CONNECT: the connection waits for its decision
	auth    json.RawMessage
	handler sio.SocketHandler // set once accepted, nil again after Closed
	reason  sio.Reason        // of ended
	early   func()            // Disconnect, called too early
	calls   queue.Queue[call] // bounded by MaxWaitingEvents of the connection
	acks    acks.Table
}

// newSocket makes a socket for a CONNECT packet, whose first call, Connect,
// waits. It counts as one of the engine's tasks until its handler has been
// closed or it has been refused.
func newSocket(c *conn, ns *namespace, auth json.RawMessage) *socket {
	c.engine.tasks.Add()
	s := &socket{conn: c, ns: ns, id: newID(), auth: auth, running: true}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.calls.Push(call{kind: callConnect})
	if ns.log != nil {
		s.recover(auth)
	}
	ns.rooms.Add(s, s.id)
	if s.back != nil {
		ns.rooms.Join(s, s.back.rooms)
	}
	return s
}

// newID makes a socket id that cannot be guessed.
func newID() string {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// never gives up a socket that came too late: nobody knows it.
func (s *socket) never() {
	s.state = ended
	s.release()
}

// release ends what the socket holds, once it has no handler any more.
func (s *socket) release() {
	s.cancel()
	s.ns.rooms.Remove(s)
	s.conn.engine.leave(s.ns)
	s.conn.engine.tasks.Done()
}

// connect asks the handler and answers the client. Nobody is asked about one
// that has ended before its turn.
func (s *socket) connect() {
	s.mu.Lock()
	gone := s.state == ended
	s.mu.Unlock()
	if gone {
		s.refused(nil)
		return
	}
	h, err := s.ask()
	if err != nil || h == nil {
		refusal, ok := err.(*sio.Refusal) //nolint:errorlint // a wrapped refusal is an inner failure
		if !ok {
			s.conn.engine.options.Logger.Error("connect failed", "namespace", s.ns.name, "socketId", s.id, "error", err)
			refusal = sio.RefusalInternal()
		}
		s.refused(refusal)
		return
	}
	s.accepted(h)
}

// ask calls the handler. A panic is an inner failure.
func (s *socket) ask() (h sio.SocketHandler, err error) {
	defer func() {
		if r := recover(); r != nil {
			s.conn.engine.logPanic("Connect", s, r)
			h, err = nil, fmt.Errorf("sio/native: panic in Connect (%T)", r)
		}
	}()
	r := s.conn.session.Request().WithContext(s.ctx)
	return s.ns.handler.Connect(s.ctx, s, &sio.Handshake{
		Auth: s.auth, Query: r.URL.Query(), Header: r.Header, RemoteAddr: r.RemoteAddr, Request: r,
		Recovered: s.back != nil,
	})
}

// refused answers with CONNECT_ERROR, where the client still is there, and ends a
// socket that never was.
func (s *socket) refused(r *sio.Refusal) {
	s.mu.Lock()
	gone := s.state == ended
	s.state, s.auth = ended, nil
	s.dropEvents()
	s.decided()
	s.mu.Unlock()
	s.conn.drop(s)
	if !gone {
		s.conn.refuse(s.ns.name, r)
	}
	s.release()
}

// accepted answers with CONNECT and opens the socket. Where it has ended
// meanwhile, the handler is closed: one that Connect returned always is.
func (s *socket) accepted(h sio.SocketHandler) {
	s.conn.joined()
	s.mu.Lock()
	s.handler, s.auth = h, nil
	s.decided()
	if s.state == ended {
		s.calls.Push(call{kind: callClosed})
		s.mu.Unlock()
		return
	}
	s.state = open
	s.welcome()
	s.calls.PushFront(call{kind: callOpened})
	early := s.early
	if s.leaving {
		early = func() { s.end(sio.ReasonClient) }
	}
	s.early = nil
	s.mu.Unlock()
	if early != nil {
		early()
	}
}

// welcome answers CONNECT and makes the socket visible, in one step: others may
// send to it as soon as its client has the answer.
func (s *socket) welcome() {
	b := packet.AppendHead(engineio.Begin(len(s.ns.name)+len(s.id)+len(s.pid)+24), packet.Connect, 0, s.ns.name)
	b = append(append(append(b, `{"sid":"`...), s.id...), '"')
	if s.pid != "" {
		b = append(append(append(b, `,"pid":"`...), s.pid...), '"')
	}
	m := engineio.End(append(b, '}'))
	answer := func() { _ = s.conn.session.Send(m) } // where it has ended, Closed follows
	if s.ns.log != nil {
		s.ns.log.open(s, answer)
		return
	}
	s.ns.rooms.Open(s, answer)
}

// joined says that the client is in a namespace.
func (c *conn) joined() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopTimerLocked()
}

// giveUp ends a socket that was asked for, left and asked for again before it
// was answered. The connection is read on only once the handler has decided on
// it, so that a client cannot keep more and more of them deciding.
func (s *socket) giveUp() {
	s.mu.Lock()
	if s.state == connecting {
		s.given = true
		s.conn.givenUp(1)
	}
	s.mu.Unlock()
	s.end(sio.ReasonClient)
}

// decided says that the handler has. The mutex is held.
func (s *socket) decided() {
	if s.given {
		s.given = false
		s.conn.givenUp(-1)
	}
}

// leave ends the socket for the client, that has said goodbye; one that has not
// been answered yet, as soon as it has been.
func (s *socket) leave() {
	s.mu.Lock()
	if s.state == connecting {
		s.leaving = true
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	s.end(sio.ReasonClient)
}

// again says what a further CONNECT means: a client that has left before it was
// answered may come again; one that asks twice is answered once; and one that is
// in the namespace breaks the protocol.
func (s *socket) again() (leaving bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == open {
		return false, errBusy
	}
	return s.leaving, nil
}

// end ends the socket: it leaves its rooms, its acknowledgements fail, and
// Closed is called after the events that came before.
func (s *socket) end(reason sio.Reason) {
	s.mu.Lock()
	start := s.endLocked(reason)
	s.mu.Unlock()
	s.afterEnd(start)
}

// endLocked changes the state. What it returns goes to afterEnd.
func (s *socket) endLocked(reason sio.Reason) (start bool) {
	if s.state == ended {
		return false
	}
	opened := s.state == open
	s.state, s.reason = ended, reason
	if opened && s.ns.log != nil && recoverable(reason) {
		s.ns.log.save(s)
	} else {
		s.ns.rooms.Remove(s)
	}
	if !opened { // it handles no events; what Connect returns is closed
		s.dropEvents()
	} else {
		s.calls.Push(call{kind: callClosed})
		start = !s.running
		s.running = true
	}
	return start
}

func (s *socket) afterEnd(start bool) {
	s.cancel()
	s.conn.drop(s)
	for _, answer := range s.acks.Close() {
		s.tell(answer)
	}
	if start {
		s.conn.engine.tasks.Run(s.run)
	}
}

// ID implements sio.Socket.
func (s *socket) ID() string { return s.id }

// Transport implements sio.Socket.
func (s *socket) Transport() string { return s.conn.session.Transport() }

// Join implements sio.Socket.
func (s *socket) Join(names ...string) { s.ns.rooms.Join(s, names) }

// Leave implements sio.Socket.
func (s *socket) Leave(names ...string) { s.ns.rooms.Leave(s, names) }

// Rooms implements sio.Socket.
func (s *socket) Rooms() []string { return s.ns.rooms.Names(s) }

// Emit implements sio.Socket.
func (s *socket) Emit(p sio.Packet) error {
	if p.IsZero() {
		return errNoPacket
	}
	if s.ns.log != nil {
		return s.emitLogged(p)
	}
	m := eventMessage(s.ns.name, p, nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sendLocked(m)
}

// sendLocked queues a message, or says why there is nobody to get it. DISCONNECT
// is queued under the same lock, so that nothing follows it.
func (s *socket) sendLocked(m engineio.Message) error {
	switch s.state {
	case connecting:
		return errNotOpen
	case open:
		if s.conn.session.Send(m) == nil {
			return nil
		}
	case ended:
	}
	return sio.ErrClosed
}

// Flush implements sio.Socket.
func (s *socket) Flush(ctx context.Context) error {
	s.mu.Lock()
	state := s.state
	s.mu.Unlock()
	if state == connecting {
		return errNotOpen
	}
	if state == ended {
		return sio.ErrClosed
	}
	err := s.conn.session.Flush(ctx, s.ctx.Done())
	if errors.Is(err, engineio.ErrClosed) {
		return sio.ErrClosed
	}
	return err
}

// Disconnect implements sio.Socket. Called before the socket is open, it acts
// as soon as it is.
func (s *socket) Disconnect(connection bool) {
	if connection {
		s.disconnectAll()
		return
	}
	s.disconnect()
}

// disconnect leaves the namespace.
func (s *socket) disconnect() {
	s.mu.Lock()
	if s.state == connecting {
		if s.early == nil {
			s.early = s.disconnect
		}
		s.mu.Unlock()
		return
	}
	var start bool
	if s.state == open {
		s.ns.rooms.Remove(s) // no broadcast comes behind the packet
		b := packet.AppendHead(engineio.Begin(len(s.ns.name)+2), packet.Disconnect, 0, s.ns.name)
		_ = s.conn.session.Send(engineio.End(b)) // one that is gone does not read it
		start = s.endLocked(sio.ReasonServer)
	}
	s.mu.Unlock()
	s.afterEnd(start)
}

// disconnectAll leaves all namespaces of the connection, and closes it.
func (s *socket) disconnectAll() {
	s.mu.Lock()
	state := s.state
	if state == connecting {
		s.early = s.disconnectAll
	}
	s.mu.Unlock()
	if state != open { // one that has ended may have a successor
		return
	}
	c := s.conn
	c.mu.Lock()
	members := append([]*socket(nil), c.members...)
	c.mu.Unlock()
	for _, member := range members {
		member.disconnect()
	}
	c.session.Close(engineio.Reason(sio.ReasonServer))
}

// eventMessage encodes an event; with an id, one that asks for an answer.
func eventMessage(namespace string, p sio.Packet, id *uint64) engineio.Message {
	b := packet.AppendEvent(engineio.Begin(packet.EventSize(namespace, p)), namespace, p, id)
	return engineio.End(b, p.Attachments()...)
}

// ackMessage encodes the answer to an event.
func ackMessage(namespace string, id uint64, p sio.Payload) engineio.Message {
	b := packet.AppendAck(engineio.Begin(packet.AckSize(namespace, p)), namespace, id, p)
	return engineio.End(b, p.Attachments...)
}
