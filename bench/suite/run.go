package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/parlance-dev/parlance/bench/load"
	"github.com/parlance-dev/parlance/bench/report"
)

// attempts is how often a peer with a known defect is measured until it
// succeeds.
const attempts = 3

// Config is what to run.
type Config struct {
	Root      string // of the module
	Rounds    int
	Reference string // the name of a peer
	Peers     []Peer
	Scenarios []Scenario
	Progress  io.Writer // a line for each measurement
	// Profile is the file that a Go peer's CPU profile goes to, written while
	// the first measurement runs; "": none.
	Profile string
}

// Run measures everything and returns what was found. Measurements that failed
// are among it, with their errors; an error of Run is one of the machine.
func Run(ctx context.Context, c Config) (report.Results, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return report.Results{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	r := &runner{Config: c, dir: dir, now: time.Now()}
	if err := r.prepare(ctx); err != nil {
		return report.Results{}, err
	}
	results := report.Results{Environment: environment(ctx, c.Root), Rounds: c.Rounds, Reference: c.Reference}
	for _, p := range c.Peers {
		results.Peers = append(results.Peers, p.Name)
	}
	for round := range c.Rounds {
		for _, s := range c.Scenarios {
			if s.Rounds > 0 && round >= s.Rounds {
				continue
			}
			for i := range c.Peers {
				p := c.Peers[(i+round)%len(c.Peers)]
				m := r.measure(ctx, round+1, p, s)
				if ctx.Err() != nil {
					return report.Results{}, ctx.Err()
				}
				results.Runs = append(results.Runs, m)
			}
		}
	}
	return results, nil
}

type runner struct {
	Config
	dir string // of the built programs
	now time.Time
}

// prepare makes sure that everything is there before the first measurement.
func (r *runner) prepare(ctx context.Context) error {
	clients := 0
	for _, s := range r.Scenarios {
		clients = max(clients, s.Options.Clients)
		for _, n := range s.Options.Steps {
			clients = max(clients, n)
		}
	}
	const others = 200
	if err := load.RaiseFileLimit(uint64(clients + others)); err != nil {
		return err
	}
	for i, p := range r.Peers {
		if p.Needs != "" {
			if _, err := os.Stat(filepath.Join(r.Root, p.Needs)); err != nil {
				return fmt.Errorf("peer %s: no %s: run npm ci in %s", p.Name, p.Needs, filepath.Dir(p.Needs))
			}
		}
		program, err := r.program(p)
		if err != nil {
			return fmt.Errorf("peer %s: %w", p.Name, err)
		}
		r.Peers[i].Program = program
	}
	return build(ctx, r.Root, r.dir, r.Peers)
}

// program is the absolute name of what a peer runs.
func (r *runner) program(p Peer) (string, error) {
	switch {
	case p.Package != "":
		return binary(r.dir, p), nil
	case filepath.IsAbs(p.Program):
		return p.Program, nil
	case filepath.Base(p.Program) == p.Program:
		return exec.LookPath(p.Program)
	}
	return filepath.Join(r.Root, p.Program), nil
}

// measure measures one peer in one scenario, on a fresh server.
func (r *runner) measure(ctx context.Context, round int, p Peer, s Scenario) report.Run {
	run := report.Run{Round: round, Peer: p.Name, Scenario: s.Name}
	tries := 1
	if p.Defect != "" {
		tries = attempts
	}
	for range tries {
		m, err := r.once(ctx, p, s)
		if err == nil {
			run.Measurement, run.Error = m, ""
			break
		}
		run.Error, run.Failures = err.Error(), append(run.Failures, err.Error())
		if ctx.Err() != nil {
			break
		}
	}
	_, _ = fmt.Fprintln(r.Progress, run)
	return run
}

func (r *runner) once(ctx context.Context, p Peer, s Scenario) (m load.Measurement, err error) {
	args := p.Args
	if r.Profile != "" {
		args = append([]string{"--pprof"}, args...)
	}
	data, err := os.MkdirTemp(r.dir, "data")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
	server, err := start(ctx, r.Root, p.Program, args, []string{"BENCH_SECRET=" + secret, "BENCH_DATA=" + data, "NODE_ENV=production"})
	if err != nil {
		return m, err
	}
	defer func() { err = server.explain(errors.Join(err, server.stop())) }()
	profiled := make(chan error, 1)
	if r.Profile != "" {
		go func() { profiled <- profile(ctx, server.addr, s.Options, r.Profile) }()
	} else {
		profiled <- nil
	}
	target := load.Target{Addr: server.addr, PID: server.cmd.Process.Pid, Token: token(anyone, r.now)}
	if s.Options.Kind == load.Deliver {
		target.Tokens = tokens(s.Options.Clients, r.now)
	}
	m, err = load.Run(ctx, target, s.Options)
	if failed := <-profiled; err == nil {
		err = failed
	}
	return m, err
}
