package cases

import (
	"encoding/json"
	"slices"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

// crowds are the cases of many who come and go at the same time.
func crowds() []kit.Case {
	const section = sectionServerEvents
	return []kit.Case{
		{
			ID: "presence/alternate", Section: section, Scope: kit.Once,
			Contract: "however a user's tabs come and go, user_online and user_offline take turns, and the last word is right",
			Run:      alternate,
		},
		{
			ID: "presence/adds-up", Section: section,
			Contract: "online_users, and user_online and user_offline from then on, add up to who is online",
			Run:      addsUp,
		},
	}
}

// alternate has five tabs of a user come and go side by side, while clients of
// every kind watch.
func alternate(t *kit.T) {
	user := t.User()
	watchers := everywhere(t, kit.Claims{"userId": t.User()})
	for _, w := range watchers {
		w.Settle()
	}
	t.Parallel(kit.Times(5, func(i int) {
		for range 3 {
			t.On(t.Cells[i%len(t.Cells)]).ConnectUser(user).Leave()
		}
	})...)
	lookUntil(t, user, "after the last of five tabs has gone", func(told []userInfo) bool { return len(told) == 0 })
	// Once more, with nothing beside it: what came before is known by then.
	t.PresentUser(user).Leave()
	lookUntil(t, user, "after the last tab has gone", func(told []userInfo) bool { return len(told) == 0 })
	for i, w := range watchers {
		words := told(t, w, user)
		where := t.Cells[i].Client + " over " + t.Cells[i].Transport.Name
		t.Expect(len(words)).To(And(BeNumerically(">=", 4), Satisfy(func(n int) bool { return n%2 == 0 })), "events of a user who came and went: %v, %s", words, where)
		for j, word := range words {
			t.Expect(word).To(Equal([]string{"user_online", "user_offline"}[j%2]), "event %d of %v, %s", j, words, where)
		}
	}
}

// told returns the events about a user in the order in which they came, once the
// last one says that it is offline.
func told(t *kit.T, w *kit.Client, user string) []string {
	for ctx := t.Patient(); ; {
		t.Flush(w)
		words := w.Order(func(event string, payload json.RawMessage) bool {
			return (event == "user_online" || event == "user_offline") && about(user)(payload)
		})
		if ctx.Err() != nil || len(words) > 0 && words[len(words)-1] == "user_offline" {
			return words
		}
	}
}

// addsUp has users come, and some of them go, while the client connects.
func addsUp(t *kit.T) {
	users := []string{t.User(), t.User(), t.User(), t.User(), t.User(), t.User()}
	stay := users[3:]
	w := t.PresentUser(t.User())
	var c *kit.Client
	parts := kit.Times(len(users), func(i int) {
		other := t.ConnectUser(users[i])
		if !slices.Contains(stay, users[i]) {
			other.Leave()
		}
	})
	t.Parallel(append(parts, func() { c = t.ConnectUser(t.User()) })...)
	for _, user := range users {
		w.Sees("user_online", about(user))
		if !slices.Contains(stay, user) {
			w.Sees("user_offline", about(user))
		}
	}
	t.Expect(adds(t, c, users)).To(ConsistOf(stay), "who is online by a client's own book")
}

// adds keeps book of some users as a client does, from all that it was told.
func adds(t *kit.T, c *kit.Client, users []string) []string {
	t.Flush(c)
	online := map[string]bool{}
	for _, h := range c.Log() {
		switch h.Event {
		case "online_users":
			for _, info := range kit.Decode[[]userInfo](t, h.Args[0]) {
				online[info.ID] = true
			}
		case "user_online", "user_offline":
			for _, user := range users {
				if about(user)(h.Args[0]) {
					online[user] = h.Event == "user_online"
				}
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(users), func(user string) bool { return !online[user] })
}
