package messages

import (
	"slices"
	"sync"
)

// seam is where replayed and live messages meet. A connection that is being
// replayed to gets no live messages: those that come meanwhile are noted, and
// the replay reads them from the store, until it has caught up. Then live ones
// take over, but for those that the replay has read before they were announced:
// a message is in the store a moment earlier.
//
// It rests on two promises of the store: messages are announced in the order of
// ids, and who has read an id never finds a smaller one later.
type seam struct {
	mu sync.Mutex
	// announced is the greatest id that was, "" before the first since the start.
	announced string
	replays   map[string][]*replay // by user; those that announce has to know
}

// replay is one connection's.
type replay struct {
	userID   string
	socketID string
	offset   string      // that the client says it has seen
	bad      error       // what is wrong with that: there will be no replay
	base     string      // seam.announced when it entered
	stop     func() bool // ends the wait for the connection's end

	// The seam's mu guards what follows.
	waiting string // greatest id that was announced and not delivered live
	over    bool   // live messages are delivered,
	upTo    string // but for those up to this one
}

func newSeam() seam { return seam{replays: map[string][]*replay{}} }

// enter begins to keep live messages from a connection, which must not be in its
// user's room yet.
func (s *seam) enter(r *replay) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.base = s.announced
	r.over = r.bad != nil
	s.replays[r.userID] = append(s.replays[r.userID], r)
}

// find returns the replay of a connection, nil where it has none.
func (s *seam) find(userID, socketID string) *replay {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.replays[userID] {
		if r.socketID == socketID {
			return r
		}
	}
	return nil
}

// leave forgets a connection: all live messages are delivered to it.
func (s *seam) leave(r *replay) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(r)
}

// forget needs mu.
func (s *seam) forget(r *replay) {
	rest := slices.DeleteFunc(s.replays[r.userID], func(other *replay) bool { return other == r })
	if len(rest) == 0 {
		delete(s.replays, r.userID)
		return
	}
	s.replays[r.userID] = rest
}

// announce has a message delivered live: deliver gets the sockets that are left
// out. It is called under the lock, so that no connection enters or catches up
// between the decision and the delivery.
func (s *seam) announce(userID, id string, deliver func(except []string) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.announced = max(s.announced, id)
	var except []string
	for _, r := range slices.Clone(s.replays[userID]) {
		switch {
		case !r.over:
			r.waiting = id
			except = append(except, r.socketID)
		case r.bad != nil: // Opened has still to tell the client
		case id <= r.upTo:
			except = append(except, r.socketID)
		default: // what was read ahead is through
			s.forget(r)
			r.stop()
		}
	}
	return deliver(except)
}

// due returns the greatest id that a connection still has to be sent.
func (s *seam) due(r *replay) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return r.waiting
}

// finish ends a replay that has sent all messages up to last, if nothing is
// waiting behind it. From then on, live messages are delivered.
func (s *seam) finish(r *replay, last string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.waiting > last {
		return false
	}
	r.over, r.upTo = true, last
	if last <= s.announced { // nothing was read ahead
		s.forget(r)
		r.stop()
	}
	return true
}
