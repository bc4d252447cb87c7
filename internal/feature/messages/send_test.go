package messages_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/feature/messages"
	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/siotest"
)

// kept remembers messages; a repeated clientOffset gets the first one back.
type kept struct {
	store.Messages // what is not asked for here

	got []store.NewMessage
	err error
}

const id = "01KEM2VQ7YABCDEFGHJKMNPQRS"

func at() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC) }

func (k *kept) Append(ctx context.Context, m store.NewMessage) (store.Message, bool, error) {
	if k.err != nil || ctx.Err() != nil {
		return store.Message{}, false, store.ErrUnavailable
	}
	duplicate := m.ClientOffset != "" && len(k.got) > 0 && k.got[0].ClientOffset == m.ClientOffset
	stored := store.Message{ID: id, From: m.From, To: m.To, Content: m.Content, Type: m.Type, Timestamp: at()}
	if !duplicate {
		if p := m.Announce(stored); p != nil {
			panic(p)
		}
	}
	m.Stored = nil
	k.got = append(k.got, m)
	return stored, duplicate, nil
}

func (k *kept) Since(context.Context, string, string, int) ([]store.Message, error) {
	return nil, k.err
}

func serve(t *testing.T, k store.Messages) *siotest.Engine {
	t.Helper()
	engine := siotest.NewEngine()
	_, err := events.Register(engine, events.Handlers{
		Actions:  events.UnimplementedActionsHandler{},
		Messages: messages.New(k, messages.Options{}),
		Rooms:    events.UnimplementedRoomsHandler{},
		System:   events.UnimplementedSystemHandler{},
	}, sio.Options{
		Authenticate: func(_ context.Context, h *sio.Handshake) (sio.Identity, error) {
			return sio.Identity{UserID: h.RemoteAddr}, nil // the test's way to say who it is
		},
		Connected: func(_ context.Context, c *sio.Conn, _ *sio.Handshake) error {
			c.Join(events.RoomUser(c.Identity().UserID))
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

func connect(t *testing.T, e *siotest.Engine, user string) *siotest.Client {
	t.Helper()
	c, err := e.Connect("/", &sio.Handshake{RemoteAddr: user})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSendMessage(t *testing.T) {
	k := &kept{}
	e := serve(t, k)
	alice, bob, carol := connect(t, e, "alice"), connect(t, e, "bob"), connect(t, e, "carol")
	acks := alice.Call("send_message", `{"to":"bob","content":"hi","clientOffset":"o1"}`)
	if want := `{"success":true,"messageId":"` + id + `","timestamp":"2026-01-02T03:04:05.678Z"}`; len(acks) != 1 || acks[0] != want {
		t.Errorf("acknowledged with %q, want %s", acks, want)
	}
	if want := (store.NewMessage{From: "alice", To: "bob", Content: "hi", Type: "text", ClientOffset: "o1"}); len(k.got) != 1 || !reflect.DeepEqual(k.got[0], want) {
		t.Errorf("stored %+v, want %+v", k.got, want)
	}
	want := `{"id":"` + id + `","from":"alice","content":"hi","type":"text","timestamp":"2026-01-02T03:04:05.678Z"}`
	if got := bob.Got("new_message"); len(got) != 1 || got[0] != want {
		t.Errorf("delivered %q, want %s", got, want)
	}
	acks = alice.Call("send_message", `{"to":"bob","content":"hi","clientOffset":"o1"}`)
	if want := `{"success":true,"messageId":"` + id + `","timestamp":"2026-01-02T03:04:05.678Z","duplicate":true}`; len(acks) != 1 || acks[0] != want {
		t.Errorf("repeated: %q, want %s", acks, want)
	}
	if n := len(bob.Got("new_message")) + len(carol.Got("new_message")) + len(alice.Got("new_message")); n != 1 {
		t.Errorf("%d deliveries, want 1", n)
	}
}

func TestNothingIsDeliveredThatIsNotStored(t *testing.T) {
	e := serve(t, &kept{err: store.ErrUnavailable})
	alice, bob := connect(t, e, "alice"), connect(t, e, "bob")
	acks := alice.Call("send_message", `{"to":"bob","content":"hi"}`)
	if len(acks) != 1 || !strings.Contains(acks[0], `"code":"STORE_UNAVAILABLE"`) {
		t.Errorf("acknowledged with %q", acks)
	}
	if got := bob.Got("new_message"); len(got) != 0 {
		t.Errorf("delivered %q", got)
	}
}

// lifo holds messages until it has a number of them; it announces them in the
// order in which they came, and answers their callers in the opposite one, each
// after the one before has been acknowledged.
type lifo struct {
	store.Messages
	n     int
	acked chan struct{}

	mu      sync.Mutex
	got     []store.NewMessage
	answers []chan store.Message
}

func (l *lifo) Append(_ context.Context, m store.NewMessage) (store.Message, bool, error) {
	answer := make(chan store.Message)
	l.mu.Lock()
	l.got, l.answers = append(l.got, m), append(l.answers, answer)
	if len(l.got) == l.n {
		go l.finish()
	}
	l.mu.Unlock()
	return <-answer, false, nil
}

func (l *lifo) finish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	stored := make([]store.Message, l.n)
	for i, m := range l.got {
		stored[i] = store.Message{ID: fmt.Sprint(id[:24], 10+i), From: m.From, To: m.To, Content: m.Content, Type: m.Type, Timestamp: at()}
		if p := m.Announce(stored[i]); p != nil {
			panic(p)
		}
	}
	for i := range l.n {
		l.answers[l.n-1-i] <- stored[l.n-1-i]
		<-l.acked
	}
}

// TestDeliveredInTheStoresOrder: whoever is answered first, the recipient gets
// the messages in the order of ids.
func TestDeliveredInTheStoresOrder(t *testing.T) {
	l := &lifo{n: 20, acked: make(chan struct{})}
	e := serve(t, l)
	bob := connect(t, e, "bob")
	var wg sync.WaitGroup
	for i := range l.n {
		sender := connect(t, e, fmt.Sprint("sender", i))
		wg.Go(func() {
			if acks := sender.Call("send_message", `{"to":"bob","content":"hi"}`); len(acks) != 1 || !strings.HasPrefix(acks[0], `{"success":true,`) {
				t.Errorf("acknowledged with %q", acks)
			}
			l.acked <- struct{}{}
		})
	}
	wg.Wait()
	got := bob.Got("new_message") // each begins with its id
	if len(got) != l.n || !slices.IsSorted(got) {
		t.Errorf("delivered %d messages: %q", len(got), got)
	}
}
