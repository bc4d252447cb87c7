package engineio

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parlance-dev/parlance/sio/engineio/wsframe"
	"github.com/parlance-dev/parlance/sio/internal/pending"
)

// Demand is what a message asks of the session.
type Demand int

// The demands, in order of urgency.
const (
	Idle Demand = iota // nothing: read on
	Work               // call Work once all that was read has been handed over
	Full               // call Work, then Await, and hand over nothing before they have returned
)

// Handler is the application's side of one session.
type Handler interface {
	// Message gets a message of the client, in the order of the wire, one call
	// at a time. data is the handler's to keep and to change. It must not wait.
	// An error closes the session as a violation of the protocol, ErrTooLarge as
	// what it says. Calls may still come while Closed runs, and must be ignored then.
	Message(data []byte, binary bool) (Demand, error)
	// Work does what messages have asked for. It may wait: another goroutine
	// then hands over further messages, and calls Work at the same time. Where
	// nothing is left to do that no other call is at, it returns at once.
	Work()
	// Await waits, after Full, until there is room for a message or done is
	// closed.
	Await(done <-chan struct{})
	// Closed is called once, when the session ends, from any goroutine. It must
	// not wait.
	Closed(r Reason)
}

// Reason says why a session ended.
type Reason string

// The reasons for which a session ends; Close may give others.
const (
	ReasonTransportClose  Reason = "transport close"      // the connection went away
	ReasonTransportError  Reason = "transport error"      // the connection failed
	ReasonPingTimeout     Reason = "ping timeout"         // the client fell silent
	ReasonParseError      Reason = "parse error"          // the client broke the protocol
	ReasonSlowReader      Reason = "slow reader"          // too much was waiting for the client
	ReasonPayloadTooLarge Reason = "payload too large"    // the client sent more than MaxPayload
	ReasonShutdown        Reason = "server shutting down" // Server.Shutdown
)

// ErrClosed says that the session has ended.
var ErrClosed = errors.New("engineio: session closed")

// ErrTooLarge says that a client has sent more than it may.
var ErrTooLarge = wsframe.ErrTooLarge

// transport is what carries a session at the moment.
type transport interface {
	name() string
	// wakeLocked reports whether wake must be called now that there is
	// something to send. The outbox is locked.
	wakeLocked() bool
	// wake sees to it that what waits is sent.
	wake()
	// readyLocked reports whether a message would leave at once. The outbox is
	// locked.
	readyLocked() bool
	// sayGoodbye ends the transport once what waits has been sent.
	sayGoodbye(code int)
	// abort cuts the transport off without a word.
	abort()
}

// Session is a client's session, whatever carries it at the moment. Its methods
// may be called from any goroutine, and after its end.
type Session struct {
	server  *Server
	id      string
	ip      string
	opening opening
	handler Handler
	out     outbox
	heart   heartbeat
	done    chan struct{} // closed by end
	blocked atomic.Int32  // who hands over messages waits in Await
	ended   atomic.Bool
	gone    atomic.Bool // forgotten by the server

	input sync.Mutex // held while a message is handed over

	mu     sync.Mutex
	reason Reason
	last   *time.Timer // of killAfter
	// upgrading reserves the change of transport for one WebSocket: probing,
	// once it is open.
	upgrading bool
	probing   *wsTransport
}

// ID is the session's id. It is a secret: who knows it may speak for the client.
func (s *Session) ID() string { return s.id }

// Transport is the name of the current transport.
func (s *Session) Transport() string {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	if s.out.carrier == nil {
		return ""
	}
	return s.out.carrier.name()
}

// Done returns a channel that is closed when the session ends.
func (s *Session) Done() <-chan struct{} { return s.done }

// Request returns the request that opened the session, made anew for each call:
// without its body, and with a context that carries nothing and never ends.
func (s *Session) Request() *http.Request { return s.opening.request() }

// Send queues a message for the client. It never waits for the network. Too
// much waiting ends the session. ErrClosed where it has ended.
func (s *Session) Send(m Message) error {
	o := &s.out
	o.mu.Lock()
	if o.Crowded() {
		s.makeRoom()
	}
	became := o.Push(m)
	carrier := o.carrier
	wake := became == pending.Queued && carrier != nil && carrier.wakeLocked()
	o.mu.Unlock()
	switch {
	case wake:
		carrier.wake()
	case became == pending.Overflow:
		s.server.stats.slowReaders.Add(1)
		// On another goroutine: the caller may hold locks of its own.
		s.server.tasks.Run(func() { s.kill(ReasonSlowReader) })
		return ErrClosed
	case became == pending.Refused:
		return ErrClosed
	}
	return nil
}

// makeRoom writes what waits, where somebody else was to do so later: who sends
// much at once must not find that the client reads slowly before anything was
// written. The outbox is locked.
func (s *Session) makeRoom() {
	t, ok := s.out.carrier.(*wsTransport)
	if !ok || !t.stealLocked() {
		return
	}
	s.out.mu.Unlock()
	t.flush()
	s.out.mu.Lock()
}

// Ready reports whether a message would leave at once.
func (s *Session) Ready() bool {
	o := &s.out
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.Sealed() && o.carrier != nil && o.Idle() && o.carrier.readyLocked()
}

// AwaitRoom waits until at most half of what may wait for the client waits, or
// until the session ends. Handlers call it before they answer, so that a client
// that asks faster than it reads the answers waits for itself.
func (s *Session) AwaitRoom() {
	for {
		room := s.out.full()
		if room == nil {
			return
		}
		s.uncork()
		select {
		case <-room:
		case <-s.done:
			return
		}
	}
}

// Flush waits until what was queued before the call has been handed to the
// network, and returns nil. ErrClosed where the session ends or over is closed,
// ctx's error where that ends.
func (s *Session) Flush(ctx context.Context, over <-chan struct{}) error {
	due := s.out.due()
	for {
		written := s.out.unwritten(due)
		if written == nil {
			return nil
		}
		s.uncork()
		select {
		case <-written:
		case <-s.done:
			return ErrClosed
		case <-over:
			return ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// uncork writes what waits for the reading goroutine to come back to it: whoever
// waits for the writing may be that very goroutine.
func (s *Session) uncork() {
	s.out.mu.Lock()
	t, ok := s.out.carrier.(*wsTransport)
	s.out.mu.Unlock()
	if ok {
		t.uncork()
	}
}

// Close ends the session after what waits has been sent.
func (s *Session) Close(r Reason) {
	s.end(r)
	s.out.mu.Lock()
	carrier := s.out.carrier
	s.out.mu.Unlock()
	if carrier != nil {
		carrier.sayGoodbye(0)
	}
}

// kill ends the session and drops what waits.
func (s *Session) kill(r Reason) {
	s.end(r)
	s.out.discard()
	s.out.mu.Lock()
	carrier := s.out.carrier
	s.out.mu.Unlock()
	if carrier != nil {
		carrier.abort()
	}
}

// killAfter kills the session after d unless it has been forgotten by then.
func (s *Session) killAfter(d time.Duration, r Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil && !s.gone.Load() {
		s.last = time.AfterFunc(d, func() { s.kill(r) })
	}
}

// end ends the session for its handler. Only the first reason counts. It leaves
// the transport alone: what waits may still be sent.
func (s *Session) end(r Reason) {
	s.mu.Lock()
	if s.ended.Swap(true) {
		s.mu.Unlock()
		return
	}
	s.reason = r
	probing := s.probing
	s.mu.Unlock()
	s.out.seal()
	s.heart.stop()
	close(s.done)
	s.server.stats.closed(r)
	s.handler.Closed(r)
	if probing != nil && !probing.attached.Load() {
		probing.abort()
	}
}

// forget ends what the server knows of the session.
func (s *Session) forget() {
	if s.gone.Swap(true) {
		return
	}
	s.mu.Lock()
	if s.last != nil {
		s.last.Stop()
	}
	s.mu.Unlock()
	s.server.forget(s)
}

// await waits, after Full, for the handler.
func (s *Session) await() {
	s.server.stats.held.Add(1)
	s.blocked.Add(1)
	defer s.blocked.Add(-1)
	s.handler.Await(s.done)
}

// receive handles one packet of the client.
func (s *Session) receive(data []byte, binary bool) (Demand, error) {
	s.heart.sign()
	if s.ended.Load() {
		return Idle, nil
	}
	if binary {
		return s.message(data, true)
	}
	if len(data) == 0 {
		return Idle, errProtocol
	}
	switch data[0] {
	case packetMessage:
		return s.message(data[1:], false)
	case packetPong:
		s.heart.pong()
	case packetClose:
		return Idle, errGoodbye
	case packetOpen, packetUpgrade, packetNoop: // mean nothing here; the reference server ignores them too
	default:
		return Idle, errProtocol
	}
	return Idle, nil
}

// message hands a message to the handler.
func (s *Session) message(data []byte, binary bool) (Demand, error) {
	s.input.Lock()
	defer s.input.Unlock()
	s.server.stats.messagesIn.Add(1)
	demand, err := s.handler.Message(data, binary)
	switch {
	case errors.Is(err, ErrTooLarge):
		return demand, ErrTooLarge
	case err != nil:
		s.server.options.Logger.Debug("protocol violation", "error", err)
		return demand, errProtocol
	}
	return demand, nil
}

// receivePolled handles a packet of a polling body.
func (s *Session) receivePolled(data []byte) (Demand, error) {
	if len(data) == 0 || data[0] != packetBinary {
		return s.receive(data, false)
	}
	part := make([]byte, base64.StdEncoding.DecodedLen(len(data)-1))
	n, err := base64.StdEncoding.Decode(part, data[1:])
	if err != nil {
		return Idle, errProtocol
	}
	return s.receive(part[:n], true)
}

// reserveProbe returns false where the session cannot change its transport.
func (s *Session) reserveProbe() bool {
	s.out.mu.Lock()
	_, polling := s.out.carrier.(*pollTransport)
	s.out.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !polling || s.upgrading || s.ended.Load() {
		return false
	}
	s.upgrading = true
	return true
}

// probe takes the WebSocket that may become the carrier.
func (s *Session) probe(t *wsTransport) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.probing = t
	if s.ended.Load() {
		t.abort()
	}
}

// probed says that the client has been told that its WebSocket works.
func (s *Session) probed() {
	s.out.mu.Lock()
	p, ok := s.out.carrier.(*pollTransport)
	s.out.mu.Unlock()
	if ok {
		p.pause(true)
	}
}

// unprobed says that a WebSocket has failed before it was attached.
func (s *Session) unprobed() {
	s.mu.Lock()
	s.probing, s.upgrading = nil, false
	s.mu.Unlock()
	s.out.mu.Lock()
	p, ok := s.out.carrier.(*pollTransport)
	s.out.mu.Unlock()
	if ok {
		p.pause(false)
	}
}

// attach makes t the carrier.
func (s *Session) attach(t *wsTransport) error {
	o := &s.out
	o.mu.Lock()
	p, ok := o.carrier.(*pollTransport)
	if !ok || s.ended.Load() {
		o.mu.Unlock()
		return errProtocol
	}
	o.carrier = t
	t.attached.Store(true)
	wake := t.wakeLocked()
	o.mu.Unlock()
	if wake {
		t.wake()
	}
	p.discard()
	s.server.stats.upgraded.Add(1)
	return nil
}
