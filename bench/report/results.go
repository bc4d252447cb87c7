package report

import (
	"fmt"
	"time"

	"github.com/parlance-dev/parlance/bench/load"
)

// Results are everything that a run of the benchmark found.
type Results struct {
	Environment Environment `json:"environment"`
	Rounds      int         `json:"rounds"`
	Reference   string      `json:"reference"` // the peer whose figures are 1
	Peers       []string    `json:"peers"`     // in the order of the report
	Runs        []Run       `json:"runs"`
	Summary     []Cell      `json:"summary"` // made of Runs by Summarize
}

// Environment is what the figures were measured on.
type Environment struct {
	CPU           string `json:"cpu"`
	Cores         int    `json:"cores"`
	Kernel        string `json:"kernel"`
	Go            string `json:"go"`
	Node          string `json:"node"`
	Bun           string `json:"bun"`
	SocketIO      string `json:"socketIO"`
	WS            string `json:"ws"`
	Ajv           string `json:"ajv"`
	BunEngine     string `json:"bunEngine"`
	BetterSQLite3 string `json:"betterSQLite3"`
	Zishang520    string `json:"zishang520"`
	LoadGenerator string `json:"loadGenerator"`
}

// Run is one measurement: one peer, one scenario, one round (from 1).
type Run struct {
	Round       int              `json:"round"`
	Peer        string           `json:"peer"`
	Scenario    string           `json:"scenario"`
	Error       string           `json:"error,omitempty"`    // why there is no measurement
	Failures    []string         `json:"failures,omitempty"` // of all attempts, where there were several
	Measurement load.Measurement `json:"measurement"`
}

// String is a line of progress.
func (r Run) String() string {
	head := fmt.Sprintf("round %d  %-10s %-16s", r.Round, r.Scenario, r.Peer)
	m := r.Measurement
	switch {
	case r.Error != "":
		return head + " FAILED: " + r.Error
	case len(m.Growth) > 0:
		for _, g := range m.Growth {
			head += fmt.Sprintf(" %6d: %s each", g.Clients, kilobytes(g.PerClient))
		}
		return head
	}
	return head + fmt.Sprintf(" %9s CPU/op  %7.0f/s  p50 %-8s p99 %-8s lost %d  client %s/op",
		duration(m.PerOp()), m.Throughput(), duration(m.P50), duration(m.P99), m.Lost,
		duration(m.ClientCPU/time.Duration(max(m.Ops, 1))))
}
