package presence

import (
	"github.com/parlance-dev/parlance/internal/cluster"
	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/sio"
)

// changed tells a change to the sockets of this node. The cluster calls it for
// each, one at a time and by ascending revision.
func (s *Service) changed(c cluster.Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.caughtUp(c.Revision - 1)
	s.told = c.Revision
	s.history.add(c)
	to := s.server.To(events.RoomAllUsers).Except(awaiting())
	if c.Online != nil {
		to = to.Except(events.RoomUser(c.UserID))
	}
	s.tell(to, c)
	s.caughtUp(c.Revision)
}

// caughtUp lets the sockets have what is told from now on whose snapshots have
// nothing later than a revision.
func (s *Service) caughtUp(revision uint64) {
	for conn, at := range s.ahead {
		if at <= revision {
			conn.Leave(awaiting())
			delete(s.ahead, conn)
		}
	}
}

// tell sends a change.
func (s *Service) tell(to sio.Sink, c cluster.Change) {
	if c.Online == nil {
		s.sent(events.EventUserOffline, events.EmitTo(to).UserOffline(&events.UserOffline{UserID: c.UserID}))
		return
	}
	online := &events.UserOnline{UserID: c.UserID, UserInfo: userInfo(*c.Online)}
	s.sent(events.EventUserOnline, events.EmitTo(to).UserOnline(online))
}

// remembered is how many changes are remembered for snapshots under way.
const remembered = 1024

// history is the last changes told. The zero value has none.
type history struct {
	ring      []cluster.Change // at most remembered; the oldest at next once full
	next      int
	forgotten uint64 // revision of the last one that is not in it any more
}

// add takes in the change that was told last.
func (h *history) add(c cluster.Change) {
	if len(h.ring) < remembered {
		h.ring = append(h.ring, c)
		return
	}
	h.forgotten = h.ring[h.next].Revision
	h.ring[h.next] = c
	h.next = (h.next + 1) % remembered
}

// since returns the changes after a revision, oldest first; false where there were
// more.
func (h *history) since(revision uint64) ([]cluster.Change, bool) {
	if revision < h.forgotten {
		return nil, false
	}
	n := len(h.ring)
	first := n
	for first > 0 && h.at(first-1).Revision > revision {
		first--
	}
	changes := make([]cluster.Change, 0, n-first)
	for i := first; i < n; i++ {
		changes = append(changes, h.at(i))
	}
	return changes, true
}

// at returns the i-th change, oldest first.
func (h *history) at(i int) cluster.Change { return h.ring[(h.next+i)%len(h.ring)] }
