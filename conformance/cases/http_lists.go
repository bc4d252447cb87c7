package cases

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	. "github.com/onsi/gomega" //nolint:revive,staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

// list is a page of any of the lists.
type list struct {
	Messages, Actions, Users []fields
	NextCursor               string
}

// ids are those of entries, in their order.
func ids(entries []fields) []any {
	all := make([]any, len(entries))
	for i, e := range entries {
		all[i] = e["id"]
	}
	return all
}

// walk reads a list page by page, each of at most limit entries; the next page
// is what cursor names. between, if there is one, is called after the first
// page. The cursor of the last page may be absent at once or after an empty one.
func walk(t *kit.T, c call, limit int, cursor string, most int, between func()) (pages [][]fields) {
	c.query.Set("limit", strconv.Itoa(limit))
	for {
		got := read[list](t, c)
		entries := slices.Concat(got.Messages, got.Actions, got.Users)
		t.Expect(len(entries)).To(BeNumerically("<=", limit), "entries of a page of limit=%d", limit)
		pages = append(pages, entries)
		if got.NextCursor == "" {
			return pages
		}
		t.Expect(len(pages)).To(BeNumerically("<", most), "pages, and there is still a nextCursor")
		c.query.Set(cursor, got.NextCursor)
		if between != nil {
			between()
			between = nil
		}
	}
}

func httpPresence() []kit.Case {
	return []kit.Case{
		once("http/presence", httpSection, "presence lists everyone who is online once, page by page", presencePages),
		once("http/presence-user", httpSection, "presence of a user is the userInfo that online_users has", presenceOfUser),
		once("http/presence-offline", httpSection, "presence of someone offline is 404", func(t *kit.T) {
			watcher, c := t.ConnectUser(t.User()), t.ConnectUser(t.User())
			c.Leave()
			watcher.NextWhere("user_offline", kit.Containing(c.User))
			denied(t, call{what: getPresence, of: c.User, token: tokenOf(t, watcher.User)}, http.StatusNotFound)
		}),
	}
}

// presencePages asks for half of those who are online at a time. Others come and
// go meanwhile: only the case's own users matter.
func presencePages(t *kit.T) {
	var own []any
	var last *kit.Client
	for range 4 {
		last = t.ConnectUser(t.User())
		own = append(own, last.User)
	}
	online := len(kit.Decode[[]fields](t, last.Next("online_users")))
	const mostPages, mostEntries = 6, 200
	limit := min((online+1)/2, mostEntries)
	if online > limit*mostPages {
		t.Skip("more users are online than a few pages hold")
	}
	c := call{what: getPresences, query: url.Values{}, token: tokenOf(t, last.User)}
	var found []any
	for _, page := range walk(t, c, limit, "cursor", mostPages+1, nil) {
		for _, id := range ids(page) {
			if slices.Contains(own, id) {
				found = append(found, id)
			}
		}
	}
	t.Expect(found).To(ConsistOf(own...), "users of the case in all pages")
}

func presenceOfUser(t *kit.T) {
	// The id shows whether the path is decoded.
	user, department := t.User()+" é%", t.Name("d")
	claims := kit.Claims{"userId": user, "role": "moderator", "department": department}
	t.Connect(claims)
	newest := t.Connect(claims)
	var want fields
	for _, info := range kit.Decode[[]fields](t, newest.Next("online_users")) {
		if info["id"] == user {
			want = info
		}
	}
	t.Expect(want).NotTo(BeNil(), "the user's own entry in online_users")
	got := read[fields](t, call{what: getPresence, of: user, token: tokenOf(t, t.User())})
	t.Expect(got["socketId"]).To(Equal(newest.ID()), "socketId is the newest socket")
	t.Expect(got["lastSeen"]).To(MatchRegexp(instant), "lastSeen")
	delete(got, "lastSeen") // it moves
	delete(want, "lastSeen")
	t.Expect(got).To(Equal(want), "userInfo, against that of online_users")
}

func httpMessages() []kit.Case {
	return []kit.Case{
		once("http/messages", httpSection, "a user reads the messages that it has sent and got, with all fields, and no others", ownMessages),
		once("http/messages-order", httpSection, "messages are listed newest first", func(t *kit.T) {
			alice, bob := t.ConnectUser(t.User()), t.User()
			sent := []any{say(alice, bob), say(alice, bob), say(alice, bob)}
			slices.Reverse(sent)
			got := read[list](t, call{what: getMessages, token: tokenOf(t, alice.User)})
			t.Expect(ids(got.Messages)).To(Equal(sent))
		}),
		once("http/messages-with", httpSection, "with= lists the messages between both only", func(t *kit.T) {
			alice, bob, carol := t.ConnectUser(t.User()), t.ConnectUser(t.User()), t.ConnectUser(t.User())
			say(alice, carol.User)
			say(carol, alice.User)
			both := []any{say(alice, bob.User), say(bob, alice.User)}
			got := read[list](t, call{what: getMessages, query: url.Values{"with": {bob.User}}, token: tokenOf(t, alice.User)})
			t.Expect(ids(got.Messages)).To(ConsistOf(both...))
		}),
		once("http/messages-user", httpSection, "an administrator reads the messages of another user with user=", func(t *kit.T) {
			alice, root := t.ConnectUser(t.User()), t.ConnectUser(t.User())
			say(root, t.User())
			sent := say(alice, t.User())
			token := t.Token(kit.Claims{"userId": root.User, "role": "admin"})
			got := read[list](t, call{what: getMessages, query: url.Values{"user": {alice.User}}, token: token})
			t.Expect(ids(got.Messages)).To(ConsistOf(sent))
		}),
		once("http/messages-bounds", httpSection, "before= and after= bound the list, and are not in it", func(t *kit.T) {
			alice, bob := t.ConnectUser(t.User()), t.User()
			var sent []any
			for range 5 {
				sent = append(sent, say(alice, bob))
			}
			between := url.Values{"after": {sent[0].(string)}, "before": {sent[4].(string)}}
			got := read[list](t, call{what: getMessages, query: between, token: tokenOf(t, alice.User)})
			t.Expect(ids(got.Messages)).To(ConsistOf(sent[1:4]...))
		}),
		once("http/messages-pages", httpSection, "pages of messages follow each other by nextCursor without gap or repeat, also while messages come", messagePages),
		once("http/messages-default", httpSection, "limit of a list is 50 by default", defaultLimit),
	}
}

// say sends a message and returns its id.
func say(from *kit.Client, to string) any {
	return from.OK("send_message", fields{"to": to, "content": "hello"}).Fields()["messageId"]
}

func ownMessages(t *kit.T) {
	alice, bob := t.ConnectUser(t.User()), t.ConnectUser(t.User())
	var want []any
	for _, m := range []struct {
		from *kit.Client
		to   string
		kind string
	}{{alice, bob.User, "image"}, {bob, alice.User, "text"}} {
		content := t.Name("<é>")
		ack := m.from.OK("send_message", fields{"to": m.to, "content": content, "type": m.kind}).Fields()
		want = append(want, And(
			HaveKeyWithValue("id", ack["messageId"]), HaveKeyWithValue("from", m.from.User), HaveKeyWithValue("to", m.to),
			HaveKeyWithValue("content", content), HaveKeyWithValue("type", m.kind), HaveKeyWithValue("timestamp", ack["timestamp"])))
	}
	say(bob, t.User())
	got := read[list](t, call{what: getMessages, query: url.Values{"limit": {"200"}}, token: tokenOf(t, alice.User)})
	t.Expect(got.Messages).To(ConsistOf(want...))
	t.Expect(got.NextCursor).To(BeEmpty(), "nextCursor at the end of the list")
}

func messagePages(t *kit.T) {
	alice, bob := t.ConnectUser(t.User()), t.User()
	var sent []any
	for range 5 {
		sent = append(sent, say(alice, bob))
	}
	c := call{what: getMessages, query: url.Values{}, token: tokenOf(t, alice.User)}
	pages := walk(t, c, 3, "before", 4, func() { say(alice, bob) })
	t.Expect(ids(slices.Concat(pages...))).To(ConsistOf(sent...), "messages of all pages")
}

// defaultLimit stores a few messages more than a page holds, by several sockets:
// each keeps under its limit.
func defaultLimit(t *kit.T) {
	user, to := t.User(), t.User()
	for range 6 {
		c := t.ConnectUser(user)
		for range 9 {
			say(c, to)
		}
	}
	got := read[list](t, call{what: getMessages, token: tokenOf(t, user)})
	t.Expect(got.Messages).To(HaveLen(50), "messages without limit=")
	t.Expect(got.NextCursor).NotTo(BeEmpty(), "nextCursor where there are more")
}

func httpActions() []kit.Case {
	return []kit.Case{
		once("http/actions", httpSection, "the action log holds what user_action stored, by user= and action=", actionLog),
		once("http/actions-pages", httpSection, "pages of actions follow each other by nextCursor without gap or repeat", func(t *kit.T) {
			c := t.ConnectUser(t.User())
			var stored []any
			for range 3 {
				stored = append(stored, c.OK("user_action", fields{"action": "view"}).Fields()["actionId"])
			}
			pages := walk(t, call{what: getActions, query: url.Values{"user": {c.User}}, token: admin(t)}, 2, "before", 3, nil)
			t.Expect(ids(slices.Concat(pages...))).To(ConsistOf(stored...), "actions of all pages")
		}),
	}
}

func actionLog(t *kit.T) {
	alice, bob := t.ConnectUser(t.User()), t.ConnectUser(t.User())
	data := fields{"page": "/é", "n": 1.5, "deep": []any{nil, fields{}}}
	ack := alice.OK("user_action", fields{"action": "login", "data": data}).Fields()
	alice.OK("user_action", fields{"action": "logout"})
	bob.OK("user_action", fields{"action": "login"})
	got := read[list](t, call{what: getActions, query: url.Values{"user": {alice.User}, "action": {"login"}, "limit": {"200"}}, token: admin(t)})
	t.Expect(got.Actions).To(ConsistOf(And(
		HaveKeyWithValue("id", ack["actionId"]), HaveKeyWithValue("userId", alice.User), HaveKeyWithValue("action", "login"),
		HaveKeyWithValue("data", data), HaveKeyWithValue("socketId", alice.ID()), HaveKeyWithValue("timestamp", MatchRegexp(instant)))))
}
