package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/client"
	"github.com/parlance-dev/parlance/sio/packet"
)

func TestConnect(t *testing.T) {
	everywhere(t, settings{}, func(t *testing.T, e env) {
		l := newLog()
		s := e.connect(t, nil, l.watch(client.SocketOptions{}))
		l.want(t, "connected", "welcome {}")
		m := s.Manager()
		if s.ID() == "" || !s.Connected() || m.State() != client.StateConnected || m.Transport() != e.way.transports[len(e.way.transports)-1] {
			t.Errorf("id %q, connected %v, %s over %s", s.ID(), s.Connected(), m.State(), m.Transport())
		}
		if got := call(t, s, "echo", `1`, `{"a":[null]}`, `"ü"`); join(got.Args) != `1 {"a":[null]} "ü"` {
			t.Errorf("echo: %s", join(got.Args))
		}
		shut(t, m)
		l.want(t, "disconnected: io client disconnect")
		wantError(t, s.Connect(deadline(t)), client.ErrClosed)
		wantError(t, s.Emit(deadline(t), "echo", sio.Payload{}), client.ErrClosed)
	})
}

func TestAuth(t *testing.T) {
	everywhere(t, settings{}, func(t *testing.T, e env) {
		l := newLog()
		e.connect(t, nil, l.watch(client.SocketOptions{Auth: client.StaticAuth(json.RawMessage(`{"token":"t","n":1}`))}))
		l.want(t, "connected", `welcome {"token":"t","n":1}`)
	})
}

func TestAuthFails(t *testing.T) {
	everywhere(t, settings{}, func(t *testing.T, e env) {
		bad := errors.New("no token today")
		for name, auth := range map[string]func(context.Context) (json.RawMessage, error){
			"error":         func(context.Context) (json.RawMessage, error) { return nil, bad },
			"not JSON":      client.StaticAuth(json.RawMessage(`{`)),
			"not an object": client.StaticAuth(json.RawMessage(`[]`)),
			"null":          client.StaticAuth(json.RawMessage(`null`)),
		} {
			o := e.options(t)
			o.Reconnect.Off = true
			_, err := client.Dial(deadline(t), e.server.url, o, client.SocketOptions{Auth: auth})
			if wantError(t, err, client.ErrAuth); name == "error" {
				wantError(t, err, bad)
			}
		}
		tries := 0
		l := newLog()
		s := e.connect(t, nil, l.watch(client.SocketOptions{Auth: func(context.Context) (json.RawMessage, error) {
			if tries++; tries < 3 {
				return nil, bad
			}
			return json.RawMessage(`{"ok":true}`), nil
		}}))
		l.want(t, "connected", `welcome {"ok":true}`)
		shut(t, s.Manager())
		if tries != 3 {
			t.Errorf("%d tries", tries)
		}
	})
}

func TestConnectError(t *testing.T) {
	everywhere(t, settings{}, func(t *testing.T, e env) {
		for name, want := range map[string]client.ConnectError{
			"/refused":         {Message: "go away", Data: json.RawMessage(`{"code":"NO","n":[1]}`)},
			"/refused-plainly": {Message: "go away"},
			"/nowhere":         {Message: "Invalid namespace"},
		} {
			told := make(chan error, 1)
			m := manager(t, e.server.url, e.options(t))
			s := socket(t, m, client.SocketOptions{Namespace: name, ConnectError: func(_ *client.Socket, err error) { told <- err }})
			err := s.Connect(deadline(t))
			var refused *client.ConnectError
			if !errors.As(err, &refused) || refused.Message != want.Message || string(refused.Data) != string(want.Data) {
				t.Errorf("%s: %v", name, err)
			}
			if again := receive(t, told); again != err { //nolint:errorlint // the very same
				t.Errorf("%s: told %v", name, again)
			}
			// Nobody needs the connection any more; asked again, it tries again.
			if err := s.Connect(deadline(t)); !errors.As(err, &refused) {
				t.Errorf("%s, again: %v", name, err)
			}
		}
	})
}

func TestNamespaces(t *testing.T) {
	everywhere(t, settings{}, func(t *testing.T, e env) {
		l, other := newLog(), newLog()
		root := e.connect(t, nil, l.watch(client.SocketOptions{}))
		l.want(t, "connected", "welcome {}")
		m := root.Manager()
		custom := socket(t, m, other.watch(client.SocketOptions{Namespace: "/custom", Auth: client.StaticAuth(json.RawMessage(`{"a":1}`))}))
		if err := custom.Connect(deadline(t)); err != nil {
			t.Fatal(err)
		}
		other.want(t, "connected", `welcome {"a":1}`)
		refused := socket(t, m, client.SocketOptions{Namespace: "/refused"})
		if err := refused.Connect(deadline(t)); err == nil {
			t.Error("/refused let in")
		}
		if root.ID() == custom.ID() {
			t.Error("one id for two namespaces")
		}
		emit(t, custom, "echo", `"c"`)
		emit(t, root, "echo", `"r"`)
		other.want(t, `echo "c"`)
		l.want(t, `echo "r"`)
		custom.Disconnect()
		other.want(t, "disconnected: io client disconnect")
		call(t, root, "echo")
		if err := custom.Connect(deadline(t)); err != nil {
			t.Fatal(err)
		}
		other.want(t, "connected", `welcome {"a":1}`)
		l.quiet(t)
	})
}

func TestSocketNames(t *testing.T) {
	m := manager(t, "http://localhost", client.Options{})
	socket(t, m, client.SocketOptions{})
	for _, name := range []string{"/", "x", "/a,b"} {
		_, err := m.Socket(client.SocketOptions{Namespace: name})
		wantError(t, err, client.ErrNamespace)
	}
}

func TestBadOptions(t *testing.T) {
	for _, url := range []string{"", "ftp://a", "http://", "http://a/path", ":", "localhost:3000"} {
		if _, err := client.New(url, client.Options{}); err == nil {
			t.Errorf("%q is taken", url)
		}
	}
	for _, transports := range [][]string{{}, {"webtransport"}, {"polling", "polling"}, {"polling", "websocket", "polling"}} {
		if _, err := client.New("http://a", client.Options{Transports: transports}); err == nil {
			t.Errorf("%q is taken", transports)
		}
	}
}

// TestLeaveBeforeTheAnswer: who gives up a namespace before the server has
// answered harms no other one of the connection, and is out of it.
func TestLeaveBeforeTheAnswer(t *testing.T) {
	everywhere(t, settings{}, func(t *testing.T, e env) {
		l, answers := newLog(), make(chan struct{}, 64)
		var gate sync.Mutex
		root := e.connect(t, func(o *client.Options) {
			o.OnPacket = func(p *client.Packet) {
				if p.Namespace == "/custom" && p.Kind == packet.Connect {
					pass(&gate)
					answers <- struct{}{}
				}
			}
		}, l.watch(client.SocketOptions{}))
		l.want(t, "connected", "welcome {}")
		custom := socket(t, root.Manager(), client.SocketOptions{Namespace: "/custom"})
		for range 5 {
			hasty(t, custom, &gate)
			receive(t, answers)
			call(t, root, "echo") // the client has handled the answer by then,
			call(t, root, "echo") // and the server has heard the goodbye
			if custom.Connected() {
				t.Error("connected all the same")
			}
		}
		l.quiet(t)
	})
}

// hasty connects and changes its mind before an answer is through the gate: an
// answer that came before would have connected the socket.
func hasty(t *testing.T, s *client.Socket, gate *sync.Mutex) {
	t.Helper()
	gate.Lock()
	defer gate.Unlock()
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // it does not wait
	wantError(t, s.Connect(ctx), context.Canceled)
	s.Disconnect()
}

// pass waits until the gate is open.
func pass(gate *sync.Mutex) {
	gate.Lock()
	gate.Unlock() //nolint:staticcheck // nothing is guarded, only the moment counts
}

// TestBackBeforeTheAnswer: who is back at once gets a life of its own, not that
// of the socket that was given up. (The reference server closes the connection of
// a client that comes back within one batch.)
func TestBackBeforeTheAnswer(t *testing.T) {
	everywhere(t, settings{}, func(t *testing.T, e env) {
		last := make(chan string, 64) // the ids that the server gives
		var gate sync.Mutex
		o := e.options(t)
		o.OnPacket = func(p *client.Packet) {
			if p.Namespace == "/custom" && p.Kind == packet.Connect {
				pass(&gate)
				last <- string(p.Data)
			}
		}
		m := manager(t, e.server.url, o)
		root, s := socket(t, m, client.SocketOptions{}), socket(t, m, client.SocketOptions{Namespace: "/custom"})
		if err := root.Connect(deadline(t)); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			hasty(t, s, &gate)
			if err := s.Connect(deadline(t)); err != nil {
				t.Fatal(err)
			}
			call(t, s, "echo")
			id := ""
			for range len(last) {
				id = <-last
			}
			if !strings.Contains(id, strconv.Quote(s.ID())) {
				t.Errorf("id %s, the server says %s", s.ID(), id)
			}
			s.Disconnect()
		}
	})
}
