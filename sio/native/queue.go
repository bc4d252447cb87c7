package native

import (
	"sync"
	"time"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/packet"
)

// callKind is which method of a handler is called.
type callKind byte

const (
	callConnect callKind = iota
	callOpened
	callEvent
	callClosed
)

// call is one call of a socket's handler.
type call struct {
	kind  callKind
	event sio.Event // of callEvent
}

// callQueue holds the calls that a handler still has to get. It is bounded from
// outside: by MaxWaitingEvents of the connection.
type callQueue struct {
	calls []call
	head  int
}

func (q *callQueue) push(c call) {
	if q.calls == nil {
		q.calls = make([]call, 0, 1) // most often, an event waits for nobody
	}
	q.calls = append(q.calls, c)
}

func (q *callQueue) pushFront(c call) {
	if q.head > 0 {
		q.head--
		q.calls[q.head] = c
		return
	}
	q.calls = append([]call{c}, q.calls...)
}

func (q *callQueue) pop() (call, bool) {
	if q.head == len(q.calls) {
		q.calls, q.head = nil, 0
		return call{}, false
	}
	c := q.calls[q.head]
	q.calls[q.head] = call{}
	q.head++
	return c, true
}

// receive queues an event. It returns false where the socket has ended.
func (s *socket) receive(p *packet.Incoming) bool {
	e := sio.Event{Name: p.Name, Payload: p.Payload, Received: time.Now()}
	if p.HasID {
		e.Ack = s.acknowledger(p.ID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == ended || s.leaving {
		return false
	}
	s.calls.push(call{kind: callEvent, event: e})
	if !s.running {
		s.running = true
		s.conn.schedule(s)
	}
	return true
}

// dropEvents gives up the events that wait. The mutex is held.
func (s *socket) dropEvents() {
	kept := s.calls.calls[s.calls.head:]
	n := 0
	for _, c := range kept {
		if c.kind == callEvent {
			n++
		}
	}
	s.conn.took(n)
	s.conn.engine.work.Leave(n)
	s.calls = callQueue{}
	for _, c := range kept {
		if c.kind != callEvent {
			s.calls.push(c)
		}
	}
}

// run makes the calls, one at a time, until none is left.
func (s *socket) run() {
	for {
		s.mu.Lock()
		c, ok := s.calls.pop()
		if !ok {
			s.running = false
		}
		h, reason := s.handler, s.reason
		if c.kind == callClosed && ok {
			s.handler = nil
		}
		s.mu.Unlock()
		if !ok {
			return
		}
		s.perform(h, &c, reason)
	}
}

// perform makes one call and survives its panic.
func (s *socket) perform(h sio.SocketHandler, c *call, reason sio.Reason) {
	name := "Event"
	defer func() {
		if r := recover(); r != nil {
			s.conn.engine.logPanic(name, s, r)
		}
		switch c.kind {
		case callEvent:
			s.conn.engine.work.Done()
		case callClosed:
			s.release()
		case callConnect, callOpened:
		}
	}()
	switch c.kind {
	case callConnect:
		s.connect()
	case callOpened:
		name = "Opened"
		h.Opened()
	case callClosed:
		name = "Closed"
		h.Closed(reason)
	case callEvent:
		// A client that asks faster than it reads the answers waits for itself.
		s.conn.session.AwaitRoom()
		s.conn.took(1) // it waits no longer
		h.Event(c.event)
	}
}

// acknowledger returns what answers an event of the client.
func (s *socket) acknowledger(id uint64) func(sio.Payload) {
	var once sync.Once
	return func(p sio.Payload) {
		once.Do(func() {
			m := ackMessage(s.ns.name, id, p)
			s.mu.Lock()
			defer s.mu.Unlock()
			_ = s.sendLocked(m) // closed meanwhile: nobody waits for it
		})
	}
}
