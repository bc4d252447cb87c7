package front

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// upgrade is a plain request for a websocket.
const upgrade = "GET /socket?x=1 HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

// patience is how long a test waits for what has to come.
const patience = 20 * time.Second

// served is a server under test.
type served struct {
	t        *testing.T
	listener *Listener
	server   *http.Server
	addr     string
	ended    chan error
	log      *logged
}

// logged is what the server has logged.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// serve serves h behind a front, until the test ends.
func serve(t *testing.T, h http.HandlerFunc, edit ...func(*http.Server)) *served {
	t.Helper()
	x := newServed(t, h, edit...)
	x.start(x.listener)
	return x
}

func newServed(t *testing.T, h http.HandlerFunc, edit ...func(*http.Server)) *served {
	t.Helper()
	inner, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	x := &served{t: t, addr: inner.Addr().String(), ended: make(chan error, 1), log: &logged{}}
	x.server = &http.Server{Handler: h, ReadHeaderTimeout: patience, ErrorLog: log.New(x.log, "", 0)}
	for _, f := range edit {
		f(x.server)
	}
	x.listener = Listen(inner, x.server)
	return x
}

func (x *served) start(l net.Listener) {
	go func() { x.ended <- x.server.Serve(l) }()
	x.t.Cleanup(x.stop)
}

// stop ends the server and waits until all of it has ended.
func (x *served) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := x.server.Shutdown(ctx); err != nil {
		x.t.Errorf("shutdown: %v", err)
	}
	if err := x.listener.Wait(ctx); err != nil {
		x.t.Errorf("wait: %v", err)
	}
	if err := <-x.ended; err != http.ErrServerClosed { //nolint:errorlint // it is returned as it is
		x.t.Errorf("serve: %v", err)
	}
	x.ended <- http.ErrServerClosed // a test may have stopped it before
}

// dial connects and sends something.
func (x *served) dial(send string) net.Conn {
	x.t.Helper()
	c, err := new(net.Dialer).DialContext(x.t.Context(), "tcp", x.addr)
	if err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, send); err != nil {
		x.t.Fatal(err)
	}
	return c
}

// raw sends a request and returns all that comes, dates left out.
func (x *served) raw(request string) string {
	x.t.Helper()
	all, err := io.ReadAll(x.dial(request))
	if err != nil && len(all) == 0 {
		return "error"
	}
	lines := strings.Split(string(all), "\r\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "Date: ") {
			lines[i] = "Date: …"
		}
	}
	return strings.Join(lines, "\r\n")
}

// reply is an answer.
type reply struct {
	status string
	code   int
	header http.Header
	length int64
	closes bool // the connection
	body   string
}

// answer sends a request and returns the answer.
func (x *served) answer(request string) reply {
	x.t.Helper()
	return readReply(x.t, bufio.NewReader(x.dial(request)))
}

func readReply(t *testing.T, from *bufio.Reader) reply {
	t.Helper()
	r, err := http.ReadResponse(from, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	return reply{r.Status, r.StatusCode, r.Header, r.ContentLength, r.Close, string(body)}
}

// expect reads so many bytes as want has.
func expect(t *testing.T, r io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(r, got); err != nil || string(got) != want {
		t.Fatalf("got %q, %v, want %q", got[:n], err, want)
	}
}

// gone waits until the other side has closed a connection.
func gone(t *testing.T, c net.Conn) {
	t.Helper()
	if n, err := io.Copy(io.Discard, c); n != 0 || err != nil && strings.Contains(err.Error(), "timeout") {
		t.Fatalf("not closed: %d bytes, %v", n, err)
	}
}

// wait waits for a channel to be closed or to have something.
func wait[T any](t *testing.T, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatal("waited in vain")
	}
	return v
}

// echo takes the connection over and sends back what comes.
func echo(w http.ResponseWriter, _ *http.Request) {
	c, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	go func() {
		_, _ = io.WriteString(c, "101\n")
		_, _ = io.Copy(c, rw.Reader)
		_ = c.Close()
	}()
}
