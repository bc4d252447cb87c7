package client_test

import (
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/client"
	"github.com/parlance-dev/parlance/sio/siotest"
)

// TestBackPressure: not more events wait than they may, and none is lost.
func TestBackPressure(t *testing.T) {
	const limit, count = 4, 300
	server := fake(t, func(c *fakeConn) {
		c.welcome()
		for i := range count {
			c.say(`42["` + strconv.Itoa(i) + `"]`)
		}
		c.linger()
	})
	l := newLog()
	var received, handled atomic.Int64
	m := manager(t, server.url, client.Options{
		Transports: []string{"websocket"}, MaxWaitingEvents: limit,
		OnPacket: func(p *client.Packet) {
			// Beside those that wait: one in the callback, this one, and one that
			// has left the callback but is not counted yet.
			if p.Name != "" && received.Add(1)-handled.Load() > limit+3 {
				t.Errorf("%d events received, %d handled", received.Load(), handled.Load())
			}
		},
	})
	s := socket(t, m, client.SocketOptions{Event: func(_ *client.Socket, e sio.Event) {
		for range 100 { // the reader is quicker
			_ = m.State()
		}
		l <- e.Name
		handled.Add(1)
	}})
	if err := s.Connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	for i := range count {
		l.want(t, strconv.Itoa(i))
	}
}

// TestSilenceUnderBackPressure: pings that nobody reads because the callbacks
// are behind are not missed.
func TestSilenceUnderBackPressure(t *testing.T) {
	clock := siotest.NewClock(time.Now())
	server := fake(t, func(c *fakeConn) {
		c.welcome()
		c.say(`42["a"]`, `42["b"]`, `42["c"]`, "2")
		if got := c.hear(); got != "3" {
			t.Errorf("heard %q, want a pong", got)
		}
		c.say(`42["d"]`)
		c.linger()
	})
	l, open := newLog(), make(chan struct{})
	third := make(chan struct{})
	entered := make(chan struct{}, 16)
	so := l.watch(client.SocketOptions{})
	so.Event = blocked(so.Event, entered, open)
	so.Connected = nil
	m := manager(t, server.url, client.Options{
		Transports: []string{"websocket"}, Clock: clock, MaxWaitingEvents: 1,
		OnPacket: func(p *client.Packet) {
			if p.Name == "c" {
				close(third)
			}
		},
	})
	s := socket(t, m, so)
	if err := s.Connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	receive(t, entered) // a is in the callback, b waits, c finds no room
	receive(t, third)
	for range 5 {
		clock.Advance(45 * time.Second)
	}
	if !s.Connected() {
		t.Error("given up")
	}
	close(open)
	l.want(t, "a ", "b ", "c ", "d ")
}

// TestDisconnectDropsWhatWaits: after Disconnect no event is called any more.
func TestDisconnectDropsWhatWaits(t *testing.T) {
	server := fake(t, func(c *fakeConn) {
		c.welcome()
		c.say(`42["a"]`, `42["b"]`, `42["c"]`)
		if got := c.hear(); got != "41" {
			t.Errorf("heard %q, want a DISCONNECT", got)
		}
		c.linger()
	})
	all := make(chan struct{})
	l := newLog()
	m := manager(t, server.url, client.Options{Transports: []string{"websocket"}, OnPacket: func(p *client.Packet) {
		if p.Name == "c" {
			close(all)
		}
	}})
	s := socket(t, m, l.watch(client.SocketOptions{Event: func(s *client.Socket, e sio.Event) {
		l <- e.Name
		receive(t, all)
		s.Disconnect()
	}}))
	if err := s.Connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	l.want(t, "connected", "a", "disconnected: io client disconnect")
	shut(t, m)
	l.quiet(t)
}

// TestAnswersOnce: the first answer goes out, and none in another life.
func TestAnswersOnce(t *testing.T) {
	var rounds atomic.Int64
	server := fake(t, func(c *fakeConn) {
		c.welcome()
		if rounds.Add(1) == 1 {
			c.say(`427["keep"]`)
			return
		}
		c.say(`428["answer"]`)
		for _, want := range []string{`438[1]`, `42["after"]`} {
			if got := c.hear(); got != want {
				t.Errorf("heard %q, want %q", got, want)
			}
		}
		c.linger()
	})
	kept := make(chan func(sio.Payload), 1)
	done := make(chan struct{})
	m := manager(t, server.url, client.Options{Transports: []string{"websocket"}, Reconnect: quick()})
	s := socket(t, m, client.SocketOptions{Event: func(s *client.Socket, e sio.Event) {
		if e.Name == "keep" {
			kept <- e.Ack
			return
		}
		receive(t, kept)(sio.Payload{Args: args("0")}) // too late
		e.Ack(sio.Payload{Args: args("1")})
		e.Ack(sio.Payload{Args: args("2")})
		emit(t, s, "after")
		close(done)
	}})
	if err := s.Connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	receive(t, done)
}

// TestMaxMessage: a message above the limit ends the connection.
func TestMaxMessage(t *testing.T) {
	everywhere(t, settings{}, func(t *testing.T, e env) {
		l := newLog()
		s := e.connect(t, func(o *client.Options) { o.MaxMessage = 50_000 }, l.watch(client.SocketOptions{}))
		l.want(t, "connected", "welcome {}")
		emit(t, s, "large", "40000")
		if got := receive(t, l); len(got) < 40_000 {
			t.Errorf("got %.100s", got)
		}
		emit(t, s, "large", "50000")
		reason := client.ReasonParseError
		if e.way.name == "polling" {
			reason = client.ReasonTransportError
		}
		l.want(t, "disconnected: "+string(reason), "connected", "welcome {}")
	})
}
