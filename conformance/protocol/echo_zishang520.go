package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/zishang520/socket.io/servers/engine/v3"
	"github.com/zishang520/socket.io/servers/engine/v3/config"

	"github.com/parlance-dev/parlance/sio"
)

// zishangEcho is the library's own Engine.IO server, with nothing of ours
// between it and the suite: what comes goes back.
type zishangEcho struct {
	server  engine.Server
	path    string
	closing atomic.Bool
}

func newZishangEcho(o sio.EngineOptions) (backend, error) {
	opts := config.DefaultServerOptions()
	opts.SetPingInterval(o.PingInterval)
	opts.SetPingTimeout(o.PingTimeout)
	opts.SetMaxHttpBufferSize(o.MaxPayload)
	z := &zishangEcho{server: engine.NewServer(opts), path: o.Path}
	if err := z.server.On("connection", connected); err != nil {
		return nil, fmt.Errorf("listen for connections: %w", err)
	}
	return z, nil
}

// connected makes a new socket send back its messages. A reader of text is of
// another type than one of bytes, so that each stays what it was.
func connected(args ...any) {
	socket, ok := args[0].(engine.Socket)
	if !ok {
		return
	}
	_ = socket.On("message", func(args ...any) { // fails for no event name only
		if r, ok := args[0].(io.Reader); ok {
			socket.Send(r, nil, nil)
		}
	})
}

// ServeHTTP implements http.Handler.
func (z *zishangEcho) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != z.path:
		http.NotFound(w, r)
	case z.closing.Load():
		http.Error(w, "server is shutting down", http.StatusServiceUnavailable)
	default:
		z.server.ServeHTTP(w, r)
	}
}

// Shutdown closes every session. The library's goroutines may take a moment
// longer to end; nothing tells when they have.
func (z *zishangEcho) Shutdown(context.Context) error {
	z.closing.Store(true)
	z.server.Close()
	return nil
}
