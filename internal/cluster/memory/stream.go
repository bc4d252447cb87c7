package memory

import (
	"slices"
	"sync"

	"github.com/parlance-dev/parlance/internal/cluster"
)

// stream tells changes to those who watch, in their order and without the lock
// of the state: a watcher sends each to thousands of sockets, and who only reads
// must not wait for that. What waits is bounded by the calls under way: each
// tells all that waits before it returns.
type stream struct {
	waiting sync.Mutex
	queue   []cluster.Change

	telling  sync.Mutex // is taken before waiting
	watchers []*watcher
}

type watcher struct{ f func(cluster.Change) }

// push queues a change. Whoever pushes holds the lock of the state, so that the
// queue has the order of the revisions, and flushes when it has let go of it.
func (s *stream) push(c cluster.Change) {
	s.waiting.Lock()
	defer s.waiting.Unlock()
	s.queue = append(s.queue, c)
}

// flush returns when every change that was queued before has been told.
func (s *stream) flush() {
	s.telling.Lock()
	defer s.telling.Unlock()
	s.flushLocked()
}

// flushLocked tells as many changes as wait now: those that are queued meanwhile
// are told by who queued them.
func (s *stream) flushLocked() {
	for range s.len() {
		c := s.pop()
		for _, w := range s.watchers {
			w.f(c)
		}
	}
}

func (s *stream) len() int {
	s.waiting.Lock()
	defer s.waiting.Unlock()
	return len(s.queue)
}

// pop takes the oldest change. Only who tells pops, so that there is one.
func (s *stream) pop() cluster.Change {
	s.waiting.Lock()
	defer s.waiting.Unlock()
	c := s.queue[0]
	s.queue = s.queue[1:]
	if len(s.queue) == 0 {
		s.queue = nil // with what it has been
	}
	return c
}

// watch adds a watcher, which is told what comes from now on.
func (s *stream) watch(f func(cluster.Change)) (stop func()) {
	w := &watcher{f}
	s.telling.Lock()
	defer s.telling.Unlock()
	s.flushLocked()
	s.watchers = append(s.watchers, w)
	return func() { s.stop(w) }
}

func (s *stream) stop(w *watcher) {
	s.telling.Lock()
	defer s.telling.Unlock()
	s.watchers = slices.DeleteFunc(s.watchers, func(other *watcher) bool { return other == w })
}
