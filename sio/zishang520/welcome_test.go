package zishang520

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio"
)

// anyone lets everybody in.
type anyone struct{}

// Connect implements sio.NamespaceHandler.
func (anyone) Connect(context.Context, sio.Socket, *sio.Handshake) (sio.SocketHandler, error) {
	return anyone{}, nil
}

// Opened implements sio.SocketHandler.
func (anyone) Opened() {}

// Event implements sio.SocketHandler.
func (anyone) Event(sio.Event) {}

// Closed implements sio.SocketHandler.
func (anyone) Closed(sio.Reason) {}

// TestWelcome: a client learns that it is connected in the step that lets
// broadcasts reach it. The library says "drain" whenever it has sent something:
// after the answer to CONNECT, and before it says itself that the socket is
// connected.
func TestWelcome(t *testing.T) {
	for _, namespace := range []string{"/", "/other"} {
		t.Run(namespace, func(t *testing.T) { welcome(t, namespace) })
	}
}

func welcome(t *testing.T, namespace string) {
	engine, err := New(sio.EngineOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ns, err := engine.Namespace(namespace, anyone{})
	if err != nil {
		t.Fatal(err)
	}
	sent := make(chan int, 10)
	_ = engine.io.Engine().On("drain", func(...any) { sent <- len(ns.Sockets(sio.Target{})) })
	server := httptest.NewServer(engine)
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	sid := ""
	do := func(method, body string) string {
		url := server.URL + "/socket.io/?EIO=4&transport=polling" + sid
		req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		answer, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(answer)
	}
	_, rest, _ := strings.Cut(do(http.MethodGet, ""), `"sid":"`)
	id, _, _ := strings.Cut(rest, `"`)
	sid = "&sid=" + id
	if n := <-sent; n != 0 {
		t.Errorf("%d sockets after the handshake", n)
	}
	answer := "40" + strings.TrimPrefix(namespace+",", "/,")
	do(http.MethodPost, answer)
	if got := do(http.MethodGet, ""); !strings.HasPrefix(got, answer+`{"sid":"`) {
		t.Errorf("CONNECT is answered with %s", got)
	}
	if n := <-sent; n != 1 {
		t.Errorf("%d sockets once CONNECT is answered, want 1", n)
	}
	do(http.MethodPost, "1")
	if err := engine.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
}
