package sio_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio"
)

func TestRefusedIsToldTheCode(t *testing.T) {
	for name, tt := range map[string]struct {
		refuse func() error
		want   []sio.Code
	}{
		"a code":        {func() error { return sio.NewRefusal("AUTH_TOKEN_INVALID", "Invalid") }, []sio.Code{"AUTH_TOKEN_INVALID"}},
		"no code":       {func() error { return &sio.Refusal{Message: "no"} }, []sio.Code{""}},
		"inner failure": {func() error { return errors.New("inner") }, []sio.Code{sio.CodeSocket}},
		"panic":         {func() error { panic("inner") }, []sio.Code{sio.CodeSocket}},
		"let in":        {func() error { return nil }, nil},
	} {
		for _, phase := range []string{"authenticate", "connected"} {
			var got []sio.Code
			f := newFixture(t, func(_ *sio.Contract, o *sio.Options) {
				o.Refused = func(code sio.Code) {
					got = append(got, code)
					panic("a hook that panics harms nobody")
				}
				if phase == "connected" {
					o.Connected = func(context.Context, *sio.Conn, *sio.Handshake) error { return tt.refuse() }
					return
				}
				o.Authenticate = func(context.Context, *sio.Handshake) (sio.Identity, error) { return sio.Identity{}, tt.refuse() }
			})
			_, err := f.engine.Connect("/", &sio.Handshake{})
			if let := err == nil; let != (tt.want == nil) || !slices.Equal(got, tt.want) {
				t.Errorf("%s, %s: told %q, error %v; want %q", name, phase, got, err, tt.want)
			}
		}
	}
}

// TestAbusedIsToldOnce: before the connection ends, and not for those that are
// merely over the limit.
func TestAbusedIsToldOnce(t *testing.T) {
	told := 0
	f := newFixture(t, func(_ *sio.Contract, o *sio.Options) {
		o.Abused = func(c *sio.Conn) {
			told++
			if !slices.Contains(c.Rooms(), c.ID()) {
				t.Error("told of a connection that has ended")
			}
			panic("a hook that panics harms nobody")
		}
	})
	over, abusive := f.connect(t), f.connect(t)
	for range 11 {
		for range 100 {
			abusive.Send("echo", "1")
		}
		for range 99 {
			over.Send("echo", "1")
		}
		f.clock.Advance(time.Second)
	}
	if abusive.Ended() != sio.ReasonServer || over.Ended() != "" {
		t.Fatalf("ended: %q and %q", abusive.Ended(), over.Ended())
	}
	if told != 1 {
		t.Errorf("told %d times", told)
	}
}

func TestEmittedIsToldOncePerPacket(t *testing.T) {
	var got []string
	var conn *sio.Conn
	f := newFixture(t, func(_ *sio.Contract, o *sio.Options) {
		o.Emitted = func(event string) { got = append(got, event) }
		o.Opened = func(_ context.Context, c *sio.Conn) { conn = c }
	})
	f.connect(t)
	c := f.connect(t)
	packet := func(event string) sio.Packet {
		return sio.NewPacket(event, sio.Payload{Args: []json.RawMessage{json.RawMessage("1")}})
	}
	if err := f.server.To().Except("x").Volatile().Send(packet("all")); err != nil {
		t.Error(err)
	}
	if err := conn.Send(packet("one")); err != nil {
		t.Error(err)
	}
	if _, err := conn.Call(context.Background(), packet("call"), time.Second); !errors.Is(err, sio.ErrAckTimeout) {
		t.Error(err)
	}
	c.Send("nope") // fails: the error event
	c.Close()
	if err := conn.Send(packet("closed")); !errors.Is(err, sio.ErrClosed) {
		t.Error(err)
	}
	if err := f.server.To().Send(sio.Packet{}); err == nil {
		t.Error("the zero packet was sent")
	}
	if want := "all|one|call|error"; strings.Join(got, "|") != want {
		t.Errorf("told of %q, want %s", got, want)
	}
}
