package eio

import (
	"context"
	"errors"
)

var errProbe = errors.New("engine.io: the server did not answer the probe")

// probe opens a WebSocket for the session and tries it. Where it fails, the
// session goes on as it is.
func (s *Session) probe() {
	ctx, cancel := context.WithTimeout(s.ctx, s.config.UpgradeTimeout)
	defer cancel()
	w, err := dialWebSocket(ctx, s.config, s.hello.SID)
	if err != nil {
		return
	}
	stop := context.AfterFunc(ctx, w.close)
	err = tryOut(w)
	if !stop() || err != nil {
		w.close()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.live() {
		w.close()
		return
	}
	s.attach(w)
	s.next = w
}

// tryOut sends a probe and waits for its answer.
func tryOut(w *webSocket) error {
	if err := w.write([]Packet{control("2probe")}); err != nil {
		return err
	}
	answered := false
	for !answered {
		err := w.read(func(p Packet) error {
			if answered || p.Binary || string(p.Data) != "3probe" {
				return errProbe
			}
			answered = true
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// change moves to the transport that has been probed, if there is one. Run calls
// it between two reads: no poll is under way, and it waits until no post is.
func (s *Session) change() error {
	s.mu.Lock()
	if s.next == nil || !s.live() {
		s.mu.Unlock()
		return nil
	}
	s.paused = true
	for s.writing {
		if s.rested == nil {
			s.rested = make(chan struct{})
		}
		rested := s.rested
		s.mu.Unlock()
		<-rested
		s.mu.Lock()
	}
	next, closing := s.next, s.closing
	s.mu.Unlock()
	if closing {
		return s.resume(nil)
	}
	if err := next.write([]Packet{control(string(typeUpgrade))}); err != nil {
		return err
	}
	if err := s.resume(next); err != nil {
		return err
	}
	if s.config.Upgraded != nil {
		s.config.Upgraded(next.name())
	}
	return nil
}

// resume lets the writer go on, over the next transport if one is given.
func (s *Session) resume(next transport) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end != nil {
		return s.end
	}
	s.paused = false
	if next != nil {
		s.transport.close()
		s.transport, s.next = next, nil
	}
	s.wake()
	return nil
}
