// Package cli is the command line of the conformance suite: flags, the backend
// under test, the clients, the report, the exit code.
//
// It may import the packages of conformance and public libraries.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/parlance-dev/parlance/conformance"
	"github.com/parlance-dev/parlance/conformance/contract"
	"github.com/parlance-dev/parlance/conformance/kit"
	"github.com/parlance-dev/parlance/conformance/report"
	"github.com/parlance-dev/parlance/conformance/target"
)

// Exit codes.
const (
	Conforming    = 0
	NotConforming = 1
	// Unfit: nothing was judged, because the backend can't be reached, a flag
	// makes no sense, or a client does not start.
	Unfit = 2
)

// Env is what the command line takes from its surroundings.
type Env struct {
	Args    []string
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Getenv  func(string) string
	Version string
	// Cases are the caller's own for the contract, beside those of the suite;
	// nil: none.
	Cases func(*contract.Contract) ([]kit.Case, error)
	// Self is the path of the running program, which is also the Go client's.
	Self string
}

// Main runs the command line and returns the exit code.
func Main(ctx context.Context, env Env) int {
	c := &command{env: env, code: Conforming}
	root := c.root()
	root.SetArgs(env.Args)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	if err := root.ExecuteContext(ctx); err != nil {
		_, _ = fmt.Fprintln(env.Stderr, "conformance: "+err.Error())
		return Unfit
	}
	return c.code
}

// command is one invocation.
type command struct {
	env  Env
	code int
	flags
}

// run judges the backend and sets the exit code.
func (c *command) run(ctx context.Context) (err error) {
	o, err := c.options()
	if err != nil {
		return err
	}
	backend, notes, err := c.open(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		// Also where the run was interrupted, nothing of it stays behind.
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		err = errors.Join(err, backend.Close(closing))
	}()
	if err := target.Preflight(ctx, target.PreflightOptions{
		URL: backend.URL(), Secret: backend.Secret(), Namespace: o.Contract.Namespace, Auth: o.Auth, NoHTTP: !o.Contract.HasProse(),
	}); err != nil {
		return c.withLogs(err, backend)
	}
	o.Backend, o.Notes = backend, notes
	o.SmallDisk = c.smallDisk()
	r, err := conformance.Run(ctx, o)
	if err != nil {
		return err
	}
	return c.tell(r, backend)
}

const closeTimeout = 30 * time.Second

// tell prints and keeps the report.
func (c *command) tell(r *report.Report, backend target.Target) error {
	if !r.Conforming() {
		c.code = NotConforming
	}
	var err error
	if c.json {
		err = r.WriteJSON(c.env.Stdout)
	} else {
		err = r.WriteText(c.env.Stdout, c.colored())
	}
	if err != nil || c.report == "" {
		return err
	}
	if err := r.Save(c.report); err != nil {
		return err
	}
	if logs := backend.Logs(); logs != "" && !r.Conforming() {
		if err := os.WriteFile(c.report+"/backend.log", []byte(logs), 0o600); err != nil {
			return fmt.Errorf("keep the backend's log: %w", err)
		}
	}
	_, err = fmt.Fprintf(c.env.Stderr, "report: %s/report.html\n", c.report)
	return err
}

// withLogs adds the end of the backend's output to an error.
func (c *command) withLogs(err error, backend target.Target) error {
	const most = 4 << 10
	logs := backend.Logs()
	if logs == "" {
		return err
	}
	return fmt.Errorf("%w\nthe backend's log ends:\n%s", err, logs[max(0, len(logs)-most):])
}

// colored reports whether the terminal's colours are wanted.
func (c *command) colored() bool {
	f, ok := c.env.Stdout.(*os.File)
	if !ok || c.env.Getenv("NO_COLOR") != "" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (c *command) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "conformance (--url URL | --image IMAGE | --dockerfile FILE | --start COMMAND)",
		Short: "judge a Socket.IO backend by the contract",
		Long: `conformance drives real Socket.IO clients against a backend and judges every
acknowledgement, event and refusal by the AsyncAPI document that is built in, or
by another one.

Exit codes: 0 the backend conforms, 1 it does not, 2 nothing was judged (the
backend can't be reached, a flag makes no sense, a client does not start).`,
		Example: `  # a backend that is running
  conformance --url http://localhost:4000 --jwt-secret "$JWT_SECRET"

  # an image; the suite starts, stops and kills it
  conformance --image my-backend:latest --report out

  # a command; the suite sets PORT, JWT_SECRET, DATA_DIR and FRONTEND_URL
  conformance --start "node server.mjs"

  # a backend of another contract
  conformance --contract asyncapi.yaml --start "node server.mjs"

  # a part: what section 4 says, over websocket, by the official client
  conformance --url http://localhost:4000 --client js --transport websocket --label-filter section-4`,
		Args:          cobra.NoArgs,
		Version:       c.env.Version,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return c.run(cmd.Context()) },
	}
	c.register(root)
	root.AddCommand(c.list(), c.driver())
	root.CompletionOptions.DisableDefaultCmd = true
	return root
}
