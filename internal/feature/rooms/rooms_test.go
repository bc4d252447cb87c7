package rooms_test

import (
	"context"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/internal/feature/rooms"
	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/siotest"
)

// serve runs the rooms of the contract in memory, with at most two of a
// socket's own choice; every client is the given identity.
func serve(t *testing.T, id sio.Identity) *siotest.Engine {
	t.Helper()
	engine := siotest.NewEngine()
	_, err := events.Register(engine, events.Handlers{
		Actions:  events.UnimplementedActionsHandler{},
		Messages: events.UnimplementedMessagesHandler{},
		Rooms:    rooms.New(2),
		System:   events.UnimplementedSystemHandler{},
	}, sio.Options{
		Authenticate: func(context.Context, *sio.Handshake) (sio.Identity, error) { return id, nil },
		Connected: func(_ context.Context, c *sio.Conn, _ *sio.Handshake) error {
			c.Join(rooms.Entitled(c.Identity())...)
			return nil
		},
		RateLimit: &sio.RateLimit{},
	})
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

func connect(t *testing.T, e *siotest.Engine) *siotest.Client {
	t.Helper()
	c, err := e.Connect("/", &sio.Handshake{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEntitled(t *testing.T) {
	tests := []struct {
		id   sio.Identity
		want string
	}{
		{sio.Identity{UserID: "u"}, "user_u all_users"},
		{sio.Identity{UserID: "u", Role: "user"}, "user_u all_users"},
		{sio.Identity{UserID: "u", Role: "admin"}, "user_u all_users admins"},
		{sio.Identity{UserID: "u", Role: "moderator", Attributes: map[string]string{"department": "sales"}}, "user_u all_users moderators department_sales"},
		{sio.Identity{UserID: "u", Attributes: map[string]string{"department": ""}}, "user_u all_users"},
	}
	for _, tt := range tests {
		if got := strings.Join(rooms.Entitled(tt.id), " "); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.id, got, tt.want)
		}
	}
}

// step is an event about a room and the code of its answer, "" for success.
type step struct{ event, room, code string }

func run(t *testing.T, c *siotest.Client, steps []step) {
	t.Helper()
	for _, s := range steps {
		acks := c.Call(s.event, `{"room":"`+s.room+`"}`)
		want := `{"success":true,"room":"` + s.room + `"}`
		if s.code != "" {
			want = `"code":"` + s.code + `"`
		}
		if len(acks) != 1 || !strings.Contains(acks[0], want) {
			t.Errorf("%s %s: %q, want %s", s.event, s.room, acks, want)
		}
	}
}

func TestJoinRoom(t *testing.T) {
	e := serve(t, sio.Identity{UserID: "u", Role: "moderator"})
	c, other := connect(t, e), connect(t, e)
	run(t, c, []step{
		{"join_room", "a", ""},
		{"join_room", "a", ""}, // again: nothing changes, nothing counts
		{"join_room", "moderators", ""},
		{"join_room", "user_u", ""},
		{"join_room", "all_users", ""},
		{"join_room", "admins", "FORBIDDEN"},
		{"join_room", "user_v", "FORBIDDEN"},
		{"join_room", "user_", "FORBIDDEN"},
		{"join_room", "department_x", "FORBIDDEN"},
		{"join_room", other.ID(), "FORBIDDEN"},
		{"join_room", c.ID(), "FORBIDDEN"},
		{"join_room", "b", ""},
		{"join_room", "c", "LIMIT_EXCEEDED"},
		{"join_room", "a b", "VALIDATION_ERROR"},
		{"leave_room", "a", ""},
		{"join_room", "c", ""},
	})
	if got, want := strings.Join(c.Rooms(), " "), "all_users b c moderators socket-1 user_u"; got != want {
		t.Errorf("rooms: %s, want %s", got, want)
	}
}

func TestLeaveRoom(t *testing.T) {
	e := serve(t, sio.Identity{UserID: "u", Role: "admin"})
	c, other := connect(t, e), connect(t, e)
	run(t, c, []step{
		{"join_room", "a", ""},
		{"leave_room", "a", ""},
		{"leave_room", "never", ""},
		{"leave_room", "admins", "FORBIDDEN"},
		{"leave_room", "moderators", "FORBIDDEN"},
		{"leave_room", "user_u", "FORBIDDEN"},
		{"leave_room", c.ID(), "FORBIDDEN"},
		{"leave_room", other.ID(), "FORBIDDEN"},
	})
	if got, want := strings.Join(c.Rooms(), " "), "admins all_users socket-1 user_u"; got != want {
		t.Errorf("rooms: %s, want %s", got, want)
	}
}
