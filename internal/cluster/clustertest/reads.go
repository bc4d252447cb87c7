package clustertest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/parlance-dev/parlance/internal/cluster"
)

func testOnline(t *testing.T, open Open) {
	here, there := nodes(t, open)
	if users, _ := here.online(10); len(users) != 0 {
		t.Errorf("nobody is online: %+v", users)
	}
	for i, s := range []cluster.Session{
		session("b", "s1", 5), session("a", "s2", 5), session("c", "s3", 5), session("z", "s4", 1), session("y", "s5", 9),
	} {
		[]node{here, there}[i%2].join(s, 0)
	}
	_, revision := here.online(1)
	for limit, want := range map[int][]string{
		-1: {}, 0: {}, 1: {"y"}, 3: {"y", "c", "b"}, 5: {"y", "c", "b", "a", "z"}, 1000: {"y", "c", "b", "a", "z"},
	} {
		users, at := there.online(limit)
		if !slices.Equal(ids(users), want) || at != revision {
			t.Errorf("%d: %q at %d, want %q at %d", limit, ids(users), at, want, revision)
		}
	}
	here.join(session("z", "s6", 20), 0) // its newest socket is the newest of all
	here.Seen("a", at(100))              // that is no reason to be first
	users, same := here.online(5)
	if want := []string{"z", "y", "c", "b", "a"}; !slices.Equal(ids(users), want) || same != revision {
		t.Errorf("a second socket: %q at %d, want %q at %d", ids(users), same, want, revision)
	}
	if want := record(session("z", "s6", 20), 2, at(20)); users[0] != want {
		t.Errorf("first: %+v, want %+v", users[0], want)
	}
	there.leave("z", "s6")
	there.leave("c", "s3")
	users, later := here.online(5)
	if want := []string{"y", "b", "a", "z"}; !slices.Equal(ids(users), want) || later <= revision {
		t.Errorf("after leaving: %q at %d, want %q after %d", ids(users), later, want, revision)
	}
}

func testPages(t *testing.T, open Open) {
	here, there := nodes(t, open)
	if users := here.list(cluster.Page{Limit: 10}); len(users) != 0 {
		t.Errorf("nobody is online: %+v", users)
	}
	for i, id := range []string{"d", "b", "a", "é", "c", "B", "\U0001F600"} {
		here.join(session(id, "s-"+id, i), 0)
	}
	sorted := []string{"B", "a", "b", "c", "d", "é", "\U0001F600"} // by bytes
	for _, page := range []struct {
		cluster.Page
		want []string
	}{
		{cluster.Page{Limit: 3}, sorted[:3]},
		{cluster.Page{After: "b", Limit: 3}, sorted[3:6]},
		{cluster.Page{After: "é", Limit: 3}, sorted[6:]},
		{cluster.Page{After: "\U0001F600", Limit: 3}, nil},
		{cluster.Page{After: "bb", Limit: 1}, sorted[3:4]}, // gone, or never there
		{cluster.Page{After: "a", Limit: 100}, sorted[2:]},
		{cluster.Page{Limit: 0}, nil},
		{cluster.Page{Limit: -1}, nil},
	} {
		if got := ids(there.list(page.Page)); !slices.Equal(got, page.want) {
			t.Errorf("%+v: %q, want %q", page.Page, got, page.want)
		}
	}
	users := there.list(cluster.Page{After: "c", Limit: 1})
	if want := record(session("d", "s-d", 0), 1, at(0)); len(users) != 1 || users[0] != want {
		t.Errorf("%+v, want %+v", users, want)
	}
}

func testLookup(t *testing.T, open Open) {
	here, there := nodes(t, open)
	here.isOffline("u")
	s := cluster.Session{UserID: "u", SocketID: "s1", ConnectedAt: at(0)} // neither role nor department
	here.join(s, 0)
	there.is(record(s, 1, at(0)))
	there.isOffline("U")
	there.isOffline("s1")
}

func testContext(t *testing.T, open Open) {
	here, _ := nodes(t, open)
	told := watch(t, here)
	s := session("u", "s1", 0)
	here.join(s, 0)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for name, call := range map[string]func() error{
		"join":   func() error { _, err := here.Join(ctx, session("u", "s2", 1), 1); return err },
		"leave":  func() error { return here.Leave(ctx, "u", "s1") },
		"online": func() error { _, _, err := here.Online(ctx, 1); return err },
		"list":   func() error { _, err := here.List(ctx, cluster.Page{Limit: 1}); return err },
		"lookup": func() error { _, _, err := here.Lookup(ctx, "u"); return err },
	} {
		if err := call(); !errors.Is(err, cluster.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
	here.is(record(s, 1, at(0)))
	if changes := told.all(); len(changes) != 1 {
		t.Errorf("changes: %+v", changes)
	}
}
