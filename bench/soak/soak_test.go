package soak

import (
	"context"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// short are the options of a run that takes moments.
func short() Options {
	return Options{
		Clients: 6, Duration: 2 * time.Second, Step: 150 * time.Millisecond, Away: 700 * time.Millisecond,
		Interval: 500 * time.Millisecond, Seed: 1, Progress: io.Discard,
	}
}

// TestRun soaks the server for moments: everything that is counted is done, and
// nothing is unexpected.
func TestRun(t *testing.T) {
	o := short()
	o.Dir = t.TempDir()
	o.Binary = filepath.Join(t.TempDir(), "server")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", o.Binary, "../../cmd/server")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	res, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if res.UnexpectedCount != 0 {
		t.Errorf("unexpected: %q", res.Unexpected)
	}
	if res.Messages == 0 || res.Deliveries != 2*res.Messages {
		t.Errorf("%d messages, %d deliveries: each goes to both clients of a user", res.Messages, res.Deliveries)
	}
	for _, what := range []string{"ping", "send_message", "reconnect"} {
		if res.Counts[what] == 0 {
			t.Errorf("no %s: %v", what, res.Counts)
		}
	}
	if len(res.Samples) == 0 || res.Samples[0].RSS == 0 || res.Samples[0].Goroutines == 0 || res.Samples[0].Files == 0 {
		t.Errorf("samples: %v", res.Samples)
	}
}

func TestBadOptions(t *testing.T) {
	for _, spoil := range []func(*Options){
		func(o *Options) { o.Clients = 0 },
		func(o *Options) { o.Duration = 0 },
		func(o *Options) { o.Step = -1 },
		func(o *Options) { o.Away = 0 },
		func(o *Options) { o.Interval = 0 },
	} {
		o := short()
		spoil(&o)
		if _, err := Run(t.Context(), o); err == nil || strings.Contains(err.Error(), "server") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// TestFaultsAreFound hands clients what no server may do.
func TestFaultsAreFound(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for what, c := range map[string]struct {
		come, sent []string
		fault      string // "": none
	}{
		"all":          {[]string{"1", "2"}, []string{"1", "2"}, ""},
		"twice":        {[]string{"1", "1"}, []string{"1"}, "message 1 after 1"},
		"out of order": {[]string{"2", "1"}, []string{"1", "2"}, "message 1 after 2"},
		"lost":         {[]string{"1"}, []string{"1", "2"}, "1 of 2 messages came"},
		"made up":      {[]string{"1", "3"}, []string{"1", "2"}, "message 3 was never acknowledged"},
	} {
		r := &run{counts: map[string]int64{}}
		one := &client{run: r, user: "u", changed: make(chan struct{})}
		for _, id := range c.come {
			one.message(id)
		}
		sent := map[string]bool{}
		for _, id := range c.sent {
			sent[id] = true
		}
		one.compare(ended, sent)
		found := slices.ContainsFunc(r.unexpected, func(u string) bool { return strings.Contains(u, c.fault) })
		if c.fault == "" && len(r.unexpected) > 0 || c.fault != "" && !found {
			t.Errorf("%s: %q", what, r.unexpected)
		}
	}
}

func TestGrowth(t *testing.T) {
	samples := func(of func(i int) Sample) (list []Sample) {
		for i := range 30 {
			list = append(list, of(i))
		}
		return list
	}
	const mib = 1 << 20
	for what, c := range map[string]struct {
		samples []Sample
		grown   string // "": nothing
	}{
		"none":       {nil, ""},
		"flat":       {samples(func(int) Sample { return Sample{RSS: 50 * mib, Goroutines: 500, Files: 400} }), ""},
		"warming up": {samples(func(i int) Sample { return Sample{RSS: int64(min(i, 9)) * 10 * mib} }), ""},
		"memory":     {samples(func(i int) Sample { return Sample{RSS: int64(50+2*i) * mib} }), "resident memory"},
		"goroutines": {samples(func(i int) Sample { return Sample{Goroutines: 100 + 10*i} }), "goroutines"},
		"files":      {samples(func(i int) Sample { return Sample{Files: 100 + 10*i} }), "open files"},
	} {
		got := growth(c.samples)
		if c.grown == "" && len(got) > 0 || c.grown != "" && (len(got) != 1 || !strings.HasPrefix(got[0], c.grown)) {
			t.Errorf("%s: %q", what, got)
		}
	}
	if (&Result{}).Err() != nil || (&Result{Growth: []string{"x"}}).Err() == nil || (&Result{UnexpectedCount: 1, Unexpected: []string{"x"}}).Err() == nil {
		t.Error("a result is judged wrongly")
	}
}
