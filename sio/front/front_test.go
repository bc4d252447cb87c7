package front

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

type key string

// TestUpgrade: the handler finds what it finds behind net/http, and what the
// client has sent behind the request is there.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	found := make(chan string, 1)
	x := serve(t, func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		server, _ := ctx.Value(http.ServerContextKey).(*http.Server)
		local, _ := ctx.Value(http.LocalAddrContextKey).(net.Addr)
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		found <- fmt.Sprintln(server != nil, local, host, err, ctx.Value(key("base")), ctx.Value(key("conn")), r.Host, r.URL.Query())
		echo(w, r)
	}, func(s *http.Server) {
		s.BaseContext = func(net.Listener) context.Context { return context.WithValue(context.Background(), key("base"), 1) }
		s.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, key("conn"), c.RemoteAddr() != nil)
		}
	})
	long := strings.Repeat("x", 1000)
	c := x.dial(upgrade + "first " + long)
	if got, want := wait(t, found), fmt.Sprintln(true, x.addr, "127.0.0.1", nil, 1, true, "example.com", map[string][]string{"x": {"1"}}); got != want {
		t.Errorf("found %s, want %s", got, want)
	}
	expect(t, c, "101\nfirst "+long)
	_, _ = io.WriteString(c, "second")
	expect(t, c, "second")
}

// TestThen: the goroutine of the request goes on, once, after the handler.
func TestThen(t *testing.T) {
	t.Parallel()
	steps := make(chan string, 10)
	taken := make(chan *Conn, 1)
	x := serve(t, func(w http.ResponseWriter, r *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		if _, _, err := http.NewResponseController(w).Hijack(); err != http.ErrHijacked { //nolint:errorlint // as it is
			t.Errorf("taken over twice: %v", err)
		}
		if n, err := w.Write([]byte("x")); n != 0 || err != http.ErrHijacked { //nolint:errorlint // as it is
			t.Errorf("written after it was taken over: %d, %v", n, err)
		}
		conn := c.(*Conn)
		if !conn.Then(func() { steps <- "then"; <-r.Context().Done(); _ = c.Close(); taken <- conn }) || conn.Then(func() {}) {
			t.Error("Then is not for one function")
		}
		steps <- "handler"
	})
	c := x.dial(upgrade)
	gone(t, c)
	if a, b := wait(t, steps), wait(t, steps); a != "handler" || b != "then" {
		t.Errorf("%s came before %s", a, b)
	}
	if wait(t, taken).Then(func() {}) {
		t.Error("Then after the handler")
	}
}

// TestNetHTTP: what is no plain request for a websocket goes to net/http, however
// it comes.
func TestNetHTTP(t *testing.T) {
	t.Parallel()
	x := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			echo(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		_, _ = fmt.Fprint(w, r.Method, r.URL.Path, string(body), err)
	})
	t.Run("kept alive", func(t *testing.T) {
		t.Parallel()
		c := x.dial("GET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
		r := bufio.NewReader(c)
		for _, want := range []string{"GET/a<nil>", "POST/babc<nil>", "GET/c<nil>"} {
			if want == "GET/c<nil>" {
				_, _ = io.WriteString(c, "GET /c HTTP/1.1\r\nHost: x\r\n\r\n")
			}
			if got := readReply(t, r); got.body != want {
				t.Errorf("got %q, want %q", got.body, want)
			}
		}
	})
	t.Run("large body", func(t *testing.T) {
		t.Parallel()
		body := strings.Repeat("0123456789", 10_000)
		got := x.answer(fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
		if got.body != "POST/"+body+"<nil>" {
			t.Errorf("got %d bytes", len(got.body))
		}
	})
	for name, pieces := range map[string][]string{
		"in two":    {upgrade[:30], upgrade[30:], ""},
		"one byte":  {upgrade[:1], upgrade[1:], ""},
		"more":      {upgrade[:30], upgrade[30:] + "and ", "more"},
		"long head": {strings.Replace(upgrade, "Host", "X: "+strings.Repeat("x", readSize)+"\r\nHost", 1), "and more"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := x.dial(pieces[0])
			for _, p := range pieces[1:] {
				_, _ = io.WriteString(c, p)
			}
			expect(t, c, "101\n")
			_, rest, _ := strings.Cut(strings.Join(pieces, ""), "\r\n\r\n")
			expect(t, c, rest)
		})
	}
}

// TestSameAnswers: requests that are no requests are answered as net/http answers.
func TestSameAnswers(t *testing.T) {
	t.Parallel()
	h := func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, r.Host, r.URL, len(r.Header)) }
	small := func(s *http.Server) { s.MaxHeaderBytes = 512 }
	front, bare := serve(t, h, small), newServed(t, h, small)
	bare.start(bare.listener.inner)
	for _, head := range append(others(),
		"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		"\x16\x03\x01\x00\x05hello", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		strings.Replace(upgrade, "Host", "X: "+strings.Repeat("x", 512+headerSlop)+"\r\nHost", 1), // 431
		strings.Replace(upgrade, "Host", "X: "+strings.Repeat("x", 2*readSize)+"\r\nHost", 1),
	) {
		if head == "" {
			continue
		}
		head += "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" // ends what is kept alive, and what is not complete
		if got, want := front.raw(head), bare.raw(head); got != want {
			t.Errorf("%.200q: %q, want %q", head, got, want)
		}
	}
}

// TestTooSlow: nobody gets more time for a header than the server gives.
func TestTooSlow(t *testing.T) {
	t.Parallel()
	soon := func(s *http.Server) { s.ReadHeaderTimeout = 30 * time.Millisecond }
	x, bare := serve(t, echo, soon), newServed(t, echo, soon)
	bare.start(bare.listener.inner)
	gone(t, x.dial(""))
	if got, want := x.raw(upgrade[:20]), bare.raw(upgrade[:20]); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	y := serve(t, echo, func(s *http.Server) { s.ReadHeaderTimeout, s.ReadTimeout = 0, 30*time.Millisecond })
	gone(t, y.dial(""))
}

// TestTimeCounts: the time in which the first bytes came counts for net/http too.
func TestTimeCounts(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	r := &replayed{TCPConn: a, due: time.Now()}
	if err := r.SetReadDeadline(time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("read without a deadline: %v", err)
	}
	_ = r.SetReadDeadline(time.Now().Add(patience)) // of the next request
	_, _ = io.WriteString(b, "x")
	expect(t, r, "x")
}

// TestReplayed: what was read is read again before anything else.
func TestReplayed(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	r := &replayed{TCPConn: a, rest: []byte("abc")}
	if _, err := r.SyscallConn(); err == nil {
		t.Error("past what was read")
	}
	_, _ = io.WriteString(b, "def")
	expect(t, r, "abcd")
	if _, err := r.SyscallConn(); err != nil {
		t.Error(err)
	}
	r.rest = []byte("xyz")
	_ = b.CloseWrite()
	var all strings.Builder
	if _, err := r.WriteTo(&all); err != nil || all.String() != "xyzef" {
		t.Errorf("%q, %v", all.String(), err)
	}
}

// pair is the two ends of a connection.
func pair(t *testing.T) (a, b *net.TCPConn) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	dialed, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = dialed.Close(), accepted.Close() })
	return dialed.(*net.TCPConn), accepted.(*net.TCPConn)
}

// TestAddresses: addresses are written as net/http writes them.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, a := range []net.TCPAddr{
		{IP: net.IPv4(127, 0, 0, 1), Port: 80},
		{IP: net.IP{10, 0, 0, 1}, Port: 65535},
		{IP: net.ParseIP("::ffff:10.0.0.1"), Port: 1},
		{IP: net.IPv6loopback, Port: 8080},
		{IP: net.ParseIP("fe80::1"), Port: 1, Zone: "eth0"},
		{IP: net.ParseIP("2001:db8::1"), Port: 0},
	} {
		if got := text(&a); got != a.String() {
			t.Errorf("%s, want %s", got, &a)
		}
	}
}

// TestBound: more than so many are not waited for here, but by net/http, which
// keeps connections alive.
func TestBound(t *testing.T) {
	t.Parallel()
	x := newServed(t, func(http.ResponseWriter, *http.Request) {})
	x.listener.most = 1
	x.start(x.listener)
	first := x.dial("")
	if x.answer(upgrade).closes { // once it is answered, first has been accepted
		t.Error("the second one is waited for as well")
	}
	_, _ = io.WriteString(first, upgrade)
	if !readReply(t, bufio.NewReader(first)).closes {
		t.Error("the first one is not waited for")
	}
	if !x.answer(upgrade).closes {
		t.Error("there is room again, and nobody gets it")
	}
}

// TestConnState: who wants to be told of every state is.
func TestConnState(t *testing.T) {
	t.Parallel()
	states := make(chan http.ConnState, 10)
	x := serve(t, echo, func(s *http.Server) { s.ConnState = func(_ net.Conn, state http.ConnState) { states <- state } })
	expect(t, x.dial(upgrade), "101\n")
	for _, want := range []http.ConnState{http.StateNew, http.StateActive, http.StateHijacked} {
		if got := wait(t, states); got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
}

// TestShutdown: who has not asked for anything is turned away; whoever has is
// answered.
func TestShutdown(t *testing.T) {
	t.Parallel()
	inside, leave := make(chan struct{}), make(chan struct{})
	x := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		close(inside)
		<-leave
		_, _ = io.WriteString(w, "answered")
	})
	busy := x.dial(upgrade)
	wait(t, inside)
	silent := x.dial("")
	for n := 0; n == 0; runtime.Gosched() { // until it has been accepted
		x.listener.mu.Lock()
		n = len(x.listener.pending)
		x.listener.mu.Unlock()
	}
	if err := x.server.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	gone(t, silent)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := x.listener.Wait(ctx); err == nil {
		t.Error("nobody is waited for")
	}
	close(leave)
	all, err := io.ReadAll(busy)
	if err != nil || !strings.HasSuffix(string(all), "\r\n\r\nanswered") {
		t.Errorf("%q, %v", all, err)
	}
	if c, err := new(net.Dialer).DialContext(t.Context(), "tcp", x.addr); err == nil {
		_ = c.Close()
		t.Error("still listening")
	}
	if err := x.listener.Close(); err == nil {
		t.Error("closed twice without a word")
	}
}

// TestServeAgain: a listener that was closed before it served says so.
func TestServeAgain(t *testing.T) {
	t.Parallel()
	x := newServed(t, echo)
	if x.listener.Addr().String() != x.addr {
		t.Error("another address")
	}
	if err := x.listener.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := x.listener.Accept(); err == nil {
		t.Error("accepted something")
	}
	if err := x.listener.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestAcceptErrors: errors are net/http's to judge.
func TestAcceptErrors(t *testing.T) {
	t.Parallel()
	l := Listen(&failing{}, &http.Server{Handler: http.HandlerFunc(echo)})
	for range 3 {
		if _, err := l.Accept(); err != io.ErrClosedPipe { //nolint:errorlint // as it is
			t.Errorf("got %v", err)
		}
	}
	_ = l.Close()
	if err := l.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

type failing struct{}

func (*failing) Accept() (net.Conn, error) { return nil, io.ErrClosedPipe }
func (*failing) Close() error              { return nil }
func (*failing) Addr() net.Addr            { return nil }
