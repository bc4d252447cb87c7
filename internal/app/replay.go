package app

import (
	"context"

	"github.com/parlance-dev/parlance/internal/config"
	"github.com/parlance-dev/parlance/internal/feature/messages"
	"github.com/parlance-dev/parlance/sio"
)

// newMessages makes the feature that takes, delivers and replays messages.
func (a *App) newMessages(cfg *config.Config, clock sio.Clock) *messages.Handler {
	a.messages = messages.New(a.store.Messages(), messages.Options{
		ReplayLimit: cfg.ReplayLimit,
		Clock:       clock,
		Logger:      a.logger,
	})
	return a.messages
}

// awaitReplays waits for those that still run, once the sockets are gone: they
// read from the store.
func (a *App) awaitReplays(ctx context.Context) error {
	if a.messages == nil {
		return nil
	}
	return a.messages.Close(ctx)
}
