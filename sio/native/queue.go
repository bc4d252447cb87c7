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
	size  int       // of the event, in bytes
}

// receive queues an event. It returns false where the socket has ended.
func (s *socket) receive(p *packet.Incoming, size int) bool {
	e := sio.Event{Name: p.Name, Payload: p.Payload, Received: time.Now()}
	if p.HasID {
		e.Ack = s.acknowledger(p.ID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == ended || s.leaving {
		return false
	}
	s.calls.Push(call{kind: callEvent, event: e, size: size})
	if !s.running {
		s.running = true
		s.conn.schedule(s)
	}
	return true
}

// dropEvents gives up the events that wait. The mutex is held.
func (s *socket) dropEvents() {
	var kept []call
	for c, ok := s.calls.Pop(); ok; c, ok = s.calls.Pop() {
		if c.kind != callEvent {
			kept = append(kept, c)
			continue
		}
		s.conn.took(c.size)
		s.conn.engine.work.Done()
	}
	for _, c := range kept {
		s.calls.Push(c)
	}
}

// run makes the calls, one at a time, until none is left.
func (s *socket) run() {
	for {
		s.mu.Lock()
		c, ok := s.calls.Pop()
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
		s.conn.took(c.size) // it waits no longer
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
			if s.hearsLocked() {
				_ = s.conn.session.Send(m) // closed meanwhile: nobody waits for it
			}
		})
	}
}

// hearsLocked reports whether somebody waits for the answers to events: until
// Closed, also a client that has left the namespace with events under way. Its
// goodbye says nothing about what it has asked before.
func (s *socket) hearsLocked() bool {
	left := s.state == ended && s.reason == sio.ReasonClient && s.handler != nil
	return s.state == open || left
}
