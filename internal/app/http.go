package app

import (
	"context"
	"runtime"

	"github.com/parlance-dev/parlance/internal/cluster"
	"github.com/parlance-dev/parlance/internal/config"
	"github.com/parlance-dev/parlance/internal/feature/notices"
	"github.com/parlance-dev/parlance/internal/gen/api"
	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/internal/httpapi"
	"github.com/parlance-dev/parlance/sio"
)

// newAPI makes the calls under /api. The server has to be registered.
func (a *App) newAPI(cfg *config.Config, verifier httpapi.Verifier, clock sio.Clock) (*httpapi.API, error) {
	return httpapi.NewAPI(httpapi.APIDeps{
		Verifier:      verifier,
		RateLimit:     cfg.APIRateLimit,
		Limiter:       httpapi.NewWindows(cfg.APIRateWindow, clock.Now),
		Notices:       notices.New(events.NewBroadcaster(a.server), clock),
		Kicker:        kicker{a.server},
		Presence:      nobody{},
		Messages:      a.store.Messages(),
		Actions:       a.store.Actions(),
		Metrics:       a.basicMetrics(clock),
		MetricsPublic: cfg.MetricsPublic,
		Logger:        a.logger,
		Now:           clock.Now,
	})
}

// kicker disconnects the sockets of a user on this node.
type kicker struct{ server *sio.Server }

// Kick ends the user's connections.
func (k kicker) Kick(_ context.Context, userID string) error {
	k.server.Namespace().Disconnect(sio.Target{Rooms: []string{events.RoomUser(userID)}}, true)
	return nil
}

// nobody is a presence in which nobody is online, until there is one.
type nobody struct{}

// List returns no users.
func (nobody) List(context.Context, cluster.Page) ([]cluster.User, error) { return nil, nil }

// Lookup finds nobody.
func (nobody) Lookup(context.Context, string) (cluster.User, bool, error) {
	return cluster.User{}, false, nil
}

// basicMetrics returns what the process knows of itself; what is counted is
// missing until there is a counter.
func (a *App) basicMetrics(clock sio.Clock) func() api.Metrics {
	start := clock.Now()
	return func() api.Metrics {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		now := clock.Now()
		active := int64(len(a.server.Namespace().Sockets(sio.Target{})))
		return api.Metrics{
			TotalConnections: active, ActiveConnections: active, Uptime: now.Sub(start).Seconds(),
			Memory: api.Memory{
				Rss: int64(m.Sys), HeapTotal: int64(m.HeapSys), HeapUsed: int64(m.HeapAlloc), External: int64(m.Sys - m.HeapSys),
			},
			Timestamp: now.UTC().Format("2006-01-02T15:04:05.000Z"),
		}
	}
}
