package enginetest

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"

	"github.com/parlance-dev/parlance/sio"
)

// space is a namespace whose sockets are recorded.
type space struct {
	c  *C
	ns sio.Namespace

	// Hooks of the case, set before the first client; nil for none.
	connect func(ctx context.Context, s sio.Socket, h *sio.Handshake) error
	opened  func(p *peer)
	event   func(p *peer, e sio.Event)

	peers chan *peer // that Connect accepted

	mu  sync.Mutex
	all []*peer
}

// peer is the server's side of one socket.
type peer struct {
	space     *space
	socket    sio.Socket
	ctx       context.Context
	handshake *sio.Handshake

	opened chan struct{}   // closed by Opened
	events chan sio.Event  // that no hook takes
	closed chan sio.Reason // gets one value
	calls  atomic.Int32    // calls under way
	stage  atomic.Int32    // 0 accepted, 1 opened, 2 closed
}

// Connect implements sio.NamespaceHandler.
func (s *space) Connect(ctx context.Context, socket sio.Socket, h *sio.Handshake) (sio.SocketHandler, error) {
	if s.connect != nil {
		if err := s.connect(ctx, socket, h); err != nil {
			return nil, err
		}
	}
	p := &peer{
		space: s, socket: socket, ctx: ctx, handshake: h,
		opened: make(chan struct{}),
		events: make(chan sio.Event, 20_000),
		closed: make(chan sio.Reason, 4),
	}
	s.mu.Lock()
	s.all = append(s.all, p)
	s.mu.Unlock()
	s.peers <- p
	return p, nil
}

// peer returns the next socket that connects, opened.
func (s *space) peer() *peer {
	p := take(s.c, s.peers, "a socket connects")
	await(s.c, p.opened, "Opened is called")
	return p
}

// checkClosed checks, after the shutdown, that each handler was closed once.
func (s *space) checkClosed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.all {
		if p.stage.Load() != 2 {
			s.c.Errorf("socket %s was not closed by the end of the shutdown", p.socket.ID())
		}
	}
	if left := s.ns.Sockets(sio.Target{}); len(left) != 0 {
		s.c.Errorf("%d sockets left in %s", len(left), s.ns.Name())
	}
}

// enter checks that calls come one at a time and in order.
func (p *peer) enter(call string, from int32) func() {
	if p.calls.Add(1) != 1 {
		p.space.c.Errorf("%s is called while another call is under way", call)
	}
	if at := p.stage.Load(); at != from && call != "Closed" {
		p.space.c.Errorf("%s is called at stage %d, want %d", call, at, from)
	}
	return func() { p.calls.Add(-1) }
}

// Opened implements sio.SocketHandler.
func (p *peer) Opened() {
	defer p.enter("Opened", 0)()
	p.stage.Store(1)
	close(p.opened)
	if p.space.opened != nil {
		p.space.opened(p)
	}
}

// Event implements sio.SocketHandler.
func (p *peer) Event(e sio.Event) {
	defer p.enter("Event", 1)()
	if p.space.event != nil {
		p.space.event(p, e)
		return
	}
	p.events <- e
}

// Closed implements sio.SocketHandler.
func (p *peer) Closed(r sio.Reason) {
	defer p.enter("Closed", 1)()
	if p.stage.Swap(2) == 2 {
		p.space.c.Errorf("Closed is called twice")
	}
	if rooms := p.socket.Rooms(); len(rooms) != 0 {
		p.space.c.Errorf("socket is in rooms %v when Closed is called", rooms)
	}
	p.closed <- r
}

// next waits for an event.
func (p *peer) next() sio.Event { return take(p.space.c, p.events, "an event arrives") }

// expectClosed waits for the end.
func (p *peer) expectClosed(want sio.Reason) {
	got := take(p.space.c, p.closed, "Closed is called")
	if got != want {
		p.space.c.Errorf("closed with %q, want %q", got, want)
	}
	await(p.space.c, p.ctx.Done(), "the context ends")
}

// echo is an event hook that acknowledges with what came.
func echo(_ *peer, e sio.Event) {
	if e.Ack != nil {
		e.Ack(e.Payload)
	}
}

// payload returns arguments as the runtime passes them.
func payload(args ...string) sio.Payload {
	p := sio.Payload{}
	for _, a := range args {
		p.Args = append(p.Args, json.RawMessage(a))
	}
	return p
}

// packet returns an event for clients.
func packet(event string, args ...string) sio.Packet {
	return sio.NewPacket(event, payload(args...))
}
