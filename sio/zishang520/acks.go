package zishang520

import (
	"time"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/internal/acks"
)

// EmitAck implements sio.Socket. done is called on a goroutine of its own, so
// that it may wait, and so may the caller while holding what done needs.
func (s *clientSocket) EmitAck(p sio.Packet, timeout time.Duration, done func(sio.Payload, error)) {
	if p.IsZero() {
		s.tell(acks.Failed(done, errNoPacket))
		return
	}
	s.mu.Lock()
	err := s.sendable()
	s.mu.Unlock()
	if err != nil {
		s.tell(acks.Failed(done, err))
		return
	}
	id := s.acks.Expect(done, timeout, func(id uint64) { s.settle(id, sio.Payload{}, sio.ErrAckTimeout) })
	if err := s.conn.push(eventMessage(s.ns.name, p, &id)); err != nil || s.isGone() {
		s.settle(id, sio.Payload{}, sio.ErrClosed)
	}
}

// settle ends the wait for an acknowledgement. One that nobody waits for, or not
// any more, is ignored.
func (s *clientSocket) settle(id uint64, p sio.Payload, err error) {
	if answer, ok := s.acks.Settle(id, p, err); ok {
		s.tell(answer)
	}
}

// tell calls whoever waits for an acknowledgement.
func (s *clientSocket) tell(answer acks.Answer) {
	s.conn.engine.tasks.Run(func() {
		defer func() {
			if r := recover(); r != nil {
				s.conn.engine.logPanic("acknowledgement", s, r)
			}
		}()
		answer.Tell()
	})
}
