package target

import (
	"context"
	"io"
	"os/exec"
	"time"
)

// process is one start of a command, with all the processes that it starts.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed after the end
	exit int           // after done
}

// startProcess runs a command in a process group of its own. It outlives ctx.
func startProcess(ctx context.Context, args []string, dir string, env []string, out io.Writer) (*process, error) {
	p := &process{cmd: exec.CommandContext(context.WithoutCancel(ctx), args[0], args[1:]...), done: make(chan struct{})}
	p.cmd.Dir = dir
	p.cmd.Env = env
	p.cmd.Stdout = out
	p.cmd.Stderr = out
	// A child that outlives the command may hold its output open.
	p.cmd.WaitDelay = 500 * time.Millisecond
	ownGroup(p.cmd)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go p.watch()
	return p, nil
}

// watch waits for the end, and ends what the command has left behind: it may
// hold the port.
func (p *process) watch() {
	defer close(p.done)
	_ = p.cmd.Wait() // the exit code says it all
	p.exit = exitCode(p.cmd.ProcessState)
	killGroup(p.cmd.Process)
}

// ended reports whether the process is gone.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// wait waits for the end and returns the exit code.
func (p *process) wait(ctx context.Context) (int, error) {
	select {
	case <-p.done:
		return p.exit, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// kill ends the whole group and waits for it.
func (p *process) kill(ctx context.Context) error {
	if !p.ended() {
		killGroup(p.cmd.Process)
	}
	_, err := p.wait(ctx)
	return err
}
