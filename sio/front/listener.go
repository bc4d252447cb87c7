package front

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"

	"github.com/parlance-dev/parlance/sio/internal/crew"
	"github.com/parlance-dev/parlance/sio/internal/task"
)

// mostPending is how many connections may wait for their first request without
// net/http. One more is net/http's, as all would be without this package.
const mostPending = 4096

// Listener is a listener for one http.Server, to which Accept gives the
// connections that are net/http's to serve. Make it with Listen.
type Listener struct {
	inner   net.Listener
	server  *http.Server
	base    context.Context //nolint:containedctx // of all requests, as the server's own
	crew    *crew.Crew[*net.TCPConn]
	tasks   *task.Tracker
	buffers sync.Pool // *[readSize]byte

	most   int // connections that are waited for
	begin  sync.Once
	found  chan accepted // for net/http
	closed chan struct{}

	mu       sync.Mutex
	pending  map[*net.TCPConn]struct{} // have not sent a request yet
	isClosed bool
}

// accepted is what an Accept returns.
type accepted struct {
	conn net.Conn
	err  error
}

// Listen returns a listener for s.Serve that serves websockets by itself. The
// fields of s must not change any more. Closing it, as s.Shutdown and s.Close do,
// closes inner and the connections that have not sent a request; Wait waits for
// those that have.
func Listen(inner net.Listener, s *http.Server) *Listener {
	l := &Listener{
		inner: inner, server: s, most: mostPending, tasks: task.NewTracker(),
		found: make(chan accepted), closed: make(chan struct{}), pending: map[*net.TCPConn]struct{}{},
	}
	l.buffers.New = func() any { return new([readSize]byte) }
	l.crew = crew.New(l.serve, func(f func()) { go f() })
	l.base = context.Background()
	if s.BaseContext != nil {
		l.base = s.BaseContext(l)
	}
	l.base = context.WithValue(l.base, http.ServerContextKey, s)
	return l
}

// Addr implements net.Listener.
func (l *Listener) Addr() net.Addr { return l.inner.Addr() }

// Accept implements net.Listener. The first call begins the accepting, of
// websockets too.
func (l *Listener) Accept() (net.Conn, error) {
	l.begin.Do(func() { l.tasks.Run(l.accept) })
	select {
	case a := <-l.found:
		return a.conn, a.err
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *Listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isClosed {
		return net.ErrClosed
	}
	l.isClosed = true
	close(l.closed)
	l.crew.End()
	for conn := range l.pending {
		_ = conn.Close() // the client comes again, elsewhere or later
	}
	return l.inner.Close()
}

// Wait waits, after Close, until every handler has returned that the listener has
// called, and what it has answered has been sent. It returns ctx's error where ctx
// ends first.
func (l *Listener) Wait(ctx context.Context) error {
	select {
	case <-l.tasks.Wait():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// accept accepts until the listener is closed. An error is net/http's to judge:
// while that waits before it calls Accept again, nothing is accepted.
func (l *Listener) accept() {
	for {
		conn, err := l.inner.Accept()
		if tcp, ok := conn.(*net.TCPConn); ok && err == nil && l.takes(tcp) {
			l.crew.Do(tcp)
			continue
		}
		if !l.give(conn, err) {
			return
		}
	}
}

// takes notes a connection as one that is waited for. It returns false where it
// is net/http's from the start.
func (l *Listener) takes(conn *net.TCPConn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isClosed || l.server.ConnState != nil || len(l.pending) >= l.most {
		return false
	}
	l.pending[conn] = struct{}{}
	l.tasks.Add()
	return true
}

// arrived says that a connection is waited for no more. It returns false where it
// has been closed.
func (l *Listener) arrived(conn *net.TCPConn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.pending, conn)
	return !l.isClosed
}

// give has Accept return something. It returns false where nobody calls Accept
// any more.
func (l *Listener) give(conn net.Conn, err error) bool {
	if !errors.Is(err, net.ErrClosed) {
		select {
		case l.found <- accepted{conn, err}:
			return true
		case <-l.closed:
		}
	}
	if conn != nil {
		_ = conn.Close()
	}
	return false
}
