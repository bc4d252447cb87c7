package native_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/native"
)

const recoveryPatience = 10 * time.Second

// recovering is a namespace handler that puts every new socket into room r.
type recovering struct {
	sockets chan sio.Socket
	back    chan bool // Handshake.Recovered of each Connect
	closed  chan sio.Reason
	refuse  bool
}

func (h *recovering) Connect(_ context.Context, s sio.Socket, shake *sio.Handshake) (sio.SocketHandler, error) {
	h.back <- shake.Recovered
	if h.refuse {
		return nil, &sio.Refusal{Message: "no"}
	}
	if !shake.Recovered {
		s.Join("r")
	}
	return recoveringSocket{h, s}, nil
}

type recoveringSocket struct {
	h *recovering
	s sio.Socket
}

func (x recoveringSocket) Opened()             { x.h.sockets <- x.s }
func (x recoveringSocket) Event(sio.Event)     {}
func (x recoveringSocket) Closed(r sio.Reason) { x.h.closed <- r }

// recoveryRig is an engine with recovery behind a server.
type recoveryRig struct {
	t   *testing.T
	h   *recovering
	ns  sio.Namespace
	url string
}

func newRecoveryRig(t *testing.T, r native.Recovery) *recoveryRig {
	t.Helper()
	engine, err := native.New(sio.EngineOptions{}, native.WithRecovery(r))
	if err != nil {
		t.Fatal(err)
	}
	h := &recovering{sockets: make(chan sio.Socket, 9), back: make(chan bool, 9), closed: make(chan sio.Reason, 9)}
	ns, err := engine.Namespace("/", h)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(engine)
	t.Cleanup(func() {
		if err := engine.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return &recoveryRig{t, h, ns, "ws" + strings.TrimPrefix(server.URL, "http") + "/socket.io/?EIO=4&transport=websocket"}
}

// recoveryClient is a raw WebSocket client.
type recoveryClient struct {
	t        *testing.T
	ws       *websocket.Conn
	sid, pid string
}

// connect joins "/" with an auth payload, "" for none.
func (r *recoveryRig) connect(auth string) (*recoveryClient, sio.Socket) {
	r.t.Helper()
	ws, resp, err := websocket.DefaultDialer.Dial(r.url, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = resp.Body.Close()
	r.t.Cleanup(func() { _ = ws.Close() })
	c := &recoveryClient{t: r.t, ws: ws}
	c.next() // the handshake
	c.send("40" + auth)
	answer := c.next()
	var said struct{ SID, PID string }
	if err := json.Unmarshal([]byte(strings.TrimPrefix(answer, "40")), &said); err != nil || said.PID == "" || said.SID == "" {
		r.t.Fatalf("CONNECT is answered with %s: %v", answer, err)
	}
	c.sid, c.pid = said.SID, said.PID
	return c, receive(r.t, r.h.sockets)
}

func (c *recoveryClient) send(text string) {
	c.t.Helper()
	if err := c.ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *recoveryClient) next() string {
	c.t.Helper()
	_ = c.ws.SetReadDeadline(time.Now().Add(recoveryPatience))
	_, data, err := c.ws.ReadMessage()
	if err != nil {
		c.t.Fatal(err)
	}
	return string(data)
}

// event reads an event of one number and returns its offset.
func (c *recoveryClient) event(n int) string {
	c.t.Helper()
	text := c.next()
	offset, ok := strings.CutPrefix(text, fmt.Sprintf(`42["e",%d,"`, n))
	if !ok {
		c.t.Fatalf("got %s, want event %d with an offset", text, n)
	}
	return strings.TrimSuffix(offset, `"]`)
}

// drop ends the connection without a word and waits until the server knows.
func (r *recoveryRig) drop(c *recoveryClient) {
	r.t.Helper()
	_ = c.ws.Close()
	receive(r.t, r.h.closed)
}

func receive[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(recoveryPatience):
		t.Fatal("nothing came")
		panic("not reached")
	}
}

func numbered(n int) sio.Packet {
	return sio.NewPacket("e", sio.Payload{Args: []json.RawMessage{json.RawMessage(fmt.Sprint(n))}})
}

func TestRecovery(t *testing.T) {
	r := newRecoveryRig(t, native.Recovery{})
	c, s := r.connect("")
	if receive(t, r.h.back) {
		t.Error("a new client is called recovered")
	}
	s.Join("own")
	_ = s.Emit(numbered(1))
	r.ns.Broadcast(numbered(2), sio.Target{Rooms: []string{"r"}})
	offset := c.event(1) // and 2 is on the wire, but never read
	r.drop(c)
	r.ns.Broadcast(numbered(3), sio.Target{})
	r.ns.Broadcast(numbered(4), sio.Target{Rooms: []string{"elsewhere"}})
	r.ns.Broadcast(numbered(5), sio.Target{Rooms: []string{"own", "r"}})
	r.ns.Broadcast(numbered(6), sio.Target{Except: []string{"r"}})
	r.ns.Broadcast(numbered(7), sio.Target{Rooms: []string{c.sid}})
	r.ns.Broadcast(numbered(8), sio.Target{Volatile: true})

	again, s2 := r.connect(fmt.Sprintf(`{"token":"x","pid":%q,"offset":%q}`, c.pid, offset))
	if !receive(t, r.h.back) || again.sid != c.sid || again.pid != c.pid || s2.ID() != s.ID() {
		t.Errorf("came back as %s/%s, want %s/%s", again.sid, again.pid, c.sid, c.pid)
	}
	r.ns.Broadcast(numbered(9), sio.Target{Rooms: []string{"own"}})
	for _, n := range []int{2, 3, 5, 7, 9} {
		again.event(n)
	}
	want := []string{c.sid, "own", "r"}
	slices.Sort(want)
	if got := s2.Rooms(); !slices.Equal(got, want) {
		t.Errorf("rooms are %v, want %v", got, want)
	}
}

// TestNoRecovery holds the cases in which a client starts anew.
func TestNoRecovery(t *testing.T) {
	for name, tc := range map[string]struct {
		bounds native.Recovery
		auth   func(pid, offset string) string
		leave  bool // with a goodbye
		flood  int  // events while it is away
	}{
		"another pid":     {auth: func(_, offset string) string { return fmt.Sprintf(`{"pid":"AAAA","offset":%q}`, offset) }},
		"no offset":       {auth: func(pid, _ string) string { return fmt.Sprintf(`{"pid":%q}`, pid) }},
		"future offset":   {auth: func(pid, _ string) string { return fmt.Sprintf(`{"pid":%q,"offset":"zzzz"}`, pid) }},
		"odd types":       {auth: func(string, string) string { return `{"pid":7,"offset":{}}` }},
		"said goodbye":    {leave: true},
		"too late":        {bounds: native.Recovery{Window: 1}},
		"too many events": {bounds: native.Recovery{MaxEvents: 5}, flood: 10},
		"too many bytes":  {bounds: native.Recovery{MaxBytes: 100}, flood: 10},
		"more than waits": {flood: 600},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecoveryRig(t, tc.bounds)
			c, s := r.connect("")
			receive(t, r.h.back)
			_ = s.Emit(numbered(1))
			offset := c.event(1)
			if tc.leave {
				c.send("41")
				receive(t, r.h.closed)
				_ = c.ws.Close()
			} else {
				r.drop(c)
			}
			for n := range tc.flood {
				r.ns.Broadcast(numbered(n), sio.Target{})
			}
			auth := fmt.Sprintf(`{"pid":%q,"offset":%q}`, c.pid, offset)
			if tc.auth != nil {
				auth = tc.auth(c.pid, offset)
			}
			again, _ := r.connect(auth)
			if receive(t, r.h.back) || again.sid == c.sid || again.pid == c.pid {
				t.Errorf("the client came back")
			}
		})
	}
}

// TestRecoveryOnce refuses to recover a socket twice.
func TestRecoveryOnce(t *testing.T) {
	r := newRecoveryRig(t, native.Recovery{})
	c, s := r.connect("")
	_ = s.Emit(numbered(1))
	offset := c.event(1)
	r.drop(c)
	auth := fmt.Sprintf(`{"pid":%q,"offset":%q}`, c.pid, offset)
	first, _ := r.connect(auth)
	second, _ := r.connect(auth)
	if first.sid != c.sid || second.sid == c.sid {
		t.Errorf("came back as %s and %s, was %s", first.sid, second.sid, c.sid)
	}
}

// TestRecoveryAsksAgain lets the handler refuse who comes back.
func TestRecoveryAsksAgain(t *testing.T) {
	r := newRecoveryRig(t, native.Recovery{})
	c, s := r.connect("")
	receive(t, r.h.back)
	_ = s.Emit(numbered(1))
	offset := c.event(1)
	r.drop(c)
	r.h.refuse = true
	ws, resp, err := websocket.DefaultDialer.Dial(r.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	defer func() { _ = ws.Close() }()
	again := &recoveryClient{t: t, ws: ws}
	again.next()
	again.send(fmt.Sprintf(`40{"pid":%q,"offset":%q}`, c.pid, offset))
	if got := again.next(); got != `44{"message":"no"}` {
		t.Errorf("got %s", got)
	}
	if !receive(t, r.h.back) || len(r.ns.Sockets(sio.Target{})) != 0 {
		t.Error("the handler was not asked, or the socket is there")
	}
}
