package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/parlance-dev/parlance/internal/config"
	"github.com/parlance-dev/parlance/internal/feature/auth"
	"github.com/parlance-dev/parlance/internal/httpapi"
	"github.com/parlance-dev/parlance/sio/front"
)

// tryTokenTTL is how long the tokens that a start prints are good.
const tryTokenTTL = 24 * time.Hour

// Run serves until ctx ends, then stops in order: readiness, sockets, requests,
// store, metrics, logs. Logs go to stderr, and to LOG_DIR where that is set;
// stdout gets, outside production, tokens to try the server with. An error means
// that the start or the stop failed.
func Run(ctx context.Context, cfg *config.Config, stdout, stderr io.Writer) error {
	if err := cfg.EnsureSecret(); err != nil {
		return err
	}
	logger, closeLogs, err := openLogs(cfg, stderr)
	if err != nil {
		return err
	}
	return errors.Join(run(ctx, cfg, stdout, logger), closeLogs())
}

// run is Run with a log.
func run(ctx context.Context, cfg *config.Config, stdout io.Writer, logger *slog.Logger) error {
	a, err := New(ctx, cfg, logger, Options{})
	if err != nil {
		return err
	}
	scraped, err := a.listenMetrics(ctx, cfg)
	if err != nil {
		return errors.Join(err, a.Close(ctx))
	}
	listener, err := listenConfig().Listen(ctx, "tcp", net.JoinHostPort(cfg.ListenHost, strconv.Itoa(cfg.Port)))
	if err != nil {
		return errors.Join(fmt.Errorf("listen: %w", err), a.Close(ctx), scraped.stop(ctx))
	}
	url := address(listener, cfg.ListenHost)
	logger.Info("listening", "url", url, "environment", string(cfg.Environment), "engine", cfg.SocketEngine)
	if !cfg.IsProduction() {
		if err := welcome(stdout, cfg, url); err != nil {
			logger.Warn("no tokens printed", "error", err)
		}
	}
	return a.serve(ctx, listener, scraped, cfg.ShutdownTimeout, logger)
}

// serve answers requests until ctx ends or the listener fails.
func (a *App) serve(ctx context.Context, listener net.Listener, scraped *metricsListener, patience time.Duration, logger *slog.Logger) error {
	server := httpapi.NewServer(listener.Addr().String(), a.Handler(), logger)
	sockets := front.Listen(listener, server) // websockets do without most of net/http
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(sockets) }()
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
		err = fmt.Errorf("serve: %w", err)
	}
	logger.Info("stopping", "timeout", patience.String())
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	// Sockets first: their polls are requests that would not end otherwise.
	// The store when nobody asks it any more. Metrics last: how the rest ends can
	// be seen there.
	err = errors.Join(err, a.stop(stop), server.Shutdown(stop), sockets.Wait(stop))
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.Join(err, server.Close())
	}
	err = errors.Join(err, a.release(), scraped.stop(stop))
	if err == nil {
		logger.Info("stopped")
	}
	return err
}

// listenConfig makes connections without the kernel's own probing: the engine's
// pings find out who is gone, and idle HTTP connections are closed anyway. It is
// four system calls for each.
func listenConfig() *net.ListenConfig { return &net.ListenConfig{KeepAlive: -1} }

// address is where people reach the listener.
func address(l net.Listener, host string) string {
	if host == "" {
		host = "localhost"
	}
	port := 0
	if tcp, ok := l.Addr().(*net.TCPAddr); ok {
		port = tcp.Port
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(port))
}

// welcome prints tokens to try the server with. They are for the eyes of a
// developer at a terminal, and so never part of the log.
func welcome(w io.Writer, cfg *config.Config, url string) error {
	if cfg.JWT.HasKey() {
		_, err := fmt.Fprintf(w, "\nParlance is at %s. Tokens are signed elsewhere: bring your own.\n\n", url)
		return err
	}
	text := fmt.Sprintf("\nParlance is at %s. Tokens to try it with, good for %s:\n\n", url, tryTokenTTL)
	for _, c := range []auth.Claims{
		{UserID: "alice", Role: auth.RoleAdmin},
		{UserID: "bob", Role: auth.RoleUser, Department: "sales"},
	} {
		c.Issuer, c.Audience = cfg.JWT.Issuer, cfg.JWT.Audience
		token, err := auth.Issue(cfg.JWT.Secret.Reveal(), c, time.Now(), tryTokenTTL)
		if err != nil {
			return err
		}
		text += fmt.Sprintf("  %-5s  %-5s  %s\n", c.UserID, c.Role, token)
	}
	text += fmt.Sprintf("\n  io('%s', { auth: { token: '…' } })\n\n", url)
	_, err := io.WriteString(w, text)
	return err
}
