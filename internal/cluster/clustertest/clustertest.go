// Package clustertest is the one suite that every cluster passes: what the
// interfaces of internal/cluster promise.
//
// It imports internal/cluster and a generator of random cases, and is imported
// by tests only.
package clustertest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/cluster"
)

// Open makes a new, empty cluster and returns two of its nodes: for an
// implementation of one node, the same one twice. They end with t. It is called
// many times in one test.
type Open func(t testing.TB) (here, there cluster.Presence)

// patience is how long a change may take from one node to another.
const patience = 20 * time.Second

// Run runs the suite.
func Run(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, Open)
	}{
		{"the newest socket stands for the user", testNewest},
		{"of equal sockets the last one stands for the user", testNewestEqual},
		{"a socket joins once", testJoinTwice},
		{"who is not there cannot leave", testLeaveUnknown},
		{"sockets beyond the limit", testLimit},
		{"the new socket is never beyond the limit", testLimitNew},
		{"times are cut to milliseconds", testMilliseconds},
		{"seen moves forward", testSeen},
		{"online is newest first", testOnline},
		{"pages", testPages},
		{"lookup", testLookup},
		{"first and last socket change", testChanges},
		{"several watch", testWatchers},
		{"a change is told before the call returns", testToldBefore},
		{"no change after stop", testStop},
		{"ended context", testContext},
		{"like a simple model", testModel},
		{"many at once: the stream", testStream},
		{"many at once: snapshot and stream", testSnapshots},
		{"many at once: the limit", testLimitMany},
		{"many at once: one user", testOneUser},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, open) })
	}
}

// at is a time so many seconds after the first.
func at(seconds int) time.Time {
	return time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC).Add(time.Duration(seconds) * time.Second)
}

func session(user, socket string, seconds int) cluster.Session {
	return cluster.Session{UserID: user, SocketID: socket, Role: "role of " + socket, Department: "department of " + socket, ConnectedAt: at(seconds)}
}

// node is a Presence whose errors end the test.
type node struct {
	cluster.Presence
	t testing.TB
}

// nodes opens a cluster.
func nodes(t testing.TB, open Open) (here, there node) {
	t.Helper()
	a, b := open(t)
	return node{a, t}, node{b, t}
}

// join adds a socket and returns the ids of those to be disconnected.
func (n node) join(s cluster.Session, limit int) []string {
	n.t.Helper()
	evicted, err := n.Join(n.t.Context(), s, limit)
	if err != nil {
		n.t.Errorf("join %s: %v", s.SocketID, err)
	}
	return evicted
}

func (n node) leave(user, socket string) {
	n.t.Helper()
	if err := n.Leave(n.t.Context(), user, socket); err != nil {
		n.t.Errorf("leave %s: %v", socket, err)
	}
}

func (n node) online(limit int) ([]cluster.User, uint64) {
	n.t.Helper()
	users, revision, err := n.Online(n.t.Context(), limit)
	if err != nil {
		n.t.Errorf("online: %v", err)
	}
	return users, revision
}

func (n node) list(page cluster.Page) []cluster.User {
	n.t.Helper()
	users, err := n.List(n.t.Context(), page)
	if err != nil {
		n.t.Errorf("list: %v", err)
	}
	return users
}

func (n node) lookup(user string) (cluster.User, bool) {
	n.t.Helper()
	u, ok, err := n.Lookup(n.t.Context(), user)
	if err != nil {
		n.t.Errorf("lookup %s: %v", user, err)
	}
	return u, ok
}

// is checks the record of a user.
func (n node) is(want cluster.User) {
	n.t.Helper()
	got, ok := n.lookup(want.ID)
	if !ok || got != want {
		n.t.Errorf("%s: %+v, %v; want %+v", want.ID, got, ok, want)
	}
}

// isOffline checks that a user has no record.
func (n node) isOffline(user string) {
	n.t.Helper()
	if got, ok := n.lookup(user); ok || got != (cluster.User{}) {
		n.t.Errorf("%s: %+v, %v; want nobody", user, got, ok)
	}
}

// record is a user as its newest socket makes it.
func record(s cluster.Session, connections int, seen time.Time) cluster.User {
	return cluster.User{
		ID: s.UserID, SocketID: s.SocketID, Role: s.Role, Department: s.Department,
		ConnectedAt: s.ConnectedAt, LastSeen: seen, Connections: connections,
	}
}

func ids(users []cluster.User) []string {
	out := make([]string, 0, len(users))
	for _, u := range users {
		out = append(out, u.ID)
	}
	return out
}

// stream collects the changes that a node tells.
type stream struct {
	t       testing.TB
	mu      sync.Mutex
	changes []cluster.Change
	came    chan struct{} // closed and replaced with each change
}

// watch collects a node's changes from now on, until the test ends.
func watch(t testing.TB, p cluster.Presence) *stream {
	s := &stream{t: t, came: make(chan struct{})}
	t.Cleanup(p.Watch(s.add))
	return s
}

func (s *stream) add(c cluster.Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes = append(s.changes, c)
	close(s.came)
	s.came = make(chan struct{})
}

func (s *stream) all() []cluster.Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.changes)
}

// await returns the changes once there are n of them, or more.
func (s *stream) await(n int) []cluster.Change {
	s.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		s.mu.Lock()
		changes, came := slices.Clone(s.changes), s.came
		s.mu.Unlock()
		if len(changes) >= n {
			return changes
		}
		select {
		case <-came:
		case <-timer.C:
			s.t.Fatalf("%d changes told, want %d", len(changes), n)
		}
	}
}

// awaitRevision returns the changes once one of at least that revision is told.
func (s *stream) awaitRevision(revision uint64) []cluster.Change {
	s.t.Helper()
	for n := 1; ; n++ {
		changes := s.await(n)
		if n = len(changes); changes[n-1].Revision >= revision {
			return changes
		}
	}
}
