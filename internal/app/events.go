package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/parlance-dev/parlance/internal/config"
	"github.com/parlance-dev/parlance/internal/feature/actions"
	"github.com/parlance-dev/parlance/internal/feature/auth"
	"github.com/parlance-dev/parlance/internal/feature/rooms"
	"github.com/parlance-dev/parlance/internal/feature/system"
	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/internal/httpapi"
	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/native"
	"github.com/parlance-dev/parlance/sio/zishang520"
)

// newEngine makes the configured Socket.IO engine with the contract's settings.
func newEngine(cfg *config.Config, logger *slog.Logger) (sio.Engine, error) {
	contract := events.Contract()
	limit := func(name string) int64 {
		n, _ := contract.Limit(name) // of a generated name, so that it is there
		return n
	}
	said := contract.Server
	o := sio.EngineOptions{
		Path:              said.Path,
		Transports:        said.Transports,
		PingInterval:      said.PingInterval,
		PingTimeout:       said.PingTimeout,
		MaxPayload:        cfg.MaxPayloadBytes,
		MaxWaitingPackets: int(limit(events.LimitWaitingPackets)),
		MaxWaitingBytes:   limit(events.LimitWaitingBytes),
		Logger:            logger,
	}
	perIP := int(limit(events.LimitConnectionsPerIP))
	engines := map[string]func(sio.EngineOptions) (sio.Engine, error){
		"native": func(o sio.EngineOptions) (sio.Engine, error) {
			return native.New(o, native.WithMaxConnectionsPerIP(perIP, clientIP))
		},
		"zishang520": func(o sio.EngineOptions) (sio.Engine, error) {
			return zishang520.New(o, zishang520.WithMaxConnectionsPerIP(perIP, clientIP))
		},
	}
	open, ok := engines[cfg.SocketEngine]
	if !ok {
		return nil, fmt.Errorf("SOCKET_ENGINE: no engine %q", cfg.SocketEngine)
	}
	return open(o)
}

// clientIP says whose connection a request is, proxies seen through.
func clientIP(r *http.Request) string { return httpapi.ClientIP(r.Context()).String() }

// register puts the features behind the events of the contract.
func (a *App) register(cfg *config.Config, verifier *auth.Verifier, clock sio.Clock) error {
	limit := events.Contract().RateLimit
	limit.Events, limit.Window = cfg.SocketRateLimit, cfg.SocketWindow
	inbox := a.newMessages(cfg, clock)
	options := sio.Options{
		Authenticate: verifier.Authenticate,
		Connected: func(ctx context.Context, c *sio.Conn, h *sio.Handshake) error {
			inbox.Connected(ctx, c, h) // before it can get live messages
			a.presence.Connected(c)    // before the socket is in a room that is told of changes
			c.Join(rooms.Entitled(c.Identity())...)
			return nil
		},
		Opened: func(ctx context.Context, c *sio.Conn) {
			a.logger.Info("user connected", "userId", c.Identity().UserID, "socketId", c.ID(), "transport", c.Transport())
			inbox.Opened(ctx, c)
			a.presence.Opened(ctx, c)
		},
		Disconnected: func(c *sio.Conn, reason sio.Reason) {
			a.presence.Disconnected(c)
			a.logger.Info("user disconnected", "userId", c.Identity().UserID, "socketId", c.ID(), "reason", string(reason))
		},
		Observe:   a.presence.Observed,
		RateLimit: &limit,
		Clock:     clock,
		Logger:    a.logger,
	}
	a.metrics.Instrument(&options)
	var err error
	a.server, err = events.Register(a.engine, events.Handlers{
		Actions:  actions.New(a.store.Actions()),
		Messages: inbox,
		Rooms:    rooms.New(int64(cfg.RoomLimit)),
		System:   system.New(clock),
	}, options)
	if err != nil {
		return err
	}
	a.presence.Start(a.server)
	return nil
}
