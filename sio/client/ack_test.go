package client_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/client"
)

func TestAckEndsWithTheContext(t *testing.T) {
	everywhere(t, settings{}, func(t *testing.T, e env) {
		s := e.connect(t, nil, client.SocketOptions{})
		ctx, cancel := context.WithCancel(t.Context())
		outcome := make(chan error, 1)
		go func() {
			_, err := s.EmitAck(ctx, "never", sio.Payload{})
			outcome <- err
		}()
		call(t, s, "echo") // the other one is on its way, or will be
		cancel()
		wantError(t, receive(t, outcome), context.Canceled)
		short, cancel := context.WithTimeout(t.Context(), 1)
		defer cancel()
		_, err := s.EmitAck(short, "never", sio.Payload{})
		wantError(t, err, context.DeadlineExceeded)
		call(t, s, "echo")
	})
}

func TestAckEndsWithTheSocket(t *testing.T) {
	everywhere(t, settings{}, func(t *testing.T, e env) {
		for how, want := range map[string]error{
			"disconnect": client.ErrDisconnected, "close": client.ErrClosed,
			"kick": client.ErrDisconnected, "kick_all": client.ErrDisconnected,
		} {
			l := newLog()
			s := e.connect(t, nil, l.watch(client.SocketOptions{}))
			outcome := make(chan error, 1)
			go func() {
				_, err := s.EmitAck(deadline(t), "never", sio.Payload{})
				outcome <- err
			}()
			l.want(t, "connected", "welcome {}", "heard ")
			switch how {
			case "disconnect":
				s.Disconnect()
			case "close":
				shut(t, s.Manager())
			default:
				emit(t, s, how)
			}
			if err := receive(t, outcome); !errors.Is(err, want) {
				t.Errorf("%s: %v", how, err)
			}
		}
	})
}

// TestEveryAckOnce has many goroutines ask at the same time.
func TestEveryAckOnce(t *testing.T) {
	everywhere(t, settings{}, func(t *testing.T, e env) {
		s := e.connect(t, nil, client.SocketOptions{})
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				for i := range 50 {
					n := strconv.Itoa(g*1000 + i)
					p, err := s.EmitAck(deadline(t), "echo", sio.Payload{Args: args(n)})
					if err != nil || join(p.Args) != n {
						t.Errorf("%s: %s, %v", n, join(p.Args), err)
						return
					}
				}
			})
		}
		wg.Wait()
	})
}

// TestUnsentAckIsWithdrawn: an event whose caller has given up before a
// connection was there is never sent.
func TestUnsentAckIsWithdrawn(t *testing.T) {
	server := fake(t, func(c *fakeConn) {
		c.welcome()
		if got := c.hear(); got != `42["after"]` {
			t.Errorf("heard %q", got)
		}
		c.linger()
	})
	m := manager(t, server.url, client.Options{Transports: []string{"websocket"}})
	s := socket(t, m, client.SocketOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.EmitAck(ctx, "given up", sio.Payload{})
	wantError(t, err, context.Canceled)
	emit(t, s, "after")
	if err := s.Connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
}

// TestStrangeAcks: answers that nobody waits for, or that came already.
func TestStrangeAcks(t *testing.T) {
	server := fake(t, func(c *fakeConn) {
		c.welcome()
		if got := c.hear(); got != `420["ask"]` {
			t.Errorf("heard %q", got)
		}
		c.say(`4399["unknown"]`, `43["no id"]`, `430["first"]`, `430["second"]`)
		if got := c.hear(); got != `421["ask"]` {
			t.Errorf("heard %q", got)
		}
		c.say(`431[]`)
		c.linger()
	})
	m := manager(t, server.url, client.Options{Transports: []string{"websocket"}})
	s := socket(t, m, client.SocketOptions{})
	if err := s.Connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	if got := join(call(t, s, "ask").Args); got != `"first"` {
		t.Errorf("answer %s", got)
	}
	if got := join(call(t, s, "ask").Args); got != "" {
		t.Errorf("answer %s", got)
	}
}
