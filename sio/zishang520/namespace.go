package zishang520

import (
	"context"
	"fmt"
	"slices"

	"github.com/zishang520/socket.io/servers/socket/v3"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/internal/rooms"
)

// namespace implements sio.Namespace.
type namespace struct {
	engine  *Engine
	name    string
	handler sio.NamespaceHandler
	rooms   *rooms.Table[*clientSocket]
}

// Name implements sio.Namespace.
func (n *namespace) Name() string { return n.name }

// Broadcast implements sio.Namespace.
func (n *namespace) Broadcast(p sio.Packet, t sio.Target) {
	if p.IsZero() {
		return
	}
	m := eventMessage(n.name, p, nil)
	for _, s := range n.rooms.Match(t) {
		if t.Volatile && !s.conn.ready() {
			continue
		}
		_ = s.conn.push(m) // one that closes meanwhile gets nothing
	}
}

// Sockets implements sio.Namespace.
func (n *namespace) Sockets(t sio.Target) []string {
	found := n.rooms.Match(t)
	ids := make([]string, len(found))
	for i, s := range found {
		ids[i] = s.id
	}
	slices.Sort(ids)
	return ids
}

// Has implements sio.Namespace.
func (n *namespace) Has(socketID string) bool { return n.rooms.Has(socketID) }

// Disconnect implements sio.Namespace.
func (n *namespace) Disconnect(t sio.Target, connection bool) {
	for _, s := range n.rooms.Match(t) {
		s.Disconnect(connection)
	}
}

// admit is the library's middleware: it is called for each CONNECT packet, on
// the goroutine that reads the connection. Deciding happens on another one, so
// that the end of the connection is noticed meanwhile.
func (n *namespace) admit(lib *socket.Socket, next func(*socket.ExtendedError)) {
	unpin(lib)
	s, ok := lib.Handshake().Auth[authKey].(*clientSocket)
	if !ok {
		next(socket.NewExtendedError("Invalid namespace", nil))
		return
	}
	ctx, ok := s.begin(lib)
	if !ok {
		next(socket.NewExtendedError("closed", nil)) // nobody is there to read it
		return
	}
	_ = lib.Once("disconnect", func(args ...any) {
		reason, _ := args[0].(string)
		s.end(s.conn.reasonOr(mapReason(reason)))
	})
	n.engine.tasks.Run(func() {
		if refusal := s.decide(ctx); refusal != nil {
			next(socket.NewExtendedError(refusal.Message, refusal.Data))
			return
		}
		next(nil)
	})
}

// opened is called by the library once it has sent the CONNECT answer.
func (n *namespace) opened(args ...any) {
	if lib, ok := args[0].(*socket.Socket); ok {
		if s, ok := lib.Handshake().Auth[authKey].(*clientSocket); ok {
			s.open()
		}
	}
}

// decide asks the handler and returns the refusal, nil for a welcome.
func (s *clientSocket) decide(ctx context.Context) *sio.Refusal {
	h, err := s.connect(ctx)
	if err != nil || h == nil {
		refusal, ok := err.(*sio.Refusal) //nolint:errorlint // a wrapped refusal is an inner failure
		if !ok {
			s.conn.engine.options.Logger.Error("connect failed", "namespace", s.ns.name, "socketId", s.id, "error", err)
			refusal = sio.RefusalInternal()
		}
		s.refused()
		return refusal
	}
	s.accepted(h)
	return nil
}

// connect calls the handler. A panic is an inner failure.
func (s *clientSocket) connect(ctx context.Context) (h sio.SocketHandler, err error) {
	defer func() {
		if r := recover(); r != nil {
			s.conn.engine.logPanic("Connect", s, r)
			h, err = nil, fmt.Errorf("sio/zishang520: panic in Connect (%T)", r)
		}
	}()
	return s.ns.handler.Connect(ctx, s, s.handshake(ctx))
}

// handshake describes the request. Its context is the socket's: its own may
// have ended with the request.
func (s *clientSocket) handshake(ctx context.Context) *sio.Handshake {
	r := s.conn.request.WithContext(ctx)
	return &sio.Handshake{
		Auth:       s.auth,
		Query:      r.URL.Query(),
		Header:     r.Header,
		RemoteAddr: r.RemoteAddr,
		Request:    r,
	}
}
