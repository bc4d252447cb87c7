// Command soak runs the server under mixed traffic and fails where something
// grows, is lost, doubled, or answered wrongly. See bench/soak.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/parlance-dev/parlance/bench/soak"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // something did not stay as it should
	exitUsage  = 2 // bad flags, or the run could not be made
)

// errFailed is a run whose result is not good.
var errFailed = errors.New("the soak failed")

func main() { os.Exit(execute()) }

// execute runs the command and returns its exit code.
func execute() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := command()
	c.SetContext(ctx)
	err := c.Execute()
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(os.Stderr, "soak:", err)
	if errors.Is(err, errFailed) {
		return exitFailed
	}
	return exitUsage
}

func command() *cobra.Command {
	o := soak.Options{}
	c := &cobra.Command{
		Use:   "soak",
		Short: "Run the server under mixed traffic for a while",
		Long: "Run the server under mixed traffic for a while: real clients over all transports, HTTP calls, reconnects\n" +
			"with replay. A line for each sample goes to stderr, the result to stdout.\n\n" +
			"Exit codes: 0 all stayed as it should; 1 something grew, was lost, doubled or answered wrongly;\n" +
			"2 bad flags, or the run could not be made.",
		Example:       "  go run ./bench/cmd/soak --clients 300 --duration 10m",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(c *cobra.Command, _ []string) error { return run(c.Context(), o, c.OutOrStdout(), c.ErrOrStderr()) },
	}
	f := c.Flags()
	f.IntVar(&o.Clients, "clients", 300, "connections, two for each user")
	f.DurationVar(&o.Duration, "duration", 10*time.Minute, "how long there is traffic")
	f.DurationVar(&o.Step, "step", 300*time.Millisecond, "mean time between two events of a client")
	f.DurationVar(&o.Away, "away", 30*time.Second, "mean time between two reconnects of a client")
	f.DurationVar(&o.Interval, "interval", 10*time.Second, "time between two samples")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of what clients choose to do")
	return c
}

func run(ctx context.Context, o soak.Options, stdout, stderr io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "soak")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	o.Dir, o.Progress, o.Binary = dir, stderr, filepath.Join(dir, "server")
	build := exec.CommandContext(ctx, "go", "build", "-o", o.Binary, "github.com/parlance-dev/parlance/cmd/server")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the server: %w\n%s", err, out)
	}
	res, err := soak.Run(ctx, o)
	if err != nil {
		return err
	}
	if err := report(res, stdout); err != nil {
		return err
	}
	if err := res.Err(); err != nil {
		return fmt.Errorf("%w: %w", errFailed, err)
	}
	return nil
}

// report writes what was found.
func report(r *soak.Result, w io.Writer) error {
	text := ""
	for _, what := range slices.Sorted(maps.Keys(r.Counts)) {
		text += fmt.Sprintf("%-40s %9d\n", what, r.Counts[what])
	}
	text += fmt.Sprintf("\n%d messages acknowledged, %d deliveries, %d unexpected happenings\n", r.Messages, r.Deliveries, r.UnexpectedCount)
	for _, u := range r.Unexpected {
		text += "  " + u + "\n"
	}
	if n := len(r.Samples); n > 0 {
		text += fmt.Sprintf("first sample %s\nlast sample  %s\n", r.Samples[0], r.Samples[n-1])
	}
	_, err := io.WriteString(w, text)
	return err
}
