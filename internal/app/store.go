package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/parlance-dev/parlance/internal/config"
	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/internal/store/mongo"
	"github.com/parlance-dev/parlance/internal/store/sqlite"
	"github.com/parlance-dev/parlance/sio"
)

const (
	// storeBusy is how long one commit waits for a locked database before those
	// who wait for it are told.
	storeBusy = 1500 * time.Millisecond
	// storePatience is how long anybody waits for a write at most. It is under the
	// two seconds within which a client hears that its message was not stored.
	storePatience = 1800 * time.Millisecond
	// startPatience is how long a start waits for a database that does not answer,
	// since that may be starting too; startPause is between two tries.
	startPatience = 30 * time.Second
	startPause    = time.Second
)

// openStore opens the configured database. Its errors name the setting that is to
// blame, in one line and without credentials.
func openStore(ctx context.Context, cfg *config.Config, logger *slog.Logger, clock sio.Clock) (store.Store, error) {
	if cfg.MongoDBURI.Len() > 0 {
		s, err := openMongo(ctx, cfg, logger, clock)
		if err != nil {
			return nil, fmt.Errorf("MONGODB_URI: %w", err)
		}
		return s, nil
	}
	s, err := sqlite.Open(ctx, cfg.DataDir, sqlite.Options{Now: clock.Now, BusyTimeout: storeBusy, Patience: storePatience})
	if err != nil {
		return nil, fmt.Errorf("DATA_DIR: %w", err)
	}
	return s, nil
}

// openMongo tries until a database answers or patience ends.
func openMongo(ctx context.Context, cfg *config.Config, logger *slog.Logger, clock sio.Clock) (store.Store, error) {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	var last error
	for {
		s, err := mongo.Open(ctx, string(cfg.MongoDBURI.Reveal()), mongo.Options{Now: clock.Now, Patience: storePatience})
		switch {
		case err == nil:
			return s, nil
		case ctx.Err() != nil && last != nil: // says more than that time is up
			return nil, last
		case ctx.Err() != nil || !errors.Is(err, store.ErrUnavailable):
			return nil, err
		case last == nil:
			logger.Warn("waiting for the database", "error", err, "atMost", startPatience.String())
		}
		last = err
		select {
		case <-time.After(startPause):
		case <-ctx.Done():
			return nil, last
		}
	}
}
