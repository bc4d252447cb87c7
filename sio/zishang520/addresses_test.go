package zishang520

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/zishang520/socket.io/servers/engine/v3"
	"github.com/zishang520/socket.io/v3/pkg/types"

	"github.com/parlance-dev/parlance/sio"
)

const handshakePath = "/socket.io/?EIO=4&transport=polling"

// handshakeFrom opens a connection over polling and returns the status. Each
// call ends before the next begins, as the engine answers at once.
func handshakeFrom(t *testing.T, e *Engine, peer string) int {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, handshakePath, nil)
	r.RemoteAddr = peer
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w.Code
}

// newEngine is shut down with the test.
func newEngine(t *testing.T, o sio.EngineOptions, more ...Option) *Engine {
	t.Helper()
	e, err := New(o, more...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := e.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		// A handshake may be under way still, whose client did not wait for it.
		within(t, "no address has a connection", func() bool {
			e.addresses.mu.Lock()
			defer e.addresses.mu.Unlock()
			return len(e.addresses.open) == 0
		})
	})
	return e
}

// within waits until the condition holds.
func within(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("%s: not in time", what)
		}
	}
}

// TestBoundOfAddresses: the default, the peer's address without its port, no
// bound, and what is counted.
func TestBoundOfAddresses(t *testing.T) {
	for name, tc := range map[string]struct {
		more    []Option
		tries   int
		refused int64
	}{
		"default":  {nil, defaultConnectionsPerIP + 2, 2},
		"own":      {[]Option{WithMaxConnectionsPerIP(2, nil)}, 5, 3},
		"no bound": {[]Option{WithMaxConnectionsPerIP(-1, nil)}, defaultConnectionsPerIP + 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t, sio.EngineOptions{}, tc.more...)
			for i := range tc.tries {
				want := http.StatusOK
				if int64(i) >= int64(tc.tries)-tc.refused {
					want = http.StatusTooManyRequests
				}
				peer := "192.0.2.1:" + []string{"1000", "2000"}[i%2]
				if got := handshakeFrom(t, e, peer); got != want {
					t.Fatalf("connection %d: status %d, want %d", i+1, got, want)
				}
			}
			if got := e.RefusedByIP(); got != tc.refused {
				t.Errorf("%d refused, want %d", got, tc.refused)
			}
			if got := handshakeFrom(t, e, "192.0.2.2:1000"); got != http.StatusOK {
				t.Errorf("another address: status %d", got)
			}
			for _, c := range e.connections() {
				c.kill(sio.ReasonTransportClose) // no client is there to say goodbye to
			}
		})
	}
}

// TestPlaceOfConnectionThatEndsAtOnce: the library may close a connection before
// we hear of it.
func TestPlaceOfConnectionThatEndsAtOnce(t *testing.T) {
	e := newEngine(t, sio.EngineOptions{}, WithMaxConnectionsPerIP(1, nil))
	listeners := e.io.Engine().Listeners("connection")
	e.io.Engine().RemoveAllListeners("connection")
	between := func(args ...any) {
		if s, ok := args[0].(engine.Socket); ok {
			s.Close(false)
		}
	}
	if err := e.io.Engine().On("connection", listeners[0], between, listeners[1]); err != nil || len(listeners) != 2 {
		t.Fatalf("%d listeners: %v", len(listeners), err)
	}
	server := httptest.NewServer(e)
	defer server.Close()
	url := "ws" + strings.TrimPrefix(server.URL, "http") + "/socket.io/?EIO=4&transport=websocket"
	for range 3 {
		within(t, "room", func() bool {
			ws, resp, err := websocket.DefaultDialer.DialContext(t.Context(), url, nil)
			if resp != nil {
				_ = resp.Body.Close()
			}
			if err != nil {
				return false
			}
			_ = ws.Close()
			return true
		})
	}
}

// TestPlaceOfConnectionThatCannotDrain: the library waits, before it closes, for
// packets of its own to leave, and may miss that they did.
func TestPlaceOfConnectionThatCannotDrain(t *testing.T) {
	e := newEngine(t, sio.EngineOptions{}, WithMaxConnectionsPerIP(1, nil))
	if got := handshakeFrom(t, e, "192.0.2.1:1000"); got != http.StatusOK {
		t.Fatalf("status %d", got)
	}
	for _, c := range e.connections() {
		s := c.engineSocket()
		s.Transport().SetWritable(false) // as if the packet had come just now
		s.Send(types.NewStringBufferString("0"), nil, nil)
		c.close(sio.ReasonServer)
	}
	within(t, "room", func() bool { return handshakeFrom(t, e, "192.0.2.1:1000") == http.StatusOK })
}
