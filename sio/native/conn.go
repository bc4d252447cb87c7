package native

import (
	"errors"
	"sync"
	"time"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/engineio"
	"github.com/parlance-dev/parlance/sio/packet"
)

// maxNames is how many namespaces that the client has left a connection remembers.
const maxNames = 100

var errBusy = errors.New("already connected to the namespace")

// conn is the Socket.IO side of one session. It implements engineio.Handler.
type conn struct {
	engine  *Engine
	session *engineio.Session
	packets packet.Decoder // of the goroutine that hands over messages

	mu      sync.Mutex
	members []*socket     // of the namespaces that the client is in
	left    []string      // namespaces that it has left: packets for them may be under way
	ready   []*socket     // that have calls to be made and nobody who makes them
	waiting int           // events that wait for their handlers
	bytes   int           // their size
	given   int           // sockets that were given up, and on which the handler still decides
	room    chan struct{} // closed when fewer wait; nil where nobody asks
	timer   *time.Timer   // of ConnectTimeout, until a namespace is joined
	ended   bool
	reason  sio.Reason
}

// accept makes the conn of a session.
func (e *Engine) accept(s *engineio.Session) engineio.Handler {
	c := &conn{engine: e, session: s}
	c.packets.MaxAttachments, c.packets.MaxBytes = e.options.maxAttachments, e.options.MaxPayload
	c.mu.Lock() // the timer may fire at once
	defer c.mu.Unlock()
	c.timer = time.AfterFunc(e.options.ConnectTimeout, c.joinedNothing)
	return c
}

// joinedNothing closes the connection of a client that has joined no namespace.
func (c *conn) joinedNothing() {
	c.mu.Lock()
	nothing := c.timer != nil
	c.mu.Unlock()
	if nothing {
		c.engine.counts.unjoined.Add(1)
		c.session.Close(engineio.ReasonTransportClose)
	}
}

// Message implements engineio.Handler.
func (c *conn) Message(data []byte, binary bool) (engineio.Demand, error) {
	var p packet.Incoming
	var whole bool
	var err error
	if binary {
		whole, err = c.packets.Binary(data, &p)
	} else {
		whole, err = c.packets.Text(data, &p)
	}
	if err != nil || !whole {
		switch {
		case errors.Is(err, packet.ErrAttachments):
			c.engine.counts.attachments.Add(1)
		case errors.Is(err, packet.ErrTooLarge):
			err = engineio.ErrTooLarge
		}
		return engineio.Idle, err
	}
	switch {
	case p.Kind == packet.Connect:
		return c.connect(&p)
	case p.Kind == packet.Disconnect:
		return c.disconnect(&p)
	case p.Kind.IsAck():
		return c.acknowledged(&p)
	default:
		return c.event(&p)
	}
}

// Work implements engineio.Handler: it makes the calls that wait, one socket
// after the other.
func (c *conn) Work() {
	for {
		c.mu.Lock()
		if len(c.ready) == 0 {
			c.ready = nil
			c.mu.Unlock()
			return
		}
		s := c.ready[0]
		c.ready = c.ready[1:]
		c.mu.Unlock()
		s.run()
	}
}

// Await implements engineio.Handler.
func (c *conn) Await(done <-chan struct{}) {
	for {
		c.mu.Lock()
		if !c.fullLocked() && c.given == 0 || c.ended {
			c.mu.Unlock()
			return
		}
		if c.room == nil {
			c.room = make(chan struct{})
		}
		room := c.room
		c.mu.Unlock()
		select {
		case <-room:
		case <-done:
			return
		}
	}
}

// fullLocked reports whether no more events may wait.
func (c *conn) fullLocked() bool {
	return c.waiting >= c.engine.options.MaxWaitingEvents || c.bytes >= c.engine.options.maxWaitingBytes
}

// Closed implements engineio.Handler.
func (c *conn) Closed(r engineio.Reason) {
	c.mu.Lock()
	c.ended, c.reason = true, sio.Reason(r)
	members := append([]*socket(nil), c.members...)
	c.stopTimerLocked()
	c.mu.Unlock()
	for _, s := range members {
		s.end(sio.Reason(r))
	}
}

func (c *conn) stopTimerLocked() {
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
}

// schedule puts a socket where somebody makes its calls: the next Work. The
// caller has marked the socket as running.
func (c *conn) schedule(s *socket) {
	c.mu.Lock()
	c.ready = append(c.ready, s)
	c.mu.Unlock()
}

// took says that an event of so many bytes waits for its handler no more.
func (c *conn) took(bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting--
	c.bytes -= bytes
	c.wakeLocked()
}

// givenUp counts sockets that were given up before the handler has decided.
func (c *conn) givenUp(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.given += n
	c.wakeLocked()
}

// wakeLocked lets Await look again.
func (c *conn) wakeLocked() {
	if c.room != nil {
		close(c.room)
		c.room = nil
	}
}

// member returns the socket of a namespace, nil where there is none. Packets for
// one that has been left are no fault; known tells them from those for a
// namespace that was never asked for.
func (c *conn) member(namespace string) (s *socket, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.members {
		if s.ns.name == namespace {
			return s, true
		}
	}
	for _, name := range c.left {
		if name == namespace {
			return nil, true
		}
	}
	return nil, c.ended
}

// connect starts a socket for a CONNECT packet.
func (c *conn) connect(p *packet.Incoming) (engineio.Demand, error) {
	old, _ := c.member(p.Namespace)
	if old != nil {
		if leaving, err := old.again(); err != nil || !leaving {
			return engineio.Idle, err
		}
	}
	if c.crowded() {
		c.refuse(p.Namespace, &sio.Refusal{Message: "Too many namespaces"})
		return engineio.Idle, nil
	}
	demand := engineio.Work
	if old != nil { // it was left before it was answered
		old.giveUp()
		demand = engineio.Full
	}
	ns := c.engine.enter(p.Namespace)
	if ns == nil {
		c.refuse(p.Namespace, &sio.Refusal{Message: "Invalid namespace"})
		return engineio.Idle, nil
	}
	s := newSocket(c, ns, p.Data)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		s.never()
		return engineio.Idle, nil
	}
	c.members = append(c.members, s)
	c.ready = append(c.ready, s)
	return demand, nil
}

// crowded reports whether the client is in as many namespaces as it may.
func (c *conn) crowded() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.members) >= c.engine.options.maxNamespaces
}

// refuse answers CONNECT with CONNECT_ERROR.
func (c *conn) refuse(namespace string, r *sio.Refusal) {
	b := packet.AppendRefusal(engineio.Begin(len(namespace)+len(r.Message)+len(r.Data)+64), namespace, r)
	_ = c.session.Send(engineio.End(b)) // one that is gone does not read it
}

// drop forgets a socket that has ended.
func (c *conn) drop(s *socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, member := range c.members {
		if member == s {
			c.members = append(c.members[:i], c.members[i+1:]...)
			break
		}
	}
	for _, name := range c.left {
		if name == s.ns.name {
			return
		}
	}
	if len(c.left) < maxNames {
		c.left = append(c.left, s.ns.name)
	}
}

// disconnect ends a socket for a DISCONNECT packet, after the events that came
// before.
func (c *conn) disconnect(p *packet.Incoming) (engineio.Demand, error) {
	s, known := c.member(p.Namespace)
	switch {
	case !known:
		return engineio.Idle, packet.ErrPacket
	case s == nil:
		return engineio.Idle, nil
	}
	s.leave()
	return engineio.Idle, nil
}

func (c *conn) acknowledged(p *packet.Incoming) (engineio.Demand, error) {
	s, known := c.member(p.Namespace)
	if !known {
		return engineio.Idle, packet.ErrPacket
	}
	if s != nil && p.HasID {
		s.settle(p.ID, p.Payload, nil)
	}
	return engineio.Idle, nil
}

// event queues an event for its socket's handler.
func (c *conn) event(p *packet.Incoming) (engineio.Demand, error) {
	s, known := c.member(p.Namespace)
	switch {
	case !known:
		return engineio.Idle, packet.ErrPacket
	case s == nil:
		return engineio.Idle, nil
	case !c.engine.work.Enter(): // on the way down: nobody would answer
		return engineio.Idle, nil
	}
	size := p.Size
	c.mu.Lock()
	c.waiting++
	c.bytes += size
	full := c.fullLocked()
	c.mu.Unlock()
	if !s.receive(p, size) {
		c.took(size)
		c.engine.work.Done()
		return engineio.Idle, nil
	}
	if full {
		return engineio.Full, nil
	}
	return engineio.Work, nil
}
