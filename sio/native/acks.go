package native

import (
	"time"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/internal/acks"
)

// EmitAck implements sio.Socket. done is called on a goroutine of its own, so
// that it may wait, and so may the caller while holding what done needs.
func (s *socket) EmitAck(p sio.Packet, timeout time.Duration, done func(sio.Payload, error)) {
	if p.IsZero() {
		s.tell(acks.Failed(done, errNoPacket))
		return
	}
	s.mu.Lock()
	id := s.acks.Expect(done, timeout, func(id uint64) { s.settle(id, sio.Payload{}, sio.ErrAckTimeout) })
	err := s.sendLocked(eventMessage(s.ns.name, p, &id))
	s.mu.Unlock()
	if err != nil {
		s.settle(id, sio.Payload{}, err)
	}
}

// settle ends the wait for an acknowledgement. One that nobody waits for, or not
// any more, is ignored.
func (s *socket) settle(id uint64, p sio.Payload, err error) {
	if answer, ok := s.acks.Settle(id, p, err); ok {
		s.tell(answer)
	}
}

// tell calls whoever waits for an acknowledgement.
func (s *socket) tell(answer acks.Answer) {
	s.conn.engine.tasks.Run(func() {
		defer func() {
			if r := recover(); r != nil {
				s.conn.engine.logPanic("acknowledgement", s, r)
			}
		}()
		answer.Tell()
	})
}
