package siotest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/parlance-dev/parlance/sio"
)

// Engine is a sio.Engine in memory. It serves no HTTP: clients come from
// Connect, and a client's calls run the handlers on the caller's goroutine.
// Packets reach Client.Received at once. It may be used from any goroutine.
type Engine struct {
	mu         sync.Mutex
	namespaces map[string]*namespace
	nextID     int
}

var _ sio.Engine = (*Engine)(nil)

// NewEngine returns an engine without namespaces.
func NewEngine() *Engine { return &Engine{namespaces: map[string]*namespace{}} }

// ServeHTTP answers 501: there is no transport.
func (e *Engine) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "an engine in memory serves no HTTP", http.StatusNotImplemented)
}

// Namespace opens a namespace.
func (e *Engine) Namespace(name string, h sio.NamespaceHandler) (sio.Namespace, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.namespaces[name] != nil {
		return nil, fmt.Errorf("siotest: namespace %s is open already", name)
	}
	ns := &namespace{name: name, handler: h, clients: map[string]*Client{}}
	e.namespaces[name] = ns
	return ns, nil
}

// Shutdown disconnects every client.
func (e *Engine) Shutdown(context.Context) error {
	e.mu.Lock()
	all := slices.Collect(maps.Values(e.namespaces))
	e.mu.Unlock()
	for _, ns := range all {
		for _, c := range ns.match(sio.Target{}) {
			c.end(sio.ReasonShutdown)
		}
	}
	return nil
}

// Connect connects a client to a namespace. The error is what the handler
// refused with.
func (e *Engine) Connect(name string, h *sio.Handshake) (*Client, error) {
	e.mu.Lock()
	ns := e.namespaces[name]
	e.nextID++
	id := "socket-" + strconv.Itoa(e.nextID)
	e.mu.Unlock()
	if ns == nil {
		return nil, fmt.Errorf("siotest: no namespace %s", name)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &Client{ns: ns, id: id, rooms: map[string]bool{id: true}, gone: ctx.Done(), cancel: cancel}
	handler, err := ns.handler.Connect(ctx, c, h)
	if err != nil {
		cancel()
		return nil, err
	}
	c.mu.Lock()
	c.handler, c.open = handler, true
	c.mu.Unlock()
	ns.add(c)
	handler.Opened()
	return c, nil
}

// Received is a packet that reached a client.
type Received struct {
	Event string
	// Args are the arguments as JSON, without the event's name.
	Args []json.RawMessage
	// Attachments are the binary parts.
	Attachments [][]byte
}

// Client is both the socket that the runtime sees and the client that a test
// drives.
type Client struct {
	ns     *namespace
	id     string
	gone   <-chan struct{} // closed at the end
	cancel context.CancelFunc

	events sync.Mutex // one event at a time

	mu       sync.Mutex
	handler  sio.SocketHandler
	open     bool
	reason   sio.Reason
	rooms    map[string]bool
	received []Received
	paused   chan struct{} // closed by Resume; nil while the client reads
	unread   int           // packets that came since Pause
	flushing int
	// Answer, where set, answers packets that want an acknowledgement; else
	// they time out at once.
	Answer func(Received) (sio.Payload, bool)
}

var _ sio.Socket = (*Client)(nil)

// Send sends an event without asking for an acknowledgement.
func (c *Client) Send(event string, args ...string) {
	c.send(event, args, nil)
}

// Call sends an event and returns the acknowledgements that came, each as the
// JSON of its first argument; "" for one without arguments.
func (c *Client) Call(event string, args ...string) []string {
	var acks []string
	c.send(event, args, func(p sio.Payload) {
		first := ""
		if len(p.Args) > 0 {
			first = string(p.Args[0])
		}
		acks = append(acks, first)
	})
	return acks
}

func (c *Client) send(event string, args []string, ack func(sio.Payload)) {
	e := sio.Event{Name: event, Ack: ack}
	for _, a := range args {
		e.Args = append(e.Args, json.RawMessage(a))
	}
	c.Deliver(e)
}

// Deliver hands an event to the handler as it is, as an engine would. It does
// nothing once the client has ended.
func (c *Client) Deliver(e sio.Event) {
	c.events.Lock()
	defer c.events.Unlock()
	c.mu.Lock()
	handler, open := c.handler, c.open
	c.mu.Unlock()
	if !open {
		return
	}
	handler.Event(e)
}

// Close ends the client from its side.
func (c *Client) Close() { c.end(sio.ReasonClient) }

// Received returns the packets that have reached the client, oldest first.
func (c *Client) Received() []Received {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.received)
}

// Got returns the first argument of every packet of an event, as JSON text.
func (c *Client) Got(event string) []string {
	var out []string
	for _, r := range c.Received() {
		if r.Event == event && len(r.Args) > 0 {
			out = append(out, string(r.Args[0]))
		}
	}
	return out
}

// Ended returns why the client ended, "" while it is connected.
func (c *Client) Ended() sio.Reason {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reason
}

// ID returns the socket id.
func (c *Client) ID() string { return c.id }

// Transport returns "memory".
func (c *Client) Transport() string { return "memory" }

// Emit records a packet for Received.
func (c *Client) Emit(p sio.Packet) error {
	_, err := c.record(p)
	return err
}

func (c *Client) record(p sio.Packet) (Received, error) {
	var elems []json.RawMessage
	if err := json.Unmarshal(p.Data(), &elems); err != nil {
		return Received{}, fmt.Errorf("siotest: packet of %s: %w", p.Event(), err)
	}
	r := Received{Event: p.Event(), Args: elems[1:], Attachments: p.Attachments()}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.open {
		return Received{}, sio.ErrClosed
	}
	c.received = append(c.received, r)
	if c.paused != nil {
		c.unread++
	}
	return r, nil
}

// Pause makes the client one that reads no more: packets still show in
// Received, but Flush waits for those that came since.
func (c *Client) Pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused == nil {
		c.paused, c.unread = make(chan struct{}), 0
	}
}

// Resume makes the client read again: all that has come.
func (c *Client) Resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused != nil {
		close(c.paused)
		c.paused = nil
	}
}

// Flush implements sio.Socket: it waits for a client that has been paused.
func (c *Client) Flush(ctx context.Context) error {
	c.mu.Lock()
	paused, open := c.paused, c.open
	wait := paused != nil && c.unread > 0
	if wait {
		c.flushing++
		defer func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.flushing--
		}()
	}
	c.mu.Unlock()
	switch {
	case !open:
		return sio.ErrClosed
	case !wait:
		return nil
	}
	select {
	case <-paused:
		return nil
	case <-c.gone:
		return sio.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Flushing returns how many calls of Flush are waiting.
func (c *Client) Flushing() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.flushing
}

// EmitAck records a packet and asks Answer.
func (c *Client) EmitAck(p sio.Packet, _ time.Duration, done func(sio.Payload, error)) {
	r, err := c.record(p)
	if err != nil {
		done(sio.Payload{}, err)
		return
	}
	if c.Answer != nil {
		if answer, ok := c.Answer(r); ok {
			done(answer, nil)
			return
		}
	}
	done(sio.Payload{}, sio.ErrAckTimeout)
}

// Join adds rooms.
func (c *Client) Join(rooms ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range rooms {
		c.rooms[r] = true
	}
}

// Leave takes rooms away.
func (c *Client) Leave(rooms ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range rooms {
		if r != c.id {
			delete(c.rooms, r)
		}
	}
}

// Rooms returns the rooms, sorted.
func (c *Client) Rooms() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.rooms))
}

// Disconnect ends the client from the server's side.
func (c *Client) Disconnect(bool) { c.end(sio.ReasonServer) }

func (c *Client) end(reason sio.Reason) {
	c.mu.Lock()
	if !c.open {
		c.mu.Unlock()
		return
	}
	c.open, c.reason, c.rooms = false, reason, map[string]bool{}
	handler := c.handler
	c.mu.Unlock()
	c.ns.remove(c)
	c.cancel()
	handler.Closed(reason)
}

func (c *Client) in(rooms []string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(rooms, func(r string) bool { return c.rooms[r] })
}

// namespace is a sio.Namespace of clients in memory.
type namespace struct {
	name    string
	handler sio.NamespaceHandler

	mu      sync.Mutex
	clients map[string]*Client
}

func (n *namespace) add(c *Client) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.clients[c.id] = c
}

func (n *namespace) remove(c *Client) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.clients, c.id)
}

func (n *namespace) match(t sio.Target) []*Client {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []*Client
	for _, id := range slices.Sorted(maps.Keys(n.clients)) {
		c := n.clients[id]
		if (len(t.Rooms) == 0 || c.in(t.Rooms)) && !c.in(t.Except) {
			out = append(out, c)
		}
	}
	return out
}

func (n *namespace) Name() string { return n.name }

func (n *namespace) Broadcast(p sio.Packet, t sio.Target) {
	for _, c := range n.match(t) {
		_ = c.Emit(p) // a client that ended meanwhile gets nothing
	}
}

func (n *namespace) Sockets(t sio.Target) []string {
	var ids []string
	for _, c := range n.match(t) {
		ids = append(ids, c.id)
	}
	return ids
}

func (n *namespace) Has(id string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.clients[id] != nil
}

func (n *namespace) Disconnect(t sio.Target, connection bool) {
	for _, c := range n.match(t) {
		c.Disconnect(connection)
	}
}
