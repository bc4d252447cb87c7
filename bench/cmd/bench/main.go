// Command bench measures Socket.IO servers beside each other. `bench --help`
// tells what it can do.
//
// It holds flags and output; the work is done by bench/suite.
package main

import (
	"context"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
