package native_test

import (
	"context"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/native"
)

// hooks is a namespace handler of functions; nil ones do nothing.
type hooks struct {
	connect func(ctx context.Context) error
	event   func(s sio.Socket)
}

type hookSocket struct {
	h *hooks
	s sio.Socket
}

func (h *hooks) Connect(ctx context.Context, s sio.Socket, _ *sio.Handshake) (sio.SocketHandler, error) {
	if h.connect != nil {
		if err := h.connect(ctx); err != nil {
			return nil, err
		}
	}
	return hookSocket{h, s}, nil
}

func (hookSocket) Opened()           {}
func (hookSocket) Closed(sio.Reason) {}
func (x hookSocket) Event(sio.Event) { x.h.event(x.s) }

// open serves an engine and opens a WebSocket to it.
func open(t *testing.T, h *hooks) (*native.Engine, *websocket.Conn) {
	t.Helper()
	engine, err := native.New(sio.EngineOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Namespace("/", h); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(engine)
	ws, resp, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(server.URL, "http")+"/socket.io/?EIO=4&transport=websocket", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	_ = ws.SetReadDeadline(time.Now().Add(recoveryPatience))
	t.Cleanup(func() {
		_ = ws.Close()
		if err := engine.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return engine, ws
}

// TestEmitMany has a handler emit more at once than may wait, and less than the
// kernel takes without the client: it gets it all.
func TestEmitMany(t *testing.T) {
	const n = 1_500
	_, ws := open(t, &hooks{event: func(s sio.Socket) {
		for i := range n {
			if err := s.Emit(numbered(i)); err != nil {
				t.Errorf("emit %d: %v", i, err)
				return
			}
		}
	}})
	for _, text := range []string{"40", `42["go"]`} {
		if err := ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for got := 0; got < n; {
		_, data, err := ws.ReadMessage()
		if err != nil {
			t.Fatalf("after %d events: %v", got, err)
		}
		if strings.HasPrefix(string(data), "42") {
			if want := `42["e",` + strconv.Itoa(got) + `]`; string(data) != want {
				t.Fatalf("got %s, want %s", data, want)
			}
			got++
		}
	}
}

// TestConnectCycles asks for a namespace and leaves it again and again while the
// handler decides: it must not decide on more and more of them.
func TestConnectCycles(t *testing.T) {
	var deciding, most atomic.Int32
	hold := make(chan struct{})
	started := make(chan struct{}, 1)
	engine, ws := open(t, &hooks{connect: func(context.Context) error {
		most.Store(max(most.Load(), deciding.Add(1)))
		defer deciding.Add(-1)
		select {
		case started <- struct{}{}:
		default:
		}
		<-hold
		return nil
	}})
	for range 1_000 {
		for _, text := range []string{"40", "41"} {
			if err := ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	receive(t, started)
	if err := ws.WriteMessage(websocket.TextMessage, []byte(`40`)); err != nil {
		t.Fatal(err)
	}
	close(hold)
	for open := false; !open; { // the last CONNECT is answered
		_, data, err := ws.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		open = strings.HasPrefix(string(data), "40")
	}
	if most.Load() > 2 {
		t.Errorf("%d calls of Connect at once", most.Load())
	}
	if sessions := engine.Stats().Sessions; sessions != 1 {
		t.Errorf("%d sessions", sessions)
	}
}
