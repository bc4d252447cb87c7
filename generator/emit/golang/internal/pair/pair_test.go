package pair

import (
	"context"
	"slices"
	"testing"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/siotest"
)

// chat repeats what is said to a broadcaster.
type chat struct{ repeat func(*Said) error }

func (c *chat) Say(_ context.Context, _ *sio.Conn, in *Say) error {
	return c.repeat(&Said{Text: in.Text})
}

func TestNamespacesAreApart(t *testing.T) {
	engine := siotest.NewEngine()
	var users, admins chat
	join := func(room string) func(context.Context, *sio.Conn, *sio.Handshake) error {
		return func(_ context.Context, c *sio.Conn, _ *sio.Handshake) error {
			c.Join(room)
			return nil
		}
	}
	main, err := RegisterMain(engine, MainHandlers{Chat: &users}, sio.Options{Connected: join(RoomMainAll)})
	if err != nil {
		t.Fatal(err)
	}
	users.repeat = NewMainBroadcaster(main).Said
	admin, err := RegisterAdmin(engine, AdminHandlers{Chat: &admins}, sio.Options{Connected: join(RoomAdminAll)})
	if err != nil {
		t.Fatal(err)
	}
	admins.repeat = NewAdminBroadcaster(admin).Said
	clients := map[string]*siotest.Client{}
	for _, ns := range []string{"/", "/admin"} {
		c, err := engine.Connect(ns, &sio.Handshake{})
		if err != nil {
			t.Fatal(err)
		}
		clients[ns] = c
	}
	clients["/"].Send(EventMainSay, `{"text":"a"}`)
	clients["/admin"].Send(EventAdminSay, `{"text":"b"}`)
	for ns, want := range map[string]string{"/": `{"text":"a"}`, "/admin": `{"text":"b"}`} {
		if got := clients[ns].Got("said"); !slices.Equal(got, []string{want}) {
			t.Errorf("%s got %s, want %s", ns, got, want)
		}
	}
}
