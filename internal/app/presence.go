package app

import (
	"sync/atomic"

	"github.com/parlance-dev/parlance/internal/cluster"
	"github.com/parlance-dev/parlance/internal/cluster/memory"
	"github.com/parlance-dev/parlance/internal/config"
	"github.com/parlance-dev/parlance/internal/feature/presence"
	"github.com/parlance-dev/parlance/sio"
)

// newPresence makes what knows who is online. It begins once the events are
// registered.
func (a *App) newPresence(cfg *config.Config, clock sio.Clock) *presence.Service {
	nodes := memory.New()
	a.unwatch = a.countUsers(nodes)
	return presence.New(presence.Options{
		Cluster:     nodes,
		Clock:       clock,
		Logger:      a.logger,
		Users:       cfg.OnlineUsers,
		Connections: cfg.UserConnections,
	})
}

// countUsers tells the metrics how many users are online, until stop is called.
func (a *App) countUsers(nodes cluster.Presence) (stop func()) {
	var online atomic.Int64
	a.metrics.WatchUsers(func() (int, bool) { return int(online.Load()), true })
	return nodes.Watch(func(c cluster.Change) {
		if c.Online != nil {
			online.Add(1)
		} else {
			online.Add(-1)
		}
	})
}
