package cases

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

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

// httpPresence: who is online.
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

// httpActions: the action log.
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
