package client_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/native"
	"github.com/parlance-dev/parlance/sio/zishang520"
)

// settings of a test server; zero means the server's default.
type settings struct {
	port         int
	pingInterval time.Duration
	pingTimeout  time.Duration
	maxPayload   int64
	recovery     bool // Node's only
}

// testServer is a running server.
type testServer struct {
	url  string
	stop func() // at once; clients are not told. May be called twice.
}

// start is a way to start a test server.
type start func(t *testing.T, s settings) *testServer

// kinds are the servers that the client is tested against.
func kinds() map[string]start {
	return map[string]start{
		"node":       startNode,
		"native":     startEngine(func(o sio.EngineOptions) (sio.Engine, error) { return native.New(o) }),
		"zishang520": startEngine(func(o sio.EngineOptions) (sio.Engine, error) { return zishang520.New(o) }),
	}
}

// startNode starts the reference server in a process of its own.
func startNode(t *testing.T, s settings) *testServer {
	t.Helper()
	options := map[string]any{"port": s.port, "recovery": s.recovery}
	if s.pingInterval > 0 {
		options["pingInterval"], options["pingTimeout"] = s.pingInterval.Milliseconds(), s.pingTimeout.Milliseconds()
	}
	if s.maxPayload > 0 {
		options["maxHttpBufferSize"] = s.maxPayload
	}
	text, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, kill := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "node", "server.mjs", string(text))
	cmd.Dir = "testdata/node"
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := func() {
		kill()
		_ = stdin.Close()
		_ = cmd.Wait() // killed
	}
	t.Cleanup(stop)
	var said struct{ Port int }
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &said)
	}
	if err != nil {
		t.Fatalf("the Node server did not start (npm ci in sio/client/testdata/node installs it): %v", err)
	}
	return &testServer{url: "http://127.0.0.1:" + strconv.Itoa(said.Port), stop: stop}
}

// startEngine starts one of our engines in this process.
func startEngine(build func(sio.EngineOptions) (sio.Engine, error)) start {
	return func(t *testing.T, s settings) *testServer {
		t.Helper()
		engine, err := build(sio.EngineOptions{
			PingInterval: s.pingInterval, PingTimeout: s.pingTimeout, MaxPayload: s.maxPayload,
			MaxWaitingPackets: 10_000, MaxWaitingBytes: 16 << 20, // "items" and "large" are quicker than any reader
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"/", "/custom", "/refused", "/refused-plainly"} {
			if _, err := engine.Namespace(name, namespace{name}); err != nil {
				t.Fatal(err)
			}
		}
		var config net.ListenConfig
		listener, err := config.Listen(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", s.port))
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewUnstartedServer(engine)
		_ = server.Listener.Close()
		server.Listener = listener
		server.Start()
		stopped := false
		stop := func() {
			if stopped {
				return
			}
			stopped = true
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			if err := engine.Shutdown(ctx); err != nil {
				t.Error(err)
			}
			server.CloseClientConnections()
			server.Close()
		}
		t.Cleanup(stop)
		return &testServer{url: server.URL, stop: stop}
	}
}

// namespace does on our engines what testdata/node/server.mjs does.
type namespace struct{ name string }

func (n namespace) Connect(_ context.Context, s sio.Socket, h *sio.Handshake) (sio.SocketHandler, error) {
	switch n.name {
	case "/refused":
		return nil, &sio.Refusal{Message: "go away", Data: json.RawMessage(`{"code":"NO","n":[1]}`)}
	case "/refused-plainly":
		return nil, &sio.Refusal{Message: "go away"}
	}
	auth := h.Auth
	if auth == nil {
		auth = json.RawMessage(`{}`)
	}
	return &peer{socket: s, auth: auth}, nil
}

type peer struct {
	socket sio.Socket
	auth   json.RawMessage
}

func (p *peer) Opened() { p.emit("welcome", sio.Payload{Args: args(string(p.auth))}) }

func (p *peer) Closed(sio.Reason) {}

func (p *peer) emit(event string, payload sio.Payload) {
	_ = p.socket.Emit(sio.NewPacket(event, payload)) // a socket that is gone gets nothing
}

func (p *peer) Event(e sio.Event) {
	switch e.Name {
	case "echo":
		if e.Ack != nil {
			e.Ack(e.Payload)
			return
		}
		p.emit("echo", e.Payload)
	case "ask":
		p.socket.EmitAck(sio.NewPacket("question", e.Payload), 0, func(answer sio.Payload, err error) {
			if err == nil {
				p.emit("answered", answer)
			}
		})
	case "never": // acknowledged
		p.emit("heard", sio.Payload{})
	case "items":
		for i := range p.number(e) {
			p.emit("item", sio.Payload{Args: args(strconv.Itoa(i))})
		}
	case "large":
		text := make([]byte, p.number(e))
		for i := range text {
			text[i] = 'x'
		}
		p.emit("large", sio.Payload{Args: args(strconv.Quote(string(text)))})
	case "kick":
		p.socket.Disconnect(false)
	case "kick_all":
		p.socket.Disconnect(true)
	}
}

func (p *peer) number(e sio.Event) int {
	n, _ := strconv.Atoi(string(e.Args[0])) // the tests' own
	return n
}

// args makes arguments of JSON texts.
func args(texts ...string) []json.RawMessage {
	out := make([]json.RawMessage, len(texts))
	for i, text := range texts {
		out[i] = json.RawMessage(text)
	}
	return out
}
