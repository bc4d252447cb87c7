package client_test

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/client"
)

func TestEmit(t *testing.T) {
	everywhere(t, settings{}, func(t *testing.T, e env) {
		l := newLog()
		s := e.connect(t, nil, l.watch(client.SocketOptions{}))
		l.want(t, "connected", "welcome {}")
		emit(t, s, "echo")
		emit(t, s, "echo", `null`, `true`, `"a\"b"`)
		l.want(t, "echo ", `echo null true "a\"b"`)
		for _, name := range []string{"connect", "disconnect", "connect_error"} {
			wantError(t, s.Emit(deadline(t), name, sio.Payload{}), client.ErrReserved)
			_, err := s.EmitAck(deadline(t), name, sio.Payload{})
			wantError(t, err, client.ErrReserved)
		}
		if err := s.Emit(deadline(t), "echo", sio.Payload{Args: args("{")}); err == nil {
			t.Error("an argument that is no JSON was sent")
		}
		call(t, s, "echo")
		l.quiet(t)
	})
}

func TestServerAsks(t *testing.T) {
	everywhere(t, settings{}, func(t *testing.T, e env) {
		l := newLog()
		s := e.connect(t, nil, l.watch(client.SocketOptions{Event: func(_ *client.Socket, ev sio.Event) {
			if ev.Ack == nil {
				l <- ev.Name + " " + join(ev.Args)
				return
			}
			ev.Ack(ev.Payload)
			ev.Ack(sio.Payload{Args: args(`"twice"`)}) // counts for nothing
		}}))
		l.want(t, "connected", "welcome {}")
		emit(t, s, "ask", `1`, `[2]`)
		l.want(t, "answered 1 [2]")
		emit(t, s, "ask")
		l.want(t, "answered ")
		call(t, s, "echo")
		l.quiet(t)
	})
}

func TestBinary(t *testing.T) {
	everywhere(t, settings{}, func(t *testing.T, e env) {
		got := make(chan sio.Payload, 16)
		s := e.connect(t, nil, client.SocketOptions{Event: func(_ *client.Socket, ev sio.Event) {
			switch {
			case ev.Ack != nil:
				ev.Ack(ev.Payload)
			case ev.Name != "welcome":
				got <- ev.Payload
			}
		}})
		big := make([]byte, 200_000)
		_, _ = rand.Read(big)
		sent := sio.Payload{
			Args:        args(`{"_placeholder":true,"num":0}`, `{"a":[{"_placeholder":true,"num":1}],"b":"x"}`, `{"_placeholder":true,"num":2}`),
			Attachments: [][]byte{{1, 2, 3, 0x1e, 255}, big, {}},
		}
		for range 3 {
			answer, err := s.EmitAck(deadline(t), "echo", sent)
			if err != nil {
				t.Fatal(err)
			}
			if !samePayload(answer, sent) {
				t.Fatal("acknowledged with something else")
			}
			for _, event := range []string{"echo", "ask"} {
				if err := s.Emit(deadline(t), event, sent); err != nil {
					t.Fatal(err)
				}
				if !samePayload(receive(t, got), sent) {
					t.Fatalf("%s: got something else", event)
				}
			}
		}
		if string(client.Placeholder(1)) != `{"_placeholder":true,"num":1}` {
			t.Errorf("placeholder: %s", client.Placeholder(1))
		}
	})
}

func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-deadline(t).Done():
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func TestLargeMessages(t *testing.T) {
	everywhere(t, settings{}, func(t *testing.T, e env) {
		l := newLog()
		s := e.connect(t, nil, l.watch(client.SocketOptions{}))
		l.want(t, "connected", "welcome {}")
		for _, size := range []int{125, 126, 4096, 65_535, 65_536, 900_000} {
			text := `"` + strings.Repeat("x", size) + `"`
			if got := call(t, s, "echo", text); join(got.Args) != text {
				t.Errorf("%d bytes came back as %d", len(text), len(join(got.Args)))
			}
			emit(t, s, "large", strconv.Itoa(size))
			l.want(t, "large "+text)
		}
	})
}

// TestManyLargeMessages: a polling body holds as many packets as the server
// takes, and not one more.
func TestManyLargeMessages(t *testing.T) {
	everywhere(t, settings{maxPayload: 10_000}, func(t *testing.T, e env) {
		l := newLog()
		s := e.connect(t, nil, l.watch(client.SocketOptions{}))
		l.want(t, "connected", "welcome {}")
		text := `"` + strings.Repeat("ü", 2_000) + `"`
		for range 40 {
			emit(t, s, "echo", text)
		}
		for range 40 {
			l.want(t, "echo "+text)
		}
	})
}

func TestOrder(t *testing.T) {
	everywhere(t, settings{}, func(t *testing.T, e env) {
		const count = 3000
		l := newLog()
		s := e.connect(t, nil, l.watch(client.SocketOptions{}))
		l.want(t, "connected", "welcome {}")
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := range count {
				if err := s.Emit(deadline(t), "echo", sio.Payload{Args: args(strconv.Itoa(i))}); err != nil {
					t.Error(err)
					return
				}
			}
		})
		for i := range count {
			l.want(t, "echo "+strconv.Itoa(i))
		}
		wg.Wait()
		emit(t, s, "items", strconv.Itoa(count))
		for i := range count {
			l.want(t, "item "+strconv.Itoa(i))
		}
	})
}

// TestEmitsDuringUpgrade has traffic in both directions while the transport
// changes.
func TestEmitsDuringUpgrade(t *testing.T) {
	for name, start := range kinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := env{kind: name, start: start, server: start(t, settings{}), way: ways()[2]}
			for range 5 {
				duringUpgrade(t, e)
			}
		})
	}
}

func duringUpgrade(t *testing.T, e env) {
	t.Helper()
	l := newLog()
	o := e.options(t)
	upgraded := make(chan string, 1)
	o.OnUpgrade = func(transport string) { upgraded <- transport }
	m := manager(t, e.server.url, o)
	s := socket(t, m, l.watch(client.SocketOptions{}))
	if err := s.Connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(deadline(t))
	defer cancel()
	sent := make(chan int, 1)
	go func() {
		n := 0
		for ; n < 100 || ctx.Err() == nil; n++ {
			if err := s.Emit(deadline(t), "echo", sio.Payload{Args: args(strconv.Itoa(n))}); err != nil {
				t.Error(err)
				break
			}
			if n%10 == 9 {
				if _, err := s.EmitAck(deadline(t), "echo", sio.Payload{}); err != nil {
					t.Error(err)
					break
				}
			}
		}
		sent <- n
	}()
	e.awaitUpgrade(t, upgraded)
	cancel()
	l.want(t, "connected", "welcome {}")
	n := receive(t, sent)
	for i := range n {
		l.want(t, "echo "+strconv.Itoa(i))
	}
	shut(t, m)
}
