package actions_test

import (
	"context"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/internal/feature/actions"
	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/siotest"
)

// kept remembers the last action.
type kept struct {
	last store.NewAction
	err  error
}

func (k *kept) Append(_ context.Context, a store.NewAction) (store.Action, error) {
	k.last = a
	return store.Action{ID: "01KEM2VQ7YABCDEFGHJKMNPQRS"}, k.err
}

func (k *kept) List(context.Context, store.ActionFilter) ([]store.Action, error) { return nil, k.err }

func TestUserAction(t *testing.T) {
	k := &kept{}
	engine := siotest.NewEngine()
	_, err := events.Register(engine, events.Handlers{
		Actions:  actions.New(k),
		Messages: events.UnimplementedMessagesHandler{},
		Rooms:    events.UnimplementedRoomsHandler{},
		System:   events.UnimplementedSystemHandler{},
	}, sio.Options{
		Authenticate: func(context.Context, *sio.Handshake) (sio.Identity, error) { return sio.Identity{UserID: "alice"}, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := engine.Connect("/", &sio.Handshake{})
	if err != nil {
		t.Fatal(err)
	}
	acks := c.Call("user_action", `{"action":"page_view","data":{"b":1, "a":1e400}}`)
	if want := `{"success":true,"actionId":"01KEM2VQ7YABCDEFGHJKMNPQRS"}`; len(acks) != 1 || acks[0] != want {
		t.Errorf("acknowledged with %q, want %s", acks, want)
	}
	if k.last.UserID != "alice" || k.last.SocketID != c.ID() || k.last.Action != "page_view" || string(k.last.Data) != `{"b":1, "a":1e400}` {
		t.Errorf("stored %+v", k.last)
	}
	c.Call("user_action", `{"action":"page_view"}`)
	if k.last.Data != nil {
		t.Errorf("stored data %s where there was none", k.last.Data)
	}
	k.err = store.ErrUnavailable
	if acks := c.Call("user_action", `{"action":"page_view"}`); len(acks) != 1 || !strings.Contains(acks[0], `"code":"STORE_UNAVAILABLE"`) {
		t.Errorf("acknowledged with %q", acks)
	}
}
