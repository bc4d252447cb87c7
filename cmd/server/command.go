package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/parlance-dev/parlance/internal/config"
)

// Exit codes.
const (
	exitOK      = 0
	exitFailure = 1 // the start or the run failed
	exitUsage   = 2 // the command line is wrong
)

// world is what the commands touch outside themselves.
type world struct {
	dir     string // where .env lies
	environ []string
	stdout  io.Writer
	stderr  io.Writer
	now     func() time.Time
	serve   func(ctx context.Context, cfg *config.Config, stdout, stderr io.Writer) error
}

func (w world) config() (*config.Config, error) { return config.Load(w.dir, w.environ) }

// usageError is a mistake on the command line.
type usageError struct{ error }

// Unwrap returns the mistake itself.
func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run runs a command line and returns the exit code.
func run(ctx context.Context, args []string, w world) int {
	root := rootCommand(w)
	root.AddCommand(tokenCommand(w), healthcheckCommand(w), versionCommand(w))
	root.SetArgs(args)
	root.SetOut(w.stdout)
	root.SetErr(w.stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	for line := range strings.Lines(err.Error()) {
		_, _ = fmt.Fprintf(w.stderr, "server: %s\n", strings.TrimRight(line, "\n"))
	}
	if errors.As(err, new(usageError)) {
		_, _ = fmt.Fprintf(w.stderr, "See '%s --help'.\n", cmd.CommandPath())
		return exitUsage
	}
	return exitFailure
}

func rootCommand(w world) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "server",
		Short: "Run the Socket.IO backend",
		Long: `Run the Socket.IO backend.

Settings come from the environment and from a .env file in the working folder;
the environment wins. The README lists them all. SIGINT and SIGTERM stop the
server gracefully, a second one at once.

Exit codes: 0 done, 1 the start or the run failed, 2 the command line is wrong.`,
		Example: `  server
  PORT=8080 LOG_LEVEL=debug server
  server token --user alice --role admin --ttl 8h
  server healthcheck
  server version`,
		Args:              noArgs,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := w.config()
			if err != nil {
				return err
			}
			return w.serve(cmd.Context(), cfg, w.stdout, w.stderr)
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	return cmd
}

func noArgs(cmd *cobra.Command, args []string) error {
	if err := cobra.NoArgs(cmd, args); err != nil {
		return usageError{err}
	}
	return nil
}
