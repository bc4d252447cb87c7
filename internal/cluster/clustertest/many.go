package clustertest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/parlance-dev/parlance/internal/cluster"
)

// crowd is goroutines that come and go at random. Each owns its sockets, so that
// it knows which are there; users are shared.
type crowd struct {
	users, goroutines, steps int
	seed                     uint64
	// asked, where set, is called before each step, on its goroutine.
	asked func(n node, goroutine int)
}

func (c crowd) user(n int) string { return fmt.Sprintf("u%03d", n) }

// run returns the sockets that are left, by user.
func (c crowd) run(here, there node) map[string]int {
	var mu sync.Mutex
	left := map[string]int{}
	var wg sync.WaitGroup
	for g := range c.goroutines {
		wg.Go(func() {
			mine := c.visit([]node{here, there}[g%2], g)
			mu.Lock()
			defer mu.Unlock()
			for _, s := range mine {
				left[s.UserID]++
			}
		})
	}
	wg.Wait()
	return left
}

// visit joins and leaves at random, and returns the sockets that are left.
func (c crowd) visit(n node, g int) (mine []cluster.Session) {
	r := rand.New(rand.NewPCG(c.seed, uint64(g)))
	for step := range c.steps {
		if c.asked != nil {
			c.asked(n, g)
		}
		if len(mine) > 0 && r.IntN(2) == 0 {
			i := r.IntN(len(mine))
			n.leave(mine[i].UserID, mine[i].SocketID)
			mine = slices.Delete(mine, i, i+1)
			continue
		}
		s := session(c.user(r.IntN(c.users)), fmt.Sprintf("s%d-%d", g, step), r.IntN(10))
		n.join(s, 0)
		n.Seen(s.UserID, at(step))
		mine = append(mine, s)
	}
	return mine
}

// replay checks a stream that began when nobody was online, at revision last.
// It returns who is online then and after each of the changes, by revision.
func replay(t *testing.T, last uint64, changes []cluster.Change) map[uint64]map[string]bool {
	t.Helper()
	online := map[string]bool{}
	states := map[uint64]map[string]bool{last: {}}
	for _, c := range changes {
		if c.Revision <= last {
			t.Errorf("revision %d after %d", c.Revision, last)
		}
		if online[c.UserID] == (c.Online != nil) {
			t.Errorf("revision %d: %s is told twice, or one is missing; online: %v", c.Revision, c.UserID, c.Online != nil)
		}
		if c.Online != nil && (c.Online.ID != c.UserID || c.Online.Connections != 1) {
			t.Errorf("revision %d: %+v came online", c.Revision, c.Online)
		}
		last = c.Revision
		next := make(map[string]bool, len(online)+1)
		for id := range online {
			next[id] = true
		}
		if delete(next, c.UserID); c.Online != nil {
			next[c.UserID] = true
		}
		online = next
		states[last] = online
	}
	return states
}

// same reports whether users are exactly those of a set.
func same(users []cluster.User, set map[string]bool) bool {
	if len(users) != len(set) {
		return false
	}
	return !slices.ContainsFunc(users, func(u cluster.User) bool { return !set[u.ID] })
}

func testStream(t *testing.T, open Open) {
	here, there := nodes(t, open)
	near, far := watch(t, here), watch(t, there)
	_, begin := here.online(1)
	c := crowd{users: 100, goroutines: 16, steps: 100, seed: 1}
	left := c.run(here, there)
	users, revision := here.online(1000)
	if len(users) != len(left) {
		t.Errorf("%d online, %d are there", len(users), len(left))
	}
	for _, u := range users {
		if u.Connections != left[u.ID] {
			t.Errorf("%s has %d sockets, %d are there", u.ID, u.Connections, left[u.ID])
		}
	}
	for name, s := range map[string]*stream{"near": near, "far": far} {
		changes := s.awaitRevision(revision)
		if last := changes[len(changes)-1].Revision; last != revision || len(changes) < 50 {
			t.Errorf("%s: %d changes, the last one %d, the snapshot is of %d", name, len(changes), last, revision)
		}
		if !same(users, replay(t, begin, changes)[revision]) {
			t.Errorf("%s: the changes add up to others than are online", name)
		}
	}
}

// testSnapshots: whenever one asks who is online, that is what the changes up to
// its revision add up to.
func testSnapshots(t *testing.T, open Open) {
	type snapshot struct {
		users    []cluster.User
		revision uint64
	}
	here, there := nodes(t, open)
	told := watch(t, here)
	_, begin := here.online(1)
	c := crowd{users: 20, goroutines: 8, steps: 200, seed: 2}
	taken := make([][]snapshot, c.goroutines)
	c.asked = func(n node, g int) {
		users, revision := n.online(1000)
		taken[g] = append(taken[g], snapshot{users, revision})
	}
	c.run(here, there)
	last := uint64(0)
	for _, list := range taken {
		last = max(last, list[len(list)-1].revision)
	}
	states := replay(t, begin, told.awaitRevision(last))
	seen := map[uint64]bool{}
	for _, list := range taken {
		for _, s := range list {
			seen[s.revision] = true
			if state, ok := states[s.revision]; !ok || !same(s.users, state) {
				t.Errorf("at revision %d: %q, want %v", s.revision, ids(s.users), state)
			}
		}
	}
	if len(seen) < 10 {
		t.Errorf("snapshots of %d revisions: they saw nothing", len(seen))
	}
}

// testLimitMany: however many connect at once, so many as may be there are not
// told to go.
func testLimitMany(t *testing.T, open Open) {
	const sockets, limit = 40, 5
	here, there := nodes(t, open)
	var mu sync.Mutex
	told := map[string]bool{}
	var wg sync.WaitGroup
	for i := range sockets {
		wg.Go(func() {
			evicted := []node{here, there}[i%2].join(session("u", fmt.Sprintf("s%02d", i), i), limit)
			mu.Lock()
			defer mu.Unlock()
			for _, id := range evicted {
				told[id] = true
			}
		})
	}
	wg.Wait()
	if u, _ := here.lookup("u"); u.Connections != sockets {
		t.Errorf("%d sockets, want %d", u.Connections, sockets)
	}
	for id := range told {
		here.leave("u", id)
	}
	// The last one that joined has counted everybody. One that was the oldest when
	// it came has stayed then in the place of another, and went later.
	if u, _ := here.lookup("u"); u.Connections > limit || u.Connections < limit-1 {
		t.Errorf("%d sockets are left, want %d or one less", u.Connections, limit)
	}
}

// testOneUser has one user's sockets come and go, so that first and last ones
// meet all the time.
func testOneUser(t *testing.T, open Open) {
	here, there := nodes(t, open)
	told := watch(t, here)
	_, begin := here.online(1)
	var wg sync.WaitGroup
	for g := range 8 {
		n := []node{here, there}[g%2]
		wg.Go(func() {
			for step := range 200 {
				id := fmt.Sprintf("s%d-%d", g, step)
				n.join(session("u", id, step), 0)
				n.leave("u", id)
			}
		})
	}
	wg.Wait()
	here.isOffline("u")
	_, revision := here.online(1)
	changes := told.awaitRevision(revision)
	replay(t, begin, changes)
	if last := changes[len(changes)-1]; last.Online != nil || len(changes)%2 != 0 {
		t.Errorf("%d changes, the last one %+v", len(changes), last)
	}
}
