package cases

import (
	"encoding/json"
	"slices"
	"time"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

const sectionServerEvents = "5 Server events"

// userInfo is an entry of online_users.
type userInfo struct {
	ID          string  `json:"id"`
	SocketID    string  `json:"socketId"`
	ConnectedAt string  `json:"connectedAt"`
	LastSeen    string  `json:"lastSeen"`
	Role        *string `json:"role"`
	Department  *string `json:"department"`
	Connections *int    `json:"connections"`
}

// about matches user_online and user_offline of a user.
func about(user string) func(json.RawMessage) bool {
	return func(payload json.RawMessage) bool {
		var p struct {
			UserID string `json:"userId"`
		}
		return json.Unmarshal(payload, &p) == nil && p.UserID == user
	}
}

// entries are those of a user in the online_users that a client got.
func entries(t *kit.T, c *kit.Client, user string) []userInfo {
	list := kit.Decode[[]userInfo](t, c.Next("online_users"))
	return slices.DeleteFunc(list, func(i userInfo) bool { return i.ID != user })
}

// look returns what a new socket is told of a user; it has gone again by then.
func look(t *kit.T, user string) []userInfo {
	c := t.PresentUser(t.User())
	defer c.Leave()
	return entries(t, c, user)
}

// lookUntil looks until what is told of a user is as it should be: that somebody
// has gone takes the backend a moment.
func lookUntil(t *kit.T, user, what string, ok func([]userInfo) bool) {
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for ctx := t.Patient(); ; {
		told := look(t, user)
		if ok(told) {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("%s: online_users still has %s", what, describe(told))
		}
	}
}

func describe(told []userInfo) string {
	raw, err := json.Marshal(told)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// tabs waits until a user has that many sockets left. Where the backend does not
// count them, which it need not, nobody can tell.
func tabs(t *kit.T, user string, n int) {
	lookUntil(t, user, "after a tab is closed", func(told []userInfo) bool {
		return len(told) != 1 || told[0].Connections == nil || *told[0].Connections == n
	})
}

func presence() []kit.Case {
	return slices.Concat(comings(), goings(), onlineLists(), onlineEntries(), onlineInfos(), onlineDetails(), crowds())
}

// comings are the cases of user_online.
func comings() []kit.Case {
	const section = sectionServerEvents
	return []kit.Case{
		{
			ID: "presence/online", Section: section,
			Contract: "user_online goes to all others when a user's first socket connects",
			Run: func(t *kit.T) {
				watchers := []*kit.Client{t.PresentUser(t.User()), t.Present(kit.Claims{"userId": t.User(), "role": "admin", "department": t.Name("d")})}
				ada := t.PresentUser(t.User())
				for _, w := range watchers {
					w.NextWhere("user_online", about(ada.User))
				}
				t.Coverage.Audience("user_online to allUsers")
			},
		},
		{
			ID: "presence/online-once", Section: section,
			Contract: "everyone is told once that a user has come",
			Run: func(t *kit.T) {
				w := t.PresentUser(t.User())
				ada := t.PresentUser(t.User())
				w.Sees("user_online", about(ada.User))
				t.Flush(w)
				t.Expect(count(w.Payloads("user_online"), about(ada.User))).To(Equal(1), "events user_online of one user who came")
			},
		},
		{
			ID: "presence/online-first-only", Section: section,
			Contract: "user_online comes only with the user's first socket: a second tab makes no second event",
			Run: func(t *kit.T) {
				ada := t.PresentUser(t.User())
				w := t.PresentUser(t.User())
				t.Flush(w) // her coming may be told to who comes right after
				before := count(w.Payloads("user_online"), about(ada.User))
				t.PresentUser(ada.User)
				t.PresentUser(ada.User)
				t.Flush(w)
				t.Expect(count(w.Payloads("user_online"), about(ada.User))).To(Equal(before), "events user_online before and after more tabs")
			},
		},
		{
			ID: "presence/online-not-own", Section: section,
			Contract: "user_online does not go to the user's own sockets",
			Run: func(t *kit.T) {
				ada := t.PresentUser(t.User())
				tab := t.PresentUser(ada.User)
				t.Silent("user_online", about(ada.User), ada, tab)
				t.Coverage.Audience("user_online not to user")
			},
		},
		{
			ID: "presence/online-info", Section: section,
			Contract: "user_online carries the userInfo of the new socket",
			Run:      onlineInfo,
		},
		{
			ID: "presence/online-again", Section: section,
			Contract: "who goes offline and comes back is told of anew",
			Run: func(t *kit.T) {
				w := t.PresentUser(t.User())
				ada := t.PresentUser(t.User())
				w.NextWhere("user_online", about(ada.User))
				ada.Leave()
				w.NextWhere("user_offline", about(ada.User))
				t.PresentUser(ada.User)
				w.NextWhere("user_online", about(ada.User))
			},
		},
	}
}

func onlineInfo(t *kit.T) {
	w, d := t.PresentUser(t.User()), t.Name("d")
	ada := t.Present(kit.Claims{"userId": t.User(), "role": "moderator", "department": d})
	told := kit.Decode[struct {
		UserInfo userInfo `json:"userInfo"`
	}](t, w.NextWhere("user_online", about(ada.User))).UserInfo
	t.Expect(told.ID).To(Equal(ada.User), "id in userInfo")
	t.Expect(told.SocketID).To(Equal(ada.ID()), "socketId in userInfo")
	near(t, told.ConnectedAt, "connectedAt in userInfo")
	t.Expect(told.Role).To(Or(BeNil(), HaveValue(Equal("moderator"))), "role in userInfo")
	t.Expect(told.Department).To(Or(BeNil(), HaveValue(Equal(d))), "department in userInfo")
	t.Expect(told.Connections).To(Or(BeNil(), HaveValue(Equal(1))), "connections in userInfo")
}

// goings are the cases of user_offline.
func goings() []kit.Case {
	const section = sectionServerEvents
	return []kit.Case{
		{
			ID: "presence/offline", Section: section,
			Contract: "user_offline goes to everyone when a user's last socket is gone",
			Run: func(t *kit.T) {
				watchers := []*kit.Client{t.PresentUser(t.User()), t.Present(kit.Claims{"userId": t.User(), "role": "admin"})}
				ada := t.PresentUser(t.User())
				ada.Leave()
				for _, w := range watchers {
					w.NextWhere("user_offline", about(ada.User))
				}
				t.Coverage.Audience("user_offline to allUsers")
			},
		},
		{
			ID: "presence/offline-last-only", Section: section,
			Contract: "user_offline comes only when the last socket is gone: one of two tabs that closes makes none",
			Run: func(t *kit.T) {
				w, user := t.PresentUser(t.User()), t.User()
				t.PresentUser(user)
				t.PresentUser(user).Leave()
				tabs(t, user, 1)
				t.Silent("user_offline", about(user), w)
			},
		},
		{
			ID: "presence/offline-first-tab", Section: section,
			Contract: "a user whose older tab closes is online by the newer one",
			Run: func(t *kit.T) {
				w, user := t.PresentUser(t.User()), t.User()
				old := t.PresentUser(user)
				t.PresentUser(user)
				old.Leave()
				tabs(t, user, 1)
				t.Silent("user_offline", about(user), w)
				t.Expect(look(t, user)).To(HaveLen(1), "entries of who has one tab left")
			},
		},
		{
			ID: "presence/offline-once", Section: section,
			Contract: "everyone is told once that a user has gone, with its last tab",
			Run: func(t *kit.T) {
				w, user := t.PresentUser(t.User()), t.User()
				one, two := t.PresentUser(user), t.PresentUser(user)
				one.Leave()
				two.Leave()
				w.NextWhere("user_offline", about(user))
				t.Flush(w)
				t.Expect(count(w.Payloads("user_offline"), about(user))).To(Equal(1), "events user_offline of a user with two tabs")
			},
		},
		{
			ID: "presence/cut-off", Section: section,
			Contract: "a socket that is cut off without a goodbye is gone too",
			Run: func(t *kit.T) {
				w, user := t.PresentUser(t.User()), t.User()
				raw := t.RawUser(user, kit.RawOptions{})
				w.NextWhere("user_online", about(user))
				raw.Close()
				w.NextWhere("user_offline", about(user))
			},
		},
	}
}

// onlineLists are the cases of online_users.
func onlineLists() []kit.Case {
	const section = sectionServerEvents
	return []kit.Case{
		{
			ID: "presence/list-self", Section: section,
			Contract: "online_users goes to each new socket, itself included",
			Run: func(t *kit.T) {
				ada := t.PresentUser(t.User())
				t.Expect(entries(t, ada, ada.User)).NotTo(BeEmpty(), "entries of the new socket's own user")
			},
		},
		{
			ID: "presence/list-tab", Section: section,
			Contract: "a second tab gets online_users too",
			Run: func(t *kit.T) {
				ada := t.PresentUser(t.User())
				t.PresentUser(ada.User).Next("online_users")
			},
		},
		{
			ID: "presence/list-once", Section: section,
			Contract: "online_users comes once",
			Run: func(t *kit.T) {
				ada := t.PresentUser(t.User())
				t.Flush(ada)
				t.Expect(ada.Count("online_users")).To(Equal(1), "events online_users of a new socket")
			},
		},
		{
			ID: "presence/list-private", Section: section,
			Contract: "online_users goes to the new socket only",
			Run: func(t *kit.T) {
				ada, other := t.PresentUser(t.User()), t.PresentUser(t.User())
				t.Flush(ada, other)
				ours, theirs := ada.Count("online_users"), other.Count("online_users")
				t.PresentUser(ada.User).Next("online_users")
				t.Flush(ada, other)
				t.Expect(ada.Count("online_users")).To(Equal(ours), "events online_users of a socket when the user's next tab connects")
				t.Expect(other.Count("online_users")).To(Equal(theirs), "events online_users of another user's socket")
				t.Coverage.Audience("online_users to socket")
			},
		},
	}
}

// onlineEntries are the cases of who is in online_users.
func onlineEntries() []kit.Case {
	const section = sectionServerEvents
	return []kit.Case{
		{
			ID: "presence/list-others", Section: section,
			Contract: "online_users has everyone who is online",
			Run: func(t *kit.T) {
				ada, bob := t.PresentUser(t.User()), t.PresentUser(t.User())
				list := kit.Decode[[]userInfo](t, t.PresentUser(t.User()).Next("online_users"))
				for _, user := range []string{ada.User, bob.User} {
					t.Expect(slices.ContainsFunc(list, func(i userInfo) bool { return i.ID == user })).To(BeTrue(), "online_users has %s, who is online", user)
				}
			},
		},
		{
			ID: "presence/list-one-entry", Section: section,
			Contract: "online_users has one entry per user, however many tabs",
			Run: func(t *kit.T) {
				user := t.User()
				t.PresentUser(user)
				t.PresentUser(user)
				t.Expect(entries(t, t.PresentUser(user), user)).To(HaveLen(1), "entries of a user with three tabs")
			},
		},
		{
			ID: "presence/list-gone", Section: section,
			Contract: "who has gone offline is not in online_users any more",
			Run: func(t *kit.T) {
				w := t.PresentUser(t.User())
				ada := t.PresentUser(t.User())
				ada.Leave()
				w.NextWhere("user_offline", about(ada.User))
				t.Expect(look(t, ada.User)).To(BeEmpty(), "entries of a user who is told to be offline")
			},
		},
		{
			ID: "presence/list-first", Section: section,
			Contract: "online_users comes to a socket before any user_online: it tells the changes from then on",
			Run: func(t *kit.T) {
				ada, bob := t.ConnectUser(t.User()), t.ConnectUser(t.User())
				t.Flush(ada) // bob may be in the list, or come after it
				order := ada.Order(func(event string, payload json.RawMessage) bool {
					return event == "online_users" || event == "user_online" && about(bob.User)(payload)
				})
				t.Expect(order).NotTo(BeEmpty(), "events about who is online")
				t.Expect(order[0]).To(Equal("online_users"), "the first that a socket is told of who is online")
			},
		},
	}
}

// onlineInfos are the cases of what is told of a user.
func onlineInfos() []kit.Case {
	const section = sectionServerEvents
	return []kit.Case{
		{
			ID: "presence/socket-id", Section: section,
			Contract: "socketId is the user's newest socket",
			Run: func(t *kit.T) {
				ada := t.PresentUser(t.User())
				tab := t.PresentUser(ada.User)
				t.Expect(look(t, ada.User)[0].SocketID).To(Equal(tab.ID()), "socketId of a user with a new tab")
			},
		},
		{
			ID: "presence/socket-id-left", Section: section,
			Contract: "when the newest socket goes, socketId is the newest of those that are left",
			Run: func(t *kit.T) {
				ada := t.PresentUser(t.User())
				t.PresentUser(ada.User).Leave()
				lookUntil(t, ada.User, "the newer tab has gone, the socketId is that of the older one", func(told []userInfo) bool {
					return len(told) == 1 && told[0].SocketID == ada.ID()
				})
			},
		},
		{
			ID: "presence/connected-at", Section: section,
			Contract: "connectedAt is when the newest socket connected",
			Run: func(t *kit.T) {
				ada := t.PresentUser(t.User())
				first := look(t, ada.User)[0].ConnectedAt
				near(t, first, "connectedAt")
				laterThan(t, ada, first)
				t.PresentUser(ada.User)
				t.Expect(look(t, ada.User)[0].ConnectedAt > first).To(BeTrue(), "connectedAt moves with a new tab")
			},
		},
		{
			ID: "presence/last-seen", Section: section,
			Contract: "lastSeen moves with every event of the user",
			Run: func(t *kit.T) {
				moves(t, t.PresentUser(t.User()))
			},
		},
		{
			ID: "presence/last-seen-any-tab", Section: section,
			Contract: "lastSeen moves with events of any of the user's sockets, the older ones too",
			Run: func(t *kit.T) {
				old := t.PresentUser(t.User())
				t.PresentUser(old.User)
				moves(t, old)
			},
		},
	}
}

// onlineDetails are the cases of what may be left out of what is told of a user.
// Where it is there it is right.
func onlineDetails() []kit.Case {
	const section = sectionServerEvents
	return []kit.Case{
		{
			ID: "presence/connections", Section: section,
			Contract: "connections is how many sockets the user has",
			Run: func(t *kit.T) {
				user := t.User()
				for want := 1; want <= 3; want++ {
					c := t.PresentUser(user)
					told := entries(t, c, user)[0]
					t.Expect(told.Connections).To(Or(BeNil(), HaveValue(Equal(want))), "connections of a user with %d tabs", want)
					if want == 3 {
						c.Leave()
					}
				}
				tabs(t, user, 2)
			},
		},
		{
			ID: "presence/role", Section: section,
			Contract: "role is the token's",
			Run: func(t *kit.T) {
				for _, role := range []string{"admin", "moderator", "user"} {
					c := t.Present(kit.Claims{"userId": t.User(), "role": role})
					t.Expect(entries(t, c, c.User)[0].Role).To(Or(BeNil(), HaveValue(Equal(role))), "role of a user")
				}
			},
		},
		{
			ID: "presence/department", Section: section,
			Contract: "department is the token's, and there only where the token names one",
			Run: func(t *kit.T) {
				d := t.Name("d")
				with := t.Present(kit.Claims{"userId": t.User(), "department": d})
				t.Expect(entries(t, with, with.User)[0].Department).To(Or(BeNil(), HaveValue(Equal(d))), "department of a user with one")
				none := t.PresentUser(t.User())
				t.Expect(entries(t, none, none.User)[0].Department).To(BeNil(), "department of a user without one")
			},
		},
	}
}

// moves wants lastSeen to move with events of a socket, of every kind. Another
// user's messages tell when the backend's clock has moved.
func moves(t *kit.T, c *kit.Client) {
	clock := t.PresentUser(t.User())
	last := look(t, c.User)[0].LastSeen
	near(t, last, "lastSeen")
	for _, event := range []func(){
		func() { c.OK("ping") },
		func() { c.OK("join_room", room(t.Room())) },
		func() { c.OK("send_message", letter(t.User(), "x")) },
		func() { c.OK("user_action", fields{"action": "a"}) },
	} {
		laterThan(t, clock, last)
		event()
		before := last
		lookUntil(t, c.User, "after an event, lastSeen is later", func(told []userInfo) bool {
			last = told[0].LastSeen
			return last > before
		})
	}
}
