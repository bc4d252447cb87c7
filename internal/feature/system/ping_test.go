package system_test

import (
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/feature/system"
	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/siotest"
)

func TestPing(t *testing.T) {
	clock := siotest.NewClock(time.UnixMilli(1_767_323_045_678))
	engine := siotest.NewEngine()
	_, err := events.Register(engine, events.Handlers{
		Actions:  events.UnimplementedActionsHandler{},
		Messages: events.UnimplementedMessagesHandler{},
		Rooms:    events.UnimplementedRoomsHandler{},
		System:   system.New(clock),
	}, sio.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	c, err := engine.Connect("/", &sio.Handshake{})
	if err != nil {
		t.Fatal(err)
	}
	for i, args := range [][]string{nil, {"null"}, {"{}"}, {`{"timestamp":1}`}} {
		if acks := c.Call("ping", args...); len(acks) != 1 || acks[0] != `{"success":true}` {
			t.Errorf("%q: acknowledged with %q", args, acks)
		}
		if pongs := c.Got("pong"); len(pongs) != i+1 || pongs[i] != `{"timestamp":1767323045678}` {
			t.Errorf("%q: pongs %q", args, pongs)
		}
	}
}
