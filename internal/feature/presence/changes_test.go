package presence_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/parlance-dev/parlance/internal/feature/presence"
	"github.com/parlance-dev/parlance/sio/siotest"
)

func TestUserOnline_OnlyTheFirstSocket(t *testing.T) {
	h := open(t, nil)
	a, u1 := h.connect("a"), h.connect("u")
	u2 := h.connect("u")
	wantTold(t, map[*siotest.Client]string{a: "=a +u", u1: "=u,a", u2: "=u,a"})
	b := h.connect("b") // the control: they do get others'
	wantTold(t, map[*siotest.Client]string{a: "=a +u +b", u1: "=u,a +b", u2: "=u,a +b", b: "=b,u,a"})
}

func TestUserOffline_OnlyTheLastSocket(t *testing.T) {
	h := open(t, nil)
	a, u1 := h.connect("a"), h.connect("u")
	u2 := h.connect("u")
	u1.Close()
	wantTold(t, map[*siotest.Client]string{a: "=a +u"})
	h.wantOnline("a", "u")
	u2.Close()
	wantTold(t, map[*siotest.Client]string{a: "=a +u -u", u2: "=u,a"})
	h.wantOnline("a")
	u3 := h.connect("u")
	wantTold(t, map[*siotest.Client]string{a: "=a +u -u +u", u3: "=u,a"})
}

// TestOwnChangesWhileTheSnapshotIsUnderWay: nobody is told of itself.
func TestOwnChangesWhileTheSnapshotIsUnderWay(t *testing.T) {
	h := open(t, nil)
	a := h.connect("a")
	h.cluster.asked = func() { // as if its node had been taken for dead
		if err := h.cluster.Presence.Leave(t.Context(), "u", "socket-2"); err != nil {
			t.Error(err)
		}
		h.come(t, "u", 1)
	}
	u := h.connect("u")
	wantTold(t, map[*siotest.Client]string{a: "=a +u -u +u -u", u: "=u,a -u -u"})
}

// TestOwnChangesLater: the cluster has lost a socket and takes it in again. Its
// user is told of the one, like everybody, but not of the other.
func TestOwnChangesLater(t *testing.T) {
	h := open(t, nil)
	a, u := h.connect("a"), h.connect("u")
	if err := h.cluster.Presence.Leave(t.Context(), "u", u.ID()); err != nil {
		t.Fatal(err)
	}
	h.come(t, "u", 1)
	wantTold(t, map[*siotest.Client]string{a: "=a +u -u +u -u", u: "=u,a -u -u"})
}

// TestManyAtOnce has sockets come and go on many goroutines, and checks for each
// of them that the snapshot and the changes add up.
func TestManyAtOnce(t *testing.T) {
	const goroutines, steps, users = 16, 40, 12
	h := open(t, func(o *presence.Options) { o.Users, o.Connections = 1000, 0 })
	var mu sync.Mutex
	var all, left []*siotest.Client
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(3, uint64(g)))
			var mine []*siotest.Client
			for range steps {
				if len(mine) > 0 && r.IntN(2) == 0 {
					mine[0].Close()
					mine = mine[1:]
					continue
				}
				c := h.connect(fmt.Sprint("u", r.IntN(users)))
				mine = append(mine, c)
				mu.Lock()
				all = append(all, c)
				mu.Unlock()
			}
			mu.Lock()
			left = append(left, mine...)
			mu.Unlock()
		})
	}
	wg.Wait()
	end := h.connect("end")
	truth := map[string]bool{}
	for _, id := range h.ids() {
		truth[id] = true
	}
	for _, c := range append(all, end) {
		sum(t, c)
	}
	for _, c := range left {
		if got := sum(t, c); fmt.Sprint(got) != fmt.Sprint(truth) {
			t.Errorf("%s thinks that %v are online, want %v", c.ID(), got, truth)
		}
		wantLive(t, c)
	}
	if len(left) == 0 {
		t.Error("nobody is left to ask")
	}
}

// sum adds up what a client was told, and checks that each of it was news.
func sum(t *testing.T, c *siotest.Client) map[string]bool {
	t.Helper()
	online := map[string]bool{}
	for i, what := range strings.Fields(told(t, c)) {
		if (what[0] == '=') != (i == 0) {
			t.Errorf("%s: %q is number %d", c.ID(), what, i)
		}
		switch id := what[1:]; what[0] {
		case '=':
			for _, id := range strings.Split(id, ",") {
				online[id] = true
			}
		case '+':
			if online[id] {
				t.Errorf("%s was told twice that %s is online", c.ID(), id)
			}
			online[id] = true
		case '-':
			if !online[id] {
				t.Errorf("%s was told twice that %s is offline", c.ID(), id)
			}
			delete(online, id)
		}
	}
	return online
}
