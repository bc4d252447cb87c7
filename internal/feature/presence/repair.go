package presence

import (
	"container/list"
	"context"
	"runtime/debug"
	"sync"

	"github.com/parlance-dev/parlance/sio"
)

// repairs is what the cluster could not do when it was asked to: sockets to be
// entered, and ended ones to be taken out. Service.mu guards it.
type repairs struct {
	visits  map[string]*list.Element // by socket id
	order   list.List                // of *visit: the next to be tried first
	gone    int                      // ended ones among them
	failing bool                     // the last call of the cluster failed
	armed   bool                     // a pass runs, or is about to
	closed  bool
	stop    func() bool // keeps an armed pass from beginning
	passes  sync.WaitGroup
}

// failing reports whether the cluster failed when it was last asked. Then it is
// asked by the repairs alone, so that nobody waits for each failure.
func (s *Service) failing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.repairs.failing
}

// failed says that the cluster has failed; it is logged when it begins.
func (s *Service) failed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.repairs.failing {
		s.options.Logger.Error("presence unavailable", "error", err)
	}
	s.repairs.failing = true
}

// succeeded says that the cluster answers.
func (s *Service) succeeded() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.repairs.failing {
		s.options.Logger.Info("presence available again", "repairs", len(s.repairs.visits))
	}
	s.repairs.failing = false
}

// repair has a visit tried again, until it succeeds or the Service is closed.
func (s *Service) repair(v *visit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &s.repairs
	if r.closed {
		return
	}
	if !v.gone {
		r.visits[v.session.SocketID] = r.order.PushBack(v)
	} else if s.mayBeGoneLocked(v) {
		r.visits[v.session.SocketID] = r.order.PushBack(v)
		r.gone++
	}
	s.armLocked()
}

// mayBeGoneLocked reports whether one more ended socket can be kept.
func (s *Service) mayBeGoneLocked(v *visit) bool {
	if s.repairs.gone < s.options.Ended {
		return true
	}
	s.options.Logger.Error("presence of an ended socket not taken back", "userId", v.session.UserID, "socketId", v.session.SocketID)
	return false
}

// forgetLocked ends what is kept of a socket that has ended, and reports whether it
// was being repaired.
func (s *Service) forgetLocked(socketID string) bool {
	r := &s.repairs
	e := r.visits[socketID]
	if e == nil {
		return false
	}
	v := visitIn(e)
	keep := s.mayBeGoneLocked(v)
	v.gone, v.conn = true, nil
	if keep {
		r.gone++
		return true
	}
	delete(r.visits, socketID)
	r.order.Remove(e)
	return true
}

// visitIn returns what an element of the order holds.
func visitIn(e *list.Element) *visit {
	v, _ := e.Value.(*visit)
	return v
}

// doneLocked forgets a visit.
func (s *Service) doneLocked(v *visit) {
	r := &s.repairs
	e := r.visits[v.session.SocketID]
	if e == nil {
		return
	}
	delete(r.visits, v.session.SocketID)
	r.order.Remove(e)
	if v.gone {
		r.gone--
	}
}

// armLocked has the next pass begin after a while.
func (s *Service) armLocked() {
	r := &s.repairs
	if r.armed || r.closed {
		return
	}
	r.armed = true
	r.passes.Add(1)
	r.stop = s.options.Clock.AfterFunc(s.options.Retry, s.pass)
}

// stopRepairs ends repairing and waits for a pass that runs.
func (s *Service) stopRepairs() {
	s.mu.Lock()
	s.repairs.closed = true
	stop := s.repairs.stop
	s.mu.Unlock()
	if stop != nil && stop() {
		s.repairs.passes.Done()
	}
	s.repairs.passes.Wait()
}

// pass tries the visits until none is left, or one fails.
func (s *Service) pass() {
	defer s.repairs.passes.Done()
	defer s.passed()
	for {
		v := s.nextRepair()
		if v == nil {
			return
		}
		if err := s.mend(v); err != nil {
			s.failed(err)
			return
		}
		s.succeeded()
	}
}

// passed ends a pass, a panic too, and has another one follow where there is
// something left to do.
func (s *Service) passed() {
	if r := recover(); r != nil { // its goroutine is nobody else's
		s.options.Logger.Error("repairing presence panicked", "panic", sio.PanicKind(r), "stack", string(debug.Stack()))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.repairs.armed = false
	if len(s.repairs.visits) > 0 {
		s.armLocked()
	}
}

// nextRepair returns the visit that has waited longest, nil where there is none or
// the Service is closed. It is behind the others then, as it may be the only one
// that fails.
func (s *Service) nextRepair() *visit {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.repairs.order.Front()
	if e == nil || s.repairs.closed {
		return nil
	}
	s.repairs.order.MoveToBack(e)
	return visitIn(e)
}

// mend enters a socket, or takes it out where it has ended, before or meanwhile.
func (s *Service) mend(v *visit) error {
	s.mu.Lock()
	gone := v.gone
	s.mu.Unlock()
	if !gone {
		if err := s.enter(context.Background(), v); err != nil {
			return err
		}
		if s.isIn(v) {
			return nil
		}
	}
	if err := s.leave(context.Background(), v); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doneLocked(v)
	return nil
}

// isIn ends the repair of a socket that has been entered, unless it has ended.
func (s *Service) isIn(v *visit) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v.gone {
		return false
	}
	s.doneLocked(v)
	return true
}
