package acceptance

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

type newMessage struct {
	ID, From, Content, Type, Timestamp string
}

type messageAck struct {
	Success              bool
	MessageID, Timestamp string
	Duplicate            *bool
}

func TestSendMessage(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		alice, bob, carol := user(t), user(t), user(t)
		sender, other := d.connect(t, claims{"userId": alice}), d.connect(t, claims{"userId": carol, "role": "admin"})
		tabs := []*client{d.connect(t, claims{"userId": bob}), d.connect(t, claims{"userId": bob})}
		last := ""
		for i, m := range []struct{ content, typ, want string }{
			{"hello", "", "text"},
			{"né \U0001F600 \u2028 \"<&>\" \x00", "text", "text"},
			{"https://example.org/a.png", "image", "image"},
			{strings.Repeat("\U0001F600", 1000), "file", "file"},
		} {
			payload := map[string]any{"to": bob, "content": m.content}
			if m.typ != "" {
				payload["type"] = m.typ
			}
			ack := decode[messageAck](t, sender.call("send_message", payload))
			if !ack.Success || ack.MessageID <= last || ack.Duplicate != nil {
				t.Fatalf("message %d: %+v after %q", i, ack, last)
			}
			last = ack.MessageID
			for n, tab := range tabs {
				got := decode[newMessage](t, tab.next("new_message"))
				want := newMessage{ack.MessageID, alice, m.content, m.want, ack.Timestamp}
				if got != want {
					t.Errorf("tab %d got %+v, want %+v", n, got, want)
				}
			}
		}
		// Positive control: what carol gets now was sent after all of that.
		sender.call("send_message", map[string]any{"to": carol, "content": "now you"})
		if got := decode[newMessage](t, other.next("new_message")); got.Content != "now you" {
			t.Errorf("somebody else's message: %+v", got)
		}
		if n := sender.Count("new_message"); n != 0 {
			t.Errorf("the sender got %d of its own messages", n)
		}
		if at, err := time.Parse(time.RFC3339, decode[messageAck](t, sender.call("send_message", map[string]any{"to": "nobody", "content": "x"})).Timestamp); err != nil || time.Since(at).Abs() > patience {
			t.Errorf("timestamp %v, %v", at, err)
		}
	})
}

func TestMessagesArriveInOrder(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		bob := user(t)
		sender, receiver := d.connect(t, claims{"userId": user(t)}), d.connect(t, claims{"userId": bob})
		burst := make([][]any, 10)
		for i := range burst {
			burst[i] = []any{"send_message", map[string]any{"to": bob, "content": strconv.Itoa(i)}}
		}
		if err := sender.Burst(sender.ctx, burst); err != nil {
			t.Fatal(err)
		}
		last := ""
		for i := range burst {
			got := decode[newMessage](t, receiver.next("new_message"))
			if got.Content != strconv.Itoa(i) || got.ID <= last {
				t.Errorf("message %d: %+v after %s", i, got, last)
			}
			last = got.ID
		}
	})
}

// TestMessagesOfManySendersArriveInOrder has senders burst to one recipient at
// the same time. It must see ids ascend: the last one that it saw is all that
// it has to ask for the rest with.
func TestMessagesOfManySendersArriveInOrder(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		const senders, each = 16, 10 // the limit is 10 events a second and socket
		bob := user(t)
		receiver := d.connect(t, claims{"userId": bob})
		due := map[string]int{} // the content that comes next, by sender
		var all []*client
		for range senders {
			from := user(t)
			due[from] = 0
			all = append(all, d.connect(t, claims{"userId": from}))
		}
		burst := make([][]any, each)
		for i := range burst {
			burst[i] = []any{"send_message", map[string]any{"to": bob, "content": strconv.Itoa(i)}}
		}
		var wg sync.WaitGroup
		for _, sender := range all {
			wg.Go(func() {
				if err := sender.Burst(sender.ctx, burst); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		last := ""
		for i := range senders * each {
			got := decode[newMessage](t, receiver.next("new_message"))
			if want, known := due[got.From]; !known || got.Content != strconv.Itoa(want) || got.ID <= last {
				t.Errorf("message %d: %+v after %s; from that sender content %d is due", i, got, last, want)
			}
			due[got.From]++
			last = got.ID
		}
	})
}

func TestClientOffset(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		bob := user(t)
		sender, other := d.connect(t, claims{"userId": user(t)}), d.connect(t, claims{"userId": user(t)})
		receiver := d.connect(t, claims{"userId": bob})
		payload := map[string]any{"to": bob, "content": "once", "clientOffset": "offset-1"}
		first := decode[messageAck](t, sender.call("send_message", payload))
		again := decode[messageAck](t, sender.call("send_message", payload))
		if again.MessageID != first.MessageID || again.Timestamp != first.Timestamp || again.Duplicate == nil || !*again.Duplicate {
			t.Errorf("repeated: %+v, first: %+v", again, first)
		}
		if own := decode[messageAck](t, other.call("send_message", payload)); own.MessageID == first.MessageID || own.Duplicate != nil {
			t.Errorf("another sender's offset: %+v", own)
		}
		receiver.next("new_message")
		receiver.next("new_message")
		receiver.sync()
		if n := receiver.Count("new_message"); n != 2 {
			t.Errorf("%d messages delivered, want 2", n)
		}
	})
}

func TestUserAction(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		c := d.connect(t, claims{"userId": user(t)})
		last := ""
		for _, payload := range []map[string]any{
			{"action": "page_view"},
			{"action": strings.Repeat("é", 100), "data": map[string]any{}},
			{"action": "x", "data": map[string]any{"deep": []any{1, nil, map[string]any{"a": "b"}}}},
		} {
			ack := decode[struct {
				Success  bool
				ActionID string
			}](t, c.call("user_action", payload))
			if !ack.Success || ack.ActionID <= last {
				t.Errorf("%v: %+v after %q", payload, ack, last)
			}
			last = ack.ActionID
		}
	})
}
