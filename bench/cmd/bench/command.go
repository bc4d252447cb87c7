package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parlance-dev/parlance/bench/report"
	"github.com/parlance-dev/parlance/bench/suite"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // a measurement failed: a wrong, missing or refused answer
	exitUsage  = 2 // bad flags, or something that is needed is not there
)

const (
	fullRounds  = 5
	quickRounds = 2
)

// errFailed is a run with failed measurements; the report names them.
var errFailed = errors.New("measurements failed")

// flags are the command's.
type flags struct {
	rounds    int
	quick     bool
	set       string
	peers     []string
	scenarios []string
	out       string
	json      bool
	profile   string
}

// run runs the command and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c := command(ctx, stdout, stderr)
	c.SetArgs(args)
	c.SetOut(stdout)
	c.SetErr(stderr)
	err := c.Execute()
	if err == nil {
		return exitOK
	}
	_, _ = fmt.Fprintln(stderr, "bench:", err)
	if errors.Is(err, errFailed) {
		return exitFailed
	}
	return exitUsage
}

func command(ctx context.Context, stdout, stderr io.Writer) *cobra.Command {
	var f flags
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure Socket.IO servers beside each other",
		Long: "Measure Socket.IO servers beside each other: by turns within each round, as ratios to Node.\n" +
			"Writes results.json, results.md and results.svg. Progress goes to stderr.\n\n" +
			describe(suite.Sets(false)) + "\n" +
			"Exit codes: 0 all was measured; 1 a measurement failed, because an answer was wrong, missing\n" +
			"or refused; 2 bad flags, or something that is needed is not there.",
		Example: "  go run ./bench/cmd/bench --quick\n" +
			"  go run ./bench/cmd/bench --peers node,go-floor --scenarios ack1,churn --rounds 3 --out /tmp/bench\n" +
			"  go run ./bench/cmd/bench --set durable\n" +
			"  go run ./bench/cmd/bench --profile ours-zishang520:ack16 --out /tmp/bench",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(*cobra.Command, []string) error { return f.run(ctx, stdout, stderr) },
	}
	c.Flags().IntVar(&f.rounds, "rounds", 0, "how often everything is measured (default 5, with --quick 2)")
	c.Flags().BoolVar(&f.quick, "quick", false, "shorter measurements and fewer idle clients, under two minutes in all")
	c.Flags().StringVar(&f.set, "set", suite.Sets(false)[0].Name, "what to measure: the engines, or backends with a durable store")
	c.Flags().StringSliceVar(&f.peers, "peers", nil, "only these peers")
	c.Flags().StringSliceVar(&f.scenarios, "scenarios", nil, "only these scenarios")
	c.Flags().StringVar(&f.out, "out", "", "where the results go (default bench/results, with --quick bench/results/quick, of a --set in a folder of its name)")
	c.Flags().BoolVar(&f.json, "json", false, "write results.json to stdout too")
	c.Flags().StringVar(&f.profile, "profile", "", "peer:scenario: measure only that once, and write a CPU profile of the Go peer")
	return c
}

func (f *flags) run(ctx context.Context, stdout, stderr io.Writer) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	sets, err := choose(suite.Sets(f.quick), setName, []string{f.set}, "set")
	if err != nil {
		return err
	}
	set := sets[0]
	c := suite.Config{Root: root, Rounds: f.rounds, Reference: set.Reference, Progress: stderr}
	f.defaults(&c)
	if f.profile != "" {
		return f.runProfile(ctx, c, set)
	}
	if c.Peers, err = choose(set.Peers, peerName, f.peers, "peer"); err != nil {
		return err
	}
	if c.Scenarios, err = choose(set.Scenarios, scenarioName, f.scenarios, "scenario"); err != nil {
		return err
	}
	results, err := suite.Run(ctx, c)
	if err != nil {
		return err
	}
	return f.write(&results, stdout)
}

// defaults fills in what depends on other flags.
func (f *flags) defaults(c *suite.Config) {
	out := filepath.Join(c.Root, "bench", "results")
	if c.Rounds <= 0 {
		c.Rounds = fullRounds
		if f.quick {
			c.Rounds = quickRounds
		}
	}
	if f.quick {
		out = filepath.Join(out, "quick")
	}
	if f.set != suite.Sets(f.quick)[0].Name {
		out = filepath.Join(out, f.set)
	}
	if f.out == "" {
		f.out = out
	}
}

func (f *flags) write(results *report.Results, stdout io.Writer) error {
	results.Summarize()
	if err := results.Write(f.out); err != nil {
		return err
	}
	if f.json {
		data, err := results.JSON()
		if err != nil {
			return err
		}
		if _, err := stdout.Write(data); err != nil {
			return fmt.Errorf("write results: %w", err)
		}
	}
	if failed := results.Failed(); len(failed) > 0 {
		return fmt.Errorf("%w: %d of %d", errFailed, len(failed), len(results.Runs))
	}
	return nil
}

// runProfile measures one peer in one scenario under the profiler.
func (f *flags) runProfile(ctx context.Context, c suite.Config, set suite.Set) error {
	peer, scenario, ok := strings.Cut(f.profile, ":")
	if !ok {
		return fmt.Errorf("--profile %q: want peer:scenario", f.profile)
	}
	var err error
	if c.Peers, err = choose(set.Peers, peerName, []string{peer}, "peer"); err != nil {
		return err
	}
	if c.Peers[0].Package == "" {
		return fmt.Errorf("--profile: %s is not written in Go", peer)
	}
	if c.Scenarios, err = choose(set.Scenarios, scenarioName, []string{scenario}, "scenario"); err != nil {
		return err
	}
	if err := os.MkdirAll(f.out, 0o755); err != nil {
		return err
	}
	c.Rounds, c.Profile = 1, filepath.Join(f.out, peer+"-"+scenario+".prof")
	results, err := suite.Run(ctx, c)
	if err == nil && len(results.Failed()) > 0 {
		err = errFailed
	}
	return err
}

// describe lists what there is, for the help.
func describe(sets []suite.Set) string {
	var b strings.Builder
	for _, s := range sets {
		fmt.Fprintf(&b, "Set %s, as ratios to %s:\n  peers:     %s\n  scenarios: %s\n", s.Name, s.Reference,
			strings.Join(names(s.Peers, peerName), ", "), strings.Join(names(s.Scenarios, scenarioName), ", "))
	}
	return b.String()
}

func setName(s suite.Set) string           { return s.Name }
func peerName(p suite.Peer) string         { return p.Name }
func scenarioName(s suite.Scenario) string { return s.Name }

func names[T any](list []T, name func(T) string) []string {
	out := make([]string, 0, len(list))
	for _, v := range list {
		out = append(out, name(v))
	}
	return out
}

// choose returns what is wanted of a list, in the list's order; all of it where
// nothing is wanted in particular.
func choose[T any](list []T, name func(T) string, wanted []string, what string) ([]T, error) {
	if len(wanted) == 0 {
		return list, nil
	}
	left := map[string]bool{}
	for _, w := range wanted {
		left[w] = true
	}
	var chosen []T
	for _, v := range list {
		if left[name(v)] {
			chosen = append(chosen, v)
			delete(left, name(v))
		}
	}
	for w := range left {
		return nil, fmt.Errorf("no %s %q: there are %s", what, w, strings.Join(names(list, name), ", "))
	}
	return chosen, nil
}

// moduleRoot is the nearest folder upwards that has a go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("not within the module: no go.mod upwards of here")
		}
		dir = up
	}
}
