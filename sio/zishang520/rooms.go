package zishang520

import (
	"slices"
	"sync"

	"github.com/parlance-dev/parlance/sio"
)

// rooms knows which sockets of a namespace are in which rooms. The library's
// own table loses a socket that joins a room while the last other one leaves it.
type rooms struct {
	mu      sync.RWMutex
	members map[string]map[*clientSocket]struct{}
	of      map[*clientSocket]map[string]struct{}
	byID    map[string]*clientSocket // open sockets
}

func newRooms() *rooms {
	return &rooms{
		members: map[string]map[*clientSocket]struct{}{},
		of:      map[*clientSocket]map[string]struct{}{},
		byID:    map[string]*clientSocket{},
	}
}

// add takes in a socket, with the room of its id.
func (r *rooms) add(s *clientSocket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of[s] = map[string]struct{}{}
	r.put(s, s.id)
}

// open makes a socket visible.
func (r *rooms) open(s *clientSocket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of[s] != nil {
		r.byID[s.id] = s
	}
}

// remove takes a socket out of everything, for good.
func (r *rooms) remove(s *clientSocket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for room := range r.of[s] {
		r.drop(s, room)
	}
	delete(r.of, s)
	delete(r.byID, s.id)
}

func (r *rooms) join(s *clientSocket, names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of[s] == nil {
		return // gone, or not there yet
	}
	for _, name := range names {
		r.put(s, name)
	}
}

func (r *rooms) leave(s *clientSocket, names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range names {
		if name != s.id {
			r.drop(s, name)
		}
	}
}

func (r *rooms) put(s *clientSocket, room string) {
	r.of[s][room] = struct{}{}
	if r.members[room] == nil {
		r.members[room] = map[*clientSocket]struct{}{}
	}
	r.members[room][s] = struct{}{}
}

func (r *rooms) drop(s *clientSocket, room string) {
	delete(r.of[s], room)
	delete(r.members[room], s)
	if len(r.members[room]) == 0 {
		delete(r.members, room)
	}
}

// names returns the rooms of a socket, sorted.
func (r *rooms) names(s *clientSocket) []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	names := make([]string, 0, len(r.of[s]))
	for name := range r.of[s] {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (r *rooms) has(id string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.byID[id] != nil
}

// match returns the open sockets that t names, each once, in no order.
func (r *rooms) match(t sio.Target) []*clientSocket {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if len(t.Rooms) == 0 {
		found := make([]*clientSocket, 0, len(r.byID))
		for _, s := range r.byID {
			if !r.inAny(s, t.Except) {
				found = append(found, s)
			}
		}
		return found
	}
	var found []*clientSocket
	for i, room := range t.Rooms {
		for s := range r.members[room] {
			if r.byID[s.id] == s && !r.inAny(s, t.Rooms[:i]) && !r.inAny(s, t.Except) {
				found = append(found, s)
			}
		}
	}
	return found
}

func (r *rooms) inAny(s *clientSocket, names []string) bool {
	for _, name := range names {
		if _, in := r.of[s][name]; in {
			return true
		}
	}
	return false
}
