package engineio

import (
	"sync"
	"sync/atomic"
	"time"
)

// patience is how often the watcher looks. Work that has lasted for one to two
// of it keeps its goroutine, and another one reads on.
const patience = 2 * time.Millisecond

// idleLooks is after how many looks at nothing the watcher goes to sleep.
const idleLooks = 500

const watchShards = 8

// watcher sees to it that work for a connection does not stop the reading of it
// for more than a moment. Handing each piece of work to another goroutine would
// do that too, but costs a switch, and often the waking of a processor, for
// every message.
type watcher struct {
	server *Server
	shards [watchShards]watchShard

	running  atomic.Bool
	stopping atomic.Bool // rest as soon as there is nothing
}

// watchShard is a list of the connections whose reader is at work.
type watchShard struct {
	mu   sync.Mutex
	head *wsTransport
	now  uint64   // looks so far
	_    [40]byte // shards are written by different processors
}

// watched is a connection's place in the list.
type watched struct {
	next, prev *wsTransport
	since      uint64
	listed     bool
	reader     uint32 // how often the reading has been handed over
}

// enter begins watching t. What it returns goes to leave.
func (w *watcher) enter(t *wsTransport) uint32 {
	s := &w.shards[t.shard]
	s.mu.Lock()
	reader := t.watch.reader
	t.watch = watched{next: s.head, since: s.now, listed: true, reader: reader}
	if s.head != nil {
		s.head.watch.prev = t
	}
	s.head = t
	s.mu.Unlock()
	if !w.running.Load() {
		w.start()
	}
	return reader
}

// leave ends watching t. It returns false where another goroutine reads on.
func (w *watcher) leave(t *wsTransport, reader uint32) bool {
	s := &w.shards[t.shard]
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.watch.reader != reader {
		return false
	}
	s.remove(t)
	return true
}

func (s *watchShard) remove(t *wsTransport) {
	if t.watch.prev != nil {
		t.watch.prev.watch.next = t.watch.next
	} else {
		s.head = t.watch.next
	}
	if t.watch.next != nil {
		t.watch.next.watch.prev = t.watch.prev
	}
	t.watch = watched{reader: t.watch.reader}
}

// look takes the connections whose work lasts out of the list and returns them,
// and whether there were others.
func (s *watchShard) look(late []*wsTransport) (_ []*wsTransport, others bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now++
	for t := s.head; t != nil; {
		next := t.watch.next
		if s.now-t.watch.since > 1 {
			s.remove(t)
			t.watch.reader++
			late = append(late, t)
		}
		t = next
	}
	return late, s.head != nil
}

func (w *watcher) start() {
	if w.running.CompareAndSwap(false, true) {
		w.server.tasks.Run(w.run)
	}
}

// run looks at regular intervals until there has been nothing for a while.
func (w *watcher) run() {
	tick := time.NewTicker(patience)
	defer tick.Stop()
	var late []*wsTransport
	for quiet := 0; ; quiet++ {
		<-tick.C
		late = late[:0]
		for i := range w.shards {
			var others bool
			if late, others = w.shards[i].look(late); others || len(late) > 0 {
				quiet = 0
			}
		}
		for i, t := range late {
			t.handOver()
			late[i] = nil
		}
		if (quiet > idleLooks || w.stopping.Load()) && w.rest() {
			return
		}
	}
}

// rest ends the watcher unless somebody is at work.
func (w *watcher) rest() bool {
	w.running.Store(false)
	for i := range w.shards {
		s := &w.shards[i]
		s.mu.Lock()
		busy := s.head != nil
		s.mu.Unlock()
		if busy { // and may have seen the watcher run
			return !w.running.CompareAndSwap(false, true)
		}
	}
	return true
}

// end lets the watcher rest as soon as nobody is at work.
func (w *watcher) end() { w.stopping.Store(true) }
