// Command tasks is a whole backend on a contract of its own: asyncapi.yaml says
// what it does, gen/tasks is generated from it, list.go and token.go fill it in.
// suite judges it.
//
// It may import sio, an engine and a JWT library; no package of internal.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/parlance-dev/parlance/examples/tasks/gen/tasks"
	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/native"
)

//go:generate go run ../../cmd/parlance generate --spec asyncapi.yaml --target go --package tasks --out gen/tasks

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	if err := serve(ctx, os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "tasks:", err)
		os.Exit(1)
	}
}

// serve runs the backend until ctx ends. It reads PORT (default 4100) and
// JWT_SECRET, which it can't do without.
func serve(ctx context.Context, getenv func(string) string) error {
	secret, port := getenv("JWT_SECRET"), getenv("PORT")
	if secret == "" {
		return errors.New("JWT_SECRET is missing: it checks the tokens")
	}
	if port == "" {
		port = "4100"
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	engine, err := native.New(sio.EngineOptions{MaxPayload: maxPayload, Logger: log})
	if err != nil {
		return fmt.Errorf("make the engine: %w", err)
	}
	if _, err := tasks.Register(engine, tasks.Handlers{Tasks: newList()}, sio.Options{
		Authenticate: verifier(secret).authenticate,
		Connected:    enter,
		Logger:       log,
	}); err != nil {
		return fmt.Errorf("register the handlers: %w", err)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", net.JoinHostPort("localhost", port))
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	log.Info("listening", "url", "http://"+listener.Addr().String())
	server := &http.Server{Handler: engine, ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	return errors.Join(err, stopAll(engine, server))
}

// maxPayload is the contract's maxPayloadBytes.
const maxPayload = 50_000

// enter puts everyone into the room of the team.
func enter(_ context.Context, c *sio.Conn, _ *sio.Handshake) error {
	c.Join(tasks.RoomTeam)
	return nil
}

// stopAll lets what is under way end: connections first, then requests.
func stopAll(engine sio.Engine, server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return errors.Join(engine.Shutdown(ctx), server.Shutdown(ctx))
}
