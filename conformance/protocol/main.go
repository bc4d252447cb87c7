// Command protocol is the server that the official test suites of Socket.IO
// want to talk to: that of the Socket.IO protocol, revision 5, and that of the
// Engine.IO protocol, revision 4. The suites find it at http://localhost:3000.
//
// The level socket is an example of the framework on a contract that isn't the
// project's own: asyncapi.yaml says what the suite expects, gen/suite is
// generated from it, and handlers.go fills it in. The level engine echoes
// messages below Socket.IO.
//
// It may import sio, its engines, and their libraries; no package of internal.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

//go:generate go run ../../cmd/parlance generate --spec asyncapi.yaml --target go --package suite --out gen/suite

func main() {
	// The second signal ends the process at once: the first has given the
	// system's own handling back.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// settings are what the command line decides.
type settings struct {
	level  string
	engine string
	host   string
	port   uint16
}

// run executes the command line until ctx ends, and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := command()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	if err := root.ExecuteContext(ctx); err != nil {
		say(stderr, "protocol: %s", err)
		return 1
	}
	return 0
}

// say writes a line. Where nobody reads, nobody can be told.
func say(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format+"\n", args...)
}

func command() *cobra.Command {
	var s settings
	c := &cobra.Command{
		Use:   "protocol",
		Short: "A server for the official protocol suites of Socket.IO",
		Long: `protocol serves what the official test suites of the Socket.IO and the Engine.IO
protocol expect: heartbeats every 300 ms, 200 ms to answer them, messages of up
to 1,000,000 bytes.

Levels:
  socket  /socket.io/  the namespaces / and /custom, from asyncapi.yaml
  engine  /engine.io/  every message comes back as it came

It prints "listening on http://…" once clients may come, and ends cleanly with
SIGINT or SIGTERM.`,
		Example: `  go run ./conformance/protocol --port 3000
  go run ./conformance/protocol --port 3000 --level engine
  go run ./conformance/protocol --port 3000 --level engine --engine zishang520
  go run ./conformance/protocol --port 0 --host 127.0.0.1`,
		Args:              cobra.NoArgs,
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		RunE: func(c *cobra.Command, _ []string) error {
			return serve(c.Context(), s, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringVar(&s.level, "level", levelSocket, "what to serve: "+list(levels()))
	f.StringVar(&s.engine, "engine", defaultEngine, "what to serve it with: "+list(socketEngines()))
	f.StringVar(&s.host, "host", "localhost", "where to listen; localhost is both 127.0.0.1 and ::1")
	f.Uint16Var(&s.port, "port", 3000, "port to listen at; 0 for any that is free")
	return c
}
