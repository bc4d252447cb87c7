package client_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/parlance-dev/parlance/sio/client"
	"github.com/parlance-dev/parlance/sio/siotest"
)

func httpServer(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// TestMalformed: a server that breaks the protocol loses the connection, and
// the next one is as good as new.
func TestMalformed(t *testing.T) {
	text := func(s string) func(c *fakeConn) { return func(c *fakeConn) { c.say(s) } }
	for name, tt := range map[string]struct {
		act    func(c *fakeConn)
		reason client.Reason
	}{
		"empty packet":        {text(""), client.ReasonParseError},
		"unknown type":        {text("9"), client.ReasonParseError},
		"second open":         {text(greeting), client.ReasonParseError},
		"empty message":       {text("4"), client.ReasonParseError},
		"unknown kind":        {text("49"), client.ReasonParseError},
		"no JSON":             {text(`42["a"`), client.ReasonParseError},
		"no array":            {text(`42{}`), client.ReasonParseError},
		"no name":             {text(`42[]`), client.ReasonParseError},
		"reserved name":       {text(`42["connect"]`), client.ReasonParseError},
		"refusal of nothing":  {text(`44`), client.ReasonParseError},
		"deep":                {text("42" + strings.Repeat("[", 20_000)), client.ReasonParseError},
		"many attachments":    {text(`4511-["a"]`), client.ReasonParseError},
		"no attachment":       {func(c *fakeConn) { c.say(`451-["a",{"_placeholder":true,"num":0}]`, `42["b"]`) }, client.ReasonParseError},
		"unknown placeholder": {text(`451-["a",{"_placeholder":true,"num":1}]`), client.ReasonParseError},
		"stray attachment":    {func(c *fakeConn) { _ = c.WriteMessage(websocket.BinaryMessage, []byte("x")) }, client.ReasonParseError},
		"too large":           {text(`42["` + strings.Repeat("x", 100_000) + `"]`), client.ReasonParseError},
		"masked frame":        {raw("\x81\x81\x00\x00\x00\x00x"), client.ReasonParseError},
		"reserved bit":        {raw("\xc1\x00"), client.ReasonParseError},
		"text is no UTF-8":    {raw("\x81\x02\xff\xff"), client.ReasonParseError},
		"close packet":        {text("1"), client.ReasonTransportClose},
		"close frame":         {raw("\x88\x02\x03\xe8"), client.ReasonTransportClose},
		"cut off":             {func(c *fakeConn) { _ = c.NetConn().Close() }, client.ReasonTransportClose},
		"cut off in a frame":  {func(c *fakeConn) { raw("\x81\x7e\x0f\xffhalf")(c); _ = c.NetConn().Close() }, client.ReasonTransportClose},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var rounds atomic.Int64
			server := fake(t, func(c *fakeConn) {
				c.welcome()
				if rounds.Add(1) == 1 {
					tt.act(c)
				} else {
					c.say(`42["fine"]`)
				}
				c.linger()
			})
			l := newLog()
			m := manager(t, server.url, client.Options{Transports: []string{"websocket"}, Reconnect: quick(), MaxMessage: 50_000})
			if err := socket(t, m, l.watch(client.SocketOptions{})).Connect(deadline(t)); err != nil {
				t.Fatal(err)
			}
			l.want(t, "connected", "disconnected: "+string(tt.reason), "connected", "fine ")
		})
	}
}

func raw(bytes string) func(c *fakeConn) {
	return func(c *fakeConn) { _, _ = c.NetConn().Write([]byte(bytes)) }
}

// TestOddButLegal is what other servers may send, and what crosses with a
// disconnect.
func TestOddButLegal(t *testing.T) {
	heard := make(chan string, 1)
	server := fake(t, func(c *fakeConn) {
		c.SetPongHandler(func(text string) error { heard <- "pong frame " + text; return nil })
		c.welcome()
		c.say("6", "3", "5", "42/elsewhere,[\"x\"]", "41/elsewhere,", "43/elsewhere,1[]", `40{"sid":"again"}`, `44{"message":"late"}`)
		c.say(`42[7,"number"]`, `42["\u0061b"]`)
		raw("\x89\x02hi")(c)                     // a ping frame
		raw("\x01\x0242" + "\x80\x05[\"f\"]")(c) // fragments
		c.linger()
	})
	l := newLog()
	m := manager(t, server.url, client.Options{Transports: []string{"websocket"}})
	if err := socket(t, m, l.watch(client.SocketOptions{})).Connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	l.want(t, "connected", `7 "number"`, "ab ", "f ")
	if got := receive(t, heard); got != "pong frame hi" {
		t.Error(got)
	}
}

// TestBadHandshakes: what is no Engine.IO server is no connection.
func TestBadHandshakes(t *testing.T) {
	for name, body := range map[string]string{
		"nothing": "", "text": "<html>", "another packet": "4hello", "no JSON": "0{", "no sid": `0{"pingInterval":1,"pingTimeout":1}`,
		"no pings": `0{"sid":"x"}`, "negative": `0{"sid":"x","pingInterval":-1,"pingTimeout":1}`, "binary": "bAAAA", "bad base64": "b!",
		"huge interval": `0{"sid":"x","pingInterval":9000000000000000000,"pingTimeout":9000000000000000000}`,
	} {
		t.Run(name, func(t *testing.T) {
			polling := httpServer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })
			ws := fake(t, func(c *fakeConn) { c.say(body); c.linger() })
			for url, way := range map[string]way{polling: ways()[1], ws.url: ways()[0]} {
				o := client.Options{Transports: way.transports, Reconnect: client.Reconnect{Off: true}}
				if _, err := client.Dial(deadline(t), url, o, client.SocketOptions{}); err == nil {
					t.Errorf("%s: connected", way.name)
				}
			}
		})
	}
}

// TestHugeAnswers: nobody fills the client's memory.
func TestHugeAnswers(t *testing.T) {
	endless := httpServer(t, func(w http.ResponseWriter, _ *http.Request) {
		for range 1000 {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	})
	header := httpServer(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		for range 1000 {
			if _, err := conn.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nX: " + strings.Repeat("x", 1000))); err != nil {
				return
			}
		}
	})
	for url, way := range map[string]way{endless: ways()[1], header: ways()[0]} {
		o := client.Options{Transports: way.transports, Reconnect: client.Reconnect{Off: true}, MaxMessage: 100_000}
		if _, err := client.Dial(deadline(t), url, o, client.SocketOptions{}); err == nil || !strings.Contains(err.Error(), "above the limit") {
			t.Errorf("%s: %v", way.name, err)
		}
	}
}

// TestPingTimeout: a server that falls silent is given up.
func TestPingTimeout(t *testing.T) {
	clock := siotest.NewClock(time.Now())
	sent := make(chan struct{})
	server := fake(t, func(c *fakeConn) {
		c.welcome()
		c.say("2")
		if got := c.hear(); got != "3" {
			t.Errorf("heard %q, want a pong", got)
		}
		sent <- struct{}{}
		c.linger()
	})
	l := newLog()
	m := manager(t, server.url, client.Options{Transports: []string{"websocket"}, Clock: clock})
	s := socket(t, m, l.watch(client.SocketOptions{}))
	if err := s.Connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	<-sent
	clock.Advance(45*time.Second - 1)
	if !s.Connected() {
		t.Fatal("given up too early")
	}
	clock.Advance(1)
	l.want(t, "connected", "disconnected: ping timeout")
}

// TestBlockedCallback: while a callback blocks, heartbeats and acknowledgements
// go on; once too much waits behind it, nothing more is read, and nothing is
// lost.
func TestBlockedCallback(t *testing.T) {
	everywhere(t, settings{pingInterval: 50 * time.Millisecond, pingTimeout: 2 * time.Second}, func(t *testing.T, e env) {
		got, open := newLog(), make(chan struct{})
		entered := make(chan struct{}, 4096)
		so := got.watch(client.SocketOptions{})
		so.Event = blocked(so.Event, entered, open)
		s := e.connect(t, func(o *client.Options) { o.MaxWaitingEvents = 16 }, so)
		got.want(t, "connected")
		receive(t, entered)
		for i := range 10 {
			call(t, s, "echo", strconv.Itoa(i))
		}
		wait(t, 300*time.Millisecond) // some heartbeats
		call(t, s, "echo")
		emit(t, s, "items", "500")
		wait(t, 300*time.Millisecond)
		close(open)
		got.want(t, "welcome {}")
		for i := range 500 {
			got.want(t, "item "+strconv.Itoa(i))
		}
		call(t, s, "echo")
		if len(entered) != 500 {
			t.Errorf("%d calls", len(entered))
		}
	})
}

// wait lets time pass in which the server does something.
func wait(t *testing.T, d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
	}
}

// TestServerDoesNotRead: emits wait for it, as long as their context lets them.
func TestServerDoesNotRead(t *testing.T) {
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	server := fake(t, func(c *fakeConn) {
		c.welcome()
		<-over
	})
	o := client.Options{Transports: []string{"websocket"}, CloseTimeout: 50 * time.Millisecond, DialContext: smallBuffers}
	m := manager(t, server.url, o)
	s := socket(t, m, client.SocketOptions{})
	if err := s.Connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	big := args(`"` + strings.Repeat("x", 100_000) + `"`)
	sent, err := 0, error(nil)
	for ; err == nil && sent < 1000; sent++ {
		err = s.Emit(ctx, "big", payload(big))
	}
	wantError(t, err, context.DeadlineExceeded)
	if sent > 500 {
		t.Errorf("%d messages of 100 kB were taken", sent)
	}
	// Those who wait are told of the end.
	outcome := make(chan error, 1)
	go func() { outcome <- s.Emit(context.Background(), "big", payload(big)) }()
	soon, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := m.Close(soon); err == nil {
		t.Error("all was flushed")
	}
	wantError(t, receive(t, outcome), client.ErrClosed)
}

func smallBuffers(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, addr)
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(64 << 10)
	}
	return conn, err
}
