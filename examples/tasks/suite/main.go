// Command suite judges any backend of the contract of tasks: by the cases that the
// conformance suite makes from the document, and by those here, which say what the
// document says in words only.
//
//	go run ./examples/tasks/suite --contract examples/tasks/asyncapi.yaml --start bin/tasks
//
// It may import conformance, and nothing of any backend.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/parlance-dev/parlance/conformance/cli"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	self, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, "suite:", err)
		return cli.Unfit
	}
	return cli.Main(ctx, cli.Env{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Version: "tasks", Self: self, Cases: cases,
	})
}
