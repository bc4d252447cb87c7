// Command server runs the Socket.IO backend, and holds the small tools that go
// with it: token, healthcheck and version.
//
// It parses flags and maps errors to exit codes; everything else is
// internal/app's. It may import every package of internal.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	// Certificate authorities for systems that bring none, such as an image
	// made from scratch. The system's own come first where there are any.
	_ "golang.org/x/crypto/x509roots/fallback"

	"github.com/parlance-dev/parlance/internal/app"
)

func main() {
	// The first signal asks for a graceful stop; from then on the system's
	// own handling is back, so that a second one ends the process at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], world{
		dir:     ".",
		environ: os.Environ(),
		stdout:  os.Stdout,
		stderr:  os.Stderr,
		now:     time.Now,
		serve:   app.Run,
	}))
}
