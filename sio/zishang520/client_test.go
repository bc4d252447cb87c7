package zishang520_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/zishang520/socket.io/clients/socket/v3"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/zishang520"
)

// greeter answers each event with its own arguments.
type greeter struct{ socket sio.Socket }

// Connect implements sio.NamespaceHandler.
func (greeter) Connect(_ context.Context, s sio.Socket, _ *sio.Handshake) (sio.SocketHandler, error) {
	return greeter{s}, nil
}

// Opened implements sio.SocketHandler.
func (g greeter) Opened() {
	_ = g.socket.Emit(sio.NewPacket("hello", sio.Payload{Args: []json.RawMessage{json.RawMessage(`"there"`)}}))
}

// Event implements sio.SocketHandler.
func (greeter) Event(e sio.Event) { e.Ack(e.Payload) }

// Closed implements sio.SocketHandler.
func (greeter) Closed(sio.Reason) {}

// answered is what became of the client's event.
type answered struct {
	args []any
	err  error
}

// TestGoClient is a smoke test with the library's own client: what it says of
// the engine beyond the suite is that a client made by others works with it.
func TestGoClient(t *testing.T) {
	engine, err := zishang520.New(sio.EngineOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Namespace("/", greeter{}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(engine)
	defer server.Close()

	opts := socket.DefaultOptions()
	opts.SetTimeout(time.Second)
	opts.SetAutoConnect(false)
	manager := socket.NewManager(server.URL, opts)
	client := manager.Socket("/", opts)
	hello, answer := make(chan any, 10), make(chan answered, 10)
	_ = client.On("hello", func(args ...any) { hello <- args[0] })
	_ = client.On("connect", func(...any) {
		_ = client.Emit("echo", "grüße", 7, func(args []any, err error) { answer <- answered{args, err} })
	})
	client.Connect()

	deadline := time.After(30 * time.Second)
	select {
	case got := <-hello:
		if got != "there" {
			t.Errorf("event says %v", got)
		}
	case <-deadline:
		t.Fatal("no event arrives")
	}
	select {
	case got := <-answer:
		if got.err != nil || len(got.args) != 2 || got.args[0] != "grüße" || got.args[1] != 7.0 {
			t.Errorf("answer is %v, %v", got.args, got.err)
		}
	case <-deadline:
		t.Fatal("no acknowledgement arrives")
	}

	client.Disconnect()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := engine.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
}
