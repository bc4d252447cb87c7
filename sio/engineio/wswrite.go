package engineio

import (
	"time"

	"github.com/parlance-dev/parlance/sio/engineio/wsframe"
)

// wakeLocked implements transport: it takes the writing if nobody has it, in
// which case the caller calls wake.
func (t *wsTransport) wakeLocked() bool {
	if t.writing || t.dead {
		return false
	}
	t.writing, t.queued = true, true
	return true
}

// wake implements transport: it sees to it that somebody writes.
func (t *wsTransport) wake() {
	if t.raw != nil {
		t.session.server.flusher.add(t)
		return
	}
	t.session.server.tasks.Run(func() {
		if t.dequeue() {
			t.writeOn(t.session.server.getBatch())
		}
	})
}

// dequeue takes the writing for whom wake has called. It returns false where
// somebody else has taken it meanwhile.
func (t *wsTransport) dequeue() bool {
	o := &t.session.out
	o.mu.Lock()
	defer o.mu.Unlock()
	queued := t.queued
	t.queued = false
	return queued
}

// stealLocked takes the writing from whoever has it without being at it. The
// caller calls flush then.
func (t *wsTransport) stealLocked() bool {
	if t.raw == nil || t.dead || !t.corked && !t.queued {
		return false
	}
	t.corked, t.queued = false, false
	return true
}

// readyLocked implements transport.
func (t *wsTransport) readyLocked() bool {
	return (!t.writing || t.corked) && !t.closing && !t.dead
}

// flushOrWait writes what waits. It is called by the reading goroutine.
func (t *wsTransport) flushOrWait() {
	if t.raw == nil {
		t.session.out.mu.Lock()
		t.queued = true
		t.session.out.mu.Unlock()
		t.wake()
		return
	}
	t.flush()
}

// flush writes what waits without waiting for the network: where the connection
// takes no more, another goroutine goes on. The caller owns the writing.
func (t *wsTransport) flush() {
	w := t.session.server.getBatch()
	for t.gather(w) {
		w.n, w.err = 0, nil
		if err := t.raw.Write(w.try); err != nil {
			w.err = err
		}
		switch {
		case w.err != nil:
			t.lost()
			t.session.server.putBatch(w)
			return
		case w.n < len(w.data):
			t.session.server.stats.stalled.Add(1)
			t.session.server.tasks.Run(func() { t.writeOn(w) })
			return
		case w.last:
			t.halfClose()
		}
	}
	t.session.server.putBatch(w)
}

// writeOn writes, waiting for the network, what is left of a batch and what
// comes meanwhile.
func (t *wsTransport) writeOn(w *writeBatch) {
	defer t.session.server.putBatch(w)
	for w.n < len(w.data) || t.gather(w) {
		if err := t.writeRest(w); err != nil {
			t.lost()
			return
		}
		if w.last && w.n == len(w.data) {
			t.halfClose()
		}
	}
}

// halfClose ends the sending side of a connection on which the goodbye has been
// written, where nobody waits for the client's: it sees the end at once.
func (t *wsTransport) halfClose() {
	if c, ok := t.conn.(interface{ CloseWrite() error }); ok && t.violated.Load() {
		_ = c.CloseWrite()
	}
}

// writeRest writes more of a batch. Each piece has a deadline of its own, so that
// a client that reads slowly gets the largest message; and the deadline ends with
// it: a connection that has stalled once and read on is as good as any.
func (t *wsTransport) writeRest(w *writeBatch) error {
	t.limitWrite(time.Now().Add(t.session.server.options.PingTimeout))
	n, err := t.conn.Write(w.data[w.n:min(w.n+writeChunk, len(w.data))])
	w.n += n
	t.limitWrite(time.Time{})
	return err
}

// limitWrite sets the deadline of writes, unless the goodbye has set a last one.
func (t *wsTransport) limitWrite(deadline time.Time) {
	o := &t.session.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if !t.closing {
		_ = t.conn.SetWriteDeadline(deadline)
	}
}

// gather puts together what goes out next. It returns false where there is
// nothing: the caller owns the writing no more.
func (t *wsTransport) gather(w *writeBatch) bool {
	o := &t.session.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(w.messages) > 0 {
		o.Written(w.messages)
	}
	w.reset()
	if t.dead {
		return false
	}
	if o.carrier == t {
		w.messages = o.Take(w.messages, writeChunk)
	}
	plain := t.deflate == 0 && len(t.control) == 0 && len(t.pong) == 0
	if plain && len(w.messages) == 1 && len(w.messages[0].more) == 0 {
		w.data, w.n = w.messages[0].frame, 0
		return true
	}
	w.buf = append(append(w.buf, t.control...), t.pong...)
	t.control, t.pong = nil, nil
	for _, m := range w.messages {
		w.buf = m.appendFrames(w.buf, t.deflate)
	}
	if t.closing && len(w.messages) == 0 {
		w.buf = wsframe.AppendClose(w.buf, t.code)
		t.dead, w.last = true, true // the writing stays taken
	}
	w.data, w.n = w.buf, 0
	t.writing = len(w.buf) > 0
	return t.writing
}

// lost ends the writing after a failure. What the client sent before may still
// be readable, so the reader gets a moment before the connection is cut.
func (t *wsTransport) lost() {
	o := &t.session.out
	o.mu.Lock()
	t.dead = true
	carries := o.carrier == t
	if carries {
		o.Discard()
		o.Written(nil)
	}
	o.mu.Unlock()
	if !carries {
		t.abort()
		return
	}
	_ = t.conn.SetReadDeadline(time.Now().Add(t.session.server.grace()))
	t.session.killAfter(t.session.server.grace(), ReasonTransportError)
}
