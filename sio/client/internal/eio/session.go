package eio

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// Session is a connection. Run is for one goroutine; all other methods may be
// called from any.
type Session struct {
	config *Config
	hello  handshake
	// ctx is the session's life: requests and the probe, which no call waits
	// for, end with it.
	ctx    context.Context //nolint:containedctx // see above
	cancel context.CancelFunc
	early  []Packet // came together with the handshake
	handle func(Packet) error

	handling atomic.Bool // handle is running
	tasks    sync.WaitGroup

	mu        sync.Mutex
	transport transport
	next      transport // has been probed; Run changes to it
	out       outbox
	writing   bool          // there is a writer
	rested    chan struct{} // closed when the writer ends; nil where nobody waits
	paused    bool          // no writer may start
	closing   bool          // Close was called
	stopPing  func() bool
	stopClose func() bool
	end       *End          // nil while the session lives
	done      chan struct{} // closed with end
}

func newSession(c *Config) *Session {
	ctx, cancel := context.WithCancel(context.Background())
	return &Session{
		config: c, ctx: ctx, cancel: cancel, done: make(chan struct{}),
		out: outbox{maxPackets: c.MaxWaitingPackets, maxBytes: c.MaxWaitingBytes},
	}
}

// ID returns the session id.
func (s *Session) ID() string { return s.hello.SID }

// Transport returns the name of the current transport.
func (s *Session) Transport() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.transport.name()
}

// Done is closed when the session has ended.
func (s *Session) Done() <-chan struct{} { return s.done }

// Run reads until the session ends and says why; by then all its goroutines
// have ended. Messages go to handle, without their type, one at a time. While
// handle runs nothing is read, and the server's pings are not missed. An error
// of handle ends the session as a parse error.
func (s *Session) Run(handle func(Packet) error) *End {
	s.handle = handle
	s.begin()
	var err error
	for _, p := range s.early {
		if err = s.packet(p); err != nil {
			break
		}
	}
	s.early = nil
	for err == nil && !s.ended() {
		if err = s.reading().read(s.packet); err == nil {
			err = s.change()
		}
	}
	s.fail(s.reasonOf(err))
	s.tasks.Wait()
	s.reading().close() // a post that ended meanwhile has left a connection
	return s.end
}

func (s *Session) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attach(s.transport)
	s.expectPing()
	if s.mayUpgrade() {
		s.task(s.probe)
	}
}

// attach lets a transport queue its own frames.
func (s *Session) attach(t transport) {
	if w, ok := t.(*webSocket); ok {
		w.pong = func(data []byte) { s.urgent(Packet{Data: data, op: opPong}) }
	}
}

func (s *Session) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end != nil
}

// live reports whether the session goes on. It needs mu.
func (s *Session) live() bool { return s.end == nil && !s.closing }

func (s *Session) reading() transport {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.transport
}

// reasonOf turns an error of a transport into the end of the session.
func (s *Session) reasonOf(err error) *End {
	var end *End
	if errors.As(err, &end) {
		return end
	}
	return &End{TransportError, err}
}

// show shows packets to the hook, if there is one.
func (s *Session) show(out bool, packets ...Packet) {
	if s.config.Frame == nil {
		return
	}
	for _, p := range packets {
		if p.op == 0 {
			s.config.Frame(out, p)
		}
	}
}

// packet handles what the server sent.
func (s *Session) packet(p Packet) error {
	s.show(false, p)
	if p.Binary {
		return s.message(p)
	}
	if len(p.Data) == 0 {
		return &End{ParseError, errPacket}
	}
	switch p.Data[0] {
	case typeMessage:
		return s.message(Packet{Data: p.Data[1:]})
	case typePing:
		s.mu.Lock()
		s.expectPing()
		s.mu.Unlock()
		s.urgent(control(string(typePong) + string(p.Data[1:])))
		return nil
	case typeClose:
		return &End{TransportClose, nil}
	case typePong, typeUpgrade, typeNoop:
		return nil
	default: // a second open among them
		return &End{ParseError, errPacket}
	}
}

func (s *Session) message(p Packet) error {
	s.handling.Store(true)
	defer s.handling.Store(false)
	if err := s.handle(p); err != nil {
		return &End{ParseError, err}
	}
	return nil
}

// expectPing starts the wait for the next ping. mu is held.
func (s *Session) expectPing() {
	if s.stopPing != nil {
		s.stopPing()
	}
	if s.end == nil {
		s.stopPing = s.config.Clock.AfterFunc(s.hello.silence(), s.silent)
	}
}

// silent is called where no ping came in time. While a message is being
// handled, nobody reads pings, and the wait begins anew.
func (s *Session) silent() {
	if s.handling.Load() {
		s.mu.Lock()
		s.expectPing()
		s.mu.Unlock()
		return
	}
	s.fail(&End{PingTimeout, nil})
}

// Close ends the session once all that waits has been written, or after
// CloseTimeout. It does not wait.
func (s *Session) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing || s.end != nil {
		return
	}
	s.closing = true
	s.stopClose = s.config.Clock.AfterFunc(s.config.CloseTimeout, s.Abort)
	s.wake()
}

// Cut ends the session as a network does that breaks: nobody says goodbye.
func (s *Session) Cut() { s.fail(&End{TransportClose, nil}) }

// Abort ends the session at once.
func (s *Session) Abort() { s.fail(&End{Forced, nil}) }

// fail ends the session; the first call counts.
func (s *Session) fail(end *End) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end != nil {
		return
	}
	if s.closing {
		end = &End{Forced, nil} // whoever closed first after that
	}
	s.end = end
	for _, stop := range []func() bool{s.stopPing, s.stopClose} {
		if stop != nil {
			stop()
		}
	}
	s.cancel()
	for _, t := range []transport{s.transport, s.next} {
		if t != nil {
			t.close()
		}
	}
	close(s.done)
}

// task starts a goroutine that Run waits for. mu is held.
func (s *Session) task(f func()) {
	if s.end == nil {
		s.tasks.Go(f)
	}
}
