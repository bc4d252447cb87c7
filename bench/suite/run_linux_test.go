package suite

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parlance-dev/parlance/bench/load"
	"github.com/parlance-dev/parlance/bench/peers/floor"
	"github.com/parlance-dev/parlance/bench/peers/peer"
)

// TestMain is the tests, or, where the suite has started it, a peer.
func TestMain(m *testing.M) {
	if os.Getenv("BENCH_SECRET") == "" {
		goleak.VerifyTestMain(m)
		return
	}
	fail := flag.String("fail", "", "fail, unless this file is there, and make it")
	flag.Parse()
	if _, err := os.Stat(*fail); *fail != "" && errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintln(os.Stderr, "not today")
		if err := os.WriteFile(*fail, nil, 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(3)
	}
	s := floor.New(peer.Secret())
	os.Exit(peer.Main(peer.Server{Sockets: s, Broadcast: s.Broadcast}, false))
}

func config(t *testing.T, progress *bytes.Buffer, peers ...Peer) Config {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for i := range peers {
		peers[i].Program = program
	}
	o := load.Options{Kind: load.Ack, Clients: 2, Depth: 1, Duration: 20 * time.Millisecond}
	churn := load.Options{Kind: load.Churn, Clients: 2, Duration: 20 * time.Millisecond}
	return Config{
		Root: t.TempDir(), Rounds: 2, Peers: peers, Progress: progress,
		Scenarios: []Scenario{{Name: "ack1", Options: o}, {Name: "churn", Options: churn, Rounds: 1}},
	}
}

func TestRunTakesTurns(t *testing.T) {
	var progress bytes.Buffer
	r, err := Run(t.Context(), config(t, &progress, Peer{Name: "a"}, Peer{Name: reference}))
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, run := range r.Runs {
		if run.Error != "" || run.Measurement.Ops == 0 {
			t.Errorf("%s", run)
		}
		order = append(order, fmt.Sprintf("%d %s %s", run.Round, run.Scenario, run.Peer))
	}
	const want = "1 ack1 a,1 ack1 node,1 churn a,1 churn node,2 ack1 node,2 ack1 a"
	if got := strings.Join(order, ","); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if n := strings.Count(progress.String(), "\n"); n != len(order) {
		t.Errorf("%d lines of progress", n)
	}
}

// TestOnlyKnownDefectsAreTriedAgain: of others, one failure is a failure.
func TestOnlyKnownDefectsAreTriedAgain(t *testing.T) {
	args := func(name string) []string { return []string{"-fail", filepath.Join(t.TempDir(), name)} }
	var progress bytes.Buffer
	c := config(t, &progress, Peer{Name: "sound", Args: args("sound")}, Peer{Name: "known", Args: args("known"), Defect: "fails once"})
	c.Rounds, c.Scenarios = 1, c.Scenarios[:1]
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	sound, known := r.Runs[0], r.Runs[1]
	if !strings.Contains(sound.Error, "exit status 3") || !strings.Contains(sound.Error, "not today") {
		t.Errorf("sound: %q", sound.Error)
	}
	if known.Error != "" || len(known.Failures) != 1 || known.Measurement.Ops == 0 {
		t.Errorf("known: %+v", known)
	}
}

func TestRunNeedsWhatPeersNeed(t *testing.T) {
	var progress bytes.Buffer
	c := config(t, &progress, Peer{Name: "a", Needs: "peers/a/node_modules"})
	if _, err := Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), "npm ci in peers/a") {
		t.Errorf("%v", err)
	}
}

// TestReferenceIsThere: without it there are no ratios.
func TestReferenceIsThere(t *testing.T) {
	for _, set := range Sets(false) {
		if !slices.ContainsFunc(set.Peers, func(p Peer) bool { return p.Name == set.Reference }) {
			t.Errorf("set %s: no peer %s", set.Name, set.Reference)
		}
	}
}
