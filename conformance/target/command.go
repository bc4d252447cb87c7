package target

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"
)

// CommandOptions say how a backend is started by a command.
type CommandOptions struct {
	// Args are the program and its arguments; no shell reads them.
	Args []string
	// Dir is the working folder; the current one if empty.
	Dir string
	// Env are further variables, as NAME=value, on top of this process's own.
	// PORT and JWT_SECRET are not theirs to set.
	Env []string
	// Secret becomes JWT_SECRET; a fresh one is made if empty.
	Secret string
	// Ready is the path that answers 200 once the backend is ready; /readyz if
	// empty.
	Ready string

	// patience is how long the start may take; startPatience if 0.
	patience time.Duration
}

// OpenCommand starts a backend by a command, which has to listen on the port in
// PORT, and waits until Ready answers 200, 30 s at most. It gets JWT_SECRET,
// NODE_ENV=test, FRONTEND_URL=http://localhost:3000 and, in DATA_DIR, a folder
// of its own that is kept over restarts and removed by Close. A command that
// ends before is an error, with its last output. On an error nothing is left.
func OpenCommand(ctx context.Context, o CommandOptions) (Target, error) {
	if len(o.Args) == 0 || o.Args[0] == "" {
		return nil, errors.New("start the backend: the command is empty")
	}
	if o.patience == 0 {
		o.patience = startPatience
	}
	o.Secret = secretOr(o.Secret)
	data, err := os.MkdirTemp("", "parlance-conformance-")
	if err != nil {
		return nil, fmt.Errorf("make a data folder: %w", err)
	}
	t := &commandTarget{o: o, data: data, out: &tail{limit: logLimit}}
	if err := t.startOnFreePort(ctx); err != nil {
		return nil, errors.Join(err, t.Close(context.WithoutCancel(ctx)))
	}
	return t, nil
}

// startOnFreePort tries other ports where somebody took the one that was free a
// moment ago.
func (t *commandTarget) startOnFreePort(ctx context.Context) error {
	const tries = 3
	for i := 1; ; i++ {
		var err error
		if t.port, err = freePort(ctx); err != nil {
			return err
		}
		err = t.Start(ctx)
		if err == nil || i == tries || !regexp.MustCompile(`(?i)EADDRINUSE|address already in use`).MatchString(err.Error()) {
			return err
		}
	}
}

// commandTarget is a backend that a command started; it is its own Control.
type commandTarget struct {
	o    CommandOptions
	port string
	data string
	out  *tail

	mu     sync.Mutex
	proc   *process // the last start; nil before the first
	closed bool
}

// Describe returns "command" and the command line.
func (t *commandTarget) Describe() (kind, name string) { return "command", strings.Join(t.o.Args, " ") }

// URL returns the address that the command was told; it stays.
func (t *commandTarget) URL() string { return "http://127.0.0.1:" + t.port }

// Secret returns what JWT_SECRET is.
func (t *commandTarget) Secret() string { return t.o.Secret }

// Logs returns the end of the output.
func (t *commandTarget) Logs() string { return t.out.String() }

// Control returns the target itself.
func (t *commandTarget) Control() (Control, bool) { return t, true }

// Start runs the command and waits until it is ready.
func (t *commandTarget) Start(ctx context.Context) error {
	p, err := t.spawn(ctx)
	if err != nil {
		return fmt.Errorf("start %s: %w", t.o.Args[0], err)
	}
	err = awaitReady(ctx, t.URL(), t.o.Ready, t.o.patience, p.done)
	switch {
	case err == nil && !p.ended():
		return nil
	case err == nil:
		return fmt.Errorf("%s ended with exit %d before it was ready; its last output:\n%s", t.o.Args[0], p.exit, t.lastLines())
	}
	return errors.Join(fmt.Errorf("%w; its last output:\n%s", err, t.lastLines()), p.kill(context.WithoutCancel(ctx)))
}

func (t *commandTarget) lastLines() string { return lastLines(t.Logs(), t.o.Secret) }

// spawn starts the process, unless one runs.
func (t *commandTarget) spawn(ctx context.Context) (*process, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.closed:
		return nil, ErrClosed
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case t.proc != nil && !t.proc.ended():
		return nil, errors.New("it runs already")
	}
	p, err := startProcess(ctx, t.o.Args, t.o.Dir, t.env(), t.out)
	if err != nil {
		return nil, err
	}
	t.proc = p
	return p, nil
}

func (t *commandTarget) env() []string {
	env := append(os.Environ(), "NODE_ENV=test", "DATA_DIR="+t.data, "FRONTEND_URL=http://localhost:3000")
	env = append(env, t.o.Env...)
	return append(env, "PORT="+t.port, "JWT_SECRET="+t.o.Secret) // the last of a name holds
}

func (t *commandTarget) current() *process {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.proc
}

// Signal sends SIGTERM to the command itself.
func (t *commandTarget) Signal(context.Context) error {
	p := t.current()
	if p.ended() {
		return ErrNotRunning
	}
	err := terminate(p.cmd.Process)
	if errors.Is(err, os.ErrProcessDone) {
		return ErrNotRunning
	}
	if err != nil {
		return fmt.Errorf("send SIGTERM: %w", err)
	}
	return nil
}

// Wait waits for the end of the command.
func (t *commandTarget) Wait(ctx context.Context) (exit int, err error) {
	exit, err = t.current().wait(ctx)
	if err != nil {
		return exit, fmt.Errorf("wait for the end of the backend: %w", err)
	}
	return exit, nil
}

// Stop is Signal and Wait.
func (t *commandTarget) Stop(ctx context.Context) (exit int, err error) {
	if err := t.Signal(ctx); err != nil {
		return 0, err
	}
	return t.Wait(ctx)
}

// Kill kills the command and all that it has started.
func (t *commandTarget) Kill(ctx context.Context) error {
	if err := t.current().kill(ctx); err != nil {
		return fmt.Errorf("kill the backend: %w", err)
	}
	return nil
}

// Close kills what runs and removes the data.
func (t *commandTarget) Close(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	if t.proc != nil {
		if err := t.proc.kill(ctx); err != nil {
			return fmt.Errorf("kill the backend: %w", err)
		}
	}
	if err := os.RemoveAll(t.data); err != nil {
		return fmt.Errorf("remove the backend's data: %w", err)
	}
	return nil
}
