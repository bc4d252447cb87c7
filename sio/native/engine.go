package native

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/engineio"
	"github.com/parlance-dev/parlance/sio/internal/rooms"
	"github.com/parlance-dev/parlance/sio/internal/task"
	"github.com/parlance-dev/parlance/sio/packet"
)

// Engine is a Socket.IO server. It implements sio.Engine; its methods may be
// called from any goroutine.
type Engine struct {
	options  options
	sessions *engineio.Server
	tasks    *task.Tracker // sockets, and goroutines
	counts   counters
	work     *task.Tracker // events that wait for their handlers or are with them

	mu         sync.RWMutex
	namespaces map[string]*namespace
	patterns   []pattern
}

var _ sio.Engine = (*Engine)(nil)

// New returns an engine without namespaces. It fails where the options name a
// transport that there is not.
func New(o sio.EngineOptions, more ...Option) (*Engine, error) {
	e := &Engine{
		tasks:      task.NewTracker(),
		work:       task.NewTracker(),
		namespaces: map[string]*namespace{},
	}
	e.options = newOptions(o, more)
	sessions, err := engineio.NewServer(e.options.session, e.accept)
	if err != nil {
		return nil, fmt.Errorf("sio/native: %w", err)
	}
	e.sessions = sessions
	return e, nil
}

// Namespace implements sio.Engine.
func (e *Engine) Namespace(name string, h sio.NamespaceHandler) (sio.Namespace, error) {
	if !strings.HasPrefix(name, "/") || strings.Contains(name, ",") || len(name) > packet.MaxNamespace {
		return nil, fmt.Errorf("sio/native: bad namespace name %q", name)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.namespaces[name] != nil {
		return nil, fmt.Errorf("sio/native: namespace %s is open already", name)
	}
	n := e.newNamespace(name)
	n.handler = h
	e.namespaces[name] = n
	return n, nil
}

func (e *Engine) newNamespace(name string) *namespace {
	n := &namespace{engine: e, name: name, rooms: rooms.New[*socket]()}
	if e.options.recovery != nil {
		n.log = newRecoveryLog(name, *e.options.recovery)
	}
	return n
}

// pattern opens namespaces as clients ask for them.
type pattern struct {
	match   func(name string) bool
	handler func(sio.Namespace) sio.NamespaceHandler
}

// Pattern opens the namespaces whose names match, such as one a tenant, when a
// client first asks for one, and closes them when the last socket has left.
// Namespaces of a fixed name come first, then patterns in the order of these
// calls. handler makes the handler of such a namespace; it must not wait.
func (e *Engine) Pattern(match func(name string) bool, handler func(sio.Namespace) sio.NamespaceHandler) error {
	if match == nil || handler == nil {
		return errors.New("sio/native: pattern without match or handler")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.patterns = append(e.patterns, pattern{match, handler})
	return nil
}

// enter returns the namespace for a client that asks for it, nil where there is
// none of the name. One of a pattern stays until leave is called as often.
func (e *Engine) enter(name string) *namespace {
	e.mu.RLock()
	n := e.namespaces[name]
	patterns := e.patterns
	if n != nil && !n.passing {
		e.mu.RUnlock()
		return n
	}
	e.mu.RUnlock()
	for _, p := range patterns {
		if p.match(name) {
			return e.enterPattern(name, p)
		}
	}
	return nil
}

func (e *Engine) enterPattern(name string, p pattern) *namespace {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := e.namespaces[name]
	if n == nil {
		n = e.newNamespace(name)
		n.passing = true
		n.handler = p.handler(n)
		e.namespaces[name] = n
	}
	if n.passing {
		n.users++
	}
	return n
}

// leave undoes enter.
func (e *Engine) leave(n *namespace) {
	if !n.passing {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if n.users--; n.users == 0 && e.namespaces[n.name] == n {
		delete(e.namespaces, n.name)
	}
}

// ServeHTTP implements http.Handler.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.sessions.ServeHTTP(w, r) }

// Shutdown implements sio.Engine. Clients are not told to stay away: theirs
// reconnect, to another node or once this one is back.
func (e *Engine) Shutdown(ctx context.Context) error {
	e.sessions.Drain()
	select {
	case <-e.work.Wait(): // what has been taken in is also answered
	case <-ctx.Done():
	}
	if err := e.sessions.Shutdown(ctx); err != nil {
		return err
	}
	select {
	case <-e.tasks.Wait():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// logPanic logs a panic of a handler: where, and of what kind, but not the
// value, unless it is the runtime's own, as it may hold what a client sent.
func (e *Engine) logPanic(call string, s *socket, r any) {
	e.options.Logger.Error("handler panicked", "call", call, "namespace", s.ns.name,
		"socketId", s.id, "panic", sio.PanicKind(r), "stack", string(debug.Stack()))
}
