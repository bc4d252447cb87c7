package rooms_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/internal/rooms"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// member is a socket, with what the naive implementation knows of it.
type member struct {
	rooms.Member
	id    string
	added bool
	open  bool
	rooms map[string]bool // without that of its id
}

// in is what being in any of the rooms means.
func (m *member) in(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return name == m.id || m.rooms[name] })
}

// naive is the rooms of a namespace as plainly as they can be had.
type naive []*member

func (all naive) match(t sio.Target) []string {
	var ids []string
	for _, m := range all {
		if m.open && (len(t.Rooms) == 0 || m.in(t.Rooms)) && !m.in(t.Except) {
			ids = append(ids, m.id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (all naive) open() (n int) {
	for _, m := range all {
		if m.open {
			n++
		}
	}
	return n
}

func newMember(i int) *member { return &member{id: "s" + strconv.Itoa(i), rooms: map[string]bool{}} }

// pick returns up to most names of rooms, ids of sockets among them, and some
// that there are not. A name may come twice.
func pick(r *rand.Rand, most, sockets int) []string {
	var names []string
	for range r.IntN(most + 1) {
		switch r.IntN(5) {
		case 0:
			names = append(names, "s"+strconv.Itoa(r.IntN(sockets)))
		case 1:
			names = append(names, "nowhere")
		default:
			names = append(names, "r"+strconv.Itoa(r.IntN(4)))
		}
	}
	return names
}

// step does one thing to both.
func step(r *rand.Rand, t *rooms.Table[*member], all naive) {
	m := all[r.IntN(len(all))]
	names := pick(r, 3, len(all))
	switch r.IntN(20) {
	case 0:
		if m.added || r.IntN(2) == 0 {
			return
		}
		t.Add(m, m.id)
		m.added = true
	case 1, 2, 3:
		if !m.added && r.IntN(3) > 0 {
			t.Add(m, m.id)
			m.added = true
		}
		t.Open(m, nobody)
		m.open = m.added
	case 4:
		t.Remove(m)
		m.added, m.open = false, false
		clear(m.rooms)
	case 5, 6, 7, 8:
		t.Leave(m, names)
		for _, name := range names {
			delete(m.rooms, name)
		}
	default:
		t.Join(m, names)
		for _, name := range names {
			if m.added && name != m.id {
				m.rooms[name] = true
			}
		}
	}
}

// compare compares all that can be asked.
func compare(t *testing.T, r *rand.Rand, table *rooms.Table[*member], all naive) {
	t.Helper()
	for range 4 {
		target := sio.Target{Rooms: pick(r, 3, len(all)), Except: pick(r, 2, len(all))}
		var got []string
		for _, m := range table.Match(target) {
			got = append(got, m.id)
		}
		slices.Sort(got)
		if want := all.match(target); !slices.Equal(got, want) {
			t.Fatalf("%+v matches %q, want %q", target, got, want)
		}
	}
	if got, want := table.Len(), all.open(); got != want {
		t.Fatalf("%d are open, want %d", got, want)
	}
	m := all[r.IntN(len(all))]
	if table.Has(m.id) != m.open {
		t.Fatalf("Has(%q) is %v", m.id, !m.open)
	}
	var names []string
	if m.added {
		names = append(names, m.id)
		for name := range m.rooms {
			names = append(names, name)
		}
		slices.Sort(names)
	}
	if got := table.Names(m); !slices.Equal(got, names) {
		t.Fatalf("%q is in %q, want %q", m.id, got, names)
	}
}

// TestAgainstNaive does random things to a table and to the naive one beside it,
// with few sockets and with more than are searched.
func TestAgainstNaive(t *testing.T) {
	t.Parallel()
	for _, sockets := range []int{2, 15, 17, 40, 150} {
		for seed := range uint64(8) {
			t.Run(fmt.Sprintf("%d sockets, seed %d", sockets, seed), func(t *testing.T) {
				t.Parallel()
				r := rand.New(rand.NewPCG(seed, uint64(sockets)))
				table := rooms.New[*member]()
				var all naive
				for i := range sockets {
					all = append(all, newMember(i))
				}
				for range 1_500 {
					step(r, table, all)
					compare(t, r, table, all)
				}
				for _, m := range all {
					table.Remove(m)
					m.added, m.open = false, false
					clear(m.rooms)
				}
				compare(t, r, table, all)
			})
		}
	}
}

// TestCrowd grows a room over the bound up to which it is searched, and empties
// it in several orders.
func TestCrowd(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 15, 16, 17, 18, 33, 65, 300} {
		for order, next := range map[string]func(n int) int{
			"first": func(int) int { return 0 },
			"last":  func(n int) int { return n - 1 },
			"mid":   func(n int) int { return n / 2 },
		} {
			table := rooms.New[*member]()
			var crowd []*member
			for i := range size {
				m := newMember(i)
				crowd = append(crowd, m)
				table.Add(m, m.id)
				table.Join(m, []string{"room"})
				table.Open(m, nobody)
				if got := len(table.Match(sio.Target{Rooms: []string{"room"}})); got != i+1 {
					t.Fatalf("%d in the room, want %d", got, i+1)
				}
			}
			for len(crowd) > 0 {
				i := next(len(crowd))
				table.Leave(crowd[i], []string{"room"})
				crowd = slices.Delete(crowd, i, i+1)
				found := table.Match(sio.Target{Rooms: []string{"room"}})
				if len(found) != len(crowd) {
					t.Fatalf("of %d, %s leaves: %d in the room, want %d", size, order, len(found), len(crowd))
				}
				for _, m := range found {
					if !slices.Contains(crowd, m) {
						t.Fatalf("%s has left, and is found", m.id)
					}
				}
			}
		}
	}
}

// TestUnseen: a socket is seen from Open on, and never again after Remove.
func TestUnseen(t *testing.T) {
	t.Parallel()
	table := rooms.New[*member]()
	m := newMember(1)
	room := sio.Target{Rooms: []string{"room"}}
	table.Join(m, []string{"room"})
	table.Open(m, nobody)
	if table.Names(m) != nil || table.Len() != 0 {
		t.Error("a socket is there that was never added")
	}
	table.Add(m, m.id)
	table.Join(m, []string{"room", m.id, "room"})
	if got := table.Names(m); !slices.Equal(got, []string{"room", "s1"}) {
		t.Errorf("rooms are %q", got)
	}
	if len(table.Match(room)) != 0 || table.Has(m.id) {
		t.Error("a socket is seen that is not open")
	}
	table.Open(m, nobody)
	table.Open(m, nobody)
	if len(table.Match(room)) != 1 || len(table.Match(sio.Target{Rooms: []string{"s1", "room", "s1"}})) != 1 {
		t.Error("an open socket is not found once")
	}
	table.Leave(m, []string{m.id})
	if len(table.Match(sio.Target{Rooms: []string{"s1"}})) != 1 {
		t.Error("a socket has left the room of its id")
	}
	table.Remove(m)
	table.Remove(m)
	table.Open(m, nobody)
	table.Join(m, []string{"room"})
	if table.Len() != 0 || table.Names(m) != nil || len(table.Match(sio.Target{})) != 0 || len(table.Match(room)) != 0 {
		t.Error("a socket is there after Remove")
	}
}

// nobody is who is to be told of a socket's being open.
func nobody() {}

// TestWelcome: a socket is told that it is there, once, in the step that makes it
// visible.
func TestWelcome(t *testing.T) {
	t.Parallel()
	table := rooms.New[*member]()
	m := newMember(1)
	told := 0
	found := make(chan int, 1)
	welcome := func() {
		told++
		// Whoever looks from now on finds it: this one cannot look before the
		// step is over.
		go func() { found <- len(table.Match(sio.Target{})) }()
		select {
		case n := <-found:
			t.Errorf("%d found while the socket was being told", n)
			found <- n
		case <-time.After(50 * time.Millisecond):
		}
	}
	table.Open(m, welcome)
	if told != 0 {
		t.Error("a socket is told that was never added")
	}
	table.Add(m, m.id)
	table.Open(m, welcome)
	if n := <-found; n != 1 {
		t.Errorf("%d found by who looked once the socket was told, want 1", n)
	}
	table.Open(m, welcome)
	table.Remove(m)
	table.Open(m, welcome)
	if told != 1 {
		t.Errorf("told %d times, want 1", told)
	}
}

// TestConcurrent has many goroutines at the table, each with its own socket. With
// the race detector it says who forgets a lock.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	table := rooms.New[*member]()
	var group sync.WaitGroup
	for i := range 32 {
		group.Go(func() {
			for round := range 200 {
				m := newMember(i)
				own := "own" + strconv.Itoa(i)
				table.Add(m, m.id)
				table.Join(m, []string{"room", own})
				table.Open(m, nobody)
				if got := table.Match(sio.Target{Rooms: []string{own}}); len(got) != 1 || got[0] != m {
					t.Errorf("%d are in a room of one", len(got))
				}
				if !table.Has(m.id) || !slices.Contains(table.Match(sio.Target{Rooms: []string{"room"}, Except: []string{"nowhere"}}), m) {
					t.Error("an open socket is not found")
				}
				if round%2 == 0 {
					table.Leave(m, []string{"room"})
				}
				table.Remove(m)
				if table.Has(m.id) || len(table.Names(m)) != 0 {
					t.Error("a removed socket is found")
				}
			}
		})
	}
	group.Wait()
	if table.Len() != 0 || len(table.Match(sio.Target{Rooms: []string{"room"}})) != 0 {
		t.Error("sockets are left")
	}
}
