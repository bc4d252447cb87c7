package zishang520_test

import (
	"context"
	"encoding/json"
	"fmt"
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

// TestGoClient is a smoke test with the library's own client: what it says of
// the engine beyond the suite is that a client made by others works with it.
// The client sends CONNECT twice when it changes its transport at the wrong
// moment, or never, and forgets to poll; so it gets several tries.
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

	const tries = 10
	for i := range tries {
		if err = tryGoClient(server.URL); err == nil {
			break
		}
		t.Logf("try %d: %v", i, err)
	}
	if err != nil {
		t.Errorf("none of %d clients worked, the last: %v", tries, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := engine.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
}

// tryGoClient connects a client, gets an event and has one acknowledged.
func tryGoClient(url string) error {
	opts := socket.DefaultOptions()
	opts.SetTimeout(time.Second)
	opts.SetAutoConnect(false)
	opts.SetReconnection(false)
	client := socket.NewManager(url, opts).Socket("/", opts)
	defer client.Disconnect()
	hello, answer := make(chan string, 10), make(chan string, 10)
	_ = client.On("hello", func(args ...any) { hello <- fmt.Sprint(args...) })
	_ = client.On("connect", func(...any) {
		_ = client.Emit("echo", "grüße", 7, func(args []any, err error) { answer <- fmt.Sprint(args, err) })
	})
	client.Connect()
	for _, step := range []struct {
		got  <-chan string
		want string
	}{{hello, "there"}, {answer, "[grüße 7] <nil>"}} {
		select {
		case got := <-step.got:
			if got != step.want {
				return fmt.Errorf("got %s, want %s", got, step.want)
			}
		case <-time.After(3 * time.Second):
			return fmt.Errorf("no %s", step.want)
		}
	}
	return nil
}
