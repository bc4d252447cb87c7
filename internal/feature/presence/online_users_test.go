package presence_test

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/cluster"
	"github.com/parlance-dev/parlance/internal/feature/presence"
	"github.com/parlance-dev/parlance/sio/siotest"
)

func TestOnlineUsers_NewestFirstWithinTheLimit(t *testing.T) {
	h := open(t, nil)
	a, b, c, d := h.connect("a"), h.connect("b"), h.connect("c"), h.connect("d")
	a2 := h.connect("a") // a is the newest again
	wantTold(t, map[*siotest.Client]string{
		a: "=a +b +c +d", b: "=b,a +c +d", c: "=c,b,a +d", d: "=d,c,b", a2: "=a,d,c",
	})
	wantLive(t, a, b, c, d, a2)
}

// TestOnlineUsers_ItselfIncluded: in the moment in which it connects, others do
// whose ids come first.
func TestOnlineUsers_ItselfIncluded(t *testing.T) {
	h := open(t, func(o *presence.Options) { o.Users = 2 })
	var all []*siotest.Client
	for _, id := range []string{"d", "c", "b", "a"} {
		all = append(all, h.connectAs(url.Values{"user": {id}}))
	}
	for i, want := range []string{"=d +c +b +a", "=d,c +b +a", "=d,b +a", "=d,a"} {
		wantTold(t, map[*siotest.Client]string{all[i]: want})
	}
}

func TestUserInfo(t *testing.T) {
	h := open(t, nil)
	watcher := h.connect("w")
	h.clock.Advance(1500*time.Millisecond + 999*time.Microsecond)
	c := h.connectAs(url.Values{"user": {"u"}, "role": {"moderator"}, "department": {"sales"}})
	const info = `{"id":"u","socketId":"socket-2","connectedAt":"2026-01-02T03:04:08.178Z","lastSeen":"2026-01-02T03:04:08.178Z",` +
		`"role":"moderator","department":"sales","connections":1}`
	const w = `{"id":"w","socketId":"socket-1","connectedAt":"2026-01-02T03:04:06.678Z","lastSeen":"2026-01-02T03:04:06.678Z","connections":1}`
	if got, want := fmt.Sprint(c.Got("online_users")), "[["+info+","+w+"]]"; got != want {
		t.Errorf("online_users: %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(watcher.Got("user_online")), `[{"userId":"u","userInfo":`+info+`}]`; got != want {
		t.Errorf("user_online: %s, want %s", got, want)
	}
	h.clock.Advance(time.Second)
	second := h.connectAs(url.Values{"user": {"u"}, "role": {"user"}})
	const both = `{"id":"u","socketId":"socket-3","connectedAt":"2026-01-02T03:04:09.178Z","lastSeen":"2026-01-02T03:04:09.178Z",` +
		`"role":"user","connections":2}`
	if got, want := fmt.Sprint(second.Got("online_users")), "[["+both+","+w+"]]"; got != want {
		t.Errorf("online_users with a second socket: %s, want %s", got, want)
	}
	u, online, err := h.service.Lookup(t.Context(), "u")
	if got := string(u.AppendJSON(nil)); err != nil || !online || got != both {
		t.Errorf("lookup: %s, %v, %v", got, online, err)
	}
	if _, online, err := h.service.Lookup(t.Context(), "nobody"); online || err != nil {
		t.Errorf("nobody: %v, %v", online, err)
	}
}

// TestLastSeen: every event of any socket counts, whatever becomes of it.
func TestLastSeen(t *testing.T) {
	h := open(t, nil)
	c := h.connect("u")
	second := h.connect("u")
	seen := func() time.Time {
		u, _, err := h.service.Lookup(t.Context(), "u")
		if err != nil {
			t.Fatal(err)
		}
		return u.LastSeen
	}
	before := seen()
	h.clock.Advance(time.Second)
	if got := seen(); got != before {
		t.Errorf("seen %s without an event", got)
	}
	for name, send := range map[string]func(){
		"handled":      func() { c.Send("ping") },
		"another tab":  func() { second.Send("ping") },
		"unknown":      func() { c.Send("no_such_event") },
		"invalid":      func() { c.Send("join_room", `7`) },
		"rate-limited": func() { second.Send("ping") },
	} {
		h.clock.Advance(time.Second)
		if name == "rate-limited" {
			for range 11 {
				second.Send("ping")
			}
			h.clock.Advance(time.Millisecond)
		}
		send()
		if got := seen(); got != h.clock.Now() {
			t.Errorf("%s: seen %s, want %s", name, got, h.clock.Now())
		}
	}
	if len(second.Got("rate_limit_exceeded")) != 1 {
		t.Error("nothing was rate-limited")
	}
}

func TestList(t *testing.T) {
	h := open(t, nil)
	for _, id := range []string{"c", "a", "b"} {
		h.connect(id)
	}
	h.wantOnline("a", "b", "c")
	infos, err := h.service.List(t.Context(), cluster.Page{After: "a", Limit: 1})
	if err != nil || len(infos) != 1 || infos[0].ID != "b" || infos[0].SocketID != "socket-3" {
		t.Errorf("page: %+v, %v", infos, err)
	}
}

// TestOnlineUsers_ChangesWhileTheSnapshotIsUnderWay: what happens after it was
// taken and before it is sent follows it, in order and once.
func TestOnlineUsers_ChangesWhileTheSnapshotIsUnderWay(t *testing.T) {
	h := open(t, nil)
	a, b := h.connect("a"), h.connect("b")
	h.cluster.asked = func() {
		h.connect("c")
		b.Close()
	}
	d := h.connect("d")
	e := h.connect("e")
	wantTold(t, map[*siotest.Client]string{
		a: "=a +b +d +c -b +e", d: "=d,b,a +c -b +e", e: "=e,c,d",
	})
	wantLive(t, a, d, e)
	h.wantOnline("a", "c", "d", "e")
}

// TestOnlineUsers_MoreChangesThanAreRemembered has more happen while a snapshot is
// under way than is remembered: another one is taken.
func TestOnlineUsers_MoreChangesThanAreRemembered(t *testing.T) {
	h := open(t, nil)
	h.connect("a")
	h.cluster.asked = func() {
		h.come(t, "b", 600) // and go: 1,200 changes
		h.connect("c")
	}
	before := h.cluster.count("online")
	d := h.connect("d")
	h.connect("e")
	wantTold(t, map[*siotest.Client]string{d: "=c,d,a +e"})
	if n := h.cluster.count("online") - before; n != 4 { // two of d, and those of c and e
		t.Errorf("%d snapshots taken, want 4", n)
	}
	// Fewer are remembered, all of them.
	h.cluster.asked = func() { h.come(t, "b", 500) }
	f := h.connect("f")
	if n := len(f.Received()); n != 1+1000 {
		t.Errorf("%d events, want the snapshot and 1,000 changes", n)
	}
}

// come has a user come and go without a socket on this node.
func (h *house) come(t *testing.T, user string, times int) {
	t.Helper()
	for range times {
		s := cluster.Session{UserID: user, SocketID: "far", ConnectedAt: h.clock.Now()}
		if _, err := h.cluster.Presence.Join(context.Background(), s, 0); err != nil {
			t.Fatal(err)
		}
		if err := h.cluster.Presence.Leave(context.Background(), user, "far"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOnlineUsers_AheadOfTheChanges: changes come late, as they do from other
// nodes, after a snapshot that has them already.
func TestOnlineUsers_AheadOfTheChanges(t *testing.T) {
	h := open(t, nil)
	a := h.connect("a")
	h.cluster.hold()
	b := h.connect("b") // change 2
	c := h.connect("c") // change 3
	b.Close()           // change 4
	d := h.connect("d") // change 5
	wantTold(t, map[*siotest.Client]string{a: "=a", c: "=c,b,a", d: "=d,c,a"})
	h.cluster.release(1)
	wantTold(t, map[*siotest.Client]string{a: "=a +b", c: "=c,b,a", d: "=d,c,a"})
	if rooms := c.Rooms(); len(rooms) != 4 {
		t.Errorf("c waits no more: %q", rooms)
	}
	h.cluster.release(1) // c is where the changes are
	wantLive(t, c)
	h.cluster.release(1)
	wantTold(t, map[*siotest.Client]string{a: "=a +b +c -b", c: "=c,b,a -b", d: "=d,c,a"})
	d.Close() // change 6, while it waits
	h.cluster.release(2)
	wantTold(t, map[*siotest.Client]string{a: "=a +b +c -b +d -d", c: "=c,b,a -b +d -d", d: "=d,c,a"})
}

// TestOnlineUsers_AheadOfALostChange: the change that a socket waits for never
// comes. It must not miss the next one.
func TestOnlineUsers_AheadOfALostChange(t *testing.T) {
	h := open(t, nil)
	h.cluster.hold()
	a := h.connect("a") // change 1, lost
	h.cluster.queue = nil
	h.connect("b")
	h.cluster.release(1)
	wantTold(t, map[*siotest.Client]string{a: "=a +b"})
	wantLive(t, a)
}
