package httpapi_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for what has to come.
const patience = 20 * time.Second

// serveFast is serve with the time-out of requests cut to a tenth of a second,
// derived from the real one: a server without any stays without.
func serveFast(t *testing.T, engine http.HandlerFunc) *httptest.Server {
	t.Helper()
	s, _ := serve(t, engine, func(s *http.Server) { s.ReadTimeout /= 300 })
	return s
}

// dial sends bytes on a connection of their own.
func dial(t *testing.T, s *httptest.Server, text string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	write(t, conn, text)
	return conn, bufio.NewReader(conn)
}

func write(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

// reply is an answer that was read to its end.
type reply struct {
	status int
	header http.Header
	body   string
	last   bool // the connection is closed after it
}

// answer reads one answer to a method.
func answer(t *testing.T, method string, r *bufio.Reader) reply {
	t.Helper()
	res, err := http.ReadResponse(r, &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(body), res.Close}
}

// outlast returns once the server's time-out has passed for every connection
// that was there before: it has a slow one cut off.
func outlast(t *testing.T, s *httptest.Server) {
	t.Helper()
	_, r := dial(t, s, "POST /nope HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nab")
	if _, err := io.ReadAll(r); err != nil {
		t.Fatal(err)
	}
}

// TestSlowBodies has connections end whose bodies never do, whoever answers.
func TestSlowBodies(t *testing.T) {
	s := serveFast(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/socket.io/read" {
			if _, err := io.ReadAll(r.Body); err != nil {
				w.WriteHeader(http.StatusBadRequest)
			}
		}
	})
	for start, status := range map[string]string{
		"POST /nope HTTP/1.1":                                                   "404",
		"POST /healthz HTTP/1.1":                                                "405",
		"GET /readyz HTTP/1.1":                                                  "200",
		"GET /asyncapi.yaml HTTP/1.1":                                           "200",
		"POST /socket.io/ HTTP/1.1":                                             "200",
		"POST /socket.io/read HTTP/1.1":                                         "400",
		"POST /socket.io/ HTTP/1.1\r\nOrigin: https://evil.example":             "403",
		"OPTIONS /healthz HTTP/1.1\r\nOrigin: " + frontend:                      "405",
		"POST /nope HTTP/1.1\r\nConnection: close":                              "404",
		"POST /nope HTTP/1.0\r\nConnection: keep-alive":                         "404",
		"OPTIONS * HTTP/1.1":                                                    "404",
		"POST /nope HTTP/1.1\r\nExpect: what-nobody-knows":                      "417", // net/http's own answer
		"GET /socket.io/ HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket": "200",
	} {
		for _, body := range []string{"Content-Length: 100\r\n\r\nab", "Transfer-Encoding: chunked\r\n\r\n64\r\nab"} {
			if strings.Contains(start, "HTTP/1.0") && strings.HasPrefix(body, "Transfer") {
				continue // 1.0 has no chunks
			}
			t.Run(start+" "+body[:7], func(t *testing.T) {
				t.Parallel()
				_, r := dial(t, s, start+"\r\nHost: h\r\n"+body)
				text, err := io.ReadAll(r)
				if err != nil {
					t.Fatalf("still open: %v", err)
				}
				if code := strings.Split(string(text)+"  ", " ")[1]; code != status {
					t.Errorf("answer %q, want %s", text, status)
				}
			})
		}
	}
}

// TestPatience: the time-out concerns requests, not those that wait for an
// answer, nor the next request of the connection.
func TestPatience(t *testing.T) {
	entered, resume := make(chan struct{}), make(chan struct{})
	s := serveFast(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		entered <- struct{}{}
		<-resume
		if err == nil {
			err = r.Context().Err()
		}
		if err != nil {
			t.Error(err)
		}
		_, _ = w.Write(append([]byte(r.Method+" "), body...))
	})
	for request, want := range map[string]string{
		"GET /socket.io/ HTTP/1.1\r\nHost: h\r\n\r\n":                                                   "GET ",
		"GET /socket.io/ HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab":                            "GET ab",
		"POST /socket.io/ HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab":                           "POST ab",
		"POST /socket.io/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n": "POST a",
	} {
		conn, r := dial(t, s, "")
		for range 2 { // the second one on the same connection
			write(t, conn, request)
			<-entered
			outlast(t, s)
			resume <- struct{}{}
			if got := answer(t, http.MethodGet, r); got.status != http.StatusOK || got.body != want || got.last {
				t.Errorf("%q: %+v", request, got)
			}
			outlast(t, s) // idle
		}
	}
}

// TestUpgradePatience: a connection that a websocket took over may be silent
// for longer than a request, with what came before the upgrade or without.
func TestUpgradePatience(t *testing.T) {
	s := serveFast(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = rw.WriteString("ready\n")
		_ = rw.Flush()
		line, err := rw.ReadString('\n')
		if err != nil {
			t.Error(err)
		}
		_, _ = rw.WriteString("echo " + line)
		_ = rw.Flush()
	})
	for _, rest := range []string{"\r\n", "Content-Length: 100\r\n\r\n", "\r\nhel", "Content-Length: 100\r\n\r\nhel"} {
		conn, r := dial(t, s, "GET /socket.io/ HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+rest)
		if line, err := r.ReadString('\n'); line != "ready\n" {
			t.Fatalf("%q: %q, %v", rest, line, err)
		}
		outlast(t, s)
		write(t, conn, "lo\n")
		if line, err := r.ReadString('\n'); !strings.HasPrefix(line, "echo ") || !strings.HasSuffix(line, "lo\n") {
			t.Errorf("%q: %q, %v", rest, line, err)
		}
	}
}
