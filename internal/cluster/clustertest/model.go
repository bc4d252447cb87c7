package clustertest

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/parlance-dev/parlance/internal/cluster"
)

// model is a presence as one would write it down: it sorts for every question.
type model struct {
	joined   int
	sockets  []joined
	lastSeen map[string]time.Time
	changes  []cluster.Change // without revisions
}

type joined struct {
	cluster.Session
	order int
}

// of returns a user's sockets, oldest first.
func (m *model) of(user string) []joined {
	var out []joined
	for _, s := range m.sockets {
		if s.UserID == user {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b joined) int {
		return cmp.Or(a.ConnectedAt.Compare(b.ConnectedAt), cmp.Compare(a.order, b.order))
	})
	return out
}

func (m *model) user(id string) (cluster.User, bool) {
	sockets := m.of(id)
	if len(sockets) == 0 {
		return cluster.User{}, false
	}
	return record(sockets[len(sockets)-1].Session, len(sockets), m.lastSeen[id]), true
}

// users returns everyone, in the order of less.
func (m *model) users(compare func(a, b cluster.User) int) []cluster.User {
	var out []cluster.User
	for id := range m.lastSeen {
		if u, ok := m.user(id); ok {
			out = append(out, u)
		}
	}
	slices.SortFunc(out, compare)
	return out
}

func (m *model) join(s cluster.Session, limit int) (evicted []string) {
	if !slices.ContainsFunc(m.sockets, func(o joined) bool { return o.SocketID == s.SocketID && o.UserID == s.UserID }) {
		first := len(m.of(s.UserID)) == 0
		m.joined++
		m.sockets = append(m.sockets, joined{s, m.joined})
		m.seen(s.UserID, s.ConnectedAt)
		if first {
			u, _ := m.user(s.UserID)
			m.changes = append(m.changes, cluster.Change{UserID: s.UserID, Online: &u})
		}
	}
	sockets := m.of(s.UserID)
	for _, o := range sockets {
		if limit > 0 && len(sockets)-len(evicted) > limit && o.SocketID != s.SocketID {
			evicted = append(evicted, o.SocketID)
		}
	}
	return evicted
}

func (m *model) leave(user, socket string) {
	before := len(m.of(user))
	m.sockets = slices.DeleteFunc(m.sockets, func(o joined) bool { return o.SocketID == socket && o.UserID == user })
	if before > 0 && len(m.of(user)) == 0 {
		delete(m.lastSeen, user)
		m.changes = append(m.changes, cluster.Change{UserID: user})
	}
}

func (m *model) seen(user string, when time.Time) {
	if len(m.of(user)) > 0 && when.After(m.lastSeen[user]) {
		m.lastSeen[user] = when
	}
}

// testModel does random things to a cluster and to the model, and compares.
func testModel(t *testing.T, open Open) {
	rapid.Check(t, func(r *rapid.T) {
		a, b := open(t)
		m := &model{lastSeen: map[string]time.Time{}}
		told := watch(t, a)
		user := rapid.SampledFrom([]string{"a", "b", "c", "é"})
		socket := rapid.SampledFrom([]string{"s1", "s2", "s3", "s4", "s5"})
		second := rapid.IntRange(0, 5)
		pick := func(r *rapid.T) node {
			return node{rapid.SampledFrom([]cluster.Presence{a, b}).Draw(r, "node"), t}
		}
		r.Repeat(map[string]func(*rapid.T){
			"join": func(r *rapid.T) {
				u := user.Draw(r, "user")
				s := session(u, u+socket.Draw(r, "socket"), second.Draw(r, "second"))
				limit := rapid.IntRange(0, 4).Draw(r, "limit")
				if got, want := pick(r).join(s, limit), m.join(s, limit); !slices.Equal(got, want) {
					r.Fatalf("join %+v within %d: %q to be disconnected, want %q", s, limit, got, want)
				}
			},
			"leave": func(r *rapid.T) {
				u := user.Draw(r, "user")
				s := u + socket.Draw(r, "socket")
				pick(r).leave(u, s)
				m.leave(u, s)
			},
			"seen": func(r *rapid.T) {
				u, when := user.Draw(r, "user"), at(second.Draw(r, "second"))
				a.Seen(u, when)
				m.seen(u, when)
			},
			"": func(r *rapid.T) { m.compare(r, node{a, t}, told) },
		})
	})
}

// compare asks a node all there is to ask.
func (m *model) compare(r *rapid.T, n node, told *stream) {
	limit := rapid.IntRange(0, 5).Draw(r, "limit")
	want := m.users(func(a, b cluster.User) int {
		return cmp.Or(b.ConnectedAt.Compare(a.ConnectedAt), cmp.Compare(b.ID, a.ID))
	})
	if got, _ := n.online(limit); !slices.Equal(got, want[:min(limit, len(want))]) {
		r.Fatalf("online %d: %+v, want %+v", limit, got, want)
	}
	want = m.users(func(a, b cluster.User) int { return cmp.Compare(a.ID, b.ID) })
	if got := n.list(cluster.Page{Limit: limit}); !slices.Equal(got, want[:min(limit, len(want))]) {
		r.Fatalf("list %d: %+v, want %+v", limit, got, want)
	}
	for _, id := range []string{"a", "b", "c", "é"} {
		u, ok := m.user(id)
		if got, online := n.lookup(id); got != u || online != ok {
			r.Fatalf("%s: %+v, %v; want %+v, %v", id, got, online, u, ok)
		}
	}
	got := told.await(len(m.changes))
	for i, c := range got {
		if i >= len(m.changes) || c.UserID != m.changes[i].UserID || (c.Online == nil) != (m.changes[i].Online == nil) ||
			c.Online != nil && *c.Online != *m.changes[i].Online || i > 0 && c.Revision <= got[i-1].Revision {
			r.Fatalf("changes: %+v, want %+v", got, m.changes)
		}
	}
}
