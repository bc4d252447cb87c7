// Package rooms knows which sockets of a namespace are in which rooms. It
// imports sio and the standard library.
package rooms

import (
	"slices"
	"sync"

	"github.com/parlance-dev/parlance/sio"
)

// Member is a socket's own part of the table: embed it. The table alone touches
// it.
type Member struct {
	id    string
	rooms []membership // without the room of its id
	all   int          // its place among the open sockets
	state state
}

// membership is a room that a socket is in, and its place in the room's list,
// once it is open.
type membership struct {
	name  string
	place int
}

// find returns the index of a room in the socket's own list, -1 where it is not
// in it.
func (m *Member) find(room string) int {
	return slices.IndexFunc(m.rooms, func(x membership) bool { return x.name == room })
}

type state byte

const (
	absent state = iota
	joining
	open
)

func (m *Member) member() *Member { return m }

// Socket is what is in rooms: a pointer to what embeds Member.
type Socket interface {
	comparable
	member() *Member
}

// Table is the rooms of one namespace. Its methods may be called from any
// goroutine. Make it with New.
type Table[S Socket] struct {
	mu    sync.RWMutex
	rooms map[string]*room[S]
	byID  map[string]S // open sockets
	all   []S          // the same, in a list that is quick to go through
}

// room is the open sockets in a room. Each knows its place in the list, so that
// it is quick to leave.
type room[S Socket] struct{ list []S }

// New returns an empty table.
func New[S Socket]() *Table[S] {
	return &Table[S]{rooms: map[string]*room[S]{}, byID: map[string]S{}}
}

// Add takes in a socket, with the room of its id. Until Open, it can join rooms
// and is seen by nobody.
func (t *Table[S]) Add(s S, id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := s.member()
	m.id, m.state = id, joining
}

// Open makes a socket visible, and has welcome tell its client that it is
// connected. That is one step: who has been told gets what is sent from then on,
// and nothing that others send comes before the welcome. welcome must not use the
// table; for a socket that is not there, or is open already, it is not called.
func (t *Table[S]) Open(s S, welcome func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := s.member()
	if m.state != joining {
		return
	}
	m.state = open
	t.byID[m.id] = s
	m.all = len(t.all)
	t.all = append(t.all, s)
	for i := range m.rooms {
		t.put(s, i)
	}
	welcome()
}

// Remove takes a socket out of everything, for good.
func (t *Table[S]) Remove(s S) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := s.member()
	if m.state == open {
		for i := range m.rooms {
			t.drop(m, i)
		}
		delete(t.byID, m.id)
		var moved S
		if t.all, moved = cut(t.all, m.all); moved != s {
			moved.member().all = m.all
		}
	}
	m.rooms, m.state = nil, absent
}

// Join takes a socket into rooms, unless it is gone or not there yet.
func (t *Table[S]) Join(s S, names []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := s.member()
	if m.state == absent {
		return
	}
	for _, name := range names {
		if m.in(name) {
			continue
		}
		m.rooms = append(m.rooms, membership{name: name})
		if m.state == open {
			t.put(s, len(m.rooms)-1)
		}
	}
}

// Leave takes a socket out of rooms, but for that of its id.
func (t *Table[S]) Leave(s S, names []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := s.member()
	for _, name := range names {
		i := m.find(name)
		if i < 0 {
			continue
		}
		if m.state == open {
			t.drop(m, i)
		}
		m.rooms = slices.Delete(m.rooms, i, i+1)
	}
}

// put enters a socket into the i-th of its rooms.
func (t *Table[S]) put(s S, i int) {
	own := &s.member().rooms[i]
	r := t.rooms[own.name]
	if r == nil {
		r = &room[S]{}
		t.rooms[own.name] = r
	}
	own.place = len(r.list)
	r.list = append(r.list, s)
}

// drop takes a socket out of the i-th of its rooms.
func (t *Table[S]) drop(m *Member, i int) {
	own := &m.rooms[i]
	r := t.rooms[own.name]
	var moved S
	r.list, moved = cut(r.list, own.place)
	if len(r.list) == 0 {
		delete(t.rooms, own.name)
		return
	}
	if other := moved.member(); other != m {
		other.rooms[other.find(own.name)].place = own.place
	}
}

// cut removes the i-th socket of a list. The last one, which it returns, takes
// its place.
func cut[S comparable](list []S, i int) (_ []S, moved S) {
	var zero S
	last := len(list) - 1
	moved = list[last]
	list[i], list[last] = moved, zero
	list = list[:last]
	if cap(list) > 64 && len(list) < cap(list)/4 { // after a crowd has left
		list = slices.Clip(slices.Clone(list))
	}
	return list, moved
}

// Names returns the rooms of a socket, sorted; none where it is gone.
func (t *Table[S]) Names(s S) []string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	m := s.member()
	if m.state == absent {
		return nil
	}
	names := make([]string, 0, len(m.rooms)+1)
	for _, own := range m.rooms {
		names = append(names, own.name)
	}
	names = append(names, m.id)
	slices.Sort(names)
	return names
}

// Has reports whether a socket of that id is open.
func (t *Table[S]) Has(id string) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	_, ok := t.byID[id]
	return ok
}

// Len is the number of open sockets.
func (t *Table[S]) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.byID)
}

// Match returns the open sockets that target names, each once, in no order.
func (t *Table[S]) Match(target sio.Target) []S {
	var found []S
	t.Each(target, func(s S) { found = append(found, s) })
	return found
}

// Each calls f for the open sockets that target names, each once, in no order.
// f must not use the table.
func (t *Table[S]) Each(target sio.Target, f func(S)) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if len(target.Rooms) == 0 {
		for _, s := range t.all {
			if !in(s, target.Except) {
				f(s)
			}
		}
		return
	}
	for i, name := range target.Rooms {
		if s, ok := t.byID[name]; ok && !in(s, target.Rooms[:i]) && !in(s, target.Except) {
			f(s)
		}
		r := t.rooms[name]
		if r == nil {
			continue
		}
		for _, s := range r.list {
			if !in(s, target.Rooms[:i]) && !in(s, target.Except) {
				f(s)
			}
		}
	}
}

// in reports whether a socket is in any of the rooms.
func in[S Socket](s S, names []string) bool {
	return len(names) > 0 && slices.ContainsFunc(names, s.member().in)
}

// in reports whether the socket is in a room.
func (m *Member) in(room string) bool { return room == m.id || m.find(room) >= 0 }
