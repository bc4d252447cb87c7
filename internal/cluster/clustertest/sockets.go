package clustertest

import (
	"slices"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/cluster"
)

func testNewest(t *testing.T, open Open) {
	here, there := nodes(t, open)
	first, second, older := session("u", "s1", 10), session("u", "s2", 20), session("u", "s0", 5)
	here.join(first, 0)
	there.is(record(first, 1, at(10)))
	there.join(second, 0)
	here.is(record(second, 2, at(20)))
	here.join(older, 0)
	there.is(record(second, 3, at(20)))
	there.leave("u", "s2")
	here.is(record(first, 2, at(20))) // seen later than the socket that is left
	here.leave("u", "s1")
	there.is(record(older, 1, at(20)))
	here.leave("u", "s0")
	there.isOffline("u")
	back := session("u", "s3", 1)
	there.join(back, 0)
	here.is(record(back, 1, at(1))) // nothing is left of what it was before
}

func testNewestEqual(t *testing.T, open Open) {
	here, there := nodes(t, open)
	z, a, m := session("u", "z", 0), session("u", "a", 0), session("u", "m", 0)
	here.join(z, 0)
	there.join(a, 0)
	here.is(record(a, 2, at(0)))
	here.join(m, 0)
	there.is(record(m, 3, at(0)))
	here.leave("u", "m")
	there.is(record(a, 2, at(0)))
}

func testJoinTwice(t *testing.T, open Open) {
	here, there := nodes(t, open)
	told := watch(t, here)
	first := session("u", "s1", 0)
	here.join(first, 0)
	here.join(session("u", "s1", 100), 0)
	there.is(record(first, 1, at(0)))
	here.join(session("u", "s2", 1), 0)
	if got := here.join(session("u", "s2", 1), 1); !slices.Equal(got, []string{"s1"}) {
		t.Errorf("again, one beyond the limit: %q to be disconnected", got)
	}
	here.leave("u", "s1")
	here.leave("u", "s2")
	here.isOffline("u")
	if changes := told.all(); len(changes) != 2 {
		t.Errorf("changes: %+v", changes)
	}
}

func testLeaveUnknown(t *testing.T, open Open) {
	here, there := nodes(t, open)
	told := watch(t, here)
	here.leave("nobody", "s1")
	here.join(session("u", "s1", 0), 0)
	there.leave("u", "s2")
	there.leave("v", "s1")
	here.is(record(session("u", "s1", 0), 1, at(0)))
	there.leave("u", "s1")
	there.leave("u", "s1")
	here.isOffline("u")
	if changes := told.await(2); len(changes) != 2 {
		t.Errorf("changes: %+v", changes)
	}
}

func testLimit(t *testing.T, open Open) {
	here, there := nodes(t, open)
	for _, step := range []struct {
		socket  string
		seconds int
		limit   int
		want    []string
	}{
		{"s3", 3, 2, nil},
		{"s1", 1, 2, nil},
		{"s2", 2, 2, []string{"s1"}},
		{"s5", 5, 2, []string{"s1", "s2"}}, // they are there until they leave
		{"s4", 4, 0, nil},
		{"s6", 6, -1, nil},
		{"s7", 7, 1, []string{"s1", "s2", "s3", "s4", "s5", "s6"}},
	} {
		if got := here.join(session("u", step.socket, step.seconds), step.limit); !slices.Equal(got, step.want) {
			t.Errorf("%s within %d: %q to be disconnected, want %q", step.socket, step.limit, got, step.want)
		}
	}
	there.is(record(session("u", "s7", 7), 7, at(7)))
	if got := here.join(session("v", "t1", 0), 1); got != nil {
		t.Errorf("somebody else: %q to be disconnected", got)
	}
	for _, s := range []string{"s1", "s2", "s3", "s4", "s5"} {
		there.leave("u", s)
	}
	if got := there.join(session("u", "s8", 8), 3); got != nil {
		t.Errorf("within the limit again: %q to be disconnected", got)
	}
}

func testLimitNew(t *testing.T, open Open) {
	here, _ := nodes(t, open)
	here.join(session("u", "b", 10), 1)
	if got := here.join(session("u", "a", 1), 1); !slices.Equal(got, []string{"b"}) {
		t.Errorf("the new one is the oldest: %q to be disconnected", got)
	}
	here.leave("u", "b")
	if got := here.join(session("u", "c", 1), 1); !slices.Equal(got, []string{"a"}) {
		t.Errorf("as old as the other: %q to be disconnected", got)
	}
}

func testMilliseconds(t *testing.T, open Open) {
	here, there := nodes(t, open)
	zone := time.FixedZone("away", 3600)
	s := session("u", "s1", 0)
	s.ConnectedAt = at(0).Add(999_999 * time.Nanosecond).In(zone)
	here.join(s, 0)
	s.ConnectedAt = at(0)
	there.is(record(s, 1, at(0)))
	here.Seen("u", at(1).Add(999_999*time.Nanosecond).In(zone))
	here.is(record(s, 1, at(1)))
	// As new as s1, so that the id decides.
	other := session("v", "s2", 0)
	other.ConnectedAt = at(0).Add(time.Nanosecond)
	here.join(other, 0)
	s.ConnectedAt = at(0).Add(2 * time.Nanosecond)
	users, _ := here.online(2)
	if want := []string{"v", "u"}; !slices.Equal(ids(users), want) {
		t.Errorf("online: %q, want %q", ids(users), want)
	}
}

func testSeen(t *testing.T, open Open) {
	here, _ := nodes(t, open)
	here.Seen("u", at(100))
	s := session("u", "s1", 10)
	here.join(s, 0)
	here.is(record(s, 1, at(10)))
	for _, step := range []struct{ seen, want int }{{9, 10}, {11, 11}, {10, 11}, {30, 30}} {
		here.Seen("u", at(step.seen))
		here.is(record(s, 1, at(step.want)))
	}
	second := session("u", "s2", 20)
	here.join(second, 0)
	here.is(record(second, 2, at(30)))
	third := session("u", "s3", 40)
	here.join(third, 0)
	here.is(record(third, 3, at(40)))
	here.Seen("v", at(50))
	here.isOffline("v")
	for _, socket := range []string{"s1", "s2", "s3"} {
		here.leave("u", socket)
	}
	here.Seen("u", at(60))
	here.isOffline("u")
	users, _ := here.online(10)
	if len(users)+len(here.list(cluster.Page{Limit: 10})) != 0 {
		t.Errorf("online: %+v", users)
	}
}
