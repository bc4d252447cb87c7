// Command conformance judges a Socket.IO backend by the contract. Exit codes: 0
// the backend conforms, 1 it does not, 2 nothing was judged.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/parlance-dev/parlance/conformance/cli"
)

// version is stamped by the release build.
var version = "dev" //nolint:gochecknoglobals // the linker can set nothing else

func main() {
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	self, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		return cli.Unfit
	}
	return cli.Main(ctx, cli.Env{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Version: version, Self: self,
	})
}
