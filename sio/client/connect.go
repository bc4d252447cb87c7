package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/parlance-dev/parlance/sio/client/internal/eio"
	"github.com/parlance-dev/parlance/sio/packet"
	"github.com/parlance-dev/parlance/sio/wire"
)

// join asks a session to connect the socket. Where the answer to an earlier life
// is still to come, it asks only after that. It needs mu.
func (s *Socket) join(session *eio.Session) {
	ctx, cancel := context.WithCancel(context.Background())
	l := &life{session: session, ended: ctx.Done(), end: cancel}
	s.life = l
	l.ask = func() {
		if s.options.Auth == nil {
			s.sendConnect(l, nil)
			return
		}
		s.manager.tasks.run(func() { s.authenticate(ctx, l) })
	}
	if !s.stale {
		l.ask()
	}
}

// authenticate asks for the payload to connect with, until there is one or the
// session is gone.
func (s *Socket) authenticate(ctx context.Context, l *life) {
	m := s.manager
	for failures := 0; ; failures++ {
		payload, err := s.payload(ctx)
		m.mu.Lock()
		if s.life != l {
			m.mu.Unlock()
			return
		}
		if err == nil {
			s.sendConnect(l, payload)
			m.mu.Unlock()
			return
		}
		s.failure = err
		s.tellFailure(err)
		off := m.options.Reconnect.Off
		if off {
			s.detach(ErrDisconnected)
			s.giveUp(err)
			m.release()
		}
		m.mu.Unlock()
		if off || !m.sleep(m.options.delay(failures), l.ended) {
			return
		}
	}
}

// payload calls Auth and checks what it returns.
func (s *Socket) payload(ctx context.Context) (payload json.RawMessage, err error) {
	defer recovered("authentication", func(p error) {
		s.manager.failure(p)
		err = ErrAuth
	})
	payload, err = s.options.Auth(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAuth, err)
	}
	if payload == nil {
		return nil, nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(payload, &object); err != nil || object == nil {
		return nil, fmt.Errorf("%w: not a JSON object", ErrAuth)
	}
	if s.manager.recoveryOf(s) == "" {
		return payload, nil
	}
	delete(object, "pid") // ours
	delete(object, "offset")
	return json.Marshal(object)
}

// recoveryOf returns the id of a socket's state at the server.
func (m *Manager) recoveryOf(s *Socket) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return s.pid
}

// sendConnect asks to connect. It needs mu.
func (s *Socket) sendConnect(l *life, payload json.RawMessage) {
	b := packet.AppendHead([]byte{'4'}, packet.Connect, 0, s.options.Namespace)
	if s.pid == "" {
		b = append(b, payload...)
	} else {
		b = appendRecovery(b, s.pid, s.offset, payload)
	}
	l.asked = true
	_ = l.session.Push(eio.Packet{Data: b}) // where it has ended, lost is next
}

// appendRecovery appends payload with the state to recover in front.
func appendRecovery(b []byte, pid, offset string, payload json.RawMessage) []byte {
	b = wire.AppendString(append(b, `{"pid":`...), pid)
	if offset != "" {
		b = wire.AppendString(append(b, `,"offset":`...), offset)
	}
	if len(payload) > len("{}") {
		return append(append(b, ','), payload[1:]...)
	}
	return append(b, '}')
}

var errWelcome = errors.New("client: the server's answer to connect has no socket id")

// welcomed takes the server's answer to connect. It needs mu.
func (s *Socket) welcomed(data json.RawMessage) (notice func(), err error) {
	var said struct {
		SID string `json:"sid"`
		PID string `json:"pid"`
	}
	if err := json.Unmarshal(data, &said); err != nil || said.SID == "" {
		return nil, errWelcome
	}
	s.recovered = said.PID != "" && said.PID == s.pid
	if !s.recovered {
		s.offset = ""
	}
	s.id, s.pid, s.connected, s.failure = said.SID, said.PID, true, nil
	for _, o := range s.buffer {
		_ = s.life.session.Push(o.group...) // bounded by the buffer's own bound
		o.sent()
	}
	s.buffer = nil
	s.resolve(nil)
	l := s.life
	return func() {
		l.told = !l.left.Load()
		if l.told && s.options.Connected != nil {
			s.options.Connected(s)
		}
	}, nil
}

// refused takes a CONNECT_ERROR. It needs mu.
func (s *Socket) refused(data json.RawMessage) (notice func()) {
	var said struct {
		Message string          `json:"message"`
		Data    json.RawMessage `json:"data"`
	}
	if json.Unmarshal(data, &said) != nil {
		said.Message, said.Data = "", data // not as servers say it, but a refusal
	}
	err := &ConnectError{Message: said.Message, Data: said.Data}
	s.failure = err
	s.detach(ErrDisconnected)
	s.giveUp(err)
	s.manager.release()
	return func() {
		if s.options.ConnectError != nil {
			s.options.ConnectError(s, err)
		}
	}
}

// dismissed takes a DISCONNECT. It needs mu.
func (s *Socket) dismissed() (notice func()) {
	l := s.life
	s.detach(ErrDisconnected)
	s.giveUp(ErrDisconnected)
	s.manager.release()
	return s.farewell(l, ReasonServer, nil)
}
