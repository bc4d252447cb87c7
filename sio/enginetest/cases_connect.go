package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/parlance-dev/parlance/sio"
)

func connectCases() []testCase {
	return []testCase{
		{name: "handshake says the options", run: handshakeOptions, options: func(o *sio.EngineOptions) {
			o.PingInterval, o.PingTimeout, o.MaxPayload = 7*time.Second, 3*time.Second, 12345
		}},
		{name: "connect sees auth, query, headers and request", run: connectSees},
		{name: "connect without auth", run: connectWithoutAuth},
		{name: "foreign origin is not the engine's business", run: connectOrigin},
		{name: "refusal with message and data", run: connectRefusal},
		{name: "refusal without data", run: connectRefusalBare},
		{name: "inner error is refused as internal", run: connectInternal},
		{name: "wrapped refusal is an inner error", run: connectWrapped},
		{name: "panic in Connect is refused as internal", run: connectPanic},
		{name: "refused client may try again", run: connectAgain},
		{name: "unknown namespace", run: connectUnknown},
		{name: "namespaces on one connection", run: connectNamespaces},
		{name: "namespace opened twice", modes: []mode{websocketMode}, run: namespaceTwice},
		{name: "leave a namespace and join it again", run: connectRejoin},
		{name: "connection gone during Connect", run: connectGone},
		{name: "slow Connect does not stop others", run: connectSlow},
		{name: "emit before Opened", run: emitBeforeOpened},
		{name: "what Opened emits follows the CONNECT answer", run: openedEmits},
		{name: "disconnect in Connect", run: disconnectInConnect},
		{name: "connection that joins nothing is closed", run: connectTimeout, options: func(o *sio.EngineOptions) {
			o.ConnectTimeout = 50 * time.Millisecond
		}},
		{name: "first event right behind the CONNECT answer", run: connectFirstEvent},
		{name: "broadcast right behind the CONNECT answer", run: connectBroadcast},
		{name: "CONNECT right behind the handshake", modes: []mode{websocketMode, pollingMode}, run: connectAtOnce},
		{name: "unknown session", modes: []mode{pollingMode, websocketMode}, run: unknownSession},
		{name: "other protocol versions", modes: []mode{pollingMode}, run: otherVersion},
		{name: "transport that is off", modes: []mode{websocketMode}, run: transportOff, options: func(o *sio.EngineOptions) {
			o.Transports = []string{"websocket"}
		}},
		{name: "transport name", run: transportName},
		{name: "path", modes: []mode{pollingMode}, run: otherPath},
	}
}

func handshakeOptions(c *C) {
	cl := c.dial()
	var open struct {
		Upgrades                  []string
		PingInterval, PingTimeout int
		MaxPayload                int
	}
	if err := json.Unmarshal([]byte(cl.open), &open); err != nil {
		c.Fatalf("handshake %s: %v", cl.open, err)
	}
	equal(c, open.PingInterval, 7000, "pingInterval")
	equal(c, open.PingTimeout, 3000, "pingTimeout")
	equal(c, open.MaxPayload, 12345, "maxPayload")
	upgrades := strings.Join(open.Upgrades, ",")
	if c.mode == websocketMode {
		equal(c, upgrades, "", "upgrades")
	} else {
		equal(c, upgrades, "websocket", "upgrades")
	}
}

func connectSees(c *C) {
	cl := c.dial(withQuery("room", "a b&c"), withHeader("X-Tenant", "blue"))
	const auth = `{"token": "tøken", "n":12345678901234567890}`
	sid := cl.connect("/", auth)
	p := c.root.peer()
	equal(c, p.socket.ID(), sid, "socket id")
	h := p.handshake
	equal(c, string(h.Auth), auth, "auth")
	equal(c, h.Query.Get("room"), "a b&c", "query")
	equal(c, h.Query.Get("EIO"), "4", "query")
	equal(c, h.Header.Get("X-Tenant"), "blue", "header")
	if !strings.HasPrefix(h.RemoteAddr, "127.0.0.1:") {
		c.Errorf("remote address is %q", h.RemoteAddr)
	}
	if h.Request == nil || !strings.HasPrefix(h.Request.URL.Path, "/socket.io") {
		c.Errorf("request is %v", h.Request)
	}
	if sid == cl.sid {
		c.Errorf("socket id is the secret session id")
	}
}

func connectWithoutAuth(c *C) {
	_, p := c.join()
	if p.handshake.Auth != nil {
		c.Errorf("auth is %s", p.handshake.Auth)
	}
}

func connectOrigin(c *C) {
	cl := c.dial(withHeader("Origin", "http://elsewhere.example"))
	cl.connect("/", "")
	equal(c, c.root.peer().handshake.Header.Get("Origin"), "http://elsewhere.example", "origin")
}

// refuse makes every Connect of "/" return err, and checks the answer.
func refuse(c *C, err error, want string) {
	c.root.connect = func(context.Context, sio.Socket, *sio.Handshake) error { return err }
	cl := c.dial()
	cl.emit("0")
	cl.expect(want)
}

func connectRefusal(c *C) {
	data := json.RawMessage(`{"code":"AUTH_TOKEN_EXPIRED","n":1}`)
	refuse(c, &sio.Refusal{Message: `Token "x" expired`, Data: data},
		`4{"message":"Token \"x\" expired","data":{"code":"AUTH_TOKEN_EXPIRED","n":1}}`)
}

func connectRefusalBare(c *C) {
	refuse(c, &sio.Refusal{Message: "no"}, `4{"message":"no"}`)
}

// internal is what goes out for an inner failure.
func internal() string {
	r := sio.RefusalInternal()
	return `4{"message":"` + r.Message + `","data":` + string(r.Data) + `}`
}

func connectInternal(c *C) { refuse(c, errors.New("secret"), internal()) }

func connectWrapped(c *C) {
	refuse(c, errors.Join(errors.New("secret"), &sio.Refusal{Message: "no"}), internal())
}

func connectPanic(c *C) {
	c.root.connect = func(context.Context, sio.Socket, *sio.Handshake) error { panic("secret") }
	cl := c.dial()
	cl.emit("0")
	cl.expect(internal())
}

func connectAgain(c *C) {
	var tries atomic.Int32
	c.root.connect = func(_ context.Context, s sio.Socket, _ *sio.Handshake) error {
		if tries.Add(1) == 1 {
			s.Join("leftover")
			return &sio.Refusal{Message: "once more"}
		}
		return nil
	}
	c.root.event = echo
	cl := c.dial()
	cl.emit("0")
	cl.expect(`4{"message":"once more"}`)
	equal(c, len(c.root.ns.Sockets(sio.Target{Rooms: []string{"leftover"}})), 0, "sockets in the refused one's room")
	cl.connect("/", "")
	cl.alive()
}

func connectUnknown(c *C) {
	c.root.event = echo
	cl := c.dial()
	cl.emit("0/nope,")
	cl.expect(`4/nope,{"message":"Invalid namespace"}`)
	cl.connect("/", "")
	cl.alive()
}

func connectNamespaces(c *C) {
	admin := c.open("/admin")
	cl, p := c.join()
	cl.connect("/admin", `{"a":1}`)
	q := admin.peer()
	if p.socket.ID() == q.socket.ID() {
		c.Errorf("sockets of two namespaces share an id")
	}
	equal(c, string(q.handshake.Auth), `{"a":1}`, "auth of the second namespace")
	cl.emit(`2/admin,["x",1]`, `2["y",2]`)
	equal(c, q.next().Name, "x", "event in /admin")
	equal(c, p.next().Name, "y", "event in /")
	if err := q.socket.Emit(packet("down", "1")); err != nil {
		c.Errorf("emit: %v", err)
	}
	cl.expect(`2/admin,["down",1]`)
	cl.emit("1/admin,")
	q.expectClosed(sio.ReasonClient)
	cl.emit(`2["still",3]`)
	equal(c, p.next().Name, "still", "event in / after leaving /admin")
}

func namespaceTwice(c *C) {
	if _, err := c.engine.Namespace("/", c.root); err == nil {
		c.Errorf("a namespace can be opened twice")
	}
}

func connectRejoin(c *C) {
	cl, p := c.join()
	for range 5 {
		cl.emit("1", "0")
		p.expectClosed(sio.ReasonClient)
		if m := cl.next(); !strings.HasPrefix(m.text, `0{"sid":`) {
			c.Fatalf("CONNECT is answered with %s", m)
		}
		next := c.root.peer()
		if next.socket.ID() == p.socket.ID() {
			c.Errorf("socket id is used again")
		}
		p = next
	}
	p.socket.Disconnect(false)
	cl.expect("1")
	p.expectClosed(sio.ReasonServer)
	cl.connect("/", "")
	c.root.peer()
}

func connectGone(c *C) {
	started, ended := make(chan struct{}), make(chan struct{})
	c.root.connect = func(ctx context.Context, s sio.Socket, _ *sio.Handshake) error {
		s.Join("waiting")
		close(started)
		<-ctx.Done()
		close(ended)
		return nil
	}
	cl := c.dial()
	cl.emit("0")
	await(c, started, "Connect is called")
	cl.close()
	await(c, ended, "the context ends with the connection")
	// A handler that Connect returned is closed, though it never was opened.
	p := take(c, c.root.peers, "a handler is returned")
	take(c, p.closed, "Closed is called")
	equal(c, len(c.root.ns.Sockets(sio.Target{})), 0, "sockets")
}

func connectSlow(c *C) {
	hold, first := make(chan struct{}), true
	c.root.connect = func(context.Context, sio.Socket, *sio.Handshake) error {
		if first {
			first = false
			<-hold
		}
		return nil
	}
	slow := c.dial()
	slow.emit("0")
	fast := c.open("/fast")
	slow.connect("/fast", "")
	fast.peer()
	close(hold)
	if m := slow.next(); !strings.HasPrefix(m.text, `0{"sid":`) {
		c.Errorf("CONNECT is answered with %s", m)
	}
}

func emitBeforeOpened(c *C) {
	errs := make(chan error, 3)
	c.root.connect = func(_ context.Context, s sio.Socket, _ *sio.Handshake) error {
		errs <- s.Emit(packet("early"))
		s.EmitAck(packet("early"), 0, func(_ sio.Payload, err error) { errs <- err })
		c.root.ns.Broadcast(packet("early"), sio.Target{})
		if c.root.ns.Has(s.ID()) {
			c.Errorf("socket is connected before Opened")
		}
		return nil
	}
	cl, p := c.join()
	for range 2 {
		if take(c, errs, "Emit returns") == nil {
			c.Errorf("Emit before Opened is no error")
		}
	}
	if !c.root.ns.Has(p.socket.ID()) {
		c.Errorf("socket is not connected after Opened")
	}
	if err := p.socket.Emit(packet("on time")); err != nil {
		c.Errorf("emit: %v", err)
	}
	cl.expect(`2["on time"]`)
}

func openedEmits(c *C) {
	c.root.opened = func(p *peer) {
		for _, n := range []string{"1", "2", "3"} {
			if err := p.socket.Emit(packet("hello", n)); err != nil {
				c.Errorf("emit: %v", err)
			}
		}
	}
	for range 20 {
		cl, _ := c.join()
		cl.expect(`2["hello",1]`, `2["hello",2]`, `2["hello",3]`)
	}
}

func disconnectInConnect(c *C) {
	c.root.connect = func(_ context.Context, s sio.Socket, _ *sio.Handshake) error {
		s.Disconnect(false)
		return nil
	}
	cl := c.dial()
	cl.connect("/", "")
	cl.expect("1")
	take(c, c.root.peers, "a socket").expectClosed(sio.ReasonServer)
}

func connectTimeout(c *C) {
	c.dial().expectClosed()
	equal(c, len(c.root.peers), 0, "sockets")
}

// connectFirstEvent sends the first event as soon as the answer is seen.
func connectFirstEvent(c *C) {
	c.root.event = echo
	for range 200 {
		cl := c.dialMode(c.quick())
		cl.connect("/", "")
		cl.alive()
		cl.close()
	}
}

// connectBroadcast sends to a room joined in Connect as soon as the answer is
// seen: from then on the client misses nothing.
func connectBroadcast(c *C) {
	c.root.connect = func(_ context.Context, s sio.Socket, _ *sio.Handshake) error {
		s.Join("early")
		return nil
	}
	for range 200 {
		cl := c.dialMode(c.quick())
		sid := cl.connect("/", "")
		equal(c, c.root.ns.Has(sid), true, "Has of a socket that is connected")
		c.root.ns.Broadcast(packet("now"), sio.Target{Rooms: []string{"early"}})
		cl.expect(`2["now"]`)
		cl.close()
	}
}

// quick is the case's mode, but for upgrades, which take a while each.
func (c *C) quick() mode {
	if c.mode == upgradeMode {
		return pollingMode
	}
	return c.mode
}

// connectAtOnce sends CONNECT and an event behind it without waiting.
func connectAtOnce(c *C) {
	for range 100 {
		cl := c.dial()
		cl.emit("0", `2["early",1]`)
		if m := cl.next(); !strings.HasPrefix(m.text, `0{"sid":`) {
			c.Fatalf("CONNECT is answered with %s", m)
		}
		equal(c, c.root.peer().next().Name, "early", "event")
		cl.close()
	}
}

func unknownSession(c *C) {
	cl := c.newClient()
	cl.sid = "AAAAAAAAAAAAAAAAAAAA"
	if c.mode == websocketMode {
		if _, err := cl.openSocket(); err == nil {
			c.Errorf("a WebSocket for an unknown session is accepted")
		}
		return
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		status, _, err := cl.do(method, "40")
		if err != nil || status != http.StatusBadRequest {
			c.Errorf("%s for an unknown session: status %d, %v", method, status, err)
		}
	}
}

func otherVersion(c *C) {
	for _, version := range []string{"3", "5", ""} {
		cl := c.newClient(withQuery("EIO", version))
		status, _, err := cl.do(http.MethodGet, "")
		if err != nil || status != http.StatusBadRequest {
			c.Errorf("EIO=%s: status %d, %v", version, status, err)
		}
	}
}

func transportOff(c *C) {
	status, _, err := c.newClient().do(http.MethodGet, "")
	if err != nil || status != http.StatusBadRequest {
		c.Errorf("polling, which is off: status %d, %v", status, err)
	}
	c.root.event = echo
	cl, _ := c.join()
	cl.alive()
}

func transportName(c *C) {
	_, p := c.join()
	want := "websocket"
	if c.mode == pollingMode {
		want = "polling"
	}
	equal(c, p.socket.Transport(), want, "transport")
}

func otherPath(c *C) {
	url := c.server.URL + "/other/?EIO=4&transport=polling"
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, http.NoBody)
	if err != nil {
		c.Fatalf("request: %v", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		c.Fatalf("get: %v", err)
	}
	_ = resp.Body.Close()
	equal(c, resp.StatusCode, http.StatusNotFound, "status of another path")
}
