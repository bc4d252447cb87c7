package native

import (
	"time"

	"github.com/parlance-dev/parlance/sio"
)

// pendingAck is an event of ours that the client has not acknowledged. Whoever
// takes it out of the socket's table calls done: so it is called once.
type pendingAck struct {
	done  func(sio.Payload, error)
	timer *time.Timer // nil without time-out
}

// EmitAck implements sio.Socket. done is called on a goroutine of its own, so
// that it may wait, and so may the caller while holding what done needs.
func (s *socket) EmitAck(p sio.Packet, timeout time.Duration, done func(sio.Payload, error)) {
	a := &pendingAck{done: done}
	if p.IsZero() {
		s.answered(a, sio.Payload{}, errNoPacket)
		return
	}
	s.mu.Lock()
	id := s.lastAck
	s.lastAck++
	if s.state == open {
		if s.acks == nil {
			s.acks = map[uint64]*pendingAck{}
		}
		s.acks[id] = a
		if timeout > 0 {
			a.timer = time.AfterFunc(timeout, func() { s.settle(id, sio.Payload{}, sio.ErrAckTimeout) })
		}
	}
	err := s.sendLocked(eventMessage(s.ns.name, p, &id))
	if err != nil {
		delete(s.acks, id)
	}
	s.mu.Unlock()
	if err != nil {
		s.answered(a, sio.Payload{}, err)
	}
}

// settle ends the wait for an acknowledgement. One that nobody waits for, or not
// any more, is ignored.
func (s *socket) settle(id uint64, p sio.Payload, err error) {
	s.mu.Lock()
	a := s.acks[id]
	delete(s.acks, id)
	s.mu.Unlock()
	if a != nil {
		s.answered(a, p, err)
	}
}

func (s *socket) answered(a *pendingAck, p sio.Payload, err error) {
	if a.timer != nil {
		a.timer.Stop()
	}
	s.conn.engine.tasks.Run(func() {
		defer func() {
			if r := recover(); r != nil {
				s.conn.engine.logPanic("acknowledgement", s, r)
			}
		}()
		a.done(p, err)
	})
}
