package presence_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parlance-dev/parlance/internal/cluster"
	"github.com/parlance-dev/parlance/internal/cluster/memory"
	"github.com/parlance-dev/parlance/internal/feature/presence"
	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/siotest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fragile is a cluster in memory that fails, and does other things meanwhile, as
// a test says.
type fragile struct {
	*memory.Presence

	mu     sync.Mutex
	fail   map[string]bool // operations that fail
	calls  map[string]int
	asked  func() // called once a snapshot is taken, before it is returned
	held   bool   // changes are kept until release
	queue  []cluster.Change
	told   func(cluster.Change)
	lateOK bool // a failing operation has been done all the same
}

func newFragile() *fragile {
	return &fragile{Presence: memory.New(), fail: map[string]bool{}, calls: map[string]int{}}
}

func (f *fragile) set(fail bool, operations ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, o := range operations {
		f.fail[o] = fail
	}
}

// called returns the failure of an operation, and whether it is done.
func (f *fragile) called(operation string) (done bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[operation]++
	if f.fail[operation] {
		return f.lateOK, fmt.Errorf("%s: %w", operation, cluster.ErrUnavailable)
	}
	return true, nil
}

func (f *fragile) count(operation string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[operation]
}

func (f *fragile) Join(ctx context.Context, s cluster.Session, limit int) ([]string, error) {
	done, err := f.called("join")
	if !done {
		return nil, err
	}
	evicted, failed := f.Presence.Join(ctx, s, limit)
	if err != nil {
		return nil, err
	}
	return evicted, failed
}

func (f *fragile) Leave(ctx context.Context, user, socket string) error {
	if done, err := f.called("leave"); !done {
		return err
	}
	return f.Presence.Leave(ctx, user, socket)
}

func (f *fragile) Online(ctx context.Context, limit int) ([]cluster.User, uint64, error) {
	if _, err := f.called("online"); err != nil {
		return nil, 0, err
	}
	users, revision, err := f.Presence.Online(ctx, limit)
	f.mu.Lock()
	asked := f.asked
	f.asked = nil
	f.mu.Unlock()
	if asked != nil {
		asked()
	}
	return users, revision, err
}

func (f *fragile) List(ctx context.Context, page cluster.Page) ([]cluster.User, error) {
	if _, err := f.called("list"); err != nil {
		return nil, err
	}
	return f.Presence.List(ctx, page)
}

func (f *fragile) Lookup(ctx context.Context, user string) (cluster.User, bool, error) {
	if _, err := f.called("lookup"); err != nil {
		return cluster.User{}, false, err
	}
	return f.Presence.Lookup(ctx, user)
}

func (f *fragile) Watch(told func(cluster.Change)) (stop func()) {
	f.told = told
	return f.Presence.Watch(func(c cluster.Change) {
		f.mu.Lock()
		held := f.held
		if held {
			f.queue = append(f.queue, c)
		}
		f.mu.Unlock()
		if !held {
			told(c)
		}
	})
}

// hold keeps changes back, as a network does.
func (f *fragile) hold() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held = true
}

// release tells n of the changes that were kept back.
func (f *fragile) release(n int) {
	f.mu.Lock()
	queue := f.queue[:n]
	f.queue = f.queue[n:]
	f.mu.Unlock()
	for _, c := range queue {
		f.told(c)
	}
}

// house is a server in memory with presence.
type house struct {
	t       *testing.T
	engine  *siotest.Engine
	clock   *siotest.Clock
	cluster *fragile
	service *presence.Service
	log     *lines
}

type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) count(part string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), part)
}

const retry = 7 * time.Second

// open makes a house of at most three users in a snapshot and two sockets a user,
// unless change says otherwise.
func open(t *testing.T, change func(*presence.Options)) *house {
	t.Helper()
	h := &house{
		t: t, engine: siotest.NewEngine(), cluster: newFragile(), log: &lines{},
		clock: siotest.NewClock(time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)),
	}
	logger := slog.New(slog.NewTextHandler(h.log, nil))
	o := presence.Options{Cluster: h.cluster, Clock: h.clock, Logger: logger, Users: 3, Connections: 2, Retry: retry}
	if change != nil {
		change(&o)
	}
	h.service = presence.New(o)
	server, err := events.Register(h.engine, events.Handlers{
		Actions:  events.UnimplementedActionsHandler{},
		Messages: events.UnimplementedMessagesHandler{},
		Rooms:    events.UnimplementedRoomsHandler{},
		System:   events.UnimplementedSystemHandler{},
	}, sio.Options{
		Authenticate: func(_ context.Context, hs *sio.Handshake) (sio.Identity, error) {
			q := hs.Query
			return sio.Identity{UserID: q.Get("user"), Role: q.Get("role"), Attributes: map[string]string{"department": q.Get("department")}}, nil
		},
		Connected: func(_ context.Context, c *sio.Conn, _ *sio.Handshake) error {
			c.Join(events.RoomUser(c.Identity().UserID), events.RoomAllUsers)
			h.service.Connected(c)
			return nil
		},
		Opened:       h.service.Opened,
		Disconnected: func(c *sio.Conn, _ sio.Reason) { h.service.Disconnected(c) },
		Observe:      h.service.Observed,
		Clock:        h.clock,
		Logger:       logger,
	})
	if err != nil {
		t.Fatal(err)
	}
	h.service.Start(server)
	t.Cleanup(func() {
		h.service.Close()
		if n := h.clock.Timers(); n != 0 {
			t.Errorf("%d timers are left", n)
		}
		if n := h.log.count("panic"); n != 0 {
			t.Errorf("%d panics", n)
		}
	})
	return h
}

// connect connects a user a second after the last one.
func (h *house) connect(user string) *siotest.Client {
	h.t.Helper()
	h.clock.Advance(time.Second)
	return h.connectAs(url.Values{"user": {user}})
}

func (h *house) connectAs(who url.Values) *siotest.Client {
	h.t.Helper()
	c, err := h.engine.Connect("/", &sio.Handshake{Query: who})
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// userInfo is the contract's, as a client reads it.
type userInfo struct {
	ID          string
	SocketID    string
	ConnectedAt string
	LastSeen    string
	Role        *string
	Department  *string
	Connections int
}

// told renders what a client was told of presence: "=a,b" for a snapshot, "+a"
// and "-a" for the changes.
func told(t *testing.T, c *siotest.Client) string {
	t.Helper()
	var out []string
	for _, r := range c.Received() {
		switch r.Event {
		case "online_users":
			var users []userInfo
			read(t, r.Args[0], &users)
			ids := make([]string, 0, len(users))
			for _, u := range users {
				ids = append(ids, u.ID)
			}
			out = append(out, "="+strings.Join(ids, ","))
		case "user_online":
			var v struct {
				UserID   string
				UserInfo userInfo
			}
			read(t, r.Args[0], &v)
			if v.UserInfo.ID != v.UserID || v.UserInfo.Connections != 1 {
				t.Errorf("user_online: %s", r.Args[0])
			}
			out = append(out, "+"+v.UserID)
		case "user_offline":
			var v struct{ UserID string }
			read(t, r.Args[0], &v)
			out = append(out, "-"+v.UserID)
		}
	}
	return strings.Join(out, " ")
}

func read(t *testing.T, raw json.RawMessage, into any) {
	t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
}

// wantTold checks what clients were told of presence.
func wantTold(t *testing.T, want map[*siotest.Client]string) {
	t.Helper()
	for c, w := range want {
		if got := told(t, c); got != w {
			t.Errorf("%s was told %q, want %q", c.ID(), got, w)
		}
	}
}

// wantLive checks that clients have left the room of those who wait.
func wantLive(t *testing.T, clients ...*siotest.Client) {
	t.Helper()
	for _, c := range clients {
		if rooms := c.Rooms(); len(rooms) != 3 {
			t.Errorf("%s is in the rooms %q", c.ID(), rooms)
		}
	}
}

// ids returns who is online.
func (h *house) ids() []string {
	h.t.Helper()
	infos, err := h.service.List(h.t.Context(), cluster.Page{Limit: 1000})
	if err != nil {
		h.t.Fatal(err)
	}
	ids := make([]string, 0, len(infos))
	for _, u := range infos {
		ids = append(ids, u.ID)
	}
	return ids
}

func (h *house) wantOnline(want ...string) {
	h.t.Helper()
	if got := h.ids(); !slices.Equal(got, want) {
		h.t.Errorf("online: %q, want %q", got, want)
	}
}
