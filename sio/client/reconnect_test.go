package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/client"
	"github.com/parlance-dev/parlance/sio/siotest"
)

func TestServerDisconnects(t *testing.T) {
	everywhere(t, settings{}, func(t *testing.T, e env) {
		for _, how := range []string{"kick", "kick_all"} {
			l, other := newLog(), newLog()
			s := e.connect(t, nil, l.watch(client.SocketOptions{}))
			custom := socket(t, s.Manager(), other.watch(client.SocketOptions{Namespace: "/custom"}))
			if err := custom.Connect(deadline(t)); err != nil {
				t.Fatal(err)
			}
			other.want(t, "connected", "welcome {}")
			emit(t, s, how)
			l.want(t, "connected", "welcome {}", "disconnected: io server disconnect")
			if how == "kick_all" {
				other.want(t, "disconnected: io server disconnect")
			} else {
				call(t, custom, "echo") // it is still there
			}
			if s.Connected() {
				t.Errorf("%s: connected again", how)
			}
			if err := s.Connect(deadline(t)); err != nil {
				t.Errorf("%s: by hand: %v", how, err)
			}
			l.want(t, "connected", "welcome {}")
		}
	})
}

// TestRestart kills the server, emits meanwhile, and starts it again.
func TestRestart(t *testing.T) {
	for name, start := range kinds() {
		for _, w := range ways() {
			t.Run(name+"/"+w.name, func(t *testing.T) {
				t.Parallel()
				restart(t, env{kind: name, start: start, server: start(t, settings{}), way: w})
			})
		}
	}
}

func restart(t *testing.T, e env) {
	t.Helper()
	l := newLog()
	var tokens atomic.Int64
	auth := func(context.Context) (json.RawMessage, error) {
		return json.RawMessage(`{"token":` + strconv.FormatInt(tokens.Add(1), 10) + `}`), nil
	}
	states := newLog()
	s := e.connect(t, func(o *client.Options) {
		o.OnState = func(s client.State) { states <- s.String() }
	}, l.watch(client.SocketOptions{Auth: auth}))
	l.want(t, "connected", `welcome {"token":1}`)
	id := s.ID()
	e.server.stop()
	if got := receive(t, l); !strings.HasPrefix(got, "disconnected: transport ") {
		t.Fatal(got)
	}
	states.want(t, "connecting", "connected", "reconnecting")
	for i := range 3 {
		emit(t, s, "echo", strconv.Itoa(i))
	}
	answer := make(chan error, 1)
	go func() {
		_, err := s.EmitAck(deadline(t), "echo", sio.Payload{Args: args("3")})
		answer <- err
	}()
	u, err := url.Parse(e.server.url)
	if err != nil {
		t.Fatal(err)
	}
	port, _ := strconv.Atoi(u.Port()) // it is one
	e.start(t, settings{port: port})
	l.want(t, "connected", `welcome {"token":2}`, "echo 0", "echo 1", "echo 2")
	if err := receive(t, answer); err != nil {
		t.Error(err)
	}
	states.want(t, "connected")
	if s.ID() == id || s.Recovered() {
		t.Error("another server, and the same socket")
	}
	shut(t, s.Manager())
	l.want(t, "disconnected: io client disconnect")
	states.want(t, "closed")
}

// TestRecovery: Node keeps what a client misses.
func TestRecovery(t *testing.T) {
	for _, w := range ways() {
		t.Run(w.name, func(t *testing.T) {
			e := env{kind: "node", start: startNode, server: startNode(t, settings{recovery: true}), way: w}
			l := newLog()
			s := e.connect(t, nil, l.watch(client.SocketOptions{Event: func(_ *client.Socket, ev sio.Event) {
				l <- ev.Name + " " + join(ev.Args[:1]) // the offset is behind it
			}}))
			l.want(t, "connected", "welcome {}")
			id := s.ID()
			emit(t, s, "items", "3")
			l.want(t, "item 0", "item 1", "item 2")
			emit(t, s, "cut")
			l.want(t, "disconnected: transport close", "connected")
			if !s.Recovered() || s.ID() != id {
				t.Errorf("recovered %v, id %s after %s", s.Recovered(), s.ID(), id)
			}
			emit(t, s, "items", "1")
			l.want(t, "item 0")
		})
	}
}

// TestRecoveryPackets looks at what is said to the server.
func TestRecoveryPackets(t *testing.T) {
	heard := make(chan string, 8)
	var round atomic.Int64
	server := fake(t, func(c *fakeConn) {
		c.say(greeting)
		heard <- c.hear()
		switch round.Add(1) {
		case 1:
			c.say(`40{"sid":"s1","pid":"p1"}`, `42["a"]`, `42["a","o1"]`, `42["b","text",{"x":1}]`)
		case 2:
			c.say(`40{"sid":"s1","pid":"p1"}`, `42["b","o2"]`)
		case 3:
			c.say(`40{"sid":"s2","pid":"p2"}`, `42["c"]`)
		default:
			c.say(`40{"sid":"s3"}`)
			c.linger()
		}
	})
	l := newLog()
	o := client.SocketOptions{Auth: client.StaticAuth(json.RawMessage(`{"t":1,"pid":"mine"}`))}
	m := manager(t, server.url, client.Options{Transports: []string{"websocket"}, Reconnect: quick()})
	if err := socket(t, m, l.watch(o)).Connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		`40{"t":1,"pid":"mine"}`, `40{"pid":"p1","offset":"o1","t":1}`, `40{"pid":"p1","offset":"o2","t":1}`, `40{"pid":"p2","t":1}`,
	} {
		if got := receive(t, heard); got != want {
			t.Errorf("connect %d: %s, want %s", i, got, want)
		}
	}
}

func TestBufferIsBounded(t *testing.T) {
	s := socket(t, manager(t, "http://localhost", client.Options{MaxBuffered: 2}), client.SocketOptions{})
	emit(t, s, "a")
	emit(t, s, "b")
	wantError(t, s.Emit(deadline(t), "c", sio.Payload{}), client.ErrBufferFull)
	_, err := s.EmitAck(deadline(t), "c", sio.Payload{})
	wantError(t, err, client.ErrBufferFull)
}

// nobody returns a URL where nobody listens.
func nobody(t *testing.T) string {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return "http://" + l.Addr().String()
}

func TestNobodyThere(t *testing.T) {
	for _, w := range ways() {
		o := client.Options{Transports: w.transports, Reconnect: client.Reconnect{Off: true}}
		_, err := client.Dial(deadline(t), nobody(t), o, client.SocketOptions{})
		var op *net.OpError
		if !errors.As(err, &op) {
			t.Errorf("%s: %v", w.name, err)
		}
		o.Reconnect = quick()
		o.Reconnect.MaxAttempts = 2
		failures := make(chan error, 8)
		_, err = client.Dial(deadline(t), nobody(t), o, client.SocketOptions{ConnectError: func(_ *client.Socket, err error) { failures <- err }})
		if wantError(t, err, client.ErrAttempts); !errors.As(err, &op) {
			t.Errorf("%s: %v", w.name, err)
		}
		for range 3 {
			wantError(t, receive(t, failures), syscall.ECONNREFUSED)
		}
		o.Reconnect.MaxAttempts = 0
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, err = client.Dial(ctx, nobody(t), o, client.SocketOptions{})
		cancel()
		if wantError(t, err, context.DeadlineExceeded); !errors.As(err, &op) {
			t.Errorf("%s: the cause is not in %v", w.name, err)
		}
	}
}

// TestHTTPErrors: what stands before the server may refuse.
func TestHTTPErrors(t *testing.T) {
	server := httpServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"code":4,"message":"Forbidden"}`))
	})
	for _, w := range ways() {
		_, err := client.Dial(deadline(t), server, client.Options{Transports: w.transports, Reconnect: client.Reconnect{Off: true}}, client.SocketOptions{})
		var refused *client.HTTPError
		if !errors.As(err, &refused) || refused.Status != http.StatusForbidden || w.name == "polling" && refused.Message != "Forbidden" {
			t.Errorf("%s: %v", w.name, err)
		}
	}
}

// delays is a clock on which nothing takes time, and that notes how long all
// would have taken.
type delays struct {
	*siotest.Clock
	noted chan time.Duration
}

func (d delays) AfterFunc(after time.Duration, f func()) (stop func() bool) {
	d.noted <- after
	go f()
	return func() bool { return false }
}

func TestBackOff(t *testing.T) {
	for _, tt := range []struct {
		name      string
		reconnect client.Reconnect
		random    float64
		want      []time.Duration // milliseconds
	}{
		{"default, least", client.Reconnect{}, 0, []time.Duration{500, 1000, 2000, 2500, 2500}},
		{"default, middle", client.Reconnect{}, 0.5, []time.Duration{1000, 2000, 4000, 5000, 5000}},
		{"default, most", client.Reconnect{}, 0.9999999, []time.Duration{1499, 2999, 5000, 5000, 5000}},
		{"no jitter", client.Reconnect{Jitter: -1, Factor: 3, MinDelay: 10 * time.Millisecond, MaxDelay: 100 * time.Millisecond}, 0.9, []time.Duration{10, 30, 90, 100, 100}},
	} {
		clock := delays{siotest.NewClock(time.Now()), make(chan time.Duration, 64)}
		tt.reconnect.MaxAttempts = len(tt.want)
		_, err := client.Dial(deadline(t), nobody(t), client.Options{
			Transports: []string{"websocket"}, Reconnect: tt.reconnect, Clock: clock, Random: func() float64 { return tt.random },
		}, client.SocketOptions{})
		wantError(t, err, client.ErrAttempts)
		var got []time.Duration
		for range tt.want {
			got = append(got, receive(t, clock.noted)/time.Millisecond)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
