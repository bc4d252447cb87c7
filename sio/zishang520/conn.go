package zishang520

import (
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/zishang520/socket.io/servers/engine/v3"
	"github.com/zishang520/socket.io/servers/engine/v3/transports"
	"github.com/zishang520/socket.io/v3/pkg/slices"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/internal/pending"
)

// carrier is a transport of this package.
type carrier interface {
	transports.Transport
	// connection returns what the transport carries.
	connection() *conn
	// opened is called once the library listens to the transport.
	opened()
	// wake says that the outbox has something for the client.
	wake()
	// ready reports whether a message would leave at once.
	ready() bool
	// abort cuts the transport off without a word.
	abort()
}

// conn is one Engine.IO connection, whatever carries it at the moment.
type conn struct {
	engine  *Engine
	request *http.Request // that opened the connection
	place   *place        // among those of its address; nil where nobody counts
	out     outbox
	slots   chan struct{} // one for each event that waits for its handler
	blocked atomic.Int32  // readers that wait for a slot
	heart   heartbeat
	done    chan struct{} // closed by end

	mu      sync.Mutex
	socket  engine.Socket // nil until the library has made it
	carrier carrier
	members map[string]*clientSocket // by namespace; ended and refused ones stay, see member
	ended   bool
	reason  sio.Reason
}

func newConn(e *Engine, x *exchange) *conn {
	c := &conn{
		engine:  e,
		request: x.request,
		place:   x.place,
		out:     outbox{box: pending.Box[message]{MaxPackets: e.options.MaxWaitingPackets, MaxBytes: e.options.MaxWaitingBytes}},
		slots:   make(chan struct{}, e.options.MaxWaitingEvents),
		done:    make(chan struct{}),
		members: map[string]*clientSocket{},
	}
	c.heart.conn = c
	return c
}

// established is called once the library has made its socket and its own
// listeners are in place, and only now lets the transport deliver anything.
func (c *conn) established(s engine.Socket) {
	first, _ := s.Transport().(carrier)
	c.mu.Lock()
	c.socket, c.carrier = s, first
	c.mu.Unlock()
	welcome := c.engine.register(s.Id(), c)
	_ = s.On("upgrade", func(args ...any) {
		if t, ok := slices.TryGet(args, 0).(carrier); ok {
			c.attach(t)
		}
	})
	over := func(args ...any) {
		c.end(mapReason(slices.TryGetAny[string](args, 0)))
		c.closeLate()
		c.engine.forget(s.Id())
	}
	_ = s.Once("close", over)
	if s.ReadyState() == "closed" { // before anybody listened: a time-out of the library's may be that short
		over()
	}
	c.heart.start()
	if !welcome {
		c.close(sio.ReasonShutdown)
	}
	first.opened()
}

// attach makes t the transport that carries the outbox.
func (c *conn) attach(t carrier) {
	if ws, ok := t.(*wsTransport); ok {
		ws.attached.Store(true)
	}
	c.mu.Lock()
	c.carrier = t
	c.mu.Unlock()
	t.wake()
	if c.isDone() {
		c.closeLate()
	}
}

// closeLate closes a WebSocket to which the client has changed while the
// connection ended. The library does so only where it has not called the
// connection closed meanwhile, and would leave it open for ever.
func (c *conn) closeLate() {
	if ws, ok := c.current().(*wsTransport); ok {
		ws.DoClose(nil)
	}
}

// current returns the transport that carries the outbox.
func (c *conn) current() carrier {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.carrier
}

// push queues a message for the client. Too much waiting ends the connection,
// on another goroutine: the caller may hold locks of its own.
func (c *conn) push(m message) error {
	switch c.out.push(m) {
	case pending.Queued:
		if t := c.current(); t != nil {
			t.wake()
		}
		return nil
	case pending.Overflow:
		c.engine.tasks.Run(func() { c.kill(sio.ReasonSlowReader) })
	case pending.Refused:
	}
	return sio.ErrClosed
}

// pushLibrary queues a Socket.IO packet of the library's. With the answer to a
// CONNECT the socket becomes visible, in one step: the library's own word that it
// is connected comes later, when the client may have the answer and others may
// have sent to it.
func (c *conn) pushLibrary(text []byte) {
	push := func() { _ = c.push(message{text: append([]byte{engineMessage}, text...)}) } // closed: then nobody reads it
	if namespace, ok := welcomed(text); ok {
		if s, _ := c.member(namespace); s != nil {
			s.ns.rooms.Open(s, push)
			return
		}
	}
	push()
}

// ready reports whether a message would leave at once.
func (c *conn) ready() bool {
	t := c.current()
	return t != nil && c.out.idle() && t.ready()
}

// errBusy says that a client connected to a namespace that it is in.
var errBusy = errors.New("already connected to the namespace")

// join makes the socket of a namespace. It returns nil where the connection
// has ended.
func (c *conn) join(ns *namespace, auth json.RawMessage) (*clientSocket, error) {
	if s, _ := c.member(ns.name); s != nil {
		if !s.leaving() {
			return nil, errBusy
		}
		s.awaitGone() // the library must have forgotten it first
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return nil, nil
	}
	s := newClientSocket(c, ns, auth)
	c.members[ns.name] = s
	return s, nil
}

// member returns the socket of a namespace, nil where it has ended. Packets
// for an ended socket may have been under way when it ended, so they are no
// fault; known tells them from those for a namespace that was never asked for.
func (c *conn) member(namespace string) (s *clientSocket, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, known = c.members[namespace]
	if known && s.isGone() {
		s = nil
	}
	return s, known
}

// acquire takes a slot for an event. It waits where all are taken, so that the
// transport stops reading, and reports false once the connection has ended.
func (c *conn) acquire() bool {
	select {
	case c.slots <- struct{}{}:
		return true
	default:
	}
	c.blocked.Add(1)
	defer c.blocked.Add(-1)
	select {
	case c.slots <- struct{}{}:
		return true
	case <-c.done:
		return false
	}
}

// release gives slots back.
func (c *conn) release(n int) {
	for range n {
		<-c.slots
	}
}

// dropped gives up events that were to wait for their handler.
func (c *conn) dropped(n int) {
	c.release(n)
	for range n {
		c.engine.work.Done()
	}
}

// end ends every socket of the connection. Only the first reason counts. It
// leaves the transport alone: what waits may still be written.
func (c *conn) end(reason sio.Reason) {
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return
	}
	c.ended, c.reason = true, reason
	members := make([]*clientSocket, 0, len(c.members))
	for _, s := range c.members {
		members = append(members, s)
	}
	c.mu.Unlock()
	c.out.seal()
	c.heart.stop()
	close(c.done)
	for _, s := range members {
		s.end(reason)
	}
}

// reasonOr returns why the connection has ended, or reason where it has not: the
// library may come to end a socket before end does, and knows less.
func (c *conn) reasonOr(reason sio.Reason) sio.Reason {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return c.reason
	}
	return reason
}

// close ends the connection after what waits has been written.
func (c *conn) close(reason sio.Reason) {
	c.end(reason)
	if s := c.engineSocket(); s != nil {
		s.Close(false)
		// The library waits for "drain" where it has something to write, and may
		// come to wait just after it: then for ever. What it would write is lost
		// anyway, as the outbox is sealed.
		s.Emit("drain")
	}
}

// violated ends the connection of a client that broke the protocol.
func (c *conn) violated(err error) {
	c.engine.options.Logger.Debug("protocol violation", "error", err)
	c.close(sio.ReasonParseError)
}

// kill ends the connection and drops what waits.
func (c *conn) kill(reason sio.Reason) {
	c.end(reason)
	c.out.discard()
	if t := c.current(); t != nil {
		t.abort()
	}
}

// isDone reports whether the connection has ended.
func (c *conn) isDone() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

func (c *conn) engineSocket() engine.Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.socket
}

// transportName is what Socket.Transport says.
func (c *conn) transportName() string {
	if t := c.current(); t != nil {
		return t.Name()
	}
	return ""
}

// mapReason translates the library's reasons. Its "forced" ones are followed
// by our own close call, whose reason came first, or stand for a connection
// that joined no namespace in time.
func mapReason(reason string) sio.Reason {
	switch r := sio.Reason(reason); r {
	case sio.ReasonClient, sio.ReasonServer, sio.ReasonTransportError,
		sio.ReasonPingTimeout, sio.ReasonParseError:
		return r
	default:
		return sio.ReasonTransportClose
	}
}
