package app

import (
	"context"

	"github.com/parlance-dev/parlance/internal/config"
	"github.com/parlance-dev/parlance/internal/feature/notices"
	"github.com/parlance-dev/parlance/internal/feature/presence"
	"github.com/parlance-dev/parlance/internal/gen/api"
	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/internal/httpapi"
	"github.com/parlance-dev/parlance/internal/metrics"
	"github.com/parlance-dev/parlance/sio"
)

// newAPI makes the calls under /api. The server has to be registered.
func (a *App) newAPI(cfg *config.Config, verifier httpapi.Verifier, clock sio.Clock) (*httpapi.API, error) {
	return httpapi.NewAPI(httpapi.APIDeps{
		Verifier:      verifier,
		RateLimit:     cfg.APIRateLimit,
		Limiter:       httpapi.NewWindows(cfg.APIRateWindow, clock.Now),
		Notices:       notices.New(events.NewBroadcaster(a.server), clock),
		Kicker:        kicker{a.presence},
		Presence:      a.presence,
		Messages:      a.store.Messages(),
		Actions:       a.store.Actions(),
		Metrics:       func() api.Metrics { return figures(a.metrics.Snapshot()) },
		MetricsPublic: cfg.MetricsPublic,
		Logger:        a.logger,
		Now:           clock.Now,
	})
}

// kicker is presence as the API disconnects users: with several nodes it may fail.
type kicker struct{ presence *presence.Service }

// Kick ends the user's connections.
func (k kicker) Kick(_ context.Context, userID string) error {
	k.presence.Kick(userID)
	return nil
}

// figures are the metrics as the document of the API has them.
func figures(s metrics.Snapshot) api.Metrics {
	return api.Metrics{
		TotalConnections: s.TotalConnections, ActiveConnections: s.ActiveConnections,
		MessagesPerSecond: s.MessagesPerSecond, ErrorsPerSecond: s.ErrorsPerSecond, Uptime: s.Uptime,
		Memory:    api.Memory{Rss: s.Memory.RSS, HeapTotal: s.Memory.HeapTotal, HeapUsed: s.Memory.HeapUsed, External: s.Memory.External},
		Timestamp: s.Timestamp,
	}
}
