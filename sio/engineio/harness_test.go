package engineio_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parlance-dev/parlance/sio/engineio"
	"github.com/parlance-dev/parlance/sio/engineio/wsframe"
	"github.com/parlance-dev/parlance/sio/front"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen. It only passes where
// the server fails.
const patience = 20 * time.Second

// silence is a ping interval that no test lives to see.
const silence = time.Hour

// incoming is a message as a handler gets it.
type incoming struct {
	data   string
	binary bool
}

func (m incoming) String() string {
	if m.binary {
		return "binary " + m.data
	}
	return m.data
}

// peer is the server's side of a session. Its hooks are set by what made it.
type peer struct {
	session *engineio.Session
	message func(m incoming) (engineio.Demand, error) // nil: note it
	work    func()
	await   func(done <-chan struct{})

	messages chan incoming
	closed   chan engineio.Reason
}

// Message implements engineio.Handler.
func (p *peer) Message(data []byte, binary bool) (engineio.Demand, error) {
	m := incoming{string(data), binary}
	if p.message != nil {
		return p.message(m)
	}
	p.messages <- m
	return engineio.Idle, nil
}

// Work implements engineio.Handler.
func (p *peer) Work() {
	if p.work != nil {
		p.work()
	}
}

// Await implements engineio.Handler.
func (p *peer) Await(done <-chan struct{}) {
	if p.await != nil {
		p.await(done)
	}
}

// Closed implements engineio.Handler.
func (p *peer) Closed(r engineio.Reason) { p.closed <- r }

// server is a server under test behind a real HTTP server.
type server struct {
	*engineio.Server
	t       testing.TB
	web     *httptest.Server
	http    *http.Client
	peers   chan *peer
	prepare func(*peer) // sets hooks, before the first request

	once sync.Once
	err  error // of the shutdown
}

// serve starts a server, behind a front unless it is changed. With the end of the
// test it must shut down in order.
func serve(t testing.TB, o engineio.Options, change ...func(*httptest.Server)) *server {
	t.Helper()
	if o.PingInterval == 0 {
		o.PingInterval = silence
	}
	s := &server{t: t, peers: make(chan *peer, 1_000)}
	e, err := engineio.NewServer(o, s.accept)
	if err != nil {
		t.Fatal(err)
	}
	s.Server = e
	s.web = httptest.NewUnstartedServer(e)
	if len(change) == 0 { // as the product does
		s.web.Listener = front.Listen(s.web.Listener, &http.Server{Handler: e, ReadHeaderTimeout: patience})
	}
	for _, c := range change {
		c(s.web)
	}
	if s.web.TLS == nil {
		s.web.Start()
	} else {
		s.web.StartTLS()
	}
	s.http = s.web.Client()
	transport, _ := s.http.Transport.(*http.Transport)
	transport.DisableCompression = true
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		transport.CloseIdleConnections()
		s.web.Close()
	})
	return s
}

func (s *server) accept(x *engineio.Session) engineio.Handler {
	p := &peer{session: x, messages: make(chan incoming, 10_000), closed: make(chan engineio.Reason, 4)}
	if s.prepare != nil {
		s.prepare(p)
	}
	s.peers <- p
	return p
}

// stop shuts the server down, once.
func (s *server) stop() error {
	s.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		s.err = s.Shutdown(ctx)
	})
	return s.err
}

// peer returns the next session's server side.
func (s *server) peer() *peer {
	s.t.Helper()
	return take(s.t, s.peers, "a session opens")
}

// take waits for a value.
func take[T any](t testing.TB, ch <-chan T, what string) T {
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

func equal[T comparable](t testing.TB, got, want T, what string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// expect waits for a message of the client.
func (p *peer) expect(t testing.TB, want string) {
	t.Helper()
	if got := take(t, p.messages, "message "+want).String(); got != want {
		t.Fatalf("message is %.200q, want %.200q", got, want)
	}
}

// expectClosed waits for the end of the session.
func (p *peer) expectClosed(t testing.TB, want engineio.Reason) {
	t.Helper()
	equal(t, take(t, p.closed, "Closed is called"), want, "reason")
	take(t, p.session.Done(), "Done is closed")
	if err := p.session.Send(engineio.Text("late")); !errors.Is(err, engineio.ErrClosed) {
		t.Errorf("Send after the end: %v", err)
	}
}

// send sends text, which must be possible.
func (p *peer) send(t testing.TB, text string) {
	t.Helper()
	if err := p.session.Send(engineio.Text(text)); err != nil {
		t.Fatalf("send: %v", err)
	}
}

// answer is an HTTP answer. Status 0: the request failed.
type answer struct {
	status int
	body   string
	header http.Header
}

// do sends a request; the query begins behind EIO=4.
func (s *server) do(ctx context.Context, method, query string, body io.Reader, header ...string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.web.URL+"/engine.io/?EIO=4"+query, body)
	if err != nil {
		return answer{}, err
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	resp, err := s.http.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, string(data), resp.Header}, err
}

func (s *server) request(method, query, body string, header ...string) answer {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	a, err := s.do(ctx, method, query, strings.NewReader(body), header...)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, query, err)
	}
	return a
}

// poller is a client that polls.
type poller struct {
	*server
	sid string
}

// open opens a session over polling.
func (s *server) open() (poller, *peer) {
	s.t.Helper()
	a := s.request(http.MethodGet, "&transport=polling", "")
	if a.status != http.StatusOK {
		s.t.Fatalf("handshake: %d %s", a.status, a.body)
	}
	return s.poller(a), s.peer()
}

// poller is the client of a session that a has opened. It says goodbye with the
// end of the test, so that the shutdown need not wait for it.
func (s *server) poller(a answer) poller {
	s.t.Helper()
	c := poller{s, sidOf(s.t, a.body)}
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_, _ = s.do(ctx, http.MethodPost, c.query(), strings.NewReader("1")) // most have ended before
	})
	return c
}

func sidOf(t testing.TB, handshake string) string {
	t.Helper()
	_, rest, ok := strings.Cut(handshake, `0{"sid":"`)
	sid, _, _ := strings.Cut(rest, `"`)
	if !ok || sid == "" {
		t.Fatalf("handshake is %q", handshake)
	}
	return sid
}

func (c poller) query() string { return "&transport=polling&sid=" + c.sid }

func (c poller) poll() answer {
	c.t.Helper()
	return c.request(http.MethodGet, c.query(), "")
}

func (c poller) post(body string) answer {
	c.t.Helper()
	return c.request(http.MethodPost, c.query(), body)
}

// waiting is a poll under way.
func (c poller) waiting(ctx context.Context) <-chan answer {
	result := make(chan answer, 1)
	go func() {
		a, _ := c.do(ctx, http.MethodGet, c.query(), nil) // status 0 says that it failed
		result <- a
	}()
	return result
}

// hanging starts a poll and returns once the server holds it.
func (c poller) hanging(ctx context.Context, p *peer) <-chan answer {
	c.t.Helper()
	result := c.waiting(ctx)
	eventually(c.t, "the poll is held", p.session.Ready)
	return result
}

func expectAnswer(t testing.TB, a answer, status int, body string) {
	t.Helper()
	if a.status != status || a.body != body {
		t.Errorf("answered with %d %.300q, want %d %.300q", a.status, a.body, status, body)
	}
}

// socket is a WebSocket client in bytes.
type socket struct {
	t       testing.TB
	conn    net.Conn
	r       *bufio.Reader
	decoder wsframe.Decoder
	buf     [4 << 10]byte
	rest    []byte
	sid     string
}

// upgradeRequest is the request for a WebSocket.
func upgradeRequest(query string, header ...string) string {
	b := "GET /engine.io/?EIO=4&transport=websocket" + query + " HTTP/1.1\r\nHost: test\r\n" +
		"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	for i := 0; i < len(header); i += 2 {
		b += header[i] + ": " + header[i+1] + "\r\n"
	}
	return b + "\r\n"
}

// connect opens a TCP connection and writes raw bytes.
func (s *server) connect(raw string) net.Conn {
	s.t.Helper()
	var d net.Dialer
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := d.DialContext(ctx, "tcp", s.web.Listener.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(kernelBuffer)
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, raw); err != nil {
		s.t.Fatal(err)
	}
	return conn
}

// webSocket opens a WebSocket, with frames right behind the request.
func (s *server) webSocket(query, behind string, header ...string) *socket {
	s.t.Helper()
	return upgraded(s.t, s.connect(upgradeRequest(query, header...)+behind))
}

// upgraded reads the answer that opens a WebSocket.
func upgraded(t testing.TB, conn net.Conn) *socket {
	t.Helper()
	c := &socket{t: t, conn: conn, r: bufio.NewReader(conn)}
	c.decoder = wsframe.Decoder{Limit: 64 << 20}
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close() // a 101 has none
	if resp.StatusCode != http.StatusSwitchingProtocols || resp.Header.Get("Sec-Websocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatalf("no WebSocket: %d %v", resp.StatusCode, resp.Header)
	}
	return c
}

// dial opens a session over a WebSocket.
func (s *server) dial(header ...string) (*socket, *peer) {
	s.t.Helper()
	c := s.webSocket("", "", header...)
	c.sid = sidOf(s.t, string(c.next().Data))
	return c, s.peer()
}

// frame is a client's frame.
func frame(op wsframe.Opcode, payload string) string {
	return string(wsframe.AppendMasked(nil, op, []byte(payload), [4]byte{1, 2, 3, 4}))
}

func text(payload string) string { return frame(wsframe.Text, payload) }

// write writes bytes as they are.
func (c *socket) write(raw string) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, raw); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

// read returns the next message or control frame.
func (c *socket) read() (wsframe.Message, error) {
	for {
		m, n, whole, err := c.decoder.Next(c.rest)
		c.rest = c.rest[n:]
		if whole || err != nil {
			return m, err
		}
		if len(c.rest) > 0 {
			continue
		}
		k, err := c.r.Read(c.buf[:])
		if err != nil {
			return m, err
		}
		c.rest = c.buf[:k]
	}
}

func (c *socket) next() wsframe.Message {
	c.t.Helper()
	m, err := c.read()
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	return m
}

// expect reads a text.
func (c *socket) expect(want string) {
	c.t.Helper()
	if m := c.next(); m.Op != wsframe.Text || string(m.Data) != want {
		c.t.Fatalf("got %d %.200q, want text %.200q", m.Op, m.Data, want)
	}
}

// expectClose reads up to the close frame and answers it.
func (c *socket) expectClose(code int) {
	c.t.Helper()
	for {
		m, err := c.read()
		if err != nil {
			c.t.Fatalf("no close frame: %v", err)
		}
		if m.Op == wsframe.Close {
			equal(c.t, m.CloseStatus(), code, "close code")
			break
		}
	}
	_, _ = io.WriteString(c.conn, frame(wsframe.Close, "")) // the server may have gone first
}

// expectViolation reads up to the close frame that says what the client did, and
// hangs up.
func (c *socket) expectViolation(code int) {
	c.t.Helper()
	c.expectClose(code)
	_ = c.conn.Close()
}

// expectEnd sees the connection end, in whatever way.
func (c *socket) expectEnd() {
	c.t.Helper()
	for {
		if _, err := c.read(); err != nil {
			if errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
				c.t.Errorf("the connection stays open")
			}
			return
		}
	}
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// kernelBuffer is how much the kernel may hold of a connection: by default it is
// so much that nobody would notice a client that does not read.
const kernelBuffer = 256 << 10

// smallBuffers makes the server's side of connections hold little.
func smallBuffers(web *httptest.Server) { web.Listener = listener{web.Listener, shrink} }

func shrink(conn net.Conn) net.Conn {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(kernelBuffer)
	}
	return conn
}

// noDescriptor hides that connections are descriptors.
func noDescriptor(web *httptest.Server) {
	web.Listener = listener{web.Listener, func(conn net.Conn) net.Conn { return struct{ net.Conn }{shrink(conn)} }}
}

// listener changes the connections that it accepts.
type listener struct {
	net.Listener
	change func(net.Conn) net.Conn
}

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.change(conn), nil
}
