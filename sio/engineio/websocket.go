package engineio

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/parlance-dev/parlance/sio/engineio/wsframe"
)

// wsTransport carries a session over a WebSocket.
//
// One goroutine at a time runs serve: it reads, decodes, lets the handler work
// and writes what came of it. Writing has one owner at a time, whoever set
// writing: the reading goroutine while the handler works (corked), a goroutine
// of the flusher, or one that waits for a connection that takes nothing more.
type wsTransport struct {
	session  *Session
	conn     net.Conn
	raw      syscall.RawConn // nil where the connection is no plain descriptor
	decoder  wsframe.Decoder
	deflate  int         // size from which messages are compressed; 0: none
	attached atomic.Bool // carries the session; else it is being probed
	violated atomic.Bool // closing because the client broke the protocol

	// Of the reading goroutine.
	readFn  func(fd uintptr) bool
	in      *[]byte // borrowed, while there is something in it
	rest    []byte  // of in, not decoded yet
	readErr error   // of readFn
	err     error   // why reading is over
	fresh   bool    // has not worked yet
	grown   bool    // on a goroutine whose stack is large
	full    bool    // the handler asked for a wait behind its work
	probed  bool    // the client knows that this WebSocket works
	ended   func()  // called once reading is over; nil for nothing to do

	shard uint8
	watch watched // of the watcher

	// Guarded by the session's outbox.
	writing bool
	corked  bool   // the reading goroutine owns writing, and is not at it
	queued  bool   // a goroutine of the flusher will own writing
	pong    []byte // answer to the client's last WebSocket ping, a whole frame
	control []byte // other frames of this transport
	closing bool   // say goodbye once nothing is left to write
	code    int    // to say it with
	dead    bool   // writing is over
}

var (
	errProtocol = errors.New("engineio: the client broke the protocol")
	errGoodbye  = errors.New("engineio: the client closed the connection")
)

func newWebSocket(s *Session, conn net.Conn, deflate bool) *wsTransport {
	o := &s.server.options
	t := &wsTransport{session: s, conn: conn, fresh: true, shard: uint8(s.server.serial.Add(1) % watchShards)}
	t.decoder = wsframe.Decoder{Server: true, Deflate: deflate, Limit: o.MaxPayload}
	if deflate {
		t.deflate = o.DeflateThreshold
	}
	if c, ok := conn.(syscall.Conn); ok && hasRaw {
		if raw, err := c.SyscallConn(); err == nil {
			t.raw, t.readFn = raw, t.readReady
		}
	}
	return t
}

// preload takes bytes that were read with the handshake.
func (t *wsTransport) preload(b []byte) {
	if len(b) > 0 {
		t.in, t.rest = &b, b
	}
}

// name implements transport.
func (t *wsTransport) name() string { return WebSocket }

// serve reads until the connection is over, or until the watcher has let
// another goroutine read on.
func (t *wsTransport) serve() {
	for {
		demand := t.decode()
		if demand == Work && t.fresh && t.err == nil {
			t.fresh = false
			t.goDeep()
			return
		}
		if demand != Idle {
			t.full = demand == Full
			if !t.work() {
				return
			}
			if t.awaited() {
				continue
			}
		}
		if t.err == nil {
			t.err = t.fill()
		}
		if t.over() {
			t.goDeep()
			return
		}
	}
}

// work lets the handler work and writes what came of it. It returns false where
// another goroutine reads on.
func (t *wsTransport) work() bool {
	w := &t.session.server.watcher
	t.cork() // before anyone can hand over, which uncorks
	reader := w.enter(t)
	t.session.handler.Work()
	if !w.leave(t, reader) {
		return false
	}
	t.uncork()
	return true
}

// awaited waits for the handler where it asked for that. It returns false where
// it did not.
func (t *wsTransport) awaited() bool {
	if !t.full {
		return false
	}
	t.full = false
	t.session.await()
	return true
}

// cork makes the reading goroutine own the writing, if nobody does.
func (t *wsTransport) cork() {
	o := &t.session.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if !t.writing {
		t.writing, t.corked = true, true
	}
}

// uncork writes what came since cork.
func (t *wsTransport) uncork() {
	o := &t.session.out
	o.mu.Lock()
	corked := t.corked
	t.corked = false
	o.mu.Unlock()
	if corked {
		t.flushOrWait()
	}
}

// handOver lets another goroutine read on: the one that read is at work for long.
func (t *wsTransport) handOver() {
	t.session.server.stats.handedOver.Add(1)
	o := &t.session.out
	o.mu.Lock()
	corked := t.corked
	t.corked = false
	if corked {
		t.queued = true
	}
	o.mu.Unlock()
	if corked {
		t.wake()
	}
	t.session.server.tasks.Run(func() {
		// Of what was asked for together, something may still be waiting.
		if t.work() {
			t.grown = true
			t.awaited()
			t.serve()
		}
	})
}

// decode hands what was read to the session, as far as the handler takes it.
func (t *wsTransport) decode() Demand {
	most := Idle
	for len(t.rest) > 0 {
		m, n, whole, err := t.decoder.Next(t.rest)
		t.rest = t.rest[n:]
		if err == nil && whole {
			var demand Demand
			demand, err = t.receive(m)
			most = max(most, demand)
		}
		if err != nil {
			t.err, t.rest = err, nil
		}
		if most == Full && len(t.rest) > 0 {
			return Full
		}
	}
	t.giveBack()
	return most
}

// receive handles a message or a control frame.
func (t *wsTransport) receive(m wsframe.Message) (Demand, error) {
	switch {
	case m.Op == wsframe.Ping:
		t.queue(&t.pong, wsframe.Append(nil, wsframe.Pong, m.Data))
		return Idle, nil
	case m.Op == wsframe.Pong:
		return Idle, nil
	case m.Op == wsframe.Close:
		return Idle, errGoodbye
	case !t.attached.Load():
		return Idle, t.probe(m)
	default:
		return t.session.receive(m.Data, m.Op == wsframe.Binary)
	}
}

// probe handles a message on a transport that is not the session's yet.
func (t *wsTransport) probe(m wsframe.Message) error {
	switch {
	case m.Op == wsframe.Text && string(m.Data) == "2probe":
		t.queue(&t.control, wsframe.Append(nil, wsframe.Text, []byte("3probe")))
		t.probed = true
		t.session.probed()
		return nil
	case m.Op == wsframe.Text && string(m.Data) == "5" && t.probed:
		return t.session.attach(t)
	default:
		return errProtocol
	}
}

// queue puts frames of this transport into place: of pongs, the last one.
func (t *wsTransport) queue(place *[]byte, frames []byte) {
	o := &t.session.out
	o.mu.Lock()
	*place = frames
	wake := t.wakeLocked()
	o.mu.Unlock()
	if wake {
		t.wake()
	}
}

// fill waits for bytes and reads them.
func (t *wsTransport) fill() error {
	if t.raw != nil {
		t.readErr = nil
		if err := t.raw.Read(t.readFn); err != nil {
			return err
		}
		return t.readErr
	}
	t.in = t.session.server.getBuffer()
	n, err := t.conn.Read(*t.in)
	t.rest = (*t.in)[:n]
	return err
}

// giveBack gives the borrowed buffer back.
func (t *wsTransport) giveBack() {
	if t.in != nil {
		t.session.server.putBuffer(t.in)
		t.in, t.rest = nil, nil
	}
}

// finish ends everything: nothing will be read any more.
func (t *wsTransport) finish() {
	t.giveBack()
	if t.ended != nil {
		t.ended()
	}
	s := t.session
	if !t.attached.Load() {
		t.cut()
		s.unprobed()
		return
	}
	s.end(readReason(t.err))
	switch {
	case errors.Is(t.err, errGoodbye):
		t.answerGoodbye()
	case isViolation(t.err):
		t.violated.Store(true)
		t.sayGoodbye(wsframe.CodeOf(t.err))
		t.drain()
	}
	t.cut()
	s.forget()
}

// cut closes the connection.
func (t *wsTransport) cut() {
	o := &t.session.out
	o.mu.Lock()
	t.dead = true
	o.mu.Unlock()
	_ = t.conn.Close()
}

// answerGoodbye writes the close frame that answers the client's, unless one is
// under way.
func (t *wsTransport) answerGoodbye() {
	o := &t.session.out
	o.mu.Lock()
	free := !t.writing && !t.dead
	t.writing, t.dead = true, true
	o.mu.Unlock()
	if free {
		_ = t.writeAtOnce(func(b []byte) []byte { return wsframe.AppendClose(b, 0) }) // if it does not take it, it is gone
	}
}

// drain reads on without looking, so that closing with unread data does not
// reset the connection and take the last words to the client with it.
func (t *wsTransport) drain() {
	for t.fill() == nil {
		t.giveBack()
	}
	t.giveBack()
}

// sayGoodbye implements transport: closes once all is written. The reading ends
// when the client has answered.
func (t *wsTransport) sayGoodbye(code int) {
	o := &t.session.out
	o.mu.Lock()
	if !t.closing {
		t.closing, t.code = true, code
	}
	wake := t.wakeLocked()
	deadline := time.Now().Add(t.session.server.grace())
	_ = t.conn.SetDeadline(deadline) // under the lock: no write sets a later one
	o.mu.Unlock()
	if wake {
		t.wake()
	}
}

// abort implements transport. The reader does the rest.
func (t *wsTransport) abort() { _ = t.conn.Close() }

// isViolation reports whether the client is to be told why the end has come.
func isViolation(err error) bool { return errors.Is(err, errProtocol) || wsframe.CodeOf(err) != 0 }

// readReason says why reading ended.
func readReason(err error) Reason {
	switch {
	case errors.Is(err, wsframe.ErrTooLarge):
		return ReasonPayloadTooLarge
	case isViolation(err):
		return ReasonParseError
	case errors.Is(err, errGoodbye), errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		return ReasonTransportClose
	default:
		return ReasonTransportError
	}
}
