package messages

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/siotest"
)

// The steps of a schedule.
const (
	stepCommit   = 'C' // the next message becomes readable
	stepAnnounce = 'A' // the next message is announced
	stepConnect  = 'K' // the client comes back
	stepRead     = 'r' // the next read of its replay looks at the store
	stepReturn   = 'e' // and comes back from there, with what it saw
)

const bob = "bob"

// interleaved plays one schedule. Everything happens on the test's goroutine:
// what is to happen during a read, the store does within it.
type interleaved struct {
	store.Messages

	t       *testing.T
	handler *Handler
	server  *sio.Server
	engine  *siotest.Engine
	player  *player // nil before the client is back
	back    *siotest.Client
	offset  string

	steps     string // that are left
	reading   bool   // the read that comes next has had its step
	all       []store.Message
	committed int
	announced int
	missed    int // messages that were committed when the client came back
}

// messageID leaves room for ids between those of two messages.
func messageID(n int) string { return fmt.Sprintf("01KEM2VQ7YABCDEFGHJKMNPQ%d0", n) }

// newInterleaved has one message stored and announced, or, where the server was
// restarted, announced by the one before.
func newInterleaved(t *testing.T, steps, offset string, restarted bool) *interleaved {
	t.Helper()
	x := &interleaved{t: t, steps: steps, offset: offset, engine: siotest.NewEngine(), committed: 1}
	for n := range 4 {
		x.all = append(x.all, store.Message{ID: messageID(n), From: "alice", To: bob, Type: "text"})
	}
	x.handler = New(x, Options{})
	var err error
	x.server, err = events.Register(x.engine, events.Handlers{
		Actions:  events.UnimplementedActionsHandler{},
		Messages: x.handler,
		Rooms:    events.UnimplementedRoomsHandler{},
		System:   events.UnimplementedSystemHandler{},
	}, sio.Options{
		Authenticate: func(context.Context, *sio.Handshake) (sio.Identity, error) { return sio.Identity{UserID: bob}, nil },
		Connected: func(ctx context.Context, c *sio.Conn, h *sio.Handshake) error {
			x.handler.Connected(ctx, c, h)
			c.Join(events.RoomUser(bob))
			return nil
		},
		Opened: func(_ context.Context, c *sio.Conn) {
			if r := x.handler.seam.find(bob, c.ID()); r != nil {
				x.player = &player{handler: x.handler, conn: c, replay: r}
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if restarted {
		x.announced = 1
	} else {
		x.announce()
	}
	return x
}

func (x *interleaved) connect(auth json.RawMessage) *siotest.Client {
	x.t.Helper()
	c, err := x.engine.Connect("/", &sio.Handshake{Auth: auth})
	if err != nil {
		x.t.Fatal(err)
	}
	return c
}

func (x *interleaved) announce() {
	x.handler.deliver(x.server, &x.all[x.announced])
	x.announced++
}

// play takes steps until one is the wanted, or none is left.
func (x *interleaved) play(until rune) {
	for x.steps != "" {
		step := rune(x.steps[0])
		x.steps = x.steps[1:]
		switch step {
		case until:
			return
		case stepCommit:
			x.committed++
		case stepAnnounce:
			x.announce()
		case stepConnect:
			x.missed = x.committed
			x.back = x.connect(json.RawMessage(`{"serverOffset":"` + x.offset + `"}`))
		case stepRead:
			x.reading = true
			x.step()
		}
	}
}

// step takes one step of the replay, unless it is over.
func (x *interleaved) step() (done bool) {
	if x.player == nil {
		x.reading = false
		return true
	}
	done, err := x.player.step(x.t.Context())
	if err != nil {
		x.t.Fatal(err)
	}
	if done {
		x.player = nil
	}
	return done
}

// read is a read of the store.
func (x *interleaved) read(match func(store.Message) bool) []store.Message {
	if !x.reading {
		x.play(stepRead)
	}
	x.reading = false
	var list []store.Message
	for _, m := range x.all[:x.committed] {
		if match(m) {
			list = append(list, m)
		}
	}
	x.play(stepReturn)
	return list
}

func (x *interleaved) Since(_ context.Context, _, after string, limit int) ([]store.Message, error) {
	list := x.read(func(m store.Message) bool { return m.ID > after })
	return list[:min(limit, len(list))], nil
}

func (x *interleaved) Missed(_ context.Context, _, after string, _ int) ([]store.Message, bool, error) {
	return x.read(func(m store.Message) bool { return m.ID > after }), false, nil
}

func (x *interleaved) List(_ context.Context, f store.MessageFilter) ([]store.Message, error) {
	list := x.read(func(m store.Message) bool { return m.ID < f.Before })
	slices.Reverse(list)
	return list[:min(f.Limit, len(list))], nil
}

// ids returns the ids of the messages that a client has got.
func ids(t *testing.T, c *siotest.Client) []string {
	t.Helper()
	var list []string
	for _, text := range c.Got("new_message") {
		var m struct{ ID string }
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			t.Fatal(err)
		}
		list = append(list, m.ID)
	}
	return list
}

// merges returns all ways to merge two sequences.
func merges(a, b string) []string {
	if a == "" || b == "" {
		return []string{a + b}
	}
	var all []string
	for _, rest := range merges(a[1:], b) {
		all = append(all, a[:1]+rest)
	}
	for _, rest := range merges(a, b[1:]) {
		all = append(all, b[:1]+rest)
	}
	return all
}

// TestEveryInterleaving lets two messages be committed and announced at every
// point of a client's way back, that of each of its reads included. Whatever
// comes when, it gets each message behind its offset once, and in order.
func TestEveryInterleaving(t *testing.T) {
	offsets := []struct {
		name, id string
		seen     int // messages up to it
	}{
		{"the message announced before", messageID(0), 1},
		{"the first of the two", messageID(1), 2},
		{"the second of the two", messageID(2), 3},
		{"no message's, smaller than all", "00000000000000000000000000", 0},
		{"no message's, between", messageID(0)[:25] + "V", 0},
	}
	played := 0
	for _, stored := range []string{"CACA", "CCAA"} {
		for _, steps := range merges(stored, "Krerere") {
			for _, restarted := range []bool{false, true} {
				for _, o := range offsets {
					x := newInterleaved(t, steps, o.id, restarted)
					witness := x.connect(nil)
					x.play(0)
					if o.seen > x.missed {
						continue // nobody can have seen what was not stored
					}
					for !x.step() { // what the schedule had no step for
					}
					x.committed++
					x.announce()
					played++
					want := []string{}
					for _, m := range x.all {
						if m.ID > o.id {
							want = append(want, m.ID)
						}
					}
					if got := ids(t, x.back); !slices.Equal(got, want) {
						t.Errorf("%s, restarted %v, offset: %s: got %v, want %v", steps, restarted, o.name, got, want)
					}
					if got := ids(t, witness); len(got) != 3 || !slices.IsSorted(got) {
						t.Errorf("%s: a client without offset got %v", steps, got)
					}
					if n := x.handler.Watched(); n != 0 {
						t.Errorf("%s, restarted %v, offset: %s: %d connections are still watched", steps, restarted, o.name, n)
					}
				}
			}
		}
	}
	if played < 4000 {
		t.Errorf("%d schedules played", played)
	}
}

// TestOffsetOfTheFuture: a client that claims to have seen what is not there yet
// gets everything that is stored from then on, all the same.
func TestOffsetOfTheFuture(t *testing.T) {
	for _, stored := range []string{"CACA", "CCAA"} {
		for _, steps := range merges(stored, "Krererere") {
			for _, offset := range []string{"7ZZZZZZZZZZZZZZZZZZZZZZZZZ", messageID(3)[:25] + "V", messageID(2)[:25] + "V", messageID(1)[:25] + "V"} {
				x := newInterleaved(t, steps, offset, false)
				x.play(0)
				for !x.step() { // what the schedule had no step for
				}
				x.committed++
				x.announce()
				got := ids(t, x.back)
				if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
					t.Errorf("%s: got %v", steps, got)
				}
				for _, m := range x.all[x.missed:] {
					if !slices.Contains(got, m.ID) {
						t.Errorf("%s, offset %s: got %v, without %s", steps, offset, got, m.ID)
					}
				}
			}
		}
	}
}
