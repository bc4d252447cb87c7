package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/app"
	"github.com/parlance-dev/parlance/internal/feature/auth"
	"github.com/parlance-dev/parlance/internal/logging"
	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/internal/store/sqlite"
	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/client"
)

const (
	streamed   = 5_000 // messages of the stream
	reconnects = 100
	ahead      = 400 // messages that the stream may be ahead of the client: fewer than are replayed
	streamers  = 32
)

// TestReplayThroughReconnects is the contract's "none twice, none missing":
// a client loses its connection, or leaves, 100 times during a stream of 5,000
// messages, and each time comes back with the id of the last message that it
// saw. What it has seen in the end is what the store has.
func TestReplayThroughReconnects(t *testing.T) {
	for i, engine := range []string{"native", "zishang520"} {
		for j, transports := range [][]string{{"websocket"}, {"polling"}, {"polling", "websocket"}} {
			t.Run(engine+" "+strings.Join(transports, "+"), func(t *testing.T) {
				t.Parallel()
				seed := uint64(10*i + j)
				newStream(t, engine).run(t, transports, rand.New(rand.NewPCG(seed, seed)))
			})
		}
	}
}

// stream is a server that is written to.
type stream struct {
	url   string
	log   *logBuffer
	store store.Store
	ctx   context.Context //nolint:containedctx // the test's own deadline
	slots chan struct{}   // one for each message that the client has not seen
}

func newStream(t *testing.T, engine string) *stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	s := &stream{log: &logBuffer{}, ctx: ctx, slots: make(chan struct{}, ahead)}
	var err error
	if s.store, err = sqlite.Open(ctx, t.TempDir(), sqlite.Options{}); err != nil {
		t.Fatal(err)
	}
	cfg := load(t, "SOCKET_ENGINE="+engine, "SOCKET_RATE_LIMIT=1000000", "USER_CONNECTION_LIMIT=1000", "DATA_DIR="+t.TempDir())
	a, err := app.New(ctx, cfg, logging.New(s.log, cfg.LogLevel), app.Options{Store: s.store})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a.Handler())
	s.url = server.URL
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := a.Close(ctx); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return s
}

func (s *stream) run(t *testing.T, transports []string, random *rand.Rand) {
	t.Helper()
	first := s.send(t, s.sender(t))
	if t.Failed() {
		return
	}
	bob := newReader(t, s, transports, first)
	steady := newReader(t, s, []string{"websocket"}, first)
	steady.slots = nil
	for _, r := range []*reader{bob, steady} {
		if err := r.socket.Connect(s.ctx); err != nil {
			t.Fatal(err)
		}
	}
	streaming := s.stream(t)
	bob.comeAndGo(t, random)
	streaming.Wait()
	want := s.stored(t, first)
	for name, r := range map[string]*reader{"the client that came and went": bob, "the client that stayed": steady} {
		r.wait(func() bool { return len(r.seen) >= len(want) })
		r.check(t, name, want)
	}
	t.Logf("%d messages, %d reconnects, %d of them after a cut", len(want), bob.connects-1, bob.cuts)
	if len(want) != streamed || bob.connects != reconnects+1 || bob.cuts < reconnects/4 || bob.cuts > reconnects*3/4 {
		t.Error("that is not what the test is about")
	}
}

// stream sends messages, at most a number of them ahead of the client.
func (s *stream) stream(t *testing.T) *sync.WaitGroup {
	t.Helper()
	var streaming sync.WaitGroup
	var left atomic.Int64
	left.Store(streamed)
	for range streamers / 8 {
		from := s.sender(t)
		for range 8 {
			streaming.Go(func() {
				for left.Add(-1) >= 0 && !t.Failed() {
					select {
					case s.slots <- struct{}{}:
						s.send(t, from)
					case <-s.ctx.Done():
						return
					}
				}
			})
		}
	}
	return &streaming
}

func token(t *testing.T, user string) string {
	t.Helper()
	text, err := auth.Issue([]byte(secret), auth.Claims{UserID: user}, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// sender connects a client that sends.
func (s *stream) sender(t *testing.T) *client.Socket {
	t.Helper()
	socket, err := client.Dial(s.ctx, s.url, client.Options{Transports: []string{"websocket"}}, client.SocketOptions{
		Auth: client.StaticAuth(json.RawMessage(`{"token":"` + token(t, "alice") + `"}`)),
	})
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, socket.Manager())
	return socket
}

func closeAfter(t *testing.T, m *client.Manager) {
	t.Helper()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := m.Close(ctx); err != nil {
			t.Error(err)
		}
	})
}

// send sends bob a message and returns its id.
func (s *stream) send(t *testing.T, from *client.Socket) string {
	t.Helper()
	answer, err := from.EmitAck(s.ctx, "send_message", sio.Payload{Args: []json.RawMessage{json.RawMessage(`{"to":"bob","content":"hello"}`)}})
	var ack struct {
		Success   bool
		MessageID string
	}
	if err == nil {
		err = json.Unmarshal(answer.Args[0], &ack)
	}
	if err != nil || !ack.Success {
		t.Errorf("sent: %s, %v", answer.Args, err)
	}
	return ack.MessageID
}

// stored returns the ids of bob's messages behind one.
func (s *stream) stored(t *testing.T, after string) []string {
	t.Helper()
	var ids []string
	for {
		list, err := s.store.Messages().Since(s.ctx, "bob", after, store.MaxPage)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			return ids
		}
		for _, m := range list {
			ids = append(ids, m.ID)
		}
		after = list[len(list)-1].ID
	}
}

// reader is a client of bob's that remembers what it has seen.
type reader struct {
	ctx    context.Context //nolint:containedctx // the test's own deadline
	socket *client.Socket
	slots  <-chan struct{} // gets one back for each message; nil: none

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced with each change
	last     string
	seen     []string
	errors   []string
	connects int
	conns    map[net.Conn]bool
	cuts     int
	down     bool // the next connection fails
}

func newReader(t *testing.T, s *stream, transports []string, last string) *reader {
	t.Helper()
	r := &reader{ctx: s.ctx, slots: s.slots, last: last, changed: make(chan struct{}), conns: map[net.Conn]bool{}}
	bearer := token(t, "bob")
	m, err := client.New(s.url, client.Options{
		Transports:  transports,
		DialContext: r.dial,
		Reconnect:   client.Reconnect{MinDelay: time.Millisecond, MaxDelay: 10 * time.Millisecond},
		OnPacket:    r.packet, // before the callback, whose turn may come when the connection is gone
	})
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, m)
	r.socket, err = m.Socket(client.SocketOptions{
		Auth: func(context.Context) (json.RawMessage, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			return fmt.Appendf(nil, `{"token":%q,"serverOffset":%q}`, bearer, r.last), nil
		},
		Connected: func(*client.Socket) { r.change(func() { r.connects++ }) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// change changes the state and wakes who waits.
func (r *reader) change(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
	close(r.changed)
	r.changed = make(chan struct{})
}

// wait waits until the condition holds, or for the test's deadline.
func (r *reader) wait(holds func() bool) {
	for {
		r.mu.Lock()
		held, changed := holds(), r.changed
		r.mu.Unlock()
		if held {
			return
		}
		select {
		case <-changed:
		case <-r.ctx.Done():
			return
		}
	}
}

// packet remembers an event.
func (r *reader) packet(p *client.Packet) {
	if p.Kind.IsAck() || p.Name == "" {
		return
	}
	var m struct{ ID string }
	_ = json.Unmarshal(p.Payload.Args[0], &m) // the comparison tells
	r.change(func() {
		if p.Name == "error" {
			r.errors = append(r.errors, string(p.Payload.Args[0]))
		}
		if p.Name != "new_message" {
			return
		}
		r.seen, r.last = append(r.seen, m.ID), m.ID
		select {
		case <-r.slots:
		default:
		}
	})
}

var errCut = errors.New("the network is down")

// dial opens connections that cut can find.
func (r *reader) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	r.mu.Lock()
	down, cuts := r.down, r.cuts
	r.down = false
	r.mu.Unlock()
	if down {
		return nil, errCut
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cuts != cuts {
		_ = conn.Close()
		return nil, errCut
	}
	r.conns[conn] = true
	return conn, nil
}

// cut closes the client's network connections under its feet. The next one
// fails, too: between two polls, a client would not notice otherwise.
func (r *reader) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for conn := range r.conns {
		_ = conn.Close()
	}
	clear(r.conns)
	r.down = true
	r.cuts++
}

// comeAndGo loses the connection or leaves, and comes back, again and again.
func (r *reader) comeAndGo(t *testing.T, random *rand.Rand) {
	t.Helper()
	seen := 0
	for n := range reconnects {
		seen += random.IntN(2 * streamed * 9 / 10 / reconnects)
		r.wait(func() bool { return len(r.seen) >= seen && r.connects == n+1 })
		if random.IntN(2) == 0 {
			r.cut()
			r.wait(func() bool { return r.connects == n+2 })
			continue
		}
		r.socket.Disconnect()
		if err := r.socket.Connect(r.ctx); err != nil {
			t.Error(err)
			return
		}
	}
	r.wait(func() bool { return r.connects == reconnects+1 })
}

// check compares what was seen with what is stored.
func (r *reader) check(t *testing.T, name string, want []string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.seen) != len(want) {
		t.Errorf("%s saw %d messages, %d are stored", name, len(r.seen), len(want))
	}
	for i := range min(len(r.seen), len(want)) {
		if r.seen[i] != want[i] {
			t.Errorf("%s: message %d is %s, the store has %s", name, i, r.seen[i], want[i])
			break
		}
	}
	if len(r.errors) > 0 {
		t.Errorf("%s was told %s", name, r.errors)
	}
}

// TestReplayWithoutStore: a client whose missed messages cannot be read is told
// so, and does not hold up the server's end.
func TestReplayWithoutStore(t *testing.T) {
	for _, engine := range []string{"native", "zishang520"} {
		cfg := load(t, "SOCKET_ENGINE="+engine, "DATA_DIR="+t.TempDir())
		fail := func() error { return errors.Join(store.ErrUnavailable, errors.New("inner words")) }
		log := &logBuffer{}
		a, err := app.New(deadline(t), cfg, logging.New(log, cfg.LogLevel), app.Options{Store: broken{fail: fail}})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(a.Handler())
		told := make(chan string, 8)
		socket, err := client.Dial(deadline(t), server.URL, client.Options{Reconnect: client.Reconnect{Off: true}}, client.SocketOptions{
			Auth: client.StaticAuth(json.RawMessage(`{"token":"` + token(t, "bob") + `","serverOffset":"01KEM2VQ7YABCDEFGHJKMNPQRS"}`)),
			Event: func(_ *client.Socket, e sio.Event) {
				if e.Name == "error" {
					told <- string(e.Args[0])
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		closeAfter(t, socket.Manager())
		const want = `{"message":"Missed messages cannot be read, they follow once they can","code":"STORE_UNAVAILABLE","event":"connect"}`
		select {
		case got := <-told:
			if got != want {
				t.Errorf("%s: told %s, want %s", engine, got, want)
			}
		case <-deadline(t).Done():
			t.Errorf("%s: told nothing", engine)
		}
		if err := a.Close(deadline(t)); err != nil {
			t.Errorf("%s: close: %v", engine, err)
		}
		server.Close()
		if !strings.Contains(log.String(), "inner words") {
			t.Errorf("%s: the cause is not in the log", engine)
		}
	}
}
