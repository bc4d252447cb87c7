package app

import (
	"github.com/parlance-dev/parlance/internal/cluster/memory"
	"github.com/parlance-dev/parlance/internal/config"
	"github.com/parlance-dev/parlance/internal/feature/presence"
	"github.com/parlance-dev/parlance/sio"
)

// newPresence makes what knows who is online. It begins once the events are
// registered.
func (a *App) newPresence(cfg *config.Config, clock sio.Clock) *presence.Service {
	return presence.New(presence.Options{
		Cluster:     memory.New(),
		Clock:       clock,
		Logger:      a.logger,
		Users:       cfg.OnlineUsers,
		Connections: cfg.UserConnections,
	})
}
