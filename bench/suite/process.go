package suite

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	startTimeout = 15 * time.Second
	stopTimeout  = 10 * time.Second
)

// process is a peer that runs.
type process struct {
	cmd   *exec.Cmd
	addr  netip.AddrPort
	said  bytes.Buffer  // what it wrote to stderr
	ended chan struct{} // closed once it has ended
}

// start runs a program of the module at root and waits until it listens.
func start(ctx context.Context, root, program string, args, env []string) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, program, args...), ended: make(chan struct{})}
	p.cmd.Dir = root
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = &p.said
	p.cmd.WaitDelay = stopTimeout
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	line := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if port, ok := strings.CutPrefix(lines.Text(), "listening "); ok {
				select {
				case line <- port:
				default: // said already
				}
			}
		}
		_ = p.cmd.Wait() // how it ended: p.cmd.ProcessState
		close(p.ended)
	}()
	if err := p.listening(line); err != nil {
		return nil, p.explain(errors.Join(err, p.stop()))
	}
	return p, nil
}

// listening waits for the line that names the port.
func (p *process) listening(line <-chan string) error {
	patience := time.NewTimer(startTimeout)
	defer patience.Stop()
	select {
	case port := <-line:
		addr, err := netip.ParseAddrPort("127.0.0.1:" + port)
		if err != nil {
			return fmt.Errorf("start: %w", err)
		}
		p.addr = addr
		return nil
	case <-p.ended:
		return fmt.Errorf("start: ended before it listened: %s", p.cmd.ProcessState)
	case <-patience.C:
		return fmt.Errorf("start: not listening after %v", startTimeout)
	}
}

// explain adds what the process, which has ended, wrote to stderr.
func (p *process) explain(err error) error {
	const enough = 500
	said := bytes.TrimSpace(p.said.Bytes())
	if err == nil || len(said) == 0 {
		return err
	}
	return fmt.Errorf("%w; the server said: %s", err, said[:min(len(said), enough)])
}

// stop ends the process, by force where it does not end by itself.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	patience := time.NewTimer(stopTimeout)
	defer patience.Stop()
	select {
	case <-p.ended:
		return nil
	case <-patience.C:
	}
	_ = p.cmd.Process.Kill()
	<-p.ended
	return fmt.Errorf("stop: still there %v after SIGTERM", stopTimeout)
}

// build compiles the peers' Go programs into dir.
func build(ctx context.Context, root, dir string, peers []Peer) error {
	for _, p := range peers {
		if p.Package == "" {
			continue
		}
		c := exec.CommandContext(ctx, "go", "build", "-o", binary(dir, p), p.Package)
		c.Dir = root
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w: %s", p.Package, err, out)
		}
	}
	return nil
}

// binary is where a peer's program is built.
func binary(dir string, p Peer) string {
	return filepath.Join(dir, strings.NewReplacer("./", "", "/", "-").Replace(p.Package))
}
