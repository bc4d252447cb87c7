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
	rooms []string // without the room of its id
	state state
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
	rooms map[string]*set[S]
	byID  map[string]S // open sockets
	all   set[S]       // the same
}

// New returns an empty table.
func New[S Socket]() *Table[S] {
	return &Table[S]{rooms: map[string]*set[S]{}, byID: map[string]S{}}
}

// Add takes in a socket, with the room of its id. Until Open, it can join rooms
// and is seen by nobody.
func (t *Table[S]) Add(s S, id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := s.member()
	m.id, m.state = id, joining
}

// Open makes a socket visible.
func (t *Table[S]) Open(s S) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := s.member()
	if m.state != joining {
		return
	}
	m.state = open
	t.byID[m.id] = s
	t.all.add(s)
	for _, room := range m.rooms {
		t.put(s, room)
	}
}

// Remove takes a socket out of everything, for good.
func (t *Table[S]) Remove(s S) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := s.member()
	if m.state == open {
		for _, room := range m.rooms {
			t.drop(s, room)
		}
		delete(t.byID, m.id)
		t.all.remove(s)
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
		if name == m.id || slices.Contains(m.rooms, name) {
			continue
		}
		m.rooms = append(m.rooms, name)
		if m.state == open {
			t.put(s, name)
		}
	}
}

// Leave takes a socket out of rooms, but for that of its id.
func (t *Table[S]) Leave(s S, names []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := s.member()
	for _, name := range names {
		i := slices.Index(m.rooms, name)
		if i < 0 {
			continue
		}
		m.rooms = slices.Delete(m.rooms, i, i+1)
		if m.state == open {
			t.drop(s, name)
		}
	}
}

func (t *Table[S]) put(s S, room string) {
	members := t.rooms[room]
	if members == nil {
		members = &set[S]{}
		t.rooms[room] = members
	}
	members.add(s)
}

func (t *Table[S]) drop(s S, room string) {
	if members := t.rooms[room]; members != nil {
		if members.remove(s); len(members.list) == 0 {
			delete(t.rooms, room)
		}
	}
}

// Names returns the rooms of a socket, sorted; none where it is gone.
func (t *Table[S]) Names(s S) []string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	m := s.member()
	if m.state == absent {
		return nil
	}
	names := append(slices.Clone(m.rooms), m.id)
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
		for _, s := range t.all.list {
			if !in(s, target.Except) {
				f(s)
			}
		}
		return
	}
	for i, room := range target.Rooms {
		if s, ok := t.byID[room]; ok && !in(s, target.Rooms[:i]) && !in(s, target.Except) {
			f(s)
		}
		members := t.rooms[room]
		if members == nil {
			continue
		}
		for _, s := range members.list {
			if !in(s, target.Rooms[:i]) && !in(s, target.Except) {
				f(s)
			}
		}
	}
}

// in reports whether a socket is in any of the rooms.
func in[S Socket](s S, names []string) bool {
	m := s.member()
	for _, name := range names {
		if name == m.id || slices.Contains(m.rooms, name) {
			return true
		}
	}
	return false
}

// fewMembers is up to how many members a set is searched rather than indexed:
// most rooms are of one user.
const fewMembers = 16

// set is a set of sockets, in a list that is quick to go through.
type set[S comparable] struct {
	list  []S
	index map[S]int // of the list; nil for few members
}

func (x *set[S]) add(s S) {
	x.list = append(x.list, s)
	switch {
	case x.index != nil:
		x.index[s] = len(x.list) - 1
	case len(x.list) > fewMembers:
		x.index = make(map[S]int, len(x.list))
		for i, member := range x.list {
			x.index[member] = i
		}
	}
}

func (x *set[S]) remove(s S) {
	i, ok := x.find(s)
	if !ok {
		return
	}
	var zero S
	last := len(x.list) - 1
	x.list[i] = x.list[last]
	x.list[last] = zero
	x.list = x.list[:last]
	if x.index != nil {
		if i < last {
			x.index[x.list[i]] = i
		}
		delete(x.index, s)
	}
	if cap(x.list) > 64 && len(x.list) < cap(x.list)/4 { // after a crowd has left
		x.list = slices.Clip(slices.Clone(x.list))
	}
}

func (x *set[S]) find(s S) (int, bool) {
	if x.index != nil {
		i, ok := x.index[s]
		return i, ok
	}
	i := slices.Index(x.list, s)
	return i, i >= 0
}
