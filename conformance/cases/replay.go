package cases

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

// fromTheStart is a serverOffset below every id.
const fromTheStart = "00000000000000000000000000"

// missedAll connects a user who has seen nothing yet.
func missedAll(t *kit.T, user string) *kit.Client { return seen(t, user, fromTheStart) }

// seen connects a user who has seen a message.
func seen(t *kit.T, user string, offset any) *kit.Client {
	return t.ConnectWith(kit.Claims{"userId": user}, fields{"serverOffset": offset})
}

// mail are messages to a user who is away, "0", "1" and so on.
type mail struct {
	from *kit.Client
	to   string
	ids  []string
}

// away stores messages to somebody who is not there.
func away(t *kit.T, n int) *mail {
	m := &mail{from: t.ConnectUser(t.User()), to: t.User()}
	for range n {
		m.add(t)
	}
	return m
}

// add stores one message more.
func (m *mail) add(t *kit.T) {
	m.ids = append(m.ids, send(t, m.from, letter(m.to, fmt.Sprint(len(m.ids)))).MessageID)
}

// got returns what a client got of the mail by now, in the order in which it came.
func (m *mail) got(t *kit.T, c *kit.Client) []string {
	t.Flush(c)
	return contents(t, c, m.from.User)
}

func replay() []kit.Case { return slices.Concat(replayed(), replayedTo(), badOffsets(), longReplays()) }

// replayed are the cases of what is replayed.
func replayed() []kit.Case {
	const section = sectionClientEvents
	return []kit.Case{
		{
			ID: "replay/missed", Section: section,
			Contract: "a client that connects with serverOffset gets the messages that were stored since",
			Run: func(t *kit.T) {
				m := away(t, 3)
				t.Expect(m.got(t, seen(t, m.to, m.ids[0]))).To(ContainElement("2"), "what is replayed after the first of 3")
			},
		},
		{
			ID: "replay/none-missing", Section: section,
			Contract: "the first message after serverOffset and all others are replayed: none is missing",
			Run: func(t *kit.T) {
				m := away(t, 5)
				t.Expect(m.got(t, seen(t, m.to, m.ids[1]))).To(ContainElements("2", "3", "4"), "what is replayed after the second of 5")
			},
		},
		{
			ID: "replay/last-seen", Section: section,
			Contract: "only messages with an id greater than serverOffset are replayed: not that one itself, none before",
			Run: func(t *kit.T) {
				m := away(t, 4)
				t.Expect(m.got(t, seen(t, m.to, m.ids[1]))).NotTo(ContainElements(BeElementOf("0", "1")), "what is replayed after the second of 4")
			},
		},
		{
			ID: "replay/oldest-first", Section: section,
			Contract: "messages are replayed oldest first",
			Run: func(t *kit.T) {
				m := away(t, 6)
				t.Expect(slices.IsSorted(m.got(t, seen(t, m.to, m.ids[0])))).To(BeTrue(), "messages are replayed in the order in which they were stored")
			},
		},
		{
			ID: "replay/once", Section: section,
			Contract: "no message is replayed twice",
			Run: func(t *kit.T) {
				m := away(t, 4)
				got := m.got(t, seen(t, m.to, m.ids[0]))
				t.Expect(slices.Compact(slices.Sorted(slices.Values(got)))).To(HaveLen(len(got)), "different messages among %q", got)
			},
		},
		{
			ID: "replay/nothing-missed", Section: section,
			Contract: "who has seen the newest message gets no replay",
			Run: func(t *kit.T) {
				m := away(t, 3)
				t.Expect(m.got(t, seen(t, m.to, m.ids[2]))).To(BeEmpty(), "what is replayed after the newest")
			},
		},
		{
			ID: "replay/again", Section: section,
			Contract: "a replay uses nothing up: it is for every client that asks",
			Run: func(t *kit.T) {
				m := away(t, 3)
				for range 2 {
					t.Expect(m.got(t, seen(t, m.to, m.ids[0]))).To(ContainElement("1"), "what is replayed after the first of 3")
				}
			},
		},
		{
			ID: "replay/delivered-too", Section: section,
			Contract: "every stored message is replayed, also one that another socket of the user got live",
			Run: func(t *kit.T) {
				ada, bob := t.ConnectUser(t.User()), t.ConnectUser(t.User())
				first := send(t, ada, letter(bob.User, "seen"))
				send(t, ada, letter(bob.User, "live"))
				t.Expect(next(t, bob).ID).To(Equal(first.MessageID))
				t.Expect(next(t, seen(t, bob.User, first.MessageID)).Content).To(Equal("live"))
			},
		},
	}
}

// replayedTo are the cases of who gets a replay, of which messages.
func replayedTo() []kit.Case {
	const section = sectionClientEvents
	return []kit.Case{
		{
			ID: "replay/without-offset", Section: section,
			Contract: "without serverOffset there is no replay",
			Run:      withoutOffset,
		},
		{
			ID: "replay/own-only", Section: section,
			Contract: "only messages to the user are replayed, not those to others",
			Run: func(t *kit.T) {
				m, content := away(t, 1), t.Name("secret")
				send(t, m.from, letter(t.User(), content))
				t.Silent("new_message", kit.Containing(content), seen(t, m.to, m.ids[0]), missedAll(t, t.User()))
			},
		},
		{
			ID: "replay/not-sent", Section: section,
			Contract: "what the user itself has sent to others is not replayed to it",
			Run: func(t *kit.T) {
				ada, content := t.ConnectUser(t.User()), t.Name("secret")
				send(t, ada, letter(t.User(), content))
				t.Silent("new_message", kit.Containing(content), missedAll(t, ada.User))
			},
		},
		{
			ID: "replay/other-tabs", Section: section,
			Contract: "a replay is for the socket that asked: the user's other sockets get nothing twice",
			Run: func(t *kit.T) {
				m := away(t, 2)
				tab := t.ConnectUser(m.to)
				back := missedAll(t, m.to)
				t.Expect(m.got(t, back)).To(HaveLen(2))
				t.Expect(m.got(t, tab)).To(BeEmpty(), "what another tab got during a replay")
			},
		},
		{
			ID: "replay/whole", Section: section,
			Contract: "a replayed new_message is the one that was sent live, in every field",
			Run:      replayWhole,
		},
		{
			ID: "replay/unknown-offset", Section: section,
			Contract: "serverOffset is a ULID, of a message or not: what has a greater id is replayed",
			Run: func(t *kit.T) {
				m := away(t, 2)
				all, none := missedAll(t, m.to), seen(t, m.to, "7"+strings.Repeat("Z", 25))
				m.add(t)
				t.Expect(m.got(t, all)).To(Equal([]string{"0", "1", "2"}), "replay from before all, and a live message")
				t.Expect(m.got(t, none)).To(Equal([]string{"2"}), "replay from after all, and a live message")
			},
		},
		{
			ID: "replay/before-live", Section: section,
			Contract: "messages are replayed before any live one",
			Run: func(t *kit.T) {
				m := away(t, 4)
				back := seen(t, m.to, m.ids[0])
				for range 3 { // live, as soon as the client is there
					m.add(t)
				}
				t.Expect(m.got(t, back)).To(Equal([]string{"1", "2", "3", "4", "5", "6"}), "three replayed messages and three live ones")
			},
		},
		{
			ID: "replay/no-error", Section: section,
			Contract: "a replay of all that was missed is told by no error",
			Run: func(t *kit.T) {
				m := away(t, 2)
				back := seen(t, m.to, m.ids[0])
				m.got(t, back)
				t.Expect(back.Payloads("error")).To(BeEmpty())
			},
		},
	}
}

// withoutOffset has nothing, and then what looks like a serverOffset and is none.
func withoutOffset(t *kit.T) {
	m := away(t, 2)
	for _, auth := range []fields{nil, {"serveroffset": fromTheStart, "other": fields{"serverOffset": fromTheStart}}} {
		c := t.ConnectWith(kit.Claims{"userId": m.to}, auth)
		t.Expect(m.got(t, c)).To(BeEmpty(), "what a client without serverOffset gets of older messages, with %v", auth)
		t.Expect(c.Payloads("error")).To(BeEmpty(), "errors to a client without serverOffset, with %v", auth)
	}
}

// replayWhole compares messages of all kinds as a tab got them live and as
// another one gets them replayed.
func replayWhole(t *kit.T) {
	ada, bob := t.ConnectUser(t.User()), t.ConnectUser(t.User())
	for _, payload := range []fields{
		letter(bob.User, "first"),
		letter(bob.User, "\x00 <é🙂\u2028> \"\\u0041\"  "),
		{"to": bob.User, "content": "https://example.com/a.png", "type": "image"},
		{"to": bob.User, "content": "https://example.com/a.pdf", "type": "file", "clientOffset": t.Name("o")},
		letter(bob.User, strings.Repeat("🙂", 1000)),
	} {
		send(t, ada, payload)
	}
	back := missedAll(t, bob.User)
	for range 5 {
		var live, again map[string]any
		t.Must(json.Unmarshal(bob.Next("new_message"), &live))
		t.Must(json.Unmarshal(back.Next("new_message"), &again))
		t.Expect(again).To(Equal(live), "a replayed new_message, beside the live one")
	}
}

// noULIDs are values of serverOffset by the keyword that they break.
func noULIDs() map[string][]any {
	const valid = "01KEM2VQ7YABCDEFGHJKMNPQRS"
	return map[string][]any{
		"type":    {nil, 7, true, fields{"id": valid}, []any{valid}},
		"pattern": {"", "x", valid[1:], valid + "0", "8" + valid[1:], valid[:25] + "U", valid[:25] + "!", valid[:25] + "é", " " + valid[1:], valid + "\n", strings.ToLower(valid)},
	}
}

// badOffsets are the cases of a serverOffset that is no ULID.
func badOffsets() []kit.Case {
	const section = sectionClientEvents
	cases := []kit.Case{
		{
			ID: "replay/bad-offset-event", Section: section,
			Contract: "the error of a serverOffset that is no ULID has event connect",
			Run: func(t *kit.T) {
				t.Expect(seen(t, t.User(), "yesterday").Failure().Event).To(Equal("connect"), "event of the event error")
			},
		},
		{
			ID: "replay/bad-offset-no-replay", Section: section,
			Contract: "a serverOffset that is no ULID gives no replay",
			Run: func(t *kit.T) {
				m := away(t, 2)
				for _, offset := range []any{"", "yesterday", nil, 0} {
					t.Expect(m.got(t, seen(t, m.to, offset))).To(BeEmpty(), "what is replayed after %#v", offset)
				}
			},
		},
		{
			ID: "replay/bad-offset-stays", Section: section,
			Contract: "a serverOffset that is no ULID ends no connection: live messages come, events are handled",
			Run: func(t *kit.T) {
				m := away(t, 0)
				back := seen(t, m.to, "yesterday")
				m.add(t)
				t.Expect(next(t, back).Content).To(Equal("0"))
				back.OK("join_room", room(t.Room()))
			},
		},
		{
			ID: "replay/bad-offset-private", Section: section,
			Contract: "the error of a bad serverOffset goes to that socket only, once",
			Run: func(t *kit.T) {
				user := t.User()
				tab := t.ConnectUser(user)
				back := seen(t, user, "yesterday")
				t.Silent("error", nil, tab)
				t.Flush(back)
				t.Expect(back.Count("error")).To(Equal(1), "events error after one bad serverOffset")
			},
		},
	}
	for _, keyword := range []string{"type", "pattern"} {
		cases = append(cases, kit.Case{
			ID: "replay/bad-offset-" + keyword, Section: section,
			Contract: "a serverOffset that is no ULID gives error with VALIDATION_ERROR: one that breaks its " + keyword,
			Run:      func(t *kit.T) { badOffset(t, keyword) },
		})
	}
	return cases
}

func badOffset(t *kit.T, keyword string) {
	for _, offset := range noULIDs()[keyword] {
		a := seen(t, t.User(), offset).Failure()
		t.Expect(a.Code).To(Equal("VALIDATION_ERROR"), "code for a serverOffset %#v", offset)
		t.Expect(a.Where()).To(Equal("/serverOffset "+keyword), "details for a serverOffset %#v", offset)
		t.Expect(a.Message).To(ContainSubstring("serverOffset"), "text for a serverOffset %#v: it says where", offset)
	}
	t.Coverage.Constraint("connect /serverOffset " + keyword)
}
