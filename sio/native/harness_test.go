package native_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/front"
	"github.com/parlance-dev/parlance/sio/native"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// app is a namespace handler of functions; nil ones do nothing.
type app struct {
	connect func(s sio.Socket) error
	opened  func(s sio.Socket)
	event   func(s sio.Socket, e sio.Event)
	closed  func(s sio.Socket, r sio.Reason)
}

// Connect implements sio.NamespaceHandler.
func (a *app) Connect(_ context.Context, s sio.Socket, _ *sio.Handshake) (sio.SocketHandler, error) {
	if a.connect != nil {
		if err := a.connect(s); err != nil {
			return nil, err
		}
	}
	return appSocket{a, s}, nil
}

type appSocket struct {
	*app
	socket sio.Socket
}

// Opened implements sio.SocketHandler.
func (x appSocket) Opened() {
	if x.opened != nil {
		x.opened(x.socket)
	}
}

// Event implements sio.SocketHandler.
func (x appSocket) Event(e sio.Event) {
	if x.event != nil {
		x.event(x.socket, e)
	}
}

// Closed implements sio.SocketHandler.
func (x appSocket) Closed(r sio.Reason) {
	if x.closed != nil {
		x.closed(x.socket, r)
	}
}

// echo answers an event with its own arguments.
func echo(_ sio.Socket, e sio.Event) {
	if e.Ack != nil {
		e.Ack(e.Payload)
	}
}

// rig is an engine behind a real HTTP server, and a front, as in the product.
type rig struct {
	*native.Engine
	t    testing.TB
	web  *httptest.Server
	addr string
	once sync.Once
	err  error
}

func newRig(t testing.TB, o sio.EngineOptions, more ...native.Option) *rig {
	t.Helper()
	engine, err := native.New(o, more...)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewUnstartedServer(engine)
	web.Listener = front.Listen(web.Listener, &http.Server{Handler: engine, ReadHeaderTimeout: patience})
	web.Start()
	r := &rig{Engine: engine, t: t, web: web, addr: web.Listener.Addr().String()}
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		web.Close()
	})
	return r
}

func (r *rig) stop() error {
	r.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		r.err = r.Shutdown(ctx)
	})
	return r.err
}

func (r *rig) open(name string, a *app) sio.Namespace {
	r.t.Helper()
	ns, err := r.Namespace(name, a)
	if err != nil {
		r.t.Fatal(err)
	}
	return ns
}

// request sends a request over polling.
func (r *rig) request(method, query, body string, header ...string) (int, string, http.Header) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, r.web.URL+"/socket.io/?EIO=4&transport=polling"+query, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	resp, err := r.web.Client().Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(data), resp.Header
}

// poll opens a session that polls and returns what names it in a query.
func (r *rig) poll() string {
	r.t.Helper()
	status, body, _ := r.request(http.MethodGet, "", "")
	_, rest, ok := strings.Cut(body, `"sid":"`)
	sid, _, _ := strings.Cut(rest, `"`)
	if status != http.StatusOK || !ok {
		r.t.Fatalf("handshake: %d %s", status, body)
	}
	return "&sid=" + sid
}

// wire is a WebSocket client in bytes. But for what says otherwise, it may be
// used on any goroutine.
type wire struct {
	conn net.Conn
	r    *bufio.Reader
}

// errClose is the close frame.
var errClose = errors.New("close frame")

// dialWire opens a WebSocket and sends packets right behind the request.
func dialWire(addr string, packets ...string) (*wire, error) {
	d := net.Dialer{Timeout: patience}
	conn, err := d.DialContext(context.Background(), "tcp", addr)
	if err != nil {
		return nil, err
	}
	w := &wire{conn, bufio.NewReaderSize(conn, 1024)}
	_ = conn.SetDeadline(time.Now().Add(patience))
	request := "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	if _, err := io.WriteString(conn, request+frames(packets...)); err != nil {
		_ = conn.Close()
		return nil, err
	}
	resp, err := http.ReadResponse(w.r, nil)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusSwitchingProtocols {
		_ = conn.Close()
		return nil, errors.New("no WebSocket: " + resp.Status)
	}
	if _, err := w.next(); err != nil { // the open packet
		_ = conn.Close()
		return nil, err
	}
	return w, nil
}

// frames are text frames of a client, whose mask key is zero.
func frames(packets ...string) string {
	var b []byte
	for _, p := range packets {
		b = appendFrame(b, 0x81, p)
	}
	return string(b)
}

func appendFrame(b []byte, first byte, payload string) []byte {
	b = append(b, first)
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

// send sends packets in one write.
func (w *wire) send(packets ...string) error {
	_, err := io.WriteString(w.conn, frames(packets...))
	return err
}

// next returns the next packet, and answers pings. errClose: there are no more.
func (w *wire) next() (string, error) {
	for {
		op, data, err := w.frame()
		switch {
		case err != nil:
			return "", err
		case op == 8:
			return "", errClose
		case op == 1 && data == "2":
			if err := w.send("3"); err != nil {
				return "", err
			}
		case op == 1 || op == 2:
			return data, nil
		}
	}
}

// frame reads a frame of the server.
func (w *wire) frame() (op byte, data string, err error) {
	var head [10]byte
	if _, err := io.ReadFull(w.r, head[:2]); err != nil {
		return 0, "", err
	}
	size := uint64(head[1])
	switch size {
	case 126:
		_, err = io.ReadFull(w.r, head[2:4])
		size = uint64(binary.BigEndian.Uint16(head[2:]))
	case 127:
		_, err = io.ReadFull(w.r, head[2:])
		size = binary.BigEndian.Uint64(head[2:])
	}
	if err != nil {
		return 0, "", err
	}
	var b bytes.Buffer
	_, err = io.CopyN(&b, w.r, int64(size))
	return head[0] & 0xf, b.String(), err
}

// until reads up to a packet that begins so, and returns it.
func (w *wire) until(prefix string) (string, error) {
	for {
		packet, err := w.next()
		if err != nil || strings.HasPrefix(packet, prefix) {
			return packet, err
		}
	}
}

// dial opens a WebSocket for the goroutine of the test.
func (r *rig) dial(packets ...string) *wire {
	r.t.Helper()
	w, err := dialWire(r.addr, packets...)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = w.conn.Close() })
	return w
}

// expect reads the next packet, which begins so; for the goroutine of the test.
func (r *rig) expect(w *wire, prefix string) string {
	r.t.Helper()
	packet, err := w.next()
	if err != nil || !strings.HasPrefix(packet, prefix) {
		r.t.Fatalf("got %.200q, %v, want %q…", packet, err, prefix)
	}
	return packet
}

// send sends packets, for the goroutine of the test.
func (r *rig) send(w *wire, packets ...string) {
	r.t.Helper()
	if err := w.send(packets...); err != nil {
		r.t.Fatal(err)
	}
}

// ended reads up to the close frame and returns what came before.
func (r *rig) ended(w *wire) []string {
	r.t.Helper()
	var packets []string
	for {
		packet, err := w.next()
		if errors.Is(err, errClose) {
			return packets
		}
		if err != nil {
			r.t.Fatalf("no close frame: %v", err)
		}
		packets = append(packets, packet)
	}
}

// wait waits for a value.
func wait[T any](t testing.TB, ch <-chan T, what string) T {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case v := <-ch:
		return v
	case <-timer.C:
		t.Fatalf("%s: not within %v", what, patience)
		panic("not reached")
	}
}

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

func same[T comparable](t testing.TB, got, want T, what string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// event is a packet for clients with one number.
func event(name string, n int) sio.Packet {
	return sio.NewPacket(name, sio.Payload{Args: []json.RawMessage{json.RawMessage(strconv.Itoa(n))}})
}
