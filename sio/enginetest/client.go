package enginetest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// mode is a way to connect.
type mode string

const (
	websocketMode mode = "websocket"
	pollingMode   mode = "polling"
	upgradeMode   mode = "upgrade" // polling for the handshake, then WebSocket
)

// separator stands between the packets of a polling body.
const separator = "\x1e"

var errTimeout = errors.New("nothing within the time")

// received is a message from the server: Socket.IO text, or an attachment.
type received struct {
	text   string
	binary []byte
}

func (r received) String() string {
	if r.binary != nil {
		return fmt.Sprintf("binary %x", r.binary)
	}
	return r.text
}

// client speaks Engine.IO and Socket.IO in bytes.
type client struct {
	c       *C
	query   url.Values
	header  http.Header
	sid     string
	open    string                         // the handshake packet, without its type
	ws      atomic.Pointer[websocket.Conn] // nil while the client polls
	ctx     context.Context                // ends the client's requests
	cancel  context.CancelFunc
	running sync.WaitGroup
	pongs   sync.WaitGroup // answers to pings under way

	messages chan received
	pings    chan struct{}
	gone     chan struct{} // closed once the server has closed
	goneOnce sync.Once
	goneWhy  string      // set before gone is closed
	mute     atomic.Bool // answer no pings
	paused   atomic.Bool // poll no more
	polled   chan struct{}
	writeMu  sync.Mutex // one packet at a time, and none while the transport changes
}

type dialOption func(*client)

func withQuery(key, value string) dialOption {
	return func(cl *client) { cl.query.Set(key, value) }
}

func withHeader(key, value string) dialOption {
	return func(cl *client) { cl.header.Set(key, value) }
}

// silent makes the client answer no pings.
func silent(cl *client) { cl.mute.Store(true) }

// dial opens an Engine.IO connection over the case's mode.
func (c *C) dial(options ...dialOption) *client { return c.dialMode(c.mode, options...) }

func (c *C) dialMode(m mode, options ...dialOption) *client {
	cl, err := c.tryDial(m, options...)
	if err != nil {
		c.Fatalf("open a connection over %s: %v", m, err)
	}
	return cl
}

// tryDial may be called from any goroutine.
func (c *C) tryDial(m mode, options ...dialOption) (*client, error) {
	cl := c.newClient(options...)
	if m == websocketMode {
		return cl, cl.dialWebSocket()
	}
	if err := cl.openPolling(); err != nil {
		return cl, err
	}
	cl.startPolling()
	if m == upgradeMode {
		return cl, cl.upgrade()
	}
	return cl, nil
}

func (c *C) newClient(options ...dialOption) *client {
	ctx, cancel := context.WithCancel(context.Background())
	cl := &client{
		c: c, query: url.Values{"EIO": {"4"}}, header: http.Header{},
		ctx: ctx, cancel: cancel,
		messages: make(chan received, 20_000),
		pings:    make(chan struct{}, 1_000),
		gone:     make(chan struct{}),
	}
	for _, o := range options {
		o(cl)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clients = append(c.clients, cl)
	return cl
}

// join opens a connection and connects it to "/".
func (c *C) join(options ...dialOption) (*client, *peer) {
	cl := c.dial(options...)
	cl.connect("/", "")
	return cl, c.root.peer()
}

// endpoint is the URL for a transport.
func (cl *client) endpoint(transport string) string {
	q := url.Values{}
	for k, v := range cl.query {
		q[k] = v
	}
	q.Set("transport", transport)
	if cl.sid != "" {
		q.Set("sid", cl.sid)
	}
	return cl.c.server.URL + "/socket.io/?" + q.Encode()
}

func (cl *client) readSocket() {
	ws := cl.ws.Load()
	for {
		kind, data, err := ws.ReadMessage()
		if err != nil {
			cl.closed(err.Error())
			return
		}
		if kind == websocket.BinaryMessage {
			cl.messages <- received{binary: data}
			continue
		}
		cl.take(string(data))
	}
}

// take handles one Engine.IO packet.
func (cl *client) take(packet string) {
	switch {
	case packet == "2":
		select {
		case cl.pings <- struct{}{}:
		default:
		}
		if !cl.mute.Load() {
			cl.pongs.Go(func() { _ = cl.send("3") })
		}
	case strings.HasPrefix(packet, "4"):
		cl.messages <- received{text: packet[1:]}
	case strings.HasPrefix(packet, "b"):
		data, err := base64.StdEncoding.DecodeString(packet[1:])
		if err != nil {
			cl.c.Errorf("bad attachment %q: %v", packet, err)
		}
		cl.messages <- received{binary: append([]byte{}, data...)}
	case packet == "1":
		cl.closed("close packet")
	case packet == "6":
	default:
		cl.c.Errorf("server sends %q", packet)
	}
}

// closed notes the end of the connection, and why as far as the client knows.
func (cl *client) closed(why string) {
	cl.goneOnce.Do(func() {
		cl.goneWhy = why
		close(cl.gone)
	})
}

// do sends a request and returns the answer.
func (cl *client) do(method, body string) (int, string, error) {
	return cl.request(method, strings.NewReader(body), "")
}

func (cl *client) request(method string, body io.Reader, contentType string) (int, string, error) {
	req, err := http.NewRequestWithContext(cl.ctx, method, cl.endpoint("polling"), body)
	if err != nil {
		return 0, "", err
	}
	for k, v := range cl.header {
		req.Header[k] = v
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := cl.c.http.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(data), err
}

// startPolling polls until the server closes or the client pauses.
func (cl *client) startPolling() {
	polled := make(chan struct{})
	cl.polled = polled
	cl.running.Go(func() {
		defer close(polled)
		for !cl.paused.Load() {
			if !cl.poll() {
				return
			}
		}
	})
}

func (cl *client) poll() bool {
	status, body, err := cl.do(http.MethodGet, "")
	if err != nil || status != http.StatusOK {
		cl.closed(fmt.Sprintf("poll: status %d, %v", status, err))
		return false
	}
	for _, p := range strings.Split(body, separator) {
		cl.take(p)
		if p == "1" {
			return false
		}
	}
	return true
}

// send sends one Engine.IO packet as it is.
func (cl *client) send(packet string) error {
	return cl.write(websocket.TextMessage, []byte(packet), packet)
}

// write sends a WebSocket message, or the polling body that stands for it.
func (cl *client) write(kind int, data []byte, body string) error {
	cl.writeMu.Lock()
	defer cl.writeMu.Unlock()
	if ws := cl.ws.Load(); ws != nil {
		return ws.WriteMessage(kind, data)
	}
	return cl.postLocked(body)
}

// post sends a polling body.
func (cl *client) post(body string) error {
	cl.writeMu.Lock()
	defer cl.writeMu.Unlock()
	return cl.postLocked(body)
}

func (cl *client) postLocked(body string) error {
	status, answer, err := cl.do(http.MethodPost, body)
	if err == nil && (status != http.StatusOK || answer != "ok") {
		err = fmt.Errorf("status %d: %s", status, answer)
	}
	return err
}

// emit sends Socket.IO packets; the connection must take them.
func (cl *client) emit(packets ...string) {
	if cl.ws.Load() == nil {
		if err := cl.post("4" + strings.Join(packets, separator+"4")); err != nil {
			cl.c.Fatalf("post: %v", err)
		}
		return
	}
	for _, p := range packets {
		if err := cl.send("4" + p); err != nil {
			cl.c.Fatalf("send: %v", err)
		}
	}
}

// attach sends an attachment.
func (cl *client) attach(data []byte) error {
	return cl.write(websocket.BinaryMessage, data, "b"+base64.StdEncoding.EncodeToString(data))
}

// read returns the next message.
func (cl *client) read(d time.Duration) (received, error) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case m := <-cl.messages:
		return m, nil
	default:
	}
	select {
	case m := <-cl.messages:
		return m, nil
	case <-cl.gone:
		select { // what came before the end
		case m := <-cl.messages:
			return m, nil
		default:
			return received{}, fmt.Errorf("%w: %s", io.EOF, cl.goneWhy)
		}
	case <-timer.C:
		return received{}, errTimeout
	}
}

// next returns the next message, which must come.
func (cl *client) next() received {
	m, err := cl.read(patience)
	if err != nil {
		cl.c.Fatalf("wait for a message: %v", err)
	}
	return m
}

// expect checks the next messages, byte for byte.
func (cl *client) expect(texts ...string) {
	for _, want := range texts {
		if got := cl.next(); got.text != want || got.binary != nil {
			cl.c.Fatalf("got %s, want %s", got, want)
		}
	}
}

// expectBinary checks the next message, an attachment.
func (cl *client) expectBinary(want []byte) {
	if got := cl.next(); !bytes.Equal(got.binary, want) {
		cl.c.Fatalf("got %s, want binary %x", got, want)
	}
}

// head is the Socket.IO type and namespace.
func head(kind, namespace string) string {
	if namespace == "/" {
		return kind
	}
	return kind + namespace + ","
}

// connect connects to a namespace and returns the socket's id.
func (cl *client) connect(namespace, auth string) string {
	cl.emit(head("0", namespace) + auth)
	m := cl.next()
	data, ok := strings.CutPrefix(m.text, head("0", namespace))
	var welcome struct {
		SID string `json:"sid"`
	}
	if !ok || json.Unmarshal([]byte(data), &welcome) != nil || welcome.SID == "" {
		cl.c.Fatalf("CONNECT is answered with %s", m)
	}
	return welcome.SID
}

// expectClosed waits until the server has closed the connection, and checks
// that it sends nothing more before.
func (cl *client) expectClosed() {
	await(cl.c, cl.gone, "the server closes")
	if m, err := cl.read(0); err == nil {
		cl.c.Errorf("server sends %s before it closes", m)
	}
}

// alive checks that the connection works both ways. The namespace's handler
// must echo.
func (cl *client) alive() {
	cl.emit(`2999["alive",1]`)
	cl.expect(`3999[1]`)
}

// close ends the connection in order.
func (cl *client) close() {
	ws := cl.ws.Load()
	if ws == nil {
		_ = cl.post("1")
		return
	}
	bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	_ = ws.WriteControl(websocket.CloseMessage, bye, time.Now().Add(patience))
}

// abandon drops the connection.
func (cl *client) abandon() {
	cl.paused.Store(true)
	cl.mute.Store(true)
	cl.cancel()
	if ws := cl.ws.Load(); ws != nil {
		_ = ws.Close()
	}
}

// wait waits for the client's goroutines, after abandon.
func (cl *client) wait() {
	cl.running.Wait()
	cl.pongs.Wait()
}
