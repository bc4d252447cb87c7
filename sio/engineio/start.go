package engineio

import (
	"sync"
	"time"
)

// starterRest is how long a starter waits for something to do.
const starterRest = time.Second

// starters do the first work of connections. That work, which decides who may
// connect, needs more stack than reading ever does: on a goroutine of the
// connection's own, it would be grown for each anew, and kept while it is idle.
// A starter's has grown already.
type starters struct {
	server *Server
	stop   chan struct{}

	mu      sync.Mutex
	resting []*starter // the one that rests for the shortest time is the last
	ended   bool
}

// starter is a goroutine that waits for a connection to start.
type starter struct{ next chan *wsTransport }

// do has a starter do the first work of t, and t read on then.
func (p *starters) do(t *wsTransport) {
	p.mu.Lock()
	if n := len(p.resting); n > 0 {
		s := p.resting[n-1]
		p.resting[n-1] = nil
		p.resting = p.resting[:n-1]
		p.mu.Unlock()
		s.next <- t // has room
		return
	}
	p.mu.Unlock()
	p.server.tasks.Run(func() { p.run(&starter{make(chan *wsTransport, 1)}, t) })
}

func (p *starters) run(s *starter, t *wsTransport) {
	timer := time.NewTimer(starterRest)
	defer timer.Stop()
	for ok := true; ok; {
		if t.work() {
			t.start()
		}
		if !p.rest(s) {
			return
		}
		timer.Reset(starterRest)
		select {
		case t = <-s.next:
			continue
		case <-timer.C:
		case <-p.stop:
		}
		if !p.wake(s) {
			t = <-s.next // was given to it meanwhile
			continue
		}
		ok = false
	}
}

// rest lets others find the starter. It returns false where it is not to rest.
func (p *starters) rest(s *starter) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return false
	}
	p.resting = append(p.resting, s)
	return true
}

// wake takes the starter from those who rest. It returns false where somebody
// has found it.
func (p *starters) wake(s *starter) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, other := range p.resting {
		if other == s {
			p.resting = append(p.resting[:i], p.resting[i+1:]...)
			return true
		}
	}
	return false
}

// end lets no starter rest any more.
func (p *starters) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		p.ended = true
		close(p.stop)
	}
}
