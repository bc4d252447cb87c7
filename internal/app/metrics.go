package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"

	"github.com/parlance-dev/parlance/internal/config"
	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/internal/httpapi"
	"github.com/parlance-dev/parlance/internal/metrics"
	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/native"
)

// newMetrics makes what counts.
func newMetrics(cfg *config.Config, clock sio.Clock) (*metrics.Metrics, error) {
	m, err := metrics.New(metrics.Options{Contract: events.Contract(), Engine: cfg.SocketEngine, Clock: clock})
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	return m, nil
}

// watchEngine exports what the engine counts by itself, where it does.
func (a *App) watchEngine() {
	switch e := a.engine.(type) {
	case interface{ Stats() native.Stats }:
		a.metrics.WatchEngine(e.Stats)
	case interface{ RefusedByIP() int64 }:
		a.metrics.WatchRefused(e.RefusedByIP)
	}
}

// metricsListener serves GET /metrics on a port of its own. A nil one does nothing.
type metricsListener struct {
	server *http.Server
	done   chan error // has the end of serving
}

// listenMetrics starts the listener of METRICS_PORT; nil where there is none.
func (a *App) listenMetrics(ctx context.Context, cfg *config.Config) (*metricsListener, error) {
	if cfg.MetricsPort == nil {
		return nil, nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(cfg.ListenHost, strconv.Itoa(*cfg.MetricsPort)))
	if err != nil {
		return nil, fmt.Errorf("METRICS_PORT: %w", err)
	}
	handler := httpapi.NewMetrics(httpapi.Deps{
		TrustedProxies: cfg.TrustedProxies, Observe: a.metrics.Request, Logger: a.logger,
	}, a.metrics.Handler(a.logger))
	l := &metricsListener{httpapi.NewServer(listener.Addr().String(), handler, a.logger), make(chan error, 1)}
	go l.serve(listener, a.logger)
	a.logger.Info("metrics listening", "url", address(listener, cfg.ListenHost)+"/metrics")
	return l, nil
}

// serve answers scrapes until stop. Should the listener fail before, that is
// logged, and the rest of the server goes on.
func (l *metricsListener) serve(listener net.Listener, log *slog.Logger) {
	err := l.server.Serve(listener)
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	} else {
		log.Error("metrics no longer served", "error", err)
	}
	l.done <- err
}

// stop waits for the scrapes under way, until ctx ends, and closes the listener.
func (l *metricsListener) stop(ctx context.Context) error {
	if l == nil {
		return nil
	}
	err := l.server.Shutdown(ctx)
	if err != nil {
		err = fmt.Errorf("stop the metrics: %w", errors.Join(err, l.server.Close()))
	}
	return errors.Join(err, <-l.done)
}
