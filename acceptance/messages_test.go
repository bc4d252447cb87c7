package acceptance

import (
	"strconv"
	"sync"
	"testing"
)

type newMessage struct {
	ID, From, Content, Type, Timestamp string
}

type messageAck struct {
	Success              bool
	MessageID, Timestamp string
	Duplicate            *bool
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
