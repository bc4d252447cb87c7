package drivers_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/native"
)

// server is a Socket.IO server for the clients.
type server struct {
	url string

	mu   sync.Mutex
	ends map[string]chan sio.Reason // of sockets, by id
}

func startServer(t *testing.T) *server {
	t.Helper()
	engine, err := native.New(sio.EngineOptions{PingInterval: time.Second, PingTimeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	s := &server{ends: map[string]chan sio.Reason{}}
	for _, name := range []string{"/", "/custom", "/refused", "/refused-plainly"} {
		if _, err := engine.Namespace(name, namespace{s, name}); err != nil {
			t.Fatal(err)
		}
	}
	http := httptest.NewServer(engine)
	s.url = http.URL
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := engine.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		http.CloseClientConnections()
		http.Close()
	})
	return s
}

// end returns where the end of a socket is told.
func (s *server) end(id string) chan sio.Reason {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ends[id] == nil {
		s.ends[id] = make(chan sio.Reason, 1)
	}
	return s.ends[id]
}

// namespace is one of the server's.
type namespace struct {
	server *server
	name   string
}

// Connect implements sio.NamespaceHandler.
func (n namespace) Connect(_ context.Context, s sio.Socket, h *sio.Handshake) (sio.SocketHandler, error) {
	switch n.name {
	case "/refused":
		return nil, &sio.Refusal{Message: "go away", Data: json.RawMessage(`{"code":"NO"}`)}
	case "/refused-plainly":
		return nil, &sio.Refusal{Message: "go away"}
	}
	return &peer{n.server, s, h}, nil
}

// peer is the server's side of a client.
type peer struct {
	server *server
	socket sio.Socket
	hello  *sio.Handshake
}

// Opened tells the client what it said when it connected.
func (p *peer) Opened() {
	text, err := json.Marshal(map[string]any{
		"auth": p.hello.Auth, "query": p.hello.Query.Get("q"), "header": p.hello.Header.Get("X-Test"),
	})
	if err != nil {
		panic(err) // of a map of strings
	}
	p.emit("welcome", payload(string(text)))
}

// Closed implements sio.SocketHandler.
func (p *peer) Closed(r sio.Reason) { p.server.end(p.socket.ID()) <- r }

func (p *peer) emit(event string, payload sio.Payload) {
	_ = p.socket.Emit(sio.NewPacket(event, payload)) // a socket that is gone gets nothing
}

// Event implements sio.SocketHandler.
func (p *peer) Event(e sio.Event) {
	switch e.Name {
	case "echo": // as an acknowledgement, behind an event
		p.emit("before", payload(`1`))
		e.Ack(e.Payload)
	case "say": // as an event
		p.emit("said", e.Payload)
	case "ask": // with a question
		p.socket.EmitAck(sio.NewPacket("question", e.Payload), 0, func(answer sio.Payload, err error) {
			if err == nil {
				p.emit("answered", answer)
			}
		})
	case "kick":
		p.socket.Disconnect(false)
	case "never": // acknowledged
	}
}

func payload(texts ...string) sio.Payload {
	var p sio.Payload
	for _, text := range texts {
		p.Args = append(p.Args, json.RawMessage(text))
	}
	return p
}

// startStubborn starts a server over WebSocket that acknowledges every event
// twice.
func startStubborn(t *testing.T) string {
	t.Helper()
	upgrader := websocket.Upgrader{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			t.Errorf("upgrade: %v", err)
			return
		}
		defer func() { _ = conn.Close() }()
		say := func(text string) { _ = conn.WriteMessage(websocket.TextMessage, []byte(text)) }
		say(`0{"sid":"fake","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`)
		for {
			_, text, err := conn.ReadMessage()
			if err != nil {
				return // the client has gone
			}
			switch {
			case strings.HasPrefix(string(text), "40"):
				say(`40{"sid":"s1"}`)
			case strings.HasPrefix(string(text), "42"):
				id, _, _ := strings.Cut(string(text)[2:], "[")
				say(`43` + id + `["first"]`)
				say(`43` + id + `["second"]`)
				say(`42["done"]`)
			}
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// startSilent starts a server that accepts and never answers.
func startSilent(t *testing.T) string {
	t.Helper()
	over := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	t.Cleanup(func() {
		close(over)
		server.Close()
	})
	return server.URL
}

// deadline returns a context that ends with the test's patience.
func deadline(t *testing.T) context.Context {
	t.Helper()
	return within(t, patience)
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}
