package client_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

// greeting is an open packet; its pings are far away.
const greeting = `0{"sid":"fake","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`

// fake is a server that says what a test wants, over WebSocket. Each connection
// is a call of serve, and closed after it.
func fake(t *testing.T, serve func(c *fakeConn)) *testServer {
	t.Helper()
	upgrader := websocket.Upgrader{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			t.Errorf("upgrade: %v", err)
			return
		}
		defer func() { _ = conn.Close() }()
		serve(&fakeConn{t: t, Conn: conn})
	}))
	t.Cleanup(server.Close)
	return &testServer{url: server.URL, stop: server.Close}
}

type fakeConn struct {
	*websocket.Conn
	t *testing.T
}

func (c *fakeConn) say(texts ...string) {
	for _, text := range texts {
		if err := c.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			c.t.Errorf("fake server: %v", err)
		}
	}
}

// hear returns the next message, "" when the client has gone.
func (c *fakeConn) hear() string {
	_, text, err := c.ReadMessage()
	var closed *websocket.CloseError
	if err != nil && !errors.As(err, &closed) && !errors.Is(err, net.ErrClosed) && !strings.Contains(err.Error(), "reset by peer") {
		c.t.Errorf("fake server: %v", err)
	}
	return string(text)
}

// welcome greets, and lets the client into "/".
func (c *fakeConn) welcome() {
	c.say(greeting)
	if got := c.hear(); !strings.HasPrefix(got, "40") {
		c.t.Errorf("fake server: heard %q, want a CONNECT", got)
	}
	c.say(`40{"sid":"s1"}`)
}

// linger reads until the client has gone.
func (c *fakeConn) linger() {
	for {
		if _, _, err := c.ReadMessage(); err != nil {
			return
		}
	}
}
