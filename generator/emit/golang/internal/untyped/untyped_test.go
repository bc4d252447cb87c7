package untyped

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/siotest"
	"github.com/parlance-dev/parlance/sio/wire"
)

// mirror answers with what it got; some first arguments make it answer otherwise.
type mirror struct {
	UnimplementedRelayHandler
	server *sio.Server
}

func (m *mirror) Relay(_ context.Context, _ *sio.Conn, in sio.Payload) (sio.Payload, error) {
	return m.RelayText(context.Background(), nil, in)
}

func (m *mirror) RelayText(_ context.Context, _ *sio.Conn, in sio.Payload) (sio.Payload, error) {
	if len(in.Args) > 0 {
		switch string(in.Args[0]) {
		case `"binary"`:
			return binary(), nil
		case `"broken"`:
			return payload(`1`, `{`), nil
		}
	}
	return in, nil
}

func (m *mirror) Answer(_ context.Context, _ *sio.Conn, in sio.Payload) error {
	return NewBroadcaster(m.server).Shout(in)
}

func payload(args ...string) sio.Payload {
	var p sio.Payload
	for _, a := range args {
		p.Args = append(p.Args, json.RawMessage(a))
	}
	return p
}

// binary is a payload with an attachment.
func binary() sio.Payload {
	p := payload(`{"_placeholder":true,"num":0}`)
	p.Attachments = [][]byte{{1, 2}}
	return p
}

func show(args []json.RawMessage, attachments [][]byte) string {
	return fmt.Sprintf("%s %x", args, attachments)
}

func text(p sio.Payload) string { return show(p.Args, p.Attachments) }

// start opens the namespace and connects a client, who is in the room of all.
func start(t *testing.T) (*mirror, *siotest.Client, *sio.Conn) {
	t.Helper()
	m, engine := &mirror{}, siotest.NewEngine()
	var conn *sio.Conn
	server, err := Register(engine, Handlers{Relay: m}, sio.Options{
		Connected: func(_ context.Context, c *sio.Conn, _ *sio.Handshake) error {
			conn = c
			c.Join(RoomAll)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.server = server
	client, err := engine.Connect("/", &sio.Handshake{})
	if err != nil {
		t.Fatal(err)
	}
	return m, client, conn
}

// ask sends an event and returns what it is acknowledged with.
func ask(c *siotest.Client, event string, p sio.Payload) string {
	got := "no answer"
	c.Deliver(sio.Event{Name: event, Payload: p, Ack: func(p sio.Payload) { got = text(p) }})
	return got
}

const failed = `[{"success":false,"error":"EVENT_ERROR","code":"EVENT_ERROR"}] []`

func TestUntypedEventsAreAnswered(t *testing.T) {
	_, client, _ := start(t)
	for _, tt := range []struct {
		name, event string
		in          sio.Payload
		want        string
	}{
		{"nothing", EventRelay, sio.Payload{}, `[] []`},
		{"every type", EventRelay, payload(`1`, `"2"`, `null`, `[true]`, `{"a":{}}`), `[1 "2" null [true] {"a":{}}] []`},
		{"binary", EventRelay, binary(), text(binary())},
		{"binary where it is not allowed", EventRelayText, binary(), `[{"success":false,"error":"must not have binary parts","code":"VALIDATION_ERROR",` +
			`"details":[{"path":"","keyword":"type","message":"must not have binary parts"}]}] []`},
		{"a binary answer where it is not allowed", EventRelayText, payload(`"binary"`), failed},
		{"a binary answer", EventRelay, payload(`"binary"`), text(binary())},
		{"an answer that is no JSON", EventRelay, payload(`"broken"`), failed},
		{"a handler that is not written", EventCount, payload(`1`), failed},
		{"typed arguments beside", EventCount, payload(`"x"`), `[{"success":false,"error":"must be an integer","code":"VALIDATION_ERROR",` +
			`"details":[{"path":"","keyword":"type","message":"must be an integer"}]}] []`},
	} {
		if got := ask(client, tt.event, tt.in); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

// TestNoErrorEvent holds that a contract without an error event has none: who
// asks for no answer hears nothing of a failure.
func TestNoErrorEvent(t *testing.T) {
	_, client, _ := start(t)
	client.Deliver(sio.Event{Name: EventRelayText, Payload: binary()})
	client.Send("unknown")
	if got := client.Received(); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestUntypedEventsAreSent(t *testing.T) {
	_, client, conn := start(t)
	client.Deliver(sio.Event{Name: EventAnswer, Payload: binary()}) // broadcast as shout
	if err := EmitTo(conn).RelayText(payload(`1`, `2`)); err != nil {
		t.Error(err)
	}
	var got []string
	for _, r := range client.Received() {
		got = append(got, r.Event+" "+show(r.Args, r.Attachments))
	}
	want := []string{"shout " + text(binary()), "relay-text [1 2] []"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestWhatCannotBeSent holds that neither attachments that the contract has no
// place for nor broken JSON reach a client.
func TestWhatCannotBeSent(t *testing.T) {
	m, client, conn := start(t)
	_, withAck := RelayTextWithAck(t.Context(), conn, binary())
	for name, err := range map[string]error{
		"emitter":     EmitTo(conn).RelayText(binary()),
		"broadcaster": NewBroadcaster(m.server).ShoutText(binary()),
		"with ack":    withAck,
	} {
		if !errors.Is(err, sio.ErrBinary) {
			t.Errorf("%s: %v, want %v", name, err, sio.ErrBinary)
		}
	}
	if err := EmitTo(conn).Relay(payload(`1`, ``)); err == nil || !strings.Contains(err.Error(), "argument 1 is not a JSON value") {
		t.Errorf("broken JSON: %v", err)
	}
	if got := client.Received(); len(got) != 0 {
		t.Errorf("sent %v", got)
	}
}

func TestUntypedAnswersOfClients(t *testing.T) {
	_, client, conn := start(t)
	client.Answer = func(siotest.Received) (sio.Payload, bool) { return binary(), true }
	if got, err := RelayWithAck(t.Context(), conn, payload(`1`)); err != nil || text(got) != text(binary()) {
		t.Errorf("got %s, %v", text(got), err)
	}
	var broken *wire.ValidationError
	if _, err := CountWithAck(t.Context(), conn, 1); !errors.As(err, &broken) {
		t.Errorf("a binary answer where it is not allowed: %v", err)
	}
	client.Answer = func(siotest.Received) (sio.Payload, bool) { return payload(`1`, `2`), true }
	if got, err := CountWithAck(t.Context(), conn, 1); err != nil || text(got) != `[1 2] []` {
		t.Errorf("got %s, %v", text(got), err)
	}
	client.Answer = nil
	if _, err := RelayTextWithAck(t.Context(), conn, payload()); !errors.Is(err, sio.ErrAckTimeout) {
		t.Errorf("no answer: %v", err)
	}
}
