// Package app wires the server together: it makes the parts, hands each what it
// needs, and takes them down in order. It holds no behaviour of its own and may
// import every package of internal, sio and the engines.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"

	"github.com/parlance-dev/parlance/internal/config"
	"github.com/parlance-dev/parlance/internal/feature/auth"
	"github.com/parlance-dev/parlance/internal/feature/messages"
	"github.com/parlance-dev/parlance/internal/feature/presence"
	"github.com/parlance-dev/parlance/internal/gen/contract"
	"github.com/parlance-dev/parlance/internal/httpapi"
	"github.com/parlance-dev/parlance/internal/metrics"
	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/sio"
)

// Options replace parts of the server, for tests. The zero value replaces none.
type Options struct {
	// Store is used instead of the configured one; the App closes it.
	Store store.Store
	// Clock is the runtime's clock; default: the system's.
	Clock sio.Clock
}

// App is a server that is ready to serve. Its methods may be called from any
// goroutine.
type App struct {
	logger   *slog.Logger
	metrics  *metrics.Metrics
	store    store.Store
	keys     *auth.Keys // nil where a secret checks tokens
	presence *presence.Service
	unwatch  func() // ends the counting of users
	engine   sio.Engine
	server   *sio.Server
	messages *messages.Handler
	handler  http.Handler
	draining atomic.Bool
}

// New makes all parts of the server. The configuration must have a secret or a
// key (config.EnsureSecret). The caller ends the App with Close.
func New(ctx context.Context, cfg *config.Config, logger *slog.Logger, o Options) (_ *App, err error) {
	if o.Clock == nil {
		o.Clock = sio.SystemClock{}
	}
	a := &App{logger: logger, store: o.Store}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.release())
		}
	}()
	if a.metrics, err = newMetrics(cfg, o.Clock); err != nil {
		return nil, err
	}
	if a.store == nil {
		if a.store, err = openStore(ctx, cfg, logger, o.Clock); err != nil {
			return nil, err
		}
	}
	a.store = a.metrics.Store(a.store)
	verifier, err := a.verifier(ctx, cfg, o.Clock)
	if err != nil {
		return nil, err
	}
	if a.engine, err = newEngine(cfg, logger); err != nil {
		return nil, err
	}
	a.watchEngine()
	a.presence = a.newPresence(cfg, o.Clock)
	if err := a.register(cfg, verifier, o.Clock); err != nil {
		return nil, err
	}
	calls, err := a.newAPI(cfg, verifier, o.Clock)
	if err != nil {
		return nil, err
	}
	a.handler = httpapi.New(httpapi.Deps{
		Engine:         a.engine,
		Origins:        cfg.FrontendOrigins,
		TrustedProxies: cfg.TrustedProxies,
		Ready:          a.store.Ready,
		Draining:       a.draining.Load,
		AsyncAPIYAML:   []byte(contract.YAML()),
		AsyncAPIJSON:   []byte(contract.JSON()),
		Docs:           []byte(contract.HTML()),
		API:            calls,
		Observe:        a.metrics.Request,
		Logger:         logger,
	})
	return a, nil
}

// verifier makes what checks tokens. Its errors name the setting that is to
// blame, in one line.
func (a *App) verifier(ctx context.Context, cfg *config.Config, clock sio.Clock) (*auth.Verifier, error) {
	var err error
	setting := ""
	switch {
	case cfg.JWT.JWKSURL != "":
		setting = "JWT_JWKS_URL"
		// The set outlives the start: only Close ends its refreshing.
		a.keys, err = auth.JWKS(context.WithoutCancel(ctx), cfg.JWT.JWKSURL, auth.JWKSOptions{Logger: a.logger})
	case cfg.JWT.PublicKeyFile != "":
		setting = "JWT_PUBLIC_KEY_FILE"
		a.keys, err = auth.PublicKeyFile(cfg.JWT.PublicKeyFile)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	return auth.New(auth.Options{
		Secret:     cfg.JWT.Secret.Reveal(),
		Keys:       a.keys,
		Issuer:     cfg.JWT.Issuer,
		Audience:   cfg.JWT.Audience,
		AllowNoExp: !cfg.JWT.RequireExp,
		Now:        clock.Now,
		Logger:     a.logger,
	})
}

// Handler answers every request of the server.
func (a *App) Handler() http.Handler { return a.handler }

// Drain makes /readyz say that the server is on its way down.
func (a *App) Drain() { a.draining.Store(true) }

// Close disconnects every client after what was queued for it is written,
// waits for the handlers that run, and closes the store. Where ctx ends first,
// the rest is cut off. Requests that are answered at that time may fail.
func (a *App) Close(ctx context.Context) error { return errors.Join(a.stop(ctx), a.release()) }

// stop ends the sockets and what works for them.
func (a *App) stop(ctx context.Context) error {
	a.Drain()
	a.presence.Close() // nobody is left to be told who goes
	err := a.engine.Shutdown(ctx)
	if err != nil {
		err = fmt.Errorf("stop the engine: %w", err)
	}
	a.unwatch()
	return errors.Join(err, a.awaitReplays(ctx))
}

// release closes what handlers use, after the last handler.
func (a *App) release() error {
	if a.metrics != nil {
		a.metrics.Close()
	}
	if a.keys != nil {
		a.keys.Close()
	}
	if a.store != nil {
		return a.store.Close()
	}
	return nil
}
