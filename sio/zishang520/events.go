package zishang520

import (
	"sync/atomic"
	"time"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/packet"
)

// call is one call of a socket's handler.
type call struct {
	opened bool
	closed bool
	event  sio.Event // where it is neither
}

// eventQueue holds the calls that a handler still has to get. It is bounded
// from outside, by the slots of the connection. Its methods are called with the
// socket's mutex held.
type eventQueue struct {
	tasks   []call
	running bool // a goroutine works on it
}

func (q *eventQueue) push(t call) { q.tasks = append(q.tasks, t) }

func (q *eventQueue) pushFront(t call) { q.tasks = append([]call{t}, q.tasks...) }

// start reports whether the caller has to start working on the queue.
func (q *eventQueue) start() bool {
	if q.running {
		return false
	}
	q.running = true
	return true
}

// pop takes the next task. Where there is none, the work ends.
func (q *eventQueue) pop() (call, bool) {
	if len(q.tasks) == 0 {
		q.tasks, q.running = nil, false
		return call{}, false
	}
	t := q.tasks[0]
	q.tasks[0] = call{}
	q.tasks = q.tasks[1:]
	return t, true
}

// drop removes what is queued, all of it events, and returns how many.
func (q *eventQueue) drop() int {
	n := len(q.tasks)
	q.tasks = nil
	return n
}

// receive takes an event or an acknowledgement from the decoder.
func (s *clientSocket) receive(p *packet.Incoming) {
	if p.Kind.IsAck() {
		if p.HasID {
			s.settle(p.ID, p.Payload, nil)
		}
		return
	}
	e := sio.Event{Name: p.Name, Payload: p.Payload, Received: time.Now()}
	if p.HasID {
		e.Ack = s.acknowledger(p.ID)
	}
	if !s.conn.acquire() {
		return
	}
	if !s.conn.engine.work.Enter() { // on the way down: nobody would answer
		s.conn.release(1)
		return
	}
	s.mu.Lock()
	over := s.state >= leaving
	if !over {
		s.events.push(call{event: e})
		if s.state == open {
			s.startEvents()
		}
	}
	s.mu.Unlock()
	if over {
		s.conn.dropped(1)
	}
}

// startEvents sees to it that somebody works on the queue. The mutex is held.
func (s *clientSocket) startEvents() {
	if s.events.start() {
		s.conn.engine.tasks.Run(s.run)
	}
}

// run calls the handler, one task at a time, until none is left.
func (s *clientSocket) run() {
	for {
		s.mu.Lock()
		t, ok := s.events.pop()
		h, reason := s.handler, s.reason
		if t.closed {
			s.handler = nil
		}
		s.mu.Unlock()
		if !ok {
			return
		}
		s.perform(h, t, reason)
	}
}

// perform makes one call and survives its panic.
func (s *clientSocket) perform(h sio.SocketHandler, t call, reason sio.Reason) {
	call := "Event"
	defer func() {
		if r := recover(); r != nil {
			s.conn.engine.logPanic(call, s, r)
		}
		if t.closed {
			s.conn.engine.tasks.Done()
		}
	}()
	switch {
	case t.opened:
		call = "Opened"
		h.Opened()
	case t.closed:
		call = "Closed"
		h.Closed(reason)
	default:
		defer s.conn.engine.work.Done()
		// A client that asks faster than it reads the answers waits for itself.
		s.conn.out.awaitRoom(s.conn.done)
		s.conn.release(1) // it waits no longer
		h.Event(t.event)
	}
}

// acknowledger returns what answers an event of the client.
func (s *clientSocket) acknowledger(id uint64) func(sio.Payload) {
	var called atomic.Bool
	return func(p sio.Payload) {
		if called.Swap(true) {
			return
		}
		s.mu.Lock()
		hears := s.hearsLocked()
		s.mu.Unlock()
		if hears {
			_ = s.conn.push(ackMessage(s.ns.name, id, p)) // closed meanwhile: nobody waits for it
		}
	}
}

// hearsLocked reports whether somebody waits for the answers to events: until
// Closed, also a client that has left the namespace with events under way. Its
// goodbye says nothing about what it has asked before.
func (s *clientSocket) hearsLocked() bool {
	return s.state == open || s.left && s.handler != nil
}
