package app

import (
	"context"
	"net"
	"time"
)

// Serve is what Run does with an App, without a listener for metrics.
func (a *App) Serve(ctx context.Context, l net.Listener, patience time.Duration) error {
	return a.serve(ctx, l, nil, patience, a.logger)
}
