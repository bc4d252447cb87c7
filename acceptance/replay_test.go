package acceptance

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/parlance-dev/parlance/conformance/driver"
)

// fast lets a test send as much as it needs.
const fast = "SOCKET_RATE_LIMIT=1000000"

const truncatedText = "More messages were missed than are replayed, the rest is at GET /api/messages"

// back connects a user with an auth payload of a token and more.
func (d dialer) back(t *testing.T, who string, more map[string]any) *client {
	t.Helper()
	out, err := d.dial(t, func(o *driver.DialOptions) {
		auth := map[string]any{"token": token(t, claims{"userId": who})}
		maps.Copy(auth, more)
		o.Auth = auth
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// seen is the auth payload's part of who has seen a message.
func seen(id string) map[string]any { return map[string]any{"serverOffset": id} }

// give sends messages to a user and returns their ids.
func (c *client) give(to string, contents ...string) []string {
	c.t.Helper()
	var ids []string
	for _, content := range contents {
		ack := decode[messageAck](c.t, c.call("send_message", map[string]any{"to": to, "content": content}))
		if !ack.Success {
			c.t.Fatalf("%q is not stored: %+v", content, ack)
		}
		ids = append(ids, ack.MessageID)
	}
	return ids
}

// gets checks the next messages.
func (c *client) gets(ids ...string) {
	c.t.Helper()
	for i, id := range ids {
		if got := decode[newMessage](c.t, c.next("new_message")); got.ID != id {
			c.t.Fatalf("message %d is %+v, want %s", i, got, id)
		}
	}
}

// order returns the events of some names in the order in which they came.
func (c *client) order(names ...string) []string {
	var list []string
	for _, h := range c.Log() {
		if h.On == "event" && slices.Contains(names, h.Event) {
			list = append(list, h.Event)
		}
	}
	return list
}

// TestReplay: "a client that connects with auth.serverOffset gets every stored
// message to it with a greater id, oldest first, as new_message, before any live
// one, none twice, none missing".
func TestReplay(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		bob := user(t)
		sender, first := d.connect(t, claims{"userId": user(t)}), d.connect(t, claims{"userId": bob})
		ids := sender.give(bob, "one")
		first.gets(ids...)
		if err := first.Disconnect(first.ctx); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, sender.give(bob, "two", "three", "four")...)
		again := d.back(t, bob, seen(ids[0]))
		again.gets(ids[1:]...)
		other := d.back(t, bob, seen(ids[2])) // a second one has seen more
		other.gets(ids[3:]...)
		live := sender.give(bob, "live")
		again.gets(live...)
		other.gets(live...)
		first = d.back(t, bob, seen(live[0])) // nothing is left for who has seen the newest
		live = sender.give(bob, "more")
		first.gets(live...)
		again.sync()
		if n := again.Count("new_message"); n != 5 {
			t.Errorf("%d messages came, want 5", n)
		}
		if n := again.Count("error") + other.Count("error") + first.Count("error"); n != 0 {
			t.Errorf("%d errors", n)
		}
	})
}

// TestReplayedMessagesAreWhole compares them with the live ones.
func TestReplayedMessagesAreWhole(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		bob := user(t)
		sender, live := d.connect(t, claims{"userId": user(t)}), d.connect(t, claims{"userId": bob})
		ids := sender.give(bob, "first", "né \U0001F600 \u2028 \"<&>\" \x00", strings.Repeat("\U0001F600", 1000))
		sender.call("send_message", map[string]any{"to": bob, "content": "a.png", "type": "image", "clientOffset": "c1"})
		live.next("new_message")
		again := d.back(t, bob, seen(ids[0]))
		for range 3 {
			if got, want := decode[newMessage](t, again.next("new_message")), decode[newMessage](t, live.next("new_message")); got != want {
				t.Errorf("replayed %+v, live %+v", got, want)
			}
		}
	})
}

// TestReplayIsTheUsersOwn: "to it". Neither others' messages nor those that the
// user has sent are replayed.
func TestReplayIsTheUsersOwn(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		bob, carol := user(t), user(t)
		sender, writer := d.connect(t, claims{"userId": carol}), d.connect(t, claims{"userId": bob})
		ids := sender.give(bob, "seen")
		writer.give(carol, "from bob")
		sender.give(user(t), "to somebody")
		ids = append(ids, sender.give(bob, "missed")...)
		again := d.back(t, bob, seen(ids[0]))
		again.gets(ids[1])
		again.gets(sender.give(bob, "live")...)
		again.sync()
		if n := again.Count("new_message"); n != 2 {
			t.Errorf("%d messages came, want 2", n)
		}
	})
}

// TestNoReplayWithoutServerOffset: "a client that connects with …".
func TestNoReplayWithoutServerOffset(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		bob := user(t)
		sender := d.connect(t, claims{"userId": user(t)})
		sender.give(bob, "old")
		for _, more := range []map[string]any{nil, {"serveroffset": 7, "other": map[string]any{"serverOffset": 7}}} {
			c := d.back(t, bob, more)
			c.gets(sender.give(bob, "live")...) // and nothing before
			if n := c.Count("error"); n != 0 {
				t.Errorf("%d errors", n)
			}
		}
	})
}

// TestReplayLimit: "at most the newest 500 (REPLAY_LIMIT); where there are more,
// error {code: REPLAY_TRUNCATED} comes first".
func TestReplayLimit(t *testing.T) {
	overCells(t, func(t *testing.T, c cell) {
		few, usual := c.own(t, fast, "REPLAY_LIMIT=3"), c.own(t, fast)
		for _, tt := range []struct {
			name          string
			server        *server
			limit, missed int
			truncated     bool
		}{
			{"as many as a small limit", few, 3, 3, false},
			{"one more than a small limit", few, 3, 4, true},
			{"as many as 500", usual, 500, 500, false},
			{"one more than 500", usual, 500, 501, true},
		} {
			bob := user(t)
			sender := c.dialer(transports()[0], tt.server).connect(t, claims{"userId": user(t)})
			ids := sender.give(bob, slices.Repeat([]string{"x"}, 1+tt.missed)...)
			for _, tr := range transports() {
				t.Run(tt.name+" over "+tr.name, func(t *testing.T) {
					again := c.dialer(tr, tt.server).back(t, bob, seen(ids[0]))
					again.gets(ids[len(ids)-min(tt.missed, tt.limit):]...)
					order := again.order("error", "new_message")
					if (order[0] == "error") != tt.truncated || slices.Contains(order[1:], "error") {
						t.Errorf("events: %s …, errors: %d", order[0], again.Count("error"))
					}
					if tt.truncated {
						f := decode[failure](t, again.next("error"))
						if f.Code != "REPLAY_TRUNCATED" || f.Message != truncatedText || f.Event != "" || f.Details != nil {
							t.Errorf("told %+v", f)
						}
					}
				})
			}
		}
	})
}

// TestBadServerOffset: "a serverOffset that is no ULID gives error {code:
// VALIDATION_ERROR, event: connect} and no replay".
func TestBadServerOffset(t *testing.T) {
	const valid = "01KEM2VQ7YABCDEFGHJKMNPQRS"
	overTransports(t, func(t *testing.T, d dialer) {
		bob := user(t)
		sender := d.connect(t, claims{"userId": user(t)})
		sender.give(bob, "old")
		var bad []*client
		for _, tt := range []struct {
			offset  any
			keyword string
		}{
			{nil, "type"},
			{7, "type"},
			{false, "type"},
			{[]any{valid}, "type"},
			{map[string]any{"id": valid}, "type"},
			{"", "pattern"},
			{"x", "pattern"},
			{valid[1:], "pattern"},
			{valid + "0", "pattern"},
			{valid + "\n", "pattern"},
			{strings.ToLower(valid), "pattern"},
			{"8" + valid[1:], "pattern"},
			{valid[:25] + "U", "pattern"},
			{valid[:25] + "é", "pattern"},
		} {
			c := d.back(t, bob, map[string]any{"serverOffset": tt.offset})
			f := decode[failure](t, c.next("error"))
			if f.Code != "VALIDATION_ERROR" || f.Event != "connect" || f.where() != "/serverOffset "+tt.keyword || !strings.HasPrefix(f.Message, "serverOffset: ") {
				t.Errorf("%#v: told %+v", tt.offset, f)
			}
			bad = append(bad, c)
		}
		live := sender.give(bob, "live")
		for _, c := range bad {
			c.gets(live...) // and nothing before
			if n := c.Count("error"); n != 1 {
				t.Errorf("told %d times", n)
			}
		}
	})
}

// TestUnknownServerOffset: a ULID that no message has is one all the same, and
// one of the far future silences nothing that is live.
func TestUnknownServerOffset(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		bob := user(t)
		sender := d.connect(t, claims{"userId": user(t)})
		ids := sender.give(bob, "one", "two", "three")
		all := d.back(t, bob, seen(strings.Repeat("0", 26)))
		none := d.back(t, bob, seen("7"+strings.Repeat("Z", 25)))
		live := sender.give(bob, "live", "and another")
		all.gets(slices.Concat(ids, live)...)
		none.gets(live...)
		if n := all.Count("error") + none.Count("error"); n != 0 {
			t.Errorf("%d errors", n)
		}
	})
}

// TestLargeReplay: 500 of the largest messages are three times what may wait for
// a client that does not read. One that reads gets them all.
func TestLargeReplay(t *testing.T) {
	overCells(t, func(t *testing.T, c cell) {
		s := c.own(t, fast)
		for name, char := range map[string]string{"4-byte characters": "\U0001F600", "characters that JSON escapes": "\x01"} {
			bob := user(t)
			sender := c.dialer(transports()[0], s).connect(t, claims{"userId": user(t)})
			offset := sender.give(bob, "seen")[0]
			const n = 500
			for at := 0; at < n; at += 50 {
				burst := make([][]any, 50)
				for i := range burst {
					burst[i] = []any{"send_message", map[string]any{"to": bob, "content": large(at+i, char)}}
				}
				if err := sender.Burst(sender.ctx, burst); err != nil {
					t.Fatal(err)
				}
				sender.sync()
			}
			for _, tr := range transports() {
				t.Run(name+" over "+tr.name, func(t *testing.T) {
					again := c.dialer(tr, s).back(t, bob, seen(offset))
					for i := range n {
						if got := decode[newMessage](t, again.next("new_message")); got.Content != large(i, char) {
							t.Fatalf("message %d is %.20q… of %d bytes", i, got.Content, len(got.Content))
						}
					}
					if again.Count("error") != 0 {
						t.Error(string(again.next("error")))
					}
				})
			}
		}
	})
}

// large is a content of 1,000 characters.
func large(i int, char string) string {
	number := fmt.Sprintf("%04d", i)
	return number + strings.Repeat(char, 1000-len(number))
}

// TestReplayDuringAStream has clients come back while messages come in: each
// sees those behind its offset, once and in order.
func TestReplayDuringAStream(t *testing.T) {
	overCells(t, func(t *testing.T, c cell) {
		s := c.own(t, fast)
		for _, tr := range transports() {
			t.Run(tr.name, func(t *testing.T) {
				const n = 300
				d, bob := c.dialer(tr, s), user(t)
				first := c.dialer(transports()[0], s).connect(t, claims{"userId": user(t)}).give(bob, "first")[0]
				sender := c.dialer(transports()[0], s).connect(t, claims{"userId": user(t)})
				var streaming sync.WaitGroup
				streaming.Go(func() {
					for at := 0; at < n; at += 10 {
						burst := make([][]any, 10)
						for i := range burst {
							burst[i] = []any{"send_message", map[string]any{"to": bob, "content": strconv.Itoa(at + i)}}
						}
						if err := sender.Burst(sender.ctx, burst); err != nil {
							t.Error(err)
						}
						if _, err := sender.EmitAck(sender.ctx, "ping"); err != nil {
							t.Error(err)
						}
					}
				})
				var all []*client
				for range 4 {
					all = append(all, d.back(t, bob, seen(first)))
				}
				streaming.Wait()
				for _, again := range all {
					for i := range n {
						if got := decode[newMessage](t, again.next("new_message")); got.Content != strconv.Itoa(i) {
							t.Fatalf("message %d is %+v", i, got)
						}
					}
				}
			})
		}
	})
}
