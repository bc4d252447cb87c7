package acceptance

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// userInfo is an online user.
type userInfo struct {
	ID, SocketID, ConnectedAt, LastSeen string
	Role, Department                    *string
	Connections                         *int
}

// at is a time of the wire.
func at(t *testing.T, text string) time.Time {
	t.Helper()
	v, err := time.Parse("2006-01-02T15:04:05.000Z", text)
	if err != nil {
		t.Error(err)
	}
	return v
}

// onlineUsers returns the snapshot that a new client gets.
func (c *client) onlineUsers() []userInfo {
	c.t.Helper()
	return decode[[]userInfo](c.t, c.next("online_users"))
}

// entry returns the one entry of a user.
func entry(t *testing.T, users []userInfo, id string) userInfo {
	t.Helper()
	var found []userInfo
	for _, u := range users {
		if u.ID == id {
			found = append(found, u)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d entries of %s among %d", len(found), id, len(users))
	}
	return found[0]
}

// online waits until the client is told that a user is online.
func (c *client) online(id string) userInfo {
	c.t.Helper()
	for {
		v := decode[struct {
			UserID   string
			UserInfo userInfo
		}](c.t, c.next("user_online"))
		if v.UserID == id {
			return v.UserInfo
		}
	}
}

// offline waits until the client is told that a user is offline.
func (c *client) offline(id string) {
	c.t.Helper()
	for decode[struct{ UserID string }](c.t, c.next("user_offline")).UserID != id {
		continue // others come and go too
	}
}

// told is what the client was told of a user so far, in order: "=" by the
// snapshot, "+" online, "-" offline. Other tests' users come and go meanwhile.
func (c *client) told(id string) string {
	c.t.Helper()
	var out strings.Builder
	for _, h := range c.Log() {
		if h.On != "event" || len(h.Args) != 1 {
			continue
		}
		switch h.Event {
		case "online_users":
			for _, u := range decode[[]userInfo](c.t, h.Args[0]) {
				if u.ID == id {
					out.WriteString("=")
				}
			}
		case "user_online", "user_offline":
			if decode[struct{ UserID string }](c.t, h.Args[0]).UserID == id {
				out.WriteString(map[string]string{"user_online": "+", "user_offline": "-"}[h.Event])
			}
		}
	}
	return out.String()
}

// enter connects a user who is online and told all that happens from now on: the
// server says so with the snapshot, some time after the client is connected.
func (d dialer) enter(t *testing.T, id string) *client {
	t.Helper()
	c := d.connect(t, claims{"userId": id})
	c.onlineUsers()
	return c
}

// marker has a fresh user come online, and waits until the clients, who
// have got their snapshots, are told: what happened before has reached them by then.
func (d dialer) marker(t *testing.T, clients ...*client) {
	t.Helper()
	id := user(t)
	d.connect(t, claims{"userId": id})
	for _, c := range clients {
		c.online(id)
	}
}

func wantTold(t *testing.T, c *client, who, id, want string) {
	t.Helper()
	if got := c.told(id); got != want {
		t.Errorf("%s was told %q, want %q", who, got, want)
	}
}

func TestPresence_OnlineUsers_OnceWithItselfBeforeAnyChange(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		u := user(t)
		var tabs []*client
		for range 2 {
			c := d.connect(t, claims{"userId": u})
			if own := entry(t, c.onlineUsers(), u); own.SocketID != c.ID() {
				t.Errorf("%s is in the snapshot as %+v", c.ID(), own)
			}
			tabs = append(tabs, c)
		}
		d.marker(t, tabs...)
		for _, c := range tabs {
			if n := c.Count("online_users"); n != 1 {
				t.Errorf("%d snapshots", n)
			}
			for _, h := range c.Log() {
				if h.On == "event" {
					if h.Event != "online_users" {
						t.Errorf("the first event is %s", h.Event)
					}
					break
				}
			}
		}
	})
}

func TestPresence_OnlineUsers_NewestFirstWithinLimit(t *testing.T) {
	overCells(t, func(t *testing.T, cell cell) {
		s := cell.own(t, "ONLINE_USERS_LIMIT=3")
		for _, tr := range transports() {
			t.Run(tr.name, func(t *testing.T) {
				d := cell.dialer(tr, s)
				var ids []string
				var snapshot []userInfo
				for range 5 {
					ids = append(ids, user(t))
					snapshot = d.connect(t, claims{"userId": ids[len(ids)-1]}).onlineUsers()
				}
				var got []string
				for _, u := range snapshot {
					got = append(got, u.ID)
				}
				if !slices.IsSortedFunc(snapshot, func(a, b userInfo) int { return strings.Compare(b.ConnectedAt, a.ConnectedAt) }) {
					t.Errorf("not the newest first: %+v", snapshot)
				}
				slices.Sort(got) // those of one millisecond may come in any order
				want := slices.Sorted(slices.Values(ids[2:]))
				if !slices.Equal(got, want) {
					t.Errorf("online_users has %q, want %q", got, want)
				}
				// A user's newest socket counts.
				if again := d.connect(t, claims{"userId": ids[0]}).onlineUsers(); entry(t, again, ids[0]).Connections == nil || len(again) != 3 {
					t.Errorf("online_users: %+v", again)
				}
			})
		}
	})
}

func TestPresence_UserInfo_Fields(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		u := user(t)
		watcher := d.enter(t, user(t))
		before := time.Now().Truncate(time.Millisecond)
		tab1 := d.connect(t, claims{"userId": u, "role": "moderator", "department": "sales"})
		told := map[string]userInfo{"user_online": watcher.online(u), "online_users": entry(t, tab1.onlineUsers(), u)}
		after := time.Now()
		for where, info := range told {
			if info.ID != u || info.SocketID != tab1.ID() || info.Role == nil || *info.Role != "moderator" ||
				info.Department == nil || *info.Department != "sales" || info.Connections == nil || *info.Connections != 1 {
				t.Errorf("%s: %+v", where, info)
			}
			connected := at(t, info.ConnectedAt)
			if connected.Before(before) || connected.After(after) || at(t, info.LastSeen).Before(connected) {
				t.Errorf("%s: connected %s and seen %s, not within %s and %s", where, info.ConnectedAt, info.LastSeen, before, after)
			}
		}
		// Those of the newest socket hold.
		tab2 := d.connect(t, claims{"userId": u, "role": nil})
		info := entry(t, tab2.onlineUsers(), u)
		if info.SocketID != tab2.ID() || info.Role == nil || *info.Role != "user" || info.Department != nil || *info.Connections != 2 {
			t.Errorf("with a second socket: %+v", info)
		}
	})
}

func TestPresence_UserInfo_NumericUserIDIsAString(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		n := rand.Int64N(1<<53) + 1<<54 // more than a JavaScript number holds
		watcher := d.enter(t, user(t))
		c := d.connect(t, claims{"userId": n})
		if own := entry(t, c.onlineUsers(), fmt.Sprint(n)); own.SocketID != c.ID() {
			t.Errorf("online_users: %+v", own)
		}
		watcher.online(fmt.Sprint(n))
		if err := c.Disconnect(c.ctx); err != nil {
			t.Fatal(err)
		}
		watcher.offline(fmt.Sprint(n))
	})
}

// TestPresence_LastSeen_MovesWithAnyEvent: handled, refused or dropped.
func TestPresence_LastSeen_MovesWithAnyEvent(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		u := user(t)
		tabs := []*client{d.enter(t, u), d.enter(t, u)}
		seen := func() time.Time {
			info := entry(t, d.connect(t, claims{"userId": user(t)}).onlineUsers(), u)
			if at(t, info.LastSeen).Before(at(t, info.ConnectedAt)) {
				t.Errorf("seen before connected: %+v", info)
			}
			return at(t, info.LastSeen)
		}
		last := seen()
		if again := seen(); again != last {
			t.Errorf("seen %s, then %s, without an event", last, again)
		}
		for _, step := range []struct {
			name string
			tab  int
			send func(c *client)
		}{
			{"handled", 0, func(c *client) { c.send("ping") }},
			{"of another tab", 1, func(c *client) { c.send("ping") }},
			{"unknown", 0, func(c *client) { c.send("no_such_event", 1) }},
			{"invalid", 0, func(c *client) { c.send("join_room", 7) }},
			{"forbidden", 0, func(c *client) { c.send("join_room", room("admins")) }},
			{"rate-limited", 1, func(c *client) {
				burst := make([][]any, 30)
				for i := range burst {
					burst[i] = []any{"ping"}
				}
				if err := c.Burst(c.ctx, burst); err != nil {
					t.Fatal(err)
				}
				c.next("rate_limit_exceeded")
				c.send("ping")
			}},
		} {
			for time.Now().UnixMilli() <= last.UnixMilli() { // the server runs on this clock
				continue
			}
			sent := time.Now()
			step.send(tabs[step.tab])
			for now := seen(); !now.After(last); now = seen() {
				if time.Since(sent) > patience {
					t.Fatalf("%s: still seen %s", step.name, now)
				}
			}
			last = seen()
		}
	})
}

func TestPresence_UserConnectionLimit_OldestIsDisconnected(t *testing.T) {
	overCells(t, func(t *testing.T, cell cell) {
		s := cell.own(t, "USER_CONNECTION_LIMIT=2")
		for _, tr := range transports() {
			t.Run(tr.name, func(t *testing.T) {
				d := cell.dialer(tr, s)
				u := user(t)
				watcher := d.enter(t, user(t))
				tabs := []*client{d.enter(t, u), d.enter(t, u)}
				for i := range 3 {
					tabs = append(tabs, d.enter(t, u))
					if reason, err := tabs[i].Disconnected(tabs[i].ctx); err != nil || reason != "io server disconnect" {
						t.Errorf("tab %d: %q, %v", i, reason, err)
					}
				}
				for _, tab := range tabs[3:] { // the control
					tab.sync()
				}
				d.marker(t, watcher)
				wantTold(t, watcher, "the watcher", u, "+")
				wantTold(t, tabs[4], "the last tab", u, "=")
			})
		}
	})
}

// TestPresence_SnapshotAndChangesAddUp has clients come while others come and go:
// each is told of each user what fits what it was told before.
func TestPresence_SnapshotAndChangesAddUp(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		u := user(t)
		var watchers []*client
		for range 3 {
			tab := d.connect(t, claims{"userId": u})
			watchers = append(watchers, d.connect(t, claims{"userId": user(t)}))
			if err := tab.Disconnect(tab.ctx); err != nil {
				t.Fatal(err)
			}
			watchers = append(watchers, d.connect(t, claims{"userId": user(t)}))
		}
		d.enter(t, u)
		for _, c := range watchers {
			c.onlineUsers()
		}
		d.marker(t, watchers...)
		for _, c := range watchers {
			addsUp(t, c)
			if got := c.told(u); got == "" || strings.HasSuffix(got, "-") {
				t.Errorf("%s was told %q of a user who is online", c.ID(), got)
			}
		}
	})
}

// addsUp checks that each thing a client was told of presence was news.
func addsUp(t *testing.T, c *client) {
	t.Helper()
	online := map[string]bool{}
	for _, h := range c.Log() {
		if h.On != "event" {
			continue
		}
		var change struct{ UserID string }
		switch h.Event {
		case "online_users":
			for _, u := range decode[[]userInfo](t, h.Args[0]) {
				online[u.ID] = true
			}
			continue
		case "user_online", "user_offline":
			change = decode[struct{ UserID string }](t, h.Args[0])
		default:
			continue
		}
		if online[change.UserID] == (h.Event == "user_online") {
			t.Errorf("%s: %s of %s is no news", c.ID(), h.Event, change.UserID)
		}
		online[change.UserID] = h.Event == "user_online"
	}
}
