package client

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/client/internal/eio"
	"github.com/parlance-dev/parlance/sio/packet"
)

// outgoing is an event on its way.
type outgoing struct {
	group []eio.Packet
	id    uint64
	ack   *ack // nil where none was asked for
}

// ack waits for an acknowledgement. The manager's mu guards it.
type ack struct {
	result chan ackResult // has room for the one outcome
	sent   bool           // given to a session
}

type ackResult struct {
	payload sio.Payload
	err     error
}

// sent takes note that the event was given to a session. It needs mu.
func (o *outgoing) sent() {
	if o.ack != nil {
		o.ack.sent = true
	}
}

// Emit sends an event. While the socket is not connected, the event waits in a
// bounded buffer; while too much waits for a server that does not read, Emit
// waits. The errors are ErrBufferFull, ErrReserved, ErrClosed, ctx's, and
// what is wrong with the payload: its arguments must be JSON values, and each
// attachment must have its Placeholder.
func (s *Socket) Emit(ctx context.Context, event string, p sio.Payload) error {
	o, err := s.encode(event, p, nil)
	if err != nil {
		return err
	}
	return s.send(ctx, &o)
}

// EmitAck sends an event and waits for its acknowledgement. It has exactly one
// outcome: the answer or an error. The errors are those of Emit, and
// ErrDisconnected. A late answer is dropped.
func (s *Socket) EmitAck(ctx context.Context, event string, p sio.Payload) (sio.Payload, error) {
	id, a := s.expect()
	o, err := s.encode(event, p, &id)
	if err != nil {
		s.drop(id)
		return sio.Payload{}, err
	}
	o.id, o.ack = id, a
	if err := s.send(ctx, &o); err != nil {
		s.drop(id)
		return sio.Payload{}, err
	}
	select {
	case r := <-a.result:
		return r.payload, r.err
	case <-ctx.Done():
	}
	s.drop(id)
	select {
	case r := <-a.result: // just in time
		return r.payload, r.err
	default:
		return sio.Payload{}, fmt.Errorf("client: acknowledgement of %.40q: %w", event, ctx.Err())
	}
}

// expect registers an acknowledgement.
func (s *Socket) expect() (uint64, *ack) {
	s.manager.mu.Lock()
	defer s.manager.mu.Unlock()
	id := s.nextAck
	s.nextAck++
	a := &ack{result: make(chan ackResult, 1)}
	s.acks[id] = a
	return id, a
}

// drop forgets an acknowledgement, and its event where it was not sent.
func (s *Socket) drop(id uint64) {
	s.manager.mu.Lock()
	defer s.manager.mu.Unlock()
	delete(s.acks, id)
	s.buffer = slices.DeleteFunc(s.buffer, func(o outgoing) bool { return o.ack != nil && o.id == id })
}

// answered takes an acknowledgement of the server. It needs mu.
func (s *Socket) answered(in *packet.Incoming) {
	a := s.acks[in.ID]
	if a == nil || !in.HasID {
		return // given up
	}
	delete(s.acks, in.ID)
	a.result <- ackResult{payload: in.Payload}
}

// failAcks fails the acknowledgements that can not come any more: with
// ErrDisconnected those of events that were sent, otherwise all. It needs mu.
func (s *Socket) failAcks(cause error) {
	for id, a := range s.acks {
		if a.sent || !errors.Is(cause, ErrDisconnected) {
			delete(s.acks, id)
			a.result <- ackResult{err: cause}
		}
	}
}

// encode makes the packets of an event.
func (s *Socket) encode(event string, p sio.Payload, id *uint64) (outgoing, error) {
	if packet.IsReserved(event) {
		return outgoing{}, fmt.Errorf("%w: %s", ErrReserved, event)
	}
	if err := p.CheckSend(true); err != nil {
		return outgoing{}, fmt.Errorf("client: emit %.40q: %w", event, err)
	}
	data := sio.NewPacket(event, p)
	b := make([]byte, 1, 1+packet.EventSize(s.options.Namespace, data))
	b[0] = '4'
	return outgoing{group: group(packet.AppendEvent(b, s.options.Namespace, data, id), p.Attachments)}, nil
}

func group(text []byte, attachments [][]byte) []eio.Packet {
	packets := make([]eio.Packet, 1, 1+len(attachments))
	packets[0].Data = text
	for _, a := range attachments {
		packets = append(packets, eio.Packet{Data: a, Binary: true})
	}
	return packets
}

// send gives an event to the session, or keeps it for the next one.
func (s *Socket) send(ctx context.Context, o *outgoing) error {
	for {
		room, session, err := s.offer(o)
		if room == nil {
			return err
		}
		select {
		case <-room:
		case <-session.Done(): // the next offer finds another state
		case <-s.manager.quit:
		case <-ctx.Done():
			return fmt.Errorf("client: emit: %w", ctx.Err())
		}
	}
}

// offer tries once. It holds mu meanwhile, so that nothing comes in between: no
// event follows a DISCONNECT, and none overtakes what was kept.
func (s *Socket) offer(o *outgoing) (room <-chan struct{}, session *eio.Session, err error) {
	m := s.manager
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, nil, ErrClosed
	}
	if s.connected {
		room, err := s.life.session.Offer(o.group...)
		if room != nil {
			return room, s.life.session, nil
		}
		if err == nil {
			o.sent()
			return nil, nil, nil
		}
		// The session has ended, and the socket does not know yet.
	}
	if len(s.buffer) >= m.options.MaxBuffered {
		return nil, nil, ErrBufferFull
	}
	s.buffer = append(s.buffer, *o)
	return nil, nil, nil
}

// sendAnswer acknowledges an event of the server. It waits while too much waits
// for the server, as long as the life lasts.
func (s *Socket) sendAnswer(l *life, id uint64, p sio.Payload) error {
	if err := p.CheckSend(true); err != nil {
		return fmt.Errorf("client: acknowledge: %w", err)
	}
	b := make([]byte, 1, 1+packet.AckSize(s.options.Namespace, p))
	b[0] = '4'
	packets := group(packet.AppendAck(b, s.options.Namespace, id, p), p.Attachments)
	for {
		s.manager.mu.Lock()
		if s.life != l || !s.connected {
			s.manager.mu.Unlock()
			return nil // nobody waits for it any more
		}
		room, err := l.session.Offer(packets...)
		s.manager.mu.Unlock()
		if room == nil || err != nil {
			return nil //nolint:nilerr // the session has ended: as above
		}
		select {
		case <-room:
		case <-l.ended:
		}
	}
}
