package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// mutantTimeout ends a run that hangs.
const mutantTimeout = 3 * time.Minute

// patience is shorter than the suite's default: what a fault keeps from
// happening is waited for this long.
const patience = "4s"

// job is an invocation.
type job struct {
	only           string
	clean          bool
	workers        int
	table          string
	stdout, stderr io.Writer
}

// verdict is what the suite said of a mutant.
type verdict struct {
	mutant
	caught bool
	// missedBy are the cases that should have failed and did not; dead says that
	// every control failed too.
	missedBy []string
	dead     bool
	took     time.Duration
	err      error
}

// judge tries all of it; ok says whether every fault was caught and the clean
// backend conforms.
func judge(ctx context.Context, j job) (ok bool, err error) {
	mutants, err := readTable(j.only)
	if err != nil {
		return false, err
	}
	dir, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s := suite{binary: filepath.Join(dir, "conformance")}
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", s.binary, "./cmd/conformance").CombinedOutput(); err != nil {
		return false, fmt.Errorf("build the suite: %w\n%s", err, out)
	}
	if err := s.checkCases(ctx, mutants); err != nil {
		return false, err
	}
	ok = true
	if j.clean {
		ok, err = s.clean(ctx, j)
		if err != nil {
			return false, err
		}
	}
	verdicts := s.all(ctx, j, mutants)
	if err := ctx.Err(); err != nil {
		return false, err
	}
	return tell(j, verdicts) && ok, nil
}

// suite is the built suite.
type suite struct{ binary string }

// checkCases looks for cases that the table names and the suite does not have.
func (s suite) checkCases(ctx context.Context, mutants []mutant) error {
	out, err := exec.CommandContext(ctx, s.binary, "list", "--json").Output()
	if err != nil {
		return fmt.Errorf("list the cases: %w", err)
	}
	var cases []struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(out, &cases); err != nil {
		return fmt.Errorf("list the cases: %w", err)
	}
	known := map[string]bool{}
	for _, c := range cases {
		known[c.ID] = true
	}
	for _, m := range mutants {
		for _, id := range slices.Concat(m.CaughtBy, controls()) {
			if !known[id] {
				return fmt.Errorf("%s: %s: the suite has no case %s", tableFile, m.ID, id)
			}
		}
	}
	return nil
}

// clean judges the backend without a fault.
func (s suite) clean(ctx context.Context, j job) (bool, error) {
	_, _ = fmt.Fprintln(j.stderr, "the backend without a fault, every client over every transport:")
	cmd := s.command(ctx, "")
	cmd.Stdout, cmd.Stderr = j.stdout, j.stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		return false, nil
	}
	return err == nil, err
}

// command runs the suite against the backend with a fault.
func (s suite) command(ctx context.Context, fault string, args ...string) *exec.Cmd {
	full := append([]string{"--start", "node conformance/mutants/backend/server.mjs", "--env", "FAULT=" + fault}, args...)
	cmd := exec.CommandContext(ctx, s.binary, full...)
	// What is skipped for want of Docker is no matter here.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "CI=") })
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// all tries the mutants, several at a time, and tells of each.
func (s suite) all(ctx context.Context, j job, mutants []mutant) []verdict {
	verdicts := make([]verdict, len(mutants))
	var wg sync.WaitGroup
	var mu sync.Mutex
	next := make(chan int)
	for range max(1, j.workers) {
		wg.Go(func() {
			for i := range next {
				v := s.try(ctx, mutants[i])
				mu.Lock()
				verdicts[i] = v
				_, _ = fmt.Fprintf(j.stderr, "%-8s %s (%s)\n", v.word(), v.ID, v.took.Round(100*time.Millisecond))
				mu.Unlock()
			}
		})
	}
	for i := range mutants {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	wg.Wait()
	return verdicts
}

// controls are cases of several areas, of which one at least has to pass in spite
// of the fault: a backend that does nothing at all any more would fail every case,
// and show nothing.
func controls() []string {
	return []string{"auth/required", "rooms/join", "failures/unknown-event", "http/healthz", "presence/list-self"}
}

// try runs the cases that must catch the mutant, and the controls.
func (s suite) try(ctx context.Context, m mutant) verdict {
	ctx, cancel := context.WithTimeout(ctx, mutantTimeout)
	defer cancel()
	v := verdict{mutant: m}
	began := time.Now()
	out, err := s.command(ctx, m.ID, "--client", m.Client, "--transport", m.Transport, "--patience", patience, "--http-limit", "--json",
		"--case", strings.Join(slices.Concat(m.CaughtBy, controls()), ",")).Output()
	v.took = time.Since(began)
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		v.err = err
		if exit != nil {
			v.err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return v
	}
	failed, err := failedCases(out)
	if err != nil {
		v.err = err
		return v
	}
	for _, id := range m.CaughtBy {
		if !slices.Contains(failed, id) {
			v.missedBy = append(v.missedBy, id)
		}
	}
	v.dead = !slices.ContainsFunc(controls(), func(id string) bool { return !slices.Contains(failed, id) })
	v.caught = len(v.missedBy) == 0 && !v.dead
	return v
}

// failedCases reads the ids of the cases that failed from a report.
func failedCases(raw []byte) ([]string, error) {
	var r struct {
		Cases []struct {
			ID      string `json:"id"`
			Results []struct {
				State string `json:"state"`
			} `json:"results"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, fmt.Errorf("the suite's report: %w", err)
	}
	var failed []string
	for _, c := range r.Cases {
		for _, result := range c.Results {
			if result.State == "failed" && !slices.Contains(failed, c.ID) {
				failed = append(failed, c.ID)
			}
		}
	}
	return failed, nil
}
