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

// TestReplayLimit: "at most the newest 500 (REPLAY_LIMIT); where there are more,
// error {code: REPLAY_TRUNCATED} comes first", with another number.
func TestReplayLimit(t *testing.T) {
	overCells(t, func(t *testing.T, c cell) {
		const limit = 3
		s := c.own(t, fast, fmt.Sprint("REPLAY_LIMIT=", limit))
		for _, tt := range []struct {
			name      string
			missed    int
			truncated bool
		}{
			{"as many as the limit", limit, false},
			{"one more", limit + 1, true},
		} {
			bob := user(t)
			sender := c.dialer(transports()[0], s).connect(t, claims{"userId": user(t)})
			ids := sender.give(bob, slices.Repeat([]string{"x"}, 1+tt.missed)...)
			for _, tr := range transports() {
				t.Run(tt.name+" over "+tr.name, func(t *testing.T) {
					again := c.dialer(tr, s).back(t, bob, seen(ids[0]))
					again.gets(ids[len(ids)-min(tt.missed, limit):]...)
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
