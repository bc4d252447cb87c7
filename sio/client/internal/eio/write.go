package eio

import "github.com/parlance-dev/parlance/sio/engineio/wsframe"

const opPong = wsframe.Pong

// Offer queues packets that belong together, text with its type in front. Where
// there is no room, it queues nothing and returns a channel that is closed when
// there may be some. The error is ErrEnded. The packets must not be changed any
// more.
func (s *Session) Offer(group ...Packet) (room <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.live() {
		return nil, ErrEnded
	}
	size := sizeOf(group)
	if s.out.full(len(group), size) {
		return s.out.wait(), nil
	}
	s.out.add(group, size)
	s.wake()
	return nil, nil
}

// Push queues packets even where there is no room; for what is bounded by other
// means. It reports ErrEnded.
func (s *Session) Push(group ...Packet) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.live() {
		return ErrEnded
	}
	s.out.add(group, sizeOf(group))
	s.wake()
	return nil
}

func sizeOf(group []Packet) int {
	size := 0
	for _, p := range group {
		size += len(p.Data)
	}
	return size
}

func (s *Session) urgent(p Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out.hurry(p)
	s.wake()
}

// wake starts the writer where there is none and there is work. mu is held.
func (s *Session) wake() {
	if s.writing || s.paused || s.end != nil {
		return
	}
	s.writing = true
	s.task(s.write)
}

// write writes until nothing waits.
func (s *Session) write() {
	for {
		t, batch, waited := s.takeBatch()
		if t == nil {
			return
		}
		if len(batch) == 0 { // all is written, and the session closes
			s.leave(t)
			return
		}
		s.show(true, batch...)
		if err := t.write(batch); err != nil {
			s.fail(&End{TransportError, err})
			continue
		}
		s.mu.Lock()
		s.out.written(batch[len(batch)-waited:])
		s.mu.Unlock()
	}
}

// takeBatch returns what to write next and by which transport; a nil transport
// where there is nothing, and the writer has ended with that.
func (s *Session) takeBatch() (t transport, batch []Packet, waited int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end == nil && !s.paused {
		batch, waited = s.out.take(s.transport)
		if len(batch) > 0 || s.closing {
			return s.transport, batch, waited
		}
	}
	s.rest()
	return nil, nil, 0
}

// rest ends the writer. mu is held.
func (s *Session) rest() {
	s.writing = false
	if s.rested != nil {
		close(s.rested)
		s.rested = nil
	}
}

// leave ends the session in order. The writer ends with it.
func (s *Session) leave(t transport) {
	answered, err := t.farewell()
	s.mu.Lock()
	s.paused = true // nothing follows the farewell
	s.rest()
	s.mu.Unlock()
	if err != nil || !answered {
		s.fail(&End{Forced, err})
	}
}
