// Command backend is the whole server as a peer: what cmd/server runs, on the
// embedded store, without the limit on a socket's events.
//
// It may import the server's wiring and configuration.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/parlance-dev/parlance/bench/peers/peer"
	"github.com/parlance-dev/parlance/internal/app"
	"github.com/parlance-dev/parlance/internal/config"
	"github.com/parlance-dev/parlance/internal/logging"
)

// stopTimeout is how long the server may take to stop.
const stopTimeout = 10 * time.Second

func main() {
	code, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "backend:", err)
		code = 2
	}
	os.Exit(code)
}

// run serves until it is told to stop, and returns the exit code.
func run() (code int, err error) {
	profile := peer.Profile()
	flag.Parse()
	dir := peer.DataDir()
	cfg, err := config.Load(dir, []string{
		"NODE_ENV=production", "JWT_SECRET=" + string(peer.Secret()), "DATA_DIR=" + dir, "LOG_LEVEL=warn", "SOCKET_RATE_LIMIT=1000000000",
	})
	if err != nil {
		return 0, err
	}
	a, err := app.New(context.Background(), cfg, logging.New(os.Stderr, cfg.LogLevel), app.Options{})
	if err != nil {
		return 0, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		err = errors.Join(err, a.Close(ctx))
	}()
	none := func(int) error { return errors.New("this peer emits no notices") }
	return peer.Main(peer.Server{Sockets: a.Handler(), Broadcast: none}, *profile), nil
}
