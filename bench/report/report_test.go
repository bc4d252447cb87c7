package report

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/bench/load"
)

var update = flag.Bool("update", false, "rewrite the goldens, and fail")

// sample has three peers, two rounds, a failure, a second attempt, and memory.
func sample() *Results {
	run := func(round int, peer string, cpu time.Duration) Run {
		return Run{Round: round, Peer: peer, Scenario: "ack1", Measurement: load.Measurement{
			Ops: 1000, Elapsed: time.Second, CPU: cpu, P50: time.Millisecond, P99: 20 * time.Millisecond, RSS: 50 << 20,
		}}
	}
	memory := func(peer string, bytes float64) Run {
		return Run{Round: 1, Peer: peer, Scenario: "idle", Measurement: load.Measurement{
			Ops: 5000, Growth: []load.Growth{{Clients: 5000, PerClient: bytes, RSS: 100 << 20}},
		}}
	}
	again := run(2, "bare", 150*time.Millisecond)
	again.Failures, again.Measurement.Lost = []string{"the server closed the connection"}, 2
	failed := Run{Round: 1, Peer: "bare", Scenario: "idle", Error: "not there", Failures: []string{"not there"}}
	r := &Results{
		Environment: Environment{CPU: "A <CPU>", Cores: 2, Kernel: "linux 6", Go: "go1.26", Node: "v20", LoadGenerator: "one thread"},
		Rounds:      2,
		Reference:   "node",
		Peers:       []string{"ours-native", "bare", "node"},
		Runs: []Run{
			run(1, "ours-native", 50*time.Millisecond), run(1, "bare", 200*time.Millisecond), run(1, "node", 100*time.Millisecond),
			again, run(2, "node", 120*time.Millisecond), run(2, "ours-native", 66*time.Millisecond),
			memory("ours-native", 9000), failed, memory("node", 18_000),
		},
	}
	r.Summarize()
	return r
}

func TestGoldens(t *testing.T) {
	dir := t.TempDir()
	if err := sample().Write(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"results.json", "results.md", "results.svg"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
			t.Errorf("%s: rewritten", golden)
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s differs from %s; go test ./bench/report -update, and look at the difference", name, golden)
		}
	}
}

func TestSVGIsXML(t *testing.T) {
	d := xml.NewDecoder(strings.NewReader(sample().SVG()))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   Spread
	}{
		{nil, Spread{}},
		{[]float64{3}, Spread{3, 3, 3, 1}},
		{[]float64{4, 1}, Spread{2.5, 1, 4, 2}},
		{[]float64{9, 1, 2}, Spread{2, 1, 9, 3}},
		{[]float64{9, 1, 2, 4}, Spread{3, 1, 9, 4}},
	} {
		if got := SpreadOf(c.values); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.values, got, c.want)
		}
	}
}

// TestRatiosAreTakenWithinARound: the median of ratios, not the ratio of medians.
func TestRatiosAreTakenWithinARound(t *testing.T) {
	r := sample()
	if got, want := r.find("ours-native", "ack1").Ratio, (Spread{0.525, 0.5, 0.55, 2}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if c := r.find("bare", "ack1"); c.Lost != 2 || c.Failed != 1 || c.Value.Rounds != 2 || c.Throughput != 1000 {
		t.Errorf("%+v", c)
	}
	if c := r.find("bare", "idle5000"); c.Value.Rounds != 0 {
		t.Errorf("a failed measurement counts: %+v", c)
	}
	if len(r.Failed()) != 1 {
		t.Errorf("failed: %v", r.Failed())
	}
}

// TestRatioNeedsTheReference: a round in which the reference failed has figures
// and no ratios.
func TestRatioNeedsTheReference(t *testing.T) {
	r := sample()
	for i := range r.Runs {
		if r.Runs[i].Peer == "node" && r.Runs[i].Round == 1 {
			r.Runs[i].Error = "gone"
		}
	}
	r.Summarize()
	if c := r.find("ours-native", "ack1"); c.Ratio.Rounds != 1 || c.Value.Rounds != 2 {
		t.Errorf("%+v", c)
	}
}

func TestFormats(t *testing.T) {
	for got, want := range map[string]string{
		nanoseconds(999):          "999 ns",
		nanoseconds(6_320):        "6.32 µs",
		nanoseconds(62_040):       "62.0 µs",
		nanoseconds(808_400):      "808 µs",
		nanoseconds(1_500_000):    "1.50 ms",
		nanoseconds(2e9):          "2.00 s",
		kilobytes(12 << 10):       "12.0 KB",
		megabytes(50 << 20):       "50 MB",
		thousands(999):            "999",
		thousands(1_310_711):      "1,310,711",
		targetText("churn"):       "≤ 0.25",
		targetText("idle19500"):   "≤ 12.0 KB",
		targetText("other"):       "–",
		title("idle19500"):        "Idle memory, 19,500 clients",
		sample().Runs[6].String(): "round 1  idle       ours-native        5000: 8.8 KB each",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
