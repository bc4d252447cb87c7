package messages_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

const patience = 10 * time.Second

// shelf keeps messages in memory.
type shelf struct {
	store.Messages

	mu    sync.Mutex
	list  []store.Message
	reads int
	fail  func() error // called by every read; nil: none fails
}

func numbered(n int) string { return fmt.Sprintf("01KEM2VQ7YABCDEFGHJKMN%04d", n) }

// put stores messages to bob that nobody announces.
func (s *shelf) put(n int, content string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		id := numbered(len(s.list) + 1)
		s.list = append(s.list, store.Message{ID: id, From: "alice", To: "bob", Content: content, Type: "text", Timestamp: at()})
	}
}

func (s *shelf) failing(f func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = f
}

func (s *shelf) Append(_ context.Context, m store.NewMessage) (store.Message, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stored := store.Message{ID: numbered(len(s.list) + 1), From: m.From, To: m.To, Content: m.Content, Type: m.Type, Timestamp: at()}
	s.list = append(s.list, stored)
	if p := m.Announce(stored); p != nil {
		panic(p)
	}
	return stored, false, nil
}

func (s *shelf) read(match func(store.Message) bool) ([]store.Message, error) {
	s.mu.Lock()
	s.reads++
	fail := s.fail
	s.mu.Unlock()
	if fail != nil {
		if err := fail(); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.list), func(m store.Message) bool { return !match(m) }), nil
}

func (s *shelf) Since(_ context.Context, user, after string, limit int) ([]store.Message, error) {
	list, err := s.read(func(m store.Message) bool { return m.To == user && m.ID > after })
	return list[:min(limit, len(list))], err
}

func (s *shelf) Missed(_ context.Context, user, after string, limit int) ([]store.Message, bool, error) {
	list, err := s.read(func(m store.Message) bool { return m.To == user && m.ID > after })
	older := len(list) > limit
	return list[max(0, len(list)-limit):], older, err
}

func (s *shelf) List(_ context.Context, f store.MessageFilter) ([]store.Message, error) {
	list, err := s.read(func(m store.Message) bool { return (m.To == f.UserID || m.From == f.UserID) && m.ID < f.Before })
	slices.Reverse(list)
	return list[:min(f.Limit, len(list))], err
}

// place is a server with replay, in memory.
type place struct {
	*siotest.Engine
	t       *testing.T
	shelf   *shelf
	clock   *siotest.Clock
	handler *messages.Handler
	refuse  error // what Connected ends with, after the replay was prepared
}

func newPlace(t *testing.T, limit int) *place {
	t.Helper()
	p := &place{Engine: siotest.NewEngine(), t: t, shelf: &shelf{}, clock: siotest.NewClock(at())}
	p.handler = messages.New(p.shelf, messages.Options{ReplayLimit: limit, Clock: p.clock})
	_, err := events.Register(p.Engine, events.Handlers{
		Actions:  events.UnimplementedActionsHandler{},
		Messages: p.handler,
		Rooms:    events.UnimplementedRoomsHandler{},
		System:   events.UnimplementedSystemHandler{},
	}, sio.Options{
		Authenticate: func(_ context.Context, h *sio.Handshake) (sio.Identity, error) {
			return sio.Identity{UserID: h.RemoteAddr}, nil
		},
		Connected: func(ctx context.Context, c *sio.Conn, h *sio.Handshake) error {
			p.handler.Connected(ctx, c, h)
			c.Join(events.RoomUser(c.Identity().UserID))
			return p.refuse
		},
		Opened: p.handler.Opened,
		Clock:  p.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(p.Shutdown(context.Background()), p.handler.Close(deadline(t))); err != nil {
			t.Error(err)
		}
		if n := p.clock.Timers(); n != 0 {
			t.Errorf("%d timers are left", n)
		}
	})
	return p
}

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// join connects a user with an auth payload, "" for none.
func (p *place) join(user, auth string) *siotest.Client {
	p.t.Helper()
	h := &sio.Handshake{RemoteAddr: user}
	if auth != "" {
		h.Auth = json.RawMessage(auth)
	}
	c, err := p.Connect("/", h)
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

// back connects bob, who has seen the first n messages.
func (p *place) back(n int) *siotest.Client {
	p.t.Helper()
	return p.join("bob", `{"token":"t","serverOffset":"`+numbered(n)+`"}`)
}

// eventually waits until the condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	if !soon(t, holds) {
		t.Fatalf("%s: not within %v", what, patience)
	}
}

// soon reports whether the condition comes to hold. It may be called from any
// goroutine.
func soon(t *testing.T, holds func() bool) bool {
	t.Helper()
	ctx := deadline(t)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// say has alice send bob a message, which the server announces.
func (p *place) say(alice *siotest.Client) {
	p.t.Helper()
	if acks := alice.Call("send_message", `{"to":"bob","content":"live"}`); len(acks) != 1 || !strings.HasPrefix(acks[0], `{"success":true,`) {
		p.t.Fatalf("acknowledged with %q", acks)
	}
}

// got waits for a number of messages and checks that they are those from an id
// on, each once and in order.
func (p *place) got(c *siotest.Client, from, n int) {
	p.t.Helper()
	eventually(p.t, fmt.Sprint(n, " messages"), func() bool { return len(c.Got("new_message")) >= n })
	list := c.Got("new_message")
	if len(list) != n {
		p.t.Errorf("got %d messages, want %d", len(list), n)
	}
	for i, text := range list {
		if want := `{"id":"` + numbered(from+i) + `",`; !strings.HasPrefix(text, want) {
			p.t.Fatalf("message %d is %.60s, want %s", i, text, want)
		}
	}
}

const truncated = `{"message":"More messages were missed than are replayed, the rest is at GET /api/messages","code":"REPLAY_TRUNCATED"}`

func TestReplay(t *testing.T) {
	for _, tt := range []struct {
		name                string
		stored, seen, limit int
	}{
		{"nothing missed", 3, 3, 500},
		{"nothing stored", 0, 0, 500},
		{"one", 3, 2, 500},
		{"all but the first", 3, 1, 500},
		{"a page", 1 + messages.PageMessages, 1, 500},
		{"a page and one", 2 + messages.PageMessages, 1, 500},
		{"two pages", 1 + 2*messages.PageMessages, 1, 500},
		{"two pages and one", 2 + 2*messages.PageMessages, 1, 500},
		{"as many as the limit", 501, 1, 500},
		{"one more than the limit", 502, 1, 500},
		{"many more than the limit", 1200, 1, 500},
		{"limit of a page", 200, 1, messages.PageMessages},
		{"limit below a page", 200, 1, 3},
		{"limit of one", 200, 1, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlace(t, tt.limit)
			p.shelf.put(tt.stored, "hi")
			alice := p.join("alice", "")
			bob := p.back(tt.seen)
			missed := min(tt.stored-tt.seen, tt.limit)
			p.got(bob, tt.stored-missed+1, missed)
			p.say(alice) // and live goes on
			p.got(bob, tt.stored-missed+1, missed+1)
			first := bob.Received()[0]
			if older := tt.stored-tt.seen > tt.limit; older != (first.Event == "error") || older && string(first.Args[0]) != truncated {
				t.Errorf("the first event is %s %s", first.Event, first.Args)
			}
			if n := len(bob.Got("error")); n > 1 {
				t.Errorf("%d errors", n)
			}
		})
	}
}

// TestReplayedMessage compares a replayed message with the live one.
func TestReplayedMessage(t *testing.T) {
	p := newPlace(t, 500)
	p.shelf.put(1, "")
	live := p.join("bob", "")
	p.join("alice", "").Call("send_message", `{"to":"bob","content":"né \u0000 \ud83d\ude00 \"<&>\"","type":"image"}`)
	bob := p.back(1)
	p.got(bob, 2, 1)
	if got, want := bob.Got("new_message")[0], live.Got("new_message")[0]; got != want {
		t.Errorf("replayed %s, live %s", got, want)
	}
}

// TestOnlyToTheUser replays neither what others got nor what the user sent.
func TestOnlyToTheUser(t *testing.T) {
	p := newPlace(t, 500)
	p.shelf.put(1, "")
	bob, carol := p.join("bob", ""), p.join("carol", "")
	bob.Call("send_message", `{"to":"carol","content":"from bob"}`)
	carol.Call("send_message", `{"to":"carol","content":"to herself"}`)
	carol.Call("send_message", `{"to":"bob","content":"to bob"}`)
	p.got(p.back(1), 4, 1)
	if n := len(p.join("carol", `{"serverOffset":"`+numbered(4)+`"}`).Got("new_message")); n != 0 {
		t.Errorf("carol got %d", n)
	}
}

func TestNoServerOffsetNoReplay(t *testing.T) {
	for _, auth := range []string{"", "null", "{}", `{"token":"t"}`, `{"serveroffset":7,"other":{"serverOffset":7}}`} {
		p := newPlace(t, 500)
		p.shelf.put(3, "hi")
		bob := p.join("bob", auth)
		if n := p.handler.Watched(); n != 0 {
			t.Errorf("%s: %d connections are watched", auth, n)
		}
		p.say(p.join("alice", ""))
		p.got(bob, 4, 1)
		if got := bob.Got("error"); len(got) != 0 || p.shelf.reads != 0 {
			t.Errorf("%s: told %s, %d reads", auth, got, p.shelf.reads)
		}
	}
}

func TestBadServerOffset(t *testing.T) {
	const (
		form   = `"must match ^[0-7][0-9A-HJKMNP-TV-Z]{25}$"`
		text   = `"must be a string"`
		valid  = "01KEM2VQ7YABCDEFGHJKMN0001"
		bad    = `{"message":"serverOffset: %s","code":"VALIDATION_ERROR","event":"connect","details":[{"path":"/serverOffset","keyword":"%s","message":%s}]}`
		quotes = `"`
	)
	for _, tt := range []struct{ offset, keyword, message string }{
		{`null`, "type", text},
		{`7`, "type", text},
		{`true`, "type", text},
		{`["` + valid + `"]`, "type", text},
		{`{"id":"` + valid + `"}`, "type", text},
		{`""`, "pattern", form},
		{`"x"`, "pattern", form},
		{`"` + valid[1:] + `"`, "pattern", form},
		{`"` + valid + `0"`, "pattern", form},
		{`" ` + valid + `"`, "pattern", form},
		{`"` + valid + `\n"`, "pattern", form},
		{`"8ZZZZZZZZZZZZZZZZZZZZZZZZZ"`, "pattern", form}, // more than 128 bits
		{`"` + strings.ToLower(valid) + `"`, "pattern", form},
		{`"01KEM2VQ7YABCDEFGHJKMN000U"`, "pattern", form},
		{`"01KEM2VQ7YABCDEFGHJKMN000É"`, "pattern", form},
	} {
		t.Run(tt.offset, func(t *testing.T) {
			p := newPlace(t, 500)
			p.shelf.put(3, "hi")
			bob := p.join("bob", `{"token":"t","serverOffset":`+tt.offset+`}`)
			want := fmt.Sprintf(bad, strings.Trim(tt.message, quotes), tt.keyword, tt.message)
			if got := bob.Got("error"); len(got) != 1 || got[0] != want {
				t.Errorf("told %s, want %s", got, want)
			}
			p.say(p.join("alice", ""))
			p.got(bob, 4, 1)
			if p.shelf.reads != 0 || p.handler.Watched() != 0 {
				t.Errorf("%d reads, %d connections watched", p.shelf.reads, p.handler.Watched())
			}
		})
	}
}

// TestClientThatDoesNotRead has little waiting for it; once it reads, it gets
// all.
func TestClientThatDoesNotRead(t *testing.T) {
	const stored = 501
	p := newPlace(t, 500)
	p.shelf.put(stored, strings.Repeat("\x01", 1000)) // 6 kB on the wire
	opened := make(chan *siotest.Client, 1)
	p.shelf.failing(func() error { // the replay's first read: the client stops to read
		if c, ok := <-opened; ok {
			c.Pause()
		}
		return nil
	})
	bob := p.back(1)
	opened <- bob
	close(opened)
	eventually(t, "the replay waits", func() bool { return bob.Flushing() == 1 })
	waiting := 0
	for _, text := range bob.Got("new_message") {
		waiting += len(text)
	}
	if waiting < messages.PageBytes-7_000 || waiting > messages.PageBytes+7_000 {
		t.Errorf("%d bytes wait, want about %d", waiting, messages.PageBytes)
	}
	alice := p.join("alice", "")
	for range 3 { // held for it in the store
		p.say(alice)
	}
	if n := len(bob.Got("new_message")); n > 12 {
		t.Errorf("%d messages wait", n)
	}
	bob.Resume()
	p.got(bob, 2, stored+2)
}

// TestStoreFailsDuringReplay keeps trying, with growing pauses, and nothing is
// left out.
func TestStoreFailsDuringReplay(t *testing.T) {
	for name, fail := range map[string]func() error{
		"error": func() error { return errors.Join(store.ErrUnavailable, errors.New("inner words")) },
		"panic": func() error { panic("inner words") },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, 500)
			p.shelf.put(3, "hi")
			alice := p.join("alice", "")
			p.shelf.failing(fail)
			bob := p.back(1)
			pause := messages.FirstPause
			for range 8 {
				eventually(t, "the replay pauses", func() bool { return p.clock.Timers() == 1 })
				reads := p.shelf.reads
				p.say(alice)
				p.clock.Advance(pause - 1)
				if p.clock.Timers() != 1 || p.shelf.reads != reads {
					t.Errorf("asked again before %v", pause)
				}
				p.clock.Advance(1)
				eventually(t, "the store is asked again", func() bool {
					p.shelf.mu.Lock()
					defer p.shelf.mu.Unlock()
					return p.shelf.reads > reads
				})
				pause = min(2*pause, messages.LongestPause)
			}
			const told = `{"message":"Missed messages cannot be read, they follow once they can","code":"STORE_UNAVAILABLE","event":"connect"}`
			if got := bob.Got("error"); len(got) != 1 || got[0] != told {
				t.Errorf("told %s, want %s", got, told)
			}
			if n := len(bob.Got("new_message")); n != 0 {
				t.Errorf("%d messages overtook those that were missed", n)
			}
			eventually(t, "the replay pauses", func() bool { return p.clock.Timers() == 1 })
			p.shelf.failing(nil)
			p.clock.Advance(pause)
			p.got(bob, 2, 10)
			p.say(alice)
			p.got(bob, 2, 11)
			if n := len(bob.Got("error")); n != 1 {
				t.Errorf("told %d times", n)
			}
		})
	}
}

// TestStoreFailsInTheMiddle goes on behind the last message that was sent.
func TestStoreFailsInTheMiddle(t *testing.T) {
	p := newPlace(t, 500)
	p.shelf.put(401, "hi")
	n := 0
	p.shelf.failing(func() error { // every third read; the first page takes two
		if n++; n%3 == 0 {
			return store.ErrUnavailable
		}
		return nil
	})
	bob := p.back(1)
	eventually(t, "all messages", func() bool {
		p.clock.Advance(messages.LongestPause)
		return len(bob.Got("new_message")) >= 400
	})
	p.got(bob, 2, 400)
	if n := len(bob.Got("error")); n != 1 {
		t.Errorf("told %d times", n)
	}
}

// TestAnnouncedButNotThere: a message that the store has announced and does not
// give out is waited for, not skipped, and not asked for without a pause.
func TestAnnouncedButNotThere(t *testing.T) {
	p := newPlace(t, 500)
	p.shelf.put(1, "hi")
	alice := p.join("alice", "")
	entered, open := make(chan struct{}), make(chan struct{})
	var once sync.Once
	p.shelf.failing(func() error {
		once.Do(func() {
			close(entered)
			<-open
		})
		return nil
	})
	bob := p.back(1)
	<-entered
	p.say(alice)
	p.shelf.mu.Lock()
	hidden := p.shelf.list
	p.shelf.list = hidden[:1:1]
	p.shelf.mu.Unlock()
	close(open)
	eventually(t, "the replay pauses", func() bool { return p.clock.Timers() == 1 })
	if n := len(bob.Got("new_message")); n != 0 {
		t.Errorf("got %d messages", n)
	}
	p.shelf.mu.Lock()
	p.shelf.list = hidden
	p.shelf.mu.Unlock()
	p.clock.Advance(messages.FirstPause)
	p.got(bob, 2, 1)
}

// TestReplayEndsWithItsConnection, wherever it is.
func TestReplayEndsWithItsConnection(t *testing.T) {
	t.Run("paused for the store", func(t *testing.T) {
		p := newPlace(t, 500)
		p.shelf.failing(func() error { return store.ErrUnavailable })
		bob := p.back(0)
		eventually(t, "the replay pauses", func() bool { return p.clock.Timers() == 1 })
		bob.Close()
		eventually(t, "no timer is left", func() bool { return p.clock.Timers() == 0 })
		eventually(t, "the connection is forgotten", func() bool { return p.handler.Watched() == 0 })
	})
	t.Run("waiting for the client", func(t *testing.T) {
		p := newPlace(t, 500)
		p.shelf.put(500, strings.Repeat("x", 1000))
		opened := make(chan *siotest.Client, 1)
		p.shelf.failing(func() error {
			if c, ok := <-opened; ok {
				c.Pause()
			}
			return nil
		})
		bob := p.back(0)
		opened <- bob
		close(opened)
		eventually(t, "the replay waits", func() bool { return bob.Flushing() == 1 })
		if err := p.handler.Close(ended()); !errors.Is(err, context.Canceled) {
			t.Errorf("closed with %v while a replay runs", err)
		}
		bob.Close()
		if err := p.handler.Close(deadline(t)); err != nil {
			t.Error(err)
		}
		eventually(t, "the connection is forgotten", func() bool { return p.handler.Watched() == 0 })
	})
	t.Run("refused after it was prepared", func(t *testing.T) {
		p := newPlace(t, 500)
		p.refuse = errors.New("no")
		if _, err := p.Connect("/", &sio.Handshake{RemoteAddr: "bob", Auth: json.RawMessage(`{"serverOffset":"` + numbered(1) + `"}`)}); err == nil {
			t.Error("not refused")
		}
		eventually(t, "the connection is forgotten", func() bool { return p.handler.Watched() == 0 })
	})
	t.Run("after the handler was closed", func(t *testing.T) {
		p := newPlace(t, 500)
		p.shelf.put(3, "hi")
		if err := p.handler.Close(deadline(t)); err != nil {
			t.Error(err)
		}
		bob := p.back(1)
		if n := len(bob.Got("new_message")); n != 0 || p.shelf.reads != 0 {
			t.Errorf("%d messages, %d reads", n, p.shelf.reads)
		}
	})
}

func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// TestManyReplaysAndSenders has a user's clients come back again and again while
// it is written to, and compares what each has seen with the store.
func TestManyReplaysAndSenders(t *testing.T) {
	const senders, each, clients, times = 4, 100, 4, 20
	p := newPlace(t, 1+senders*each)
	p.shelf.put(1, "hi")
	var sending, reading sync.WaitGroup
	for range senders {
		alice := p.join("alice", "")
		sending.Go(func() {
			for range each {
				alice.Deliver(sio.Event{Name: "send_message", Payload: sio.Payload{Args: []json.RawMessage{json.RawMessage(`{"to":"bob","content":"hi"}`)}}})
				p.clock.Advance(time.Second) // the next one is in another window
			}
		})
	}
	for range clients {
		reading.Go(func() {
			seen := []string{numbered(1)}
			last := func() string { return seen[len(seen)-1] }
			visit := func(until func(*siotest.Client) bool) {
				c, err := p.Connect("/", &sio.Handshake{RemoteAddr: "bob", Auth: json.RawMessage(`{"serverOffset":"` + last() + `"}`)})
				if err != nil {
					t.Error(err)
					return
				}
				if !soon(t, func() bool { return until(c) }) {
					t.Errorf("%d messages, and then none for %v", len(seen), patience)
				}
				c.Close()
				for _, text := range c.Got("new_message") {
					var m struct{ ID string }
					_ = json.Unmarshal([]byte(text), &m) // the comparison tells
					seen = append(seen, m.ID)
				}
			}
			for n := range times {
				visit(func(c *siotest.Client) bool {
					return len(c.Got("new_message")) >= n || len(seen)+len(c.Got("new_message")) > senders*each
				})
			}
			sending.Wait()
			visit(func(c *siotest.Client) bool { return len(seen)+len(c.Got("new_message")) > senders*each })
			for i, id := range seen {
				if id != numbered(i+1) {
					t.Errorf("message %d is %s", i, id)
					break
				}
			}
			if len(seen) != senders*each+1 {
				t.Errorf("got %d messages of %d", len(seen), senders*each+1)
			}
		})
	}
	sending.Wait()
	reading.Wait()
}
