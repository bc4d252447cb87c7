// Package acks knows which events of a server wait for the acknowledgement of a
// client. It imports sio and the standard library.
package acks

import (
	"sync"
	"time"

	"github.com/parlance-dev/parlance/sio"
)

// Table is what one socket waits for. The zero value waits for nothing; its
// methods may be called from any goroutine.
type Table struct {
	mu      sync.Mutex
	pending map[uint64]*Pending
	last    uint64
}

// Pending is an event that the client has not acknowledged. Whoever takes it out
// of the table tells it: so that happens once.
type Pending struct {
	done  func(sio.Payload, error)
	timer *time.Timer // nil without time-out
}

// Answer is what became of a Pending.
type Answer struct {
	pending *Pending
	payload sio.Payload
	err     error
}

// Expect waits for an acknowledgement and returns its id. Once timeout has passed
// (0: never), late gets the id.
func (t *Table) Expect(done func(sio.Payload, error), timeout time.Duration, late func(id uint64)) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := t.last
	t.last++
	p := &Pending{done: done}
	if timeout > 0 {
		p.timer = time.AfterFunc(timeout, func() { late(id) })
	}
	if t.pending == nil {
		t.pending = map[uint64]*Pending{}
	}
	t.pending[id] = p
	return id
}

// Settle ends the wait for an id. It returns false where nobody waits for it, or
// not any more.
func (t *Table) Settle(id uint64, p sio.Payload, err error) (Answer, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	pending := t.pending[id]
	delete(t.pending, id)
	return Answer{pending, p, err}, pending != nil
}

// Close ends all waits: the socket has ended.
func (t *Table) Close() []Answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	answers := make([]Answer, 0, len(t.pending))
	for _, pending := range t.pending {
		answers = append(answers, Answer{pending, sio.Payload{}, sio.ErrClosed})
	}
	t.pending = nil
	return answers
}

// Failed is the answer to an event that could not be sent.
func Failed(done func(sio.Payload, error), err error) Answer {
	return Answer{&Pending{done: done}, sio.Payload{}, err}
}

// Tell tells who waits.
func (a Answer) Tell() {
	if a.pending.timer != nil {
		a.pending.timer.Stop()
	}
	a.pending.done(a.payload, a.err)
}
