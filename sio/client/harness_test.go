package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/client"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// way is a way to connect.
type way struct {
	name       string
	transports []string
}

func ways() []way {
	return []way{
		{"websocket", []string{"websocket"}},
		{"polling", []string{"polling"}},
		{"upgrade", []string{"polling", "websocket"}},
	}
}

// everywhere runs a test against every server over every transport.
func everywhere(t *testing.T, s settings, test func(t *testing.T, e env)) {
	t.Helper()
	for name, start := range kinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t, s)
			for _, w := range ways() {
				t.Run(w.name, func(t *testing.T) { test(t, env{kind: name, start: start, server: server, way: w}) })
			}
		})
	}
}

// env is where a test runs.
type env struct {
	kind   string
	start  start
	server *testServer
	way    way
}

// log is what a socket's callbacks saw: one channel, in order.
type log chan string

func newLog() log { return make(log, 4096) }

// watch fills in callbacks that write the log.
func (l log) watch(o client.SocketOptions) client.SocketOptions {
	o.Connected = func(*client.Socket) { l <- "connected" }
	o.Disconnected = func(_ *client.Socket, r client.Reason, _ error) { l <- "disconnected: " + string(r) }
	if o.Event == nil {
		o.Event = func(_ *client.Socket, e sio.Event) { l <- e.Name + " " + join(e.Args) }
	}
	return o
}

func join(list []json.RawMessage) string {
	texts := make([]string, len(list))
	for i, a := range list {
		texts[i] = string(a)
	}
	return strings.Join(texts, " ")
}

// want takes the next entries of the log and compares.
func (l log) want(t *testing.T, want ...string) {
	t.Helper()
	ctx := deadline(t)
	for i, w := range want {
		select {
		case got := <-l:
			if got != w {
				t.Fatalf("happening %d: %.200q, want %.200q", i, got, w)
			}
		case <-ctx.Done():
			t.Fatalf("happening %d: nothing, want %q", i, w)
		}
	}
}

// quiet checks that nothing is in the log.
func (l log) quiet(t *testing.T) {
	t.Helper()
	select {
	case got := <-l:
		t.Errorf("unexpected: %.200q", got)
	default:
	}
}

// deadline returns a context that ends with the test's patience.
func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// quick is a reconnection that does not keep a test waiting.
func quick() client.Reconnect {
	return client.Reconnect{MinDelay: 5 * time.Millisecond, MaxDelay: 50 * time.Millisecond}
}

// options are those of the test's way, with errors that fail the test.
func (e env) options(t *testing.T) client.Options {
	return client.Options{
		Transports: e.way.transports, Reconnect: quick(),
		OnError: func(err error) { t.Errorf("reported: %v", err) },
	}
}

// manager makes a manager that is closed in the end, to the last goroutine.
func manager(t *testing.T, url string, o client.Options) *client.Manager {
	t.Helper()
	m, err := client.New(url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, m) })
	return m
}

func shut(t *testing.T, m *client.Manager) {
	t.Helper()
	ctx := deadline(t)
	if err := m.Close(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
	select {
	case <-m.Done():
	case <-ctx.Done():
		t.Error("something of the client does not end")
	}
	if m.State() != client.StateClosed {
		t.Errorf("state after close: %s", m.State())
	}
}

func socket(t *testing.T, m *client.Manager, o client.SocketOptions) *client.Socket {
	t.Helper()
	s, err := m.Socket(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// connect connects a socket and, where the test's way is to upgrade, waits until
// that is done.
func (e env) connect(t *testing.T, change func(*client.Options), so client.SocketOptions) *client.Socket {
	t.Helper()
	o := e.options(t)
	upgraded := make(chan string, 8)
	o.OnUpgrade = func(transport string) { upgraded <- transport }
	if change != nil {
		change(&o)
	}
	s := socket(t, manager(t, e.server.url, o), so)
	if err := s.Connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	if e.way.name == "upgrade" {
		e.awaitUpgrade(t, upgraded)
	}
	return s
}

func (e env) awaitUpgrade(t *testing.T, upgraded <-chan string) {
	t.Helper()
	select {
	case to := <-upgraded:
		if to != "websocket" {
			t.Fatalf("upgraded to %s", to)
		}
	case <-deadline(t).Done():
		t.Fatal("no upgrade")
	}
}

// call emits and returns the acknowledgement.
func call(t *testing.T, s *client.Socket, event string, list ...string) sio.Payload {
	t.Helper()
	p, err := s.EmitAck(deadline(t), event, sio.Payload{Args: args(list...)})
	if err != nil {
		t.Fatalf("%s: %v", event, err)
	}
	return p
}

func emit(t *testing.T, s *client.Socket, event string, list ...string) {
	t.Helper()
	if err := s.Emit(deadline(t), event, sio.Payload{Args: args(list...)}); err != nil {
		t.Fatalf("%s: %v", event, err)
	}
}

func samePayload(a, b sio.Payload) bool {
	return slices.EqualFunc(a.Args, b.Args, func(x, y json.RawMessage) bool { return string(x) == string(y) }) &&
		slices.EqualFunc(a.Attachments, b.Attachments, func(x, y []byte) bool { return string(x) == string(y) })
}

func wantError(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

func payload(list []json.RawMessage) sio.Payload { return sio.Payload{Args: list} }

// blocked makes events wait: each tells that it has entered, and goes on once
// open is closed.
func blocked(then func(*client.Socket, sio.Event), entered chan<- struct{}, open <-chan struct{}) func(*client.Socket, sio.Event) {
	return func(s *client.Socket, e sio.Event) {
		entered <- struct{}{}
		<-open
		then(s, e)
	}
}
