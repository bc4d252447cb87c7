package enginetest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"go.uber.org/goleak"

	"github.com/parlance-dev/parlance/sio"
)

const (
	// patience is how long a case waits for what must happen. It is long, since
	// it only passes when the engine fails.
	patience = 15 * time.Second
	// moment is how long a case looks on to see that something does not happen.
	moment = 150 * time.Millisecond
)

// C runs one case: it holds the engine, its HTTP server, and what failed.
type C struct {
	mode    mode
	engine  sio.Engine
	server  *httptest.Server
	http    *http.Client
	root    *space // namespace "/"
	factory Factory
	stopped bool // Shutdown was called by the case

	mu       sync.Mutex
	failures []string
	clients  []*client
	spaces   []*space
}

// execute runs a case on an engine of its own and returns what failed.
func execute(tc testCase, m mode, factory Factory) []string {
	ignore := goleak.IgnoreCurrent()
	c := &C{mode: m, factory: factory}
	done := make(chan struct{})
	go func() { // so that Fatalf can end it
		defer close(done)
		c.guard(func(c *C) {
			if c.setUp(tc.options) {
				tc.run(c)
			}
		})
	}()
	<-done
	c.tearDown()
	if err := goleak.Find(ignore); err != nil {
		c.Errorf("goroutines left behind: %v", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failures
}

// guard turns a panic of a case into a failure.
func (c *C) guard(run func(*C)) {
	defer func() {
		if r := recover(); r != nil {
			c.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	run(c)
}

func (c *C) setUp(change func(*sio.EngineOptions)) bool {
	o := sio.EngineOptions{}
	if change != nil {
		change(&o)
	}
	engine, err := c.factory(o)
	if err != nil {
		c.Errorf("make the engine: %v", err)
		return false
	}
	c.engine = engine
	c.root = c.open("/")
	c.server = httptest.NewUnstartedServer(engine)
	c.server.Listener = smallListener{c.server.Listener}
	c.server.Start()
	c.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	return true
}

// kernelBuffer is how much the kernel may hold of a connection in each
// direction: by default it is so much that no one would notice a peer who does
// not read. Much less would stall a loopback connection, whose segments are
// almost 64 KiB.
const kernelBuffer = 512 << 10

func shrink(conn net.Conn) net.Conn {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(kernelBuffer)
		_ = tcp.SetWriteBuffer(kernelBuffer)
	}
	return conn
}

// smallListener accepts connections with small buffers.
type smallListener struct{ net.Listener }

// Accept implements net.Listener.
func (l smallListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return shrink(conn), nil
}

// open opens a namespace with a recording handler.
func (c *C) open(name string) *space {
	s := &space{c: c, peers: make(chan *peer, 10_000)}
	ns, err := c.engine.Namespace(name, s)
	if err != nil {
		c.Fatalf("open namespace %s: %v", name, err)
	}
	if ns.Name() != name {
		c.Errorf("namespace is called %q, want %q", ns.Name(), name)
	}
	s.ns = ns
	c.spaces = append(c.spaces, s)
	return s
}

func (c *C) tearDown() {
	if c.engine == nil {
		return
	}
	for _, cl := range c.clients {
		cl.abandon()
	}
	if !c.stopped {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := c.engine.Shutdown(ctx); err != nil {
			c.Errorf("shutdown: %v", err)
		}
		for _, s := range c.spaces {
			s.checkClosed()
		}
	}
	for _, cl := range c.clients {
		cl.wait()
	}
	c.http.CloseIdleConnections()
	c.server.Close()
}

// Errorf notes a failure, from any goroutine.
func (c *C) Errorf(format string, args ...any) {
	where := ""
	for skip := 1; skip < 6; skip++ {
		if _, file, line, ok := runtime.Caller(skip); ok {
			where += fmt.Sprintf("%s:%d: ", filepath.Base(file), line)
			if base := filepath.Base(file); base != "harness.go" && base != "client.go" && base != "peer.go" {
				break
			}
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.failures) < 20 {
		c.failures = append(c.failures, where+fmt.Sprintf(format, args...))
	}
}

// Fatalf notes a failure and ends the goroutine of the case, from which alone
// it may be called.
func (c *C) Fatalf(format string, args ...any) {
	c.Errorf(format, args...)
	runtime.Goexit()
}

// take waits for a value.
func take[T any](c *C, ch <-chan T, what string) T {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case v, ok := <-ch:
		if !ok {
			c.Fatalf("%s: channel closed", what)
		}
		return v
	case <-timer.C:
		c.Fatalf("%s: not within %v", what, patience)
		panic("not reached")
	}
}

// await waits until ch is closed.
func await(c *C, ch <-chan struct{}, what string) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-ch:
	case <-timer.C:
		c.Fatalf("%s: not within %v", what, patience)
	}
}

// nothing looks on for a moment and fails where ch has something.
func nothing[T any](c *C, ch <-chan T, what string) {
	timer := time.NewTimer(moment)
	defer timer.Stop()
	select {
	case v, ok := <-ch:
		if ok {
			c.Errorf("%s: %v", what, v)
		} else {
			c.Errorf("%s", what)
		}
	case <-timer.C:
	}
}

// eventually waits until the condition holds, asking again and again.
func eventually(c *C, what string, holds func() bool) {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			c.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// equal fails where got is not want.
func equal[T comparable](c *C, got, want T, what string) {
	if got != want {
		c.Errorf("%s: got %v, want %v", what, got, want)
	}
}
