package client_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/client"
	"github.com/parlance-dev/parlance/sio/native"
)

// TestMain looks for goroutines left behind, but for those of the library of
// one of the servers.
func TestMain(m *testing.M) {
	const lib = "github.com/zishang520/socket.io/v3/pkg/"
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction(lib+"queue.(*Queue).loop"),
		goleak.IgnoreAnyFunction(lib+"utils.SetInterval.func1"))
}

// TestNothingIsLeft: with Done, the last goroutine has ended. The server is in
// another process, so that all goroutines are the client's.
func TestNothingIsLeft(t *testing.T) {
	server := startNode(t, settings{})
	for _, w := range ways() {
		t.Run(w.name, func(t *testing.T) {
			ignore := goleak.IgnoreCurrent()
			l := newLog()
			m, err := client.New(server.url, client.Options{Transports: w.transports})
			if err != nil {
				t.Fatal(err)
			}
			var sockets []*client.Socket
			for _, name := range []string{"/", "/custom"} {
				s := socket(t, m, l.watch(client.SocketOptions{Namespace: name}))
				if err := s.Connect(deadline(t)); err != nil {
					t.Fatal(err)
				}
				l.want(t, "connected", "welcome {}")
				sockets = append(sockets, s)
			}
			call(t, sockets[0], "echo")
			emit(t, sockets[1], "echo")
			l.want(t, "echo ")
			shut(t, m)
			if err := goleak.Find(ignore); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestIdleGoroutines holds the word of the package comment: one for each
// connection over WebSocket.
func TestIdleGoroutines(t *testing.T) {
	server := startNode(t, settings{})
	before := runtime.NumGoroutine()
	const count = 50
	for range count {
		m := manager(t, server.url, client.Options{Transports: []string{"websocket"}})
		s := socket(t, m, client.SocketOptions{Event: func(*client.Socket, sio.Event) {}})
		if err := s.Connect(deadline(t)); err != nil {
			t.Fatal(err)
		}
		call(t, s, "echo")
	}
	for ctx := deadline(t); runtime.NumGoroutine() > before+count; runtime.Gosched() {
		if ctx.Err() != nil {
			t.Fatalf("%d goroutines for %d connections", runtime.NumGoroutine()-before, count)
		}
	}
}

// TestCloseFlushes: what was emitted before Close arrives.
func TestCloseFlushes(t *testing.T) {
	for _, w := range ways() {
		t.Run(w.name, func(t *testing.T) {
			got := make(chan string, 4096)
			engine, err := native.New(sio.EngineOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := engine.Namespace("/", sink(got)); err != nil {
				t.Fatal(err)
			}
			url := httpServer(t, engine.ServeHTTP)
			t.Cleanup(func() { _ = engine.Shutdown(deadline(t)) })
			m := manager(t, url, client.Options{Transports: w.transports})
			s := socket(t, m, client.SocketOptions{})
			if err := s.Connect(deadline(t)); err != nil {
				t.Fatal(err)
			}
			for i := range 400 {
				emit(t, s, strconv.Itoa(i))
			}
			shut(t, m)
			for i := range 400 {
				if name := receive(t, got); name != strconv.Itoa(i) {
					t.Fatalf("event %d is %s", i, name)
				}
			}
			if end := receive(t, got); end != string(sio.ReasonClient) {
				t.Errorf("ended with %q", end)
			}
		})
	}
}

// sink writes down the events of its sockets and why they ended.
type sink chan<- string

func (k sink) Connect(context.Context, sio.Socket, *sio.Handshake) (sio.SocketHandler, error) {
	return k, nil
}
func (k sink) Opened()             {}
func (k sink) Event(e sio.Event)   { k <- e.Name }
func (k sink) Closed(r sio.Reason) { k <- string(r) }

// TestCloseWhileConnecting: at whatever point, Close ends it all.
func TestCloseWhileConnecting(t *testing.T) {
	asked := make(chan struct{}, 8)
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	silent := httpServer(t, func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	greets := fake(t, func(c *fakeConn) {
		c.say(greeting)
		asked <- struct{}{}
		c.linger()
	})
	for name, tt := range map[string]struct {
		url string
		way way
	}{"websocket": {silent, ways()[0]}, "polling": {silent, ways()[1]}, "namespace": {greets.url, ways()[0]}} {
		t.Run(name, func(t *testing.T) {
			m := manager(t, tt.url, client.Options{Transports: tt.way.transports})
			s := socket(t, m, client.SocketOptions{})
			outcome := make(chan error, 1)
			go func() { outcome <- s.Connect(context.Background()) }()
			receive(t, asked)
			shut(t, m)
			wantError(t, receive(t, outcome), client.ErrClosed)
		})
	}
	t.Run("delay", func(t *testing.T) {
		m := manager(t, nobody(t), client.Options{Reconnect: client.Reconnect{MinDelay: time.Hour, MaxDelay: time.Hour}})
		failed := make(chan error, 1)
		s := socket(t, m, client.SocketOptions{ConnectError: func(_ *client.Socket, err error) { failed <- err }})
		outcome := make(chan error, 1)
		go func() { outcome <- s.Connect(context.Background()) }()
		wantError(t, receive(t, failed), syscall.ECONNREFUSED)
		s.Disconnect()
		wantError(t, receive(t, outcome), client.ErrDisconnected)
	})
	t.Run("auth", func(t *testing.T) {
		m := manager(t, greets.url, client.Options{Transports: []string{"websocket"}})
		s := socket(t, m, client.SocketOptions{Auth: func(ctx context.Context) (json.RawMessage, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		go func() { _ = s.Connect(context.Background()) }()
		receive(t, asked)
		shut(t, m)
	})
}

// TestConnectTimeout: a server that does not answer the handshake is a failure.
func TestConnectTimeout(t *testing.T) {
	server := httpServer(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	for _, w := range ways() {
		o := client.Options{Transports: w.transports, Reconnect: client.Reconnect{Off: true}, ConnectTimeout: 50 * time.Millisecond}
		if _, err := client.Dial(deadline(t), server, o, client.SocketOptions{}); err == nil || !strings.Contains(err.Error(), "open by") {
			t.Errorf("%s: %v", w.name, err)
		}
	}
}

// TestMuteServer: a server that takes the connection and never says a word, not
// of TLS either, is given up, and the connection to it with it.
func TestMuteServer(t *testing.T) {
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	ended := make(chan error, 8)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_, err := io.Copy(io.Discard, conn)
				_ = conn.Close()
				ended <- err
			}()
		}
	}()
	for _, scheme := range []string{"http", "https"} {
		for _, w := range ways() {
			o := client.Options{Transports: w.transports, Reconnect: client.Reconnect{Off: true}, ConnectTimeout: 50 * time.Millisecond}
			if _, err := client.Dial(deadline(t), scheme+"://"+listener.Addr().String(), o, client.SocketOptions{}); err == nil {
				t.Errorf("%s, %s: connected", scheme, w.name)
			}
			_ = receive(t, ended) // closed or reset
		}
	}
}

// TestCallbacksMayDoAnything: call Disconnect, Close, Connect, EmitAck, panic,
// and end their goroutine.
func TestCallbacksMayDoAnything(t *testing.T) {
	everywhere(t, settings{}, func(t *testing.T, e env) {
		reported := make(chan error, 8)
		l := newLog()
		so := l.watch(client.SocketOptions{})
		so.Event = func(s *client.Socket, ev sio.Event) {
			l <- ev.Name + " " + join(ev.Args)
			switch join(ev.Args) {
			case `"panic"`:
				panic("on purpose")
			case `"goexit"`:
				runtime.Goexit()
			case `"ask"`:
				_, err := s.EmitAck(deadline(t), "echo", sio.Payload{})
				l <- "asked " + strconv.FormatBool(err == nil)
			case `"again"`:
				s.Disconnect()
				go func() { _ = s.Connect(context.Background()) }()
			case `"close"`:
				if err := s.Manager().Close(deadline(t)); err != nil {
					t.Errorf("close in a callback: %v", err)
				}
			}
		}
		s := e.connect(t, func(o *client.Options) { o.OnError = func(err error) { reported <- err } }, so)
		l.want(t, "connected", "welcome {}")
		for _, do := range []string{`"panic"`, `"goexit"`, `"ask"`} {
			emit(t, s, "echo", do)
			l.want(t, "echo "+do)
		}
		l.want(t, "asked true")
		if err := receive(t, reported); !strings.Contains(err.Error(), "on purpose") {
			t.Errorf("reported: %v", err)
		}
		emit(t, s, "echo", `"again"`)
		l.want(t, `echo "again"`, "disconnected: io client disconnect", "connected", "welcome {}")
		emit(t, s, "echo", `"close"`)
		l.want(t, `echo "close"`, "disconnected: io client disconnect")
	})
}

// TestHooksMayPanic: nothing of the user's kills the process.
func TestHooksMayPanic(t *testing.T) {
	server := startNode(t, settings{})
	m := manager(t, server.url, client.Options{
		Reconnect: quick(),
		OnState:   func(client.State) { panic("state") },
		OnPacket:  func(*client.Packet) { panic("packet") },
		OnUpgrade: func(string) { panic("upgrade") },
		OnError:   func(error) { panic("error") },
	})
	first := true
	s := socket(t, m, client.SocketOptions{
		Connected: func(*client.Socket) { panic("connected") },
		Auth: func(context.Context) (json.RawMessage, error) {
			if first {
				first = false
				panic("auth")
			}
			return nil, nil
		},
	})
	if err := s.Connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	call(t, s, "echo")
}

// TestBadAnswers: an answer that is no JSON is reported, and not sent.
func TestBadAnswers(t *testing.T) {
	server := startNode(t, settings{})
	reported := make(chan error, 1)
	m := manager(t, server.url, client.Options{Transports: []string{"websocket"}, OnError: func(err error) { reported <- err }})
	s := socket(t, m, client.SocketOptions{Event: func(_ *client.Socket, e sio.Event) {
		if e.Ack != nil {
			e.Ack(sio.Payload{Args: args("{")})
		}
	}})
	if err := s.Connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	emit(t, s, "ask")
	if err := receive(t, reported); !strings.Contains(err.Error(), "not a JSON value") {
		t.Errorf("reported: %v", err)
	}
	call(t, s, "echo")
}

// TestRequest looks at what requests carry, over TLS.
func TestRequest(t *testing.T) {
	engine, err := native.New(sio.EngineOptions{Path: "/deep/path/"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Namespace("/", namespace{"/"}); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	seen := map[string]bool{} // transports
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if r.Header.Get("X-Test") != "yes" || q.Get("a") != "b&c" || q.Get("u") != "1" || r.Host != "example.org" || r.URL.Path != "/deep/path/" {
			t.Errorf("%s %s: %v", r.Host, r.URL, r.Header)
		}
		mu.Lock()
		seen[q.Get("transport")] = true
		mu.Unlock()
		engine.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { _ = engine.Shutdown(deadline(t)) })
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	upgraded := make(chan string, 1)
	header := http.Header{}
	header.Set("X-Test", "yes")
	header.Set("Host", "example.org")
	o := client.Options{
		Path: "deep/path", Header: header, Query: url.Values{"a": {"b&c"}}, TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		OnUpgrade: func(transport string) { upgraded <- transport },
	}
	m := manager(t, server.URL+"?u=1", o)
	s := socket(t, m, client.SocketOptions{})
	if err := s.Connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	receive(t, upgraded)
	call(t, s, "echo")
	mu.Lock()
	if !seen["polling"] || !seen["websocket"] {
		t.Errorf("seen: %v", seen)
	}
	mu.Unlock()
	shut(t, m)
	o.TLS, o.Reconnect.Off = nil, true
	for _, w := range ways() {
		o.Transports = w.transports
		var unknown *tls.CertificateVerificationError
		if _, err := client.Dial(deadline(t), server.URL, o, client.SocketOptions{}); !errors.As(err, &unknown) {
			t.Errorf("%s, unknown certificate: %v", w.name, err)
		}
	}
}

// TestStress has many goroutines do everything at once; it is for the race
// detector, and for what does not end.
func TestStress(t *testing.T) {
	everywhere(t, settings{}, func(t *testing.T, e env) {
		o := e.options(t)
		o.OnError = nil
		m := manager(t, e.server.url, o)
		names := []string{"/", "/custom", "/refused"}
		var wg sync.WaitGroup
		for _, name := range names {
			s := socket(t, m, client.SocketOptions{Namespace: name, Event: func(_ *client.Socket, ev sio.Event) {
				if ev.Ack != nil {
					ev.Ack(ev.Payload)
				}
			}})
			for g := range 4 {
				wg.Go(func() { stress(t, s, g) })
			}
		}
		wg.Wait()
		for _, name := range names {
			if _, err := m.Socket(client.SocketOptions{Namespace: name}); err == nil {
				t.Errorf("a second socket of %s", name)
			}
		}
	})
}

func stress(t *testing.T, s *client.Socket, seed int) {
	t.Helper()
	for i := range 40 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+(i*7+seed)%20)*time.Millisecond)
		switch (i + seed) % 8 {
		case 0, 1:
			_ = s.Connect(ctx) // whatever comes of it
		case 2:
			_, _ = s.EmitAck(ctx, "echo", sio.Payload{Args: args("1")})
		case 3:
			_ = s.Emit(ctx, "ask", sio.Payload{})
		case 4:
			_ = s.Emit(ctx, "items", sio.Payload{Args: args("20")})
		case 5:
			_, _, _ = s.ID(), s.Recovered(), s.Manager().Transport()
			if i%3 == 0 {
				_ = s.Emit(ctx, "cut", sio.Payload{})
			}
		case 6:
			s.Disconnect()
		default:
			_ = s.Emit(ctx, "kick", sio.Payload{})
		}
		cancel()
	}
}
