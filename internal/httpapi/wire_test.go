package httpapi_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/httpapi"
	"github.com/parlance-dev/parlance/sio/front"
)

func TestAccessLog(t *testing.T) {
	d, log := deps()
	times := []time.Time{time.UnixMilli(0), time.UnixMicro(1500)}
	d.Now = func() time.Time {
		now := times[0]
		times = append(times[1:], now)
		return now
	}
	h := httpapi.New(d)
	send(t, h, "GET", "/socket.io/?EIO=4&token=hunter2", head("Authorization", "Bearer hunter2", "Cookie", "hunter2"))
	send(t, h, "HEAD", "/none", nil)
	send(t, h, "GET", "/"+strings.Repeat("p", 1000), head("Origin", "https://evil.example\n"))
	got := log.requests(t)
	if len(got) != 3 || strings.Contains(log.String(), "hunter2") {
		t.Fatalf("log %s", log)
	}
	delete(got[0], "time")
	want := map[string]any{
		"level": "INFO", "msg": "request", "method": "GET", "path": "/socket.io/", "status": 200.0, "bytes": 22.0, "durationMs": 1.5,
		"requestId": "id1", "remoteIp": "192.0.2.1",
	}
	if fmt.Sprint(got[0]) != fmt.Sprint(want) {
		t.Errorf("line %v\nwant %v", got[0], want)
	}
	if got[1]["status"] != 404.0 || got[1]["method"] != "HEAD" {
		t.Errorf("line %v", got[1])
	}
	if path, _ := got[2]["path"].(string); len(path) > 260 {
		t.Errorf("path of %d bytes", len(path))
	}
}

func TestClientIP(t *testing.T) {
	const proxy = "10.0.0.1:5"
	for name, c := range map[string]struct {
		header http.Header
		want   string
	}{
		"direct":                 {head(), "192.0.2.1"},
		"direct, pretending":     {head("X-Forwarded-For", "1.1.1.1"), "192.0.2.1"},
		"proxy":                  {head("Test-Peer", proxy, "X-Forwarded-For", "1.1.1.1"), "1.1.1.1"},
		"proxy says nothing":     {head("Test-Peer", proxy), "10.0.0.1"},
		"two proxies":            {head("Test-Peer", proxy, "X-Forwarded-For", "1.1.1.1, 10.9.9.9"), "1.1.1.1"},
		"made up before":         {head("Test-Peer", proxy, "X-Forwarded-For", "6.6.6.6, 1.1.1.1"), "1.1.1.1"},
		"made up, own header":    {head("Test-Peer", proxy, "X-Forwarded-For", "6.6.6.6", "X-Forwarded-For", "1.1.1.1"), "1.1.1.1"},
		"garbage":                {head("Test-Peer", proxy, "X-Forwarded-For", "1.1.1.1, <script>"), "10.0.0.1"},
		"with port":              {head("Test-Peer", proxy, "X-Forwarded-For", "1.1.1.1:80"), "1.1.1.1"},
		"IPv6":                   {head("Test-Peer", proxy, "X-Forwarded-For", "[2001:db8::1]:80"), "2001:db8::1"},
		"IPv6 bare":              {head("Test-Peer", proxy, "X-Forwarded-For", "2001:db8::1"), "2001:db8::1"},
		"IPv4 in IPv6":           {head("Test-Peer", "[::ffff:10.0.0.1]:5", "X-Forwarded-For", "::ffff:1.1.1.1"), "1.1.1.1"},
		"only proxies":           {head("Test-Peer", proxy, "X-Forwarded-For", "10.2.2.2, 10.3.3.3"), "10.2.2.2"},
		"peer without a port":    {head("Test-Peer", "unix"), "invalid IP"},
		"peer without an number": {head("Test-Peer", "name:1"), "invalid IP"},
	} {
		var got string
		w := do(t, "GET", "/socket.io/", c.header, func(d *httpapi.Deps) {
			d.Engine = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = httpapi.ClientIP(r.Context()).String() })
		})
		if got != c.want || w.Code != http.StatusOK {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestRequestID(t *testing.T) {
	const proxy = "10.0.0.1:5"
	for id, want := range map[string]string{
		"abc-1.2:3_Z": "abc-1.2:3_Z", "": "id1", "a b": "id1", "a\"b": "id1", strings.Repeat("x", 64): strings.Repeat("x", 64), strings.Repeat("x", 65): "id1",
	} {
		if got := do(t, "GET", "/healthz", head("Test-Peer", proxy, "X-Request-Id", id)).Header().Get("X-Request-Id"); got != want {
			t.Errorf("%q: %q, want %q", id, got, want)
		}
	}
	if got := do(t, "GET", "/healthz", head("X-Request-Id", "mine")).Header().Get("X-Request-Id"); got != "id1" {
		t.Errorf("a stranger chose the id %q", got)
	}
	random := func(d *httpapi.Deps) { d.NewRequestID = nil }
	a, b := do(t, "GET", "/x", nil, random).Header().Get("X-Request-Id"), do(t, "GET", "/x", nil, random).Header().Get("X-Request-Id")
	if len(a) != 26 || a == b {
		t.Errorf("ids %q and %q", a, b)
	}
}

// serve runs a handler behind a real server.
func serve(t *testing.T, engine http.HandlerFunc, edits ...func(*http.Server)) (*httptest.Server, *lines) {
	t.Helper()
	d, log := deps(func(d *httpapi.Deps) { d.Engine = engine })
	s := httptest.NewUnstartedServer(nil)
	configure := func() *http.Server {
		x := httpapi.NewServer("", httpapi.New(d), slog.New(slog.DiscardHandler))
		for _, edit := range edits {
			edit(x)
		}
		return x
	}
	s.Config = configure()
	// The product listens behind a front. It has a configuration of its own, as
	// httptest watches states of connections, with which it would have nothing to do.
	s.Listener = front.Listen(s.Listener, configure())
	s.Start()
	t.Cleanup(s.Close)
	return s, log
}

func fetch(t *testing.T, method, url, body string) (status int, answer string, err error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

func TestPanics(t *testing.T) {
	s, log := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/socket.io/before":
			w.Header().Set("Content-Length", "1000000")
			panic("secret detail")
		case "/socket.io/runtime":
			_ = []int{}[len(r.Method)]
		case "/socket.io/within":
			_, _ = w.Write([]byte("half"))
			w.(http.Flusher).Flush()
			panic("x")
		case "/socket.io/abort":
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write([]byte("fine"))
	})
	status, body, err := fetch(t, "GET", s.URL+"/socket.io/before", "")
	if err != nil || status != http.StatusInternalServerError || !strings.Contains(body, `"code":"INTERNAL_ERROR"`) || strings.Contains(body, "detail\"") {
		t.Errorf("before the answer: %d %q %v", status, body, err)
	}
	if !strings.Contains(log.String(), `"panic":"string"`) || !strings.Contains(log.String(), "wire_test.go") {
		t.Errorf("the panic is not logged with its stack: %s", log)
	}
	if strings.Contains(log.String(), "secret detail") {
		t.Errorf("what somebody panicked with is logged: %s", log)
	}
	if status, _, err := fetch(t, "GET", s.URL+"/socket.io/runtime", ""); err != nil || status != http.StatusInternalServerError || !strings.Contains(log.String(), "index out of range [3]") {
		t.Errorf("what the runtime says is not logged: %d %v %s", status, err, log)
	}
	if _, body, err := fetch(t, "GET", s.URL+"/socket.io/within", ""); err == nil {
		t.Errorf("half an answer passed as a whole one: %q", body)
	}
	if _, _, err := fetch(t, "GET", s.URL+"/socket.io/abort", ""); err == nil {
		t.Error("an aborted answer came")
	}
	if _, body, err := fetch(t, "POST", s.URL+"/socket.io/", "x"); err != nil || body != "fine" {
		t.Errorf("after the panics: %q, %v", body, err)
	}
	var codes []any
	for _, line := range log.requests(t) {
		codes = append(codes, line["status"])
	}
	if len(codes) < 3 || codes[0] != 500.0 {
		t.Errorf("statuses %v", codes)
	}
}

// TestUpgrade takes the connection over, as websockets do, through every layer.
func TestUpgrade(t *testing.T) {
	s, log := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		line, err := rw.ReadString('\n')
		if err != nil {
			t.Error(err)
		}
		_, _ = rw.WriteString("echo " + line)
		_ = rw.Flush()
		panic("after the upgrade") // nothing may be written into the frames
	})
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, err = conn.Write([]byte("GET /socket.io/?transport=websocket HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello\n"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 101") || !strings.HasSuffix(string(text), "\r\n\r\necho hello\n") {
		t.Errorf("%q, %v", text, err)
	}
	for range 2 { // the panic's line and the request's
		<-log.more
	}
	if lines := log.requests(t); len(lines) != 1 || lines[0]["status"] != 101.0 {
		t.Errorf("log %s", log)
	}
}

// TestFlush lets a part of an answer through while the rest is not there yet.
func TestFlush(t *testing.T) {
	rest := make(chan struct{})
	s, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("first\n"))
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-rest
		_, _ = w.Write([]byte("second\n"))
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/socket.io/", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	r := bufio.NewReader(res.Body)
	for _, want := range []string{"first\n", "second\n"} {
		if got, err := r.ReadString('\n'); got != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
		if want == "first\n" {
			close(rest)
		}
	}
}

func TestServerTimeouts(t *testing.T) {
	s := httpapi.NewServer(":1", http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	if s.ReadTimeout != 30*time.Second || s.ReadHeaderTimeout != 10*time.Second || s.IdleTimeout < time.Minute || s.WriteTimeout < 60*time.Second || s.MaxHeaderBytes < 16<<10 || s.Addr != ":1" || s.ErrorLog == nil {
		t.Errorf("%+v", s)
	}
}
