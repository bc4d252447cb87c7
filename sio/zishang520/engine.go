package zishang520

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/zishang520/socket.io/servers/engine/v3"
	"github.com/zishang520/socket.io/servers/engine/v3/transports"
	"github.com/zishang520/socket.io/servers/socket/v3"
	"github.com/zishang520/socket.io/v3/pkg/log"
	"github.com/zishang520/socket.io/v3/pkg/slices"
	"github.com/zishang520/socket.io/v3/pkg/types"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/internal/rooms"
	"github.com/parlance-dev/parlance/sio/internal/task"
	"github.com/parlance-dev/parlance/sio/packet"
)

// never is a period that does not pass: the library's own pings are off.
const never = 100 * 365 * 24 * time.Hour

// Engine is a Socket.IO server on zishang520's library. It implements
// sio.Engine; its methods may be called from any goroutine.
type Engine struct {
	options sio.EngineOptions
	io      *socket.Server
	http    http.Handler // the library's
	tasks   *task.Tracker
	work    *task.Tracker // events that wait for their handlers or are with them
	buffers buffers

	addresses *addresses

	mu         sync.Mutex
	namespaces map[string]*namespace
	conns      map[string]*conn // by Engine.IO session id
	closing    bool
}

var _ sio.Engine = (*Engine)(nil)

// New returns an engine without namespaces. It fails where the options name a
// transport that there is not.
func New(o sio.EngineOptions, more ...Option) (*Engine, error) {
	own := newOptions(o, more)
	e := &Engine{
		options:    own.EngineOptions,
		addresses:  newAddresses(&own),
		tasks:      task.NewTracker(),
		work:       task.NewTracker(),
		namespaces: map[string]*namespace{},
		conns:      map[string]*conn{},
	}
	if err := checkQueue(); err != nil {
		return nil, err
	}
	builders, err := e.builders()
	if err != nil {
		return nil, err
	}
	log.DEBUG.Store(false) // it prints payloads
	opts := e.serverOptions(builders)
	e.io = socket.NewServer(nil, opts)
	// The library always has "/"; it is open to clients once Namespace opens it.
	e.io.Sockets().Use(e.admitRoot)
	e.http = e.io.ServeHandler(opts)
	// Registered after the library's own listener: by now it listens to the socket.
	_ = e.io.Engine().On("connection", func(args ...any) {
		if s, ok := slices.TryGet(args, 0).(engine.Socket); ok {
			if t, ok := s.Transport().(carrier); ok {
				t.connection().established(s)
			}
		}
	})
	return e, nil
}

// serverOptions are those of the library.
func (e *Engine) serverOptions(builders *types.Set[transports.TransportCtor]) *socket.ServerOptions {
	opts := socket.DefaultServerOptions()
	opts.SetServeClient(false)
	opts.SetPath(strings.TrimSuffix(e.options.Path, "/"))
	opts.SetParser(rawParser{})
	opts.SetTransports(builders)
	opts.SetAllowRequest(e.allow)
	opts.SetConnectTimeout(e.options.ConnectTimeout)
	opts.SetUpgradeTimeout(e.options.UpgradeTimeout)
	opts.SetMaxHttpBufferSize(e.options.MaxPayload)
	opts.SetPingInterval(never)
	opts.SetPingTimeout(never)
	return opts
}

func (e *Engine) builders() (*types.Set[transports.TransportCtor], error) {
	set := types.NewSet[transports.TransportCtor]()
	for _, name := range e.options.Transports {
		b := &builder{engine: e, name: name}
		switch name {
		case transports.WEBSOCKET:
			b.make = newWebSocket
		case transports.POLLING:
			b.make = newPolling
		default:
			return nil, fmt.Errorf("sio/zishang520: unknown transport %q", name)
		}
		set.Add(b)
	}
	if set.Len() == 0 {
		return nil, errors.New("sio/zishang520: no transport")
	}
	return set, nil
}

// Namespace implements sio.Engine.
func (e *Engine) Namespace(name string, h sio.NamespaceHandler) (sio.Namespace, error) {
	if !strings.HasPrefix(name, "/") || strings.Contains(name, ",") || len(name) > packet.MaxNamespace {
		return nil, fmt.Errorf("sio/zishang520: bad namespace name %q", name)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.namespaces[name] != nil {
		return nil, fmt.Errorf("sio/zishang520: namespace %s is open already", name)
	}
	n := &namespace{engine: e, name: name, handler: h, rooms: rooms.New[*clientSocket]()}
	e.namespaces[name] = n
	lib := e.io.Of(name, nil)
	if name != "/" {
		lib.Use(n.admit)
	}
	if err := lib.On("connection", n.opened); err != nil {
		return nil, fmt.Errorf("sio/zishang520: namespace %s: %w", name, err)
	}
	return n, nil
}

// admitRoot is the middleware of "/".
func (e *Engine) admitRoot(lib *socket.Socket, next func(*socket.ExtendedError)) {
	unpin(lib)
	if n := e.namespace("/"); n != nil {
		n.admit(lib, next)
		return
	}
	next(socket.NewExtendedError("Invalid namespace", nil))
}

// namespace returns an open namespace, nil where there is none of the name.
func (e *Engine) namespace(name string) *namespace {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.namespaces[name]
}

// ServeHTTP implements http.Handler.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(strings.TrimSuffix(r.URL.Path, "/")+"/", e.options.Path) {
		http.NotFound(w, r)
		return
	}
	if e.isClosing() && (r.URL.Query().Get("sid") == "" || r.Header.Get("Upgrade") != "") {
		http.Error(w, "server is shutting down", http.StatusServiceUnavailable)
		return
	}
	x := &exchange{request: r}
	defer func() { x.place.served() }()
	inner := r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
	if r.Header.Get("Origin") != "" {
		// The library would check it; that is the business of handlers in front.
		inner.Header = r.Header.Clone()
		inner.Header.Del("Origin")
	}
	e.http.ServeHTTP(w, inner)
	if x.transport != nil {
		x.transport.start()
	}
}

// Shutdown implements sio.Engine. Clients are not told to stay away: theirs
// reconnect, to another node or once this one is back.
func (e *Engine) Shutdown(ctx context.Context) error {
	e.mu.Lock()
	e.closing = true
	e.mu.Unlock()
	select {
	case <-e.work.Wait(): // what has been taken in is also answered
	case <-ctx.Done():
	}
	for _, c := range e.connections() {
		c.close(sio.ReasonShutdown)
	}
	select {
	case <-e.tasks.Wait():
		return nil
	case <-ctx.Done():
		for _, c := range e.connections() {
			c.kill(sio.ReasonShutdown)
		}
		return ctx.Err()
	}
}

func (e *Engine) isClosing() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.closing
}

// register takes in a connection, and its place with it. It returns false where the engine is closing.
func (e *Engine) register(sid string, c *conn) bool {
	e.tasks.Add()
	c.place.keep()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.conns[sid] = c
	return !e.closing
}

// forget drops a connection that the library has closed.
func (e *Engine) forget(sid string) {
	e.mu.Lock()
	c, known := e.conns[sid]
	delete(e.conns, sid)
	e.mu.Unlock()
	if known {
		c.place.leave()
		e.tasks.Done()
	}
}

func (e *Engine) lookup(sid string) *conn {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.conns[sid]
}

func (e *Engine) connections() []*conn {
	e.mu.Lock()
	defer e.mu.Unlock()
	conns := make([]*conn, 0, len(e.conns))
	for _, c := range e.conns {
		conns = append(conns, c)
	}
	return conns
}

// after calls f once d has passed, unless stop is closed before.
func (e *Engine) after(d time.Duration, stop <-chan struct{}, f func()) {
	e.tasks.Run(func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			f()
		case <-stop:
		}
	})
}

// logPanic logs a panic of a handler: where, and of what kind, but not the
// value, unless it is the runtime's own, as it may hold what a client sent.
func (e *Engine) logPanic(call string, s *clientSocket, r any) {
	e.options.Logger.Error("handler panicked", "call", call, "namespace", s.ns.name,
		"socketId", s.id, "panic", sio.PanicKind(r), "stack", string(debug.Stack()))
}
