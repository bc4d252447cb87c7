package client_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/client"
)

// TestFrames: the hook sees both directions, from the handshake on, in order.
func TestFrames(t *testing.T) {
	everywhere(t, settings{}, func(t *testing.T, e env) {
		var mu sync.Mutex
		var frames []string
		s := e.connect(t, func(o *client.Options) {
			o.OnFrame = func(f client.Frame) {
				mu.Lock()
				defer mu.Unlock()
				line := map[bool]string{false: "in ", true: "out "}[f.Out]
				if f.Binary {
					line += "binary "
				}
				frames = append(frames, line+string(f.Data))
			}
		}, client.SocketOptions{})
		call(t, s, "echo", `"a"`)
		_, err := s.EmitAck(deadline(t), "echo", sio.Payload{Args: args(string(client.Placeholder(0))), Attachments: [][]byte{[]byte("bytes")}})
		if err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, want := range []string{
			"in 0{", "out 40", "in 40{", `out 420["echo","a"]`, `in 430["a"]`,
			`out 451-1["echo",{`, "out binary bytes", `in 461-1[{`, "in binary bytes",
		} {
			i := indexOf(frames, want)
			if i < 0 {
				t.Fatalf("no %q in what is left: %q", want, frames)
			}
			frames = frames[i+1:]
		}
	})
}

func indexOf(frames []string, prefix string) int {
	for i, f := range frames {
		if strings.HasPrefix(f, prefix) {
			return i
		}
	}
	return -1
}

// TestFrameHookPanics: the connection goes on.
func TestFrameHookPanics(t *testing.T) {
	server := fake(t, func(c *fakeConn) {
		c.welcome()
		c.linger()
	})
	failures := make(chan error, 10)
	m := manager(t, server.url, client.Options{
		Transports: []string{"websocket"},
		OnFrame:    func(client.Frame) { panic("oh") },
		OnError:    func(err error) { failures <- err },
	})
	if err := socket(t, m, client.SocketOptions{}).Connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	if err := receive(t, failures); !strings.Contains(err.Error(), "panic of a frame hook: oh") {
		t.Error(err)
	}
}

// TestSendRawBinary: an attachment below the encoder.
func TestSendRawBinary(t *testing.T) {
	everywhere(t, settings{}, func(t *testing.T, e env) {
		got := make(chan sio.Payload, 1)
		s := e.connect(t, nil, client.SocketOptions{Event: func(_ *client.Socket, ev sio.Event) {
			if ev.Name == "echo" {
				got <- ev.Payload
			}
		}})
		data := []byte("bytes")
		for _, err := range []error{s.Manager().SendRaw(`51-["echo",{"_placeholder":true,"num":0}]`), s.Manager().SendRawBinary(data)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		clear(data) // it was copied
		if p := receive(t, got); len(p.Attachments) != 1 || string(p.Attachments[0]) != "bytes" {
			t.Errorf("got %q", p)
		}
	})
}

// TestCut: a connection that is cut off is lost, and made again.
func TestCut(t *testing.T) {
	everywhere(t, settings{}, func(t *testing.T, e env) {
		l := newLog()
		s := e.connect(t, nil, l.watch(client.SocketOptions{}))
		l.want(t, "connected", "welcome {}")
		if err := s.Manager().Cut(); err != nil {
			t.Fatal(err)
		}
		l.want(t, "disconnected: transport close", "connected", "welcome {}")
		call(t, s, "echo")
	})
}

// TestNothingToCut: without a connection, nothing can be cut or sent.
func TestNothingToCut(t *testing.T) {
	m := manager(t, "http://127.0.0.1:1", client.Options{})
	wantError(t, m.Cut(), client.ErrDisconnected)
	wantError(t, m.SendRawBinary(nil), client.ErrDisconnected)
}

// TestCutTellsNobody: the server sees no goodbye.
func TestCutTellsNobody(t *testing.T) {
	heard := make(chan string, 1)
	server := fake(t, func(c *fakeConn) {
		c.welcome()
		_, text, err := c.ReadMessage()
		heard <- string(text) + err.Error()
	})
	m := manager(t, server.url, client.Options{Transports: []string{"websocket"}, Reconnect: client.Reconnect{Off: true}})
	if err := socket(t, m, client.SocketOptions{}).Connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	if err := m.Cut(); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, heard); !strings.Contains(got, "1006") {
		t.Errorf("the server heard %q, want an abnormal closure", got)
	}
}
