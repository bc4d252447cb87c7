package client

import (
	"encoding/json"
	"sync"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/client/internal/eio"
	"github.com/parlance-dev/parlance/sio/packet"
)

// receiver returns what handles the messages of a session. An error breaks it.
func (m *Manager) receiver(session *eio.Session) func(eio.Packet) error {
	decoder := packet.Decoder{Side: packet.FromServer, MaxAttachments: m.options.MaxAttachments}
	var in packet.Incoming
	return func(p eio.Packet) error {
		take := decoder.Text
		if p.Binary {
			take = decoder.Binary
		}
		whole, err := take(p.Data, &in)
		if err != nil || !whole {
			return err
		}
		m.show(&in)
		return m.receive(session, &in)
	}
}

// show shows a packet to the hook.
func (m *Manager) show(in *packet.Incoming) {
	if m.options.OnPacket == nil {
		return
	}
	defer recovered("packet hook", m.failure)
	m.options.OnPacket(in)
}

// receive handles a packet. Those for sockets that are not on the session, or
// that the server has not let in yet, are dropped: they crossed with a disconnect.
func (m *Manager) receive(session *eio.Session, in *packet.Incoming) error {
	m.mu.Lock()
	s := m.find(in.Namespace)
	if s == nil || s.late(session, in.Kind) || s.life == nil || s.life.session != session {
		m.mu.Unlock()
		return nil
	}
	l := s.life
	var notice func()
	var err error
	switch isAnswer := in.Kind == packet.Connect || in.Kind == packet.ConnectError; {
	case isAnswer == s.connected:
	case in.Kind == packet.Connect:
		notice, err = s.welcomed(in.Data)
	case in.Kind == packet.ConnectError:
		notice = s.refused(in.Data)
	case in.Kind == packet.Disconnect:
		notice = s.dismissed()
	case in.Kind.IsAck():
		s.answered(in)
	default:
		notice = s.event(l, in)
	}
	m.mu.Unlock()
	if notice != nil {
		s.put(l, in.Kind, notice)
	}
	return err
}

// put queues a notice. An event that finds no room waits, and with it the
// connection, until the socket leaves; what tells of an end is never dropped.
func (s *Socket) put(l *life, kind packet.Kind, notice func()) {
	switch kind {
	case packet.Disconnect, packet.ConnectError:
		s.manager.tell(&s.inbox, notice)
	default:
		s.inbox.put(notice, l.ended)
	}
}

// event returns the call of the callback for an event. It needs mu.
func (s *Socket) event(l *life, in *packet.Incoming) (notice func()) {
	s.remember(in.Payload.Args)
	e := sio.Event{Name: in.Name, Payload: in.Payload, Received: s.manager.options.Clock.Now()}
	if in.HasID {
		e.Ack = s.answer(l, in.ID)
	}
	if s.options.Event == nil {
		return nil
	}
	return func() {
		if !l.left.Load() {
			s.options.Event(s, e)
		}
	}
}

// remember keeps the offset of an event for connection state recovery: servers
// that have it put it behind the other arguments. It needs mu.
func (s *Socket) remember(args []json.RawMessage) {
	if s.pid == "" || len(args) == 0 {
		return
	}
	last := args[len(args)-1]
	if last[0] != '"' {
		return
	}
	var offset string
	if json.Unmarshal(last, &offset) == nil {
		s.offset = offset
	}
}

// answer returns the Ack of an event: the first call counts, while the socket
// lives the life in which the event came.
func (s *Socket) answer(l *life, id uint64) func(sio.Payload) {
	var once sync.Once
	return func(p sio.Payload) {
		once.Do(func() {
			if err := s.sendAnswer(l, id, p); err != nil {
				s.manager.failure(err)
			}
		})
	}
}
