package load

import (
	"context"
	"fmt"
	"net/netip"
	"time"
)

// Target is a server under test.
type Target struct {
	Addr  netip.AddrPort // IPv4
	PID   int            // the process whose CPU time and memory count
	Token string         // lets clients in
	// Tokens, where there are any, let one client in each, by its number.
	Tokens []string
}

// Kind is what clients do.
type Kind string

// The kinds of scenarios.
const (
	// Ack: each client has Depth messages on their way at any time. An
	// operation is a message with its acknowledgement.
	Ack Kind = "ack"
	// Deliver: as Ack, but each client is a user of its own (see UserID) and
	// sends to another one, who has to get the message. An operation is a message
	// with its acknowledgement and its delivery.
	Deliver Kind = "deliver"
	// Broadcast: the server emits an event Burst times to all clients, again
	// and again, each time when all have got all. An operation is a delivery.
	Broadcast Kind = "broadcast"
	// Churn: Clients connections at a time are opened, joined, and closed at
	// once. An operation is one of them.
	Churn Kind = "churn"
	// Idle: clients join and stay silent; memory is measured.
	Idle Kind = "idle"
)

// Options describe a measurement.
type Options struct {
	Kind     Kind
	Clients  int
	Depth    int           // of Ack and Deliver
	Burst    int           // of Broadcast
	Steps    []int         // of Idle: how many clients there are at each point; Clients is not used
	Warmup   time.Duration // before the measurement
	Duration time.Duration // of the measurement; of Idle: before each reading
}

// Measurement is what a scenario found. The server's figures are of its
// process, with what it has started.
type Measurement struct {
	Ops       int           `json:"ops"`
	Elapsed   time.Duration `json:"elapsedNanoseconds"`
	CPU       time.Duration `json:"cpuNanoseconds"`
	ClientCPU time.Duration `json:"clientCPUNanoseconds"` // the generator's own
	P50       time.Duration `json:"p50Nanoseconds"`
	P99       time.Duration `json:"p99Nanoseconds"`
	RSS       int64         `json:"rssBytes"`     // at the end
	Anon      int64         `json:"rssAnonBytes"` // of RSS what no file backs
	Lost      int           `json:"lostConnects"` // CONNECTs that got no answer
	Growth    []Growth      `json:"growth,omitempty"`
}

// Growth is the memory of idle clients.
type Growth struct {
	Clients   int     `json:"clients"`
	PerClient float64 `json:"bytesPerClient"` // growth of RSS over an almost empty server
	RSS       int64   `json:"rssBytes"`
}

// PerOp is the server's CPU time for one operation.
func (m Measurement) PerOp() time.Duration {
	return m.CPU / time.Duration(max(m.Ops, 1))
}

func (m *Measurement) latencies(h *Histogram) {
	m.P50, m.P99 = h.Quantile(0.50), h.Quantile(0.99)
}

// Run measures one scenario on one server. Its connections are closed when it
// returns. It fails where an answer is wrong, missing or refused.
func Run(ctx context.Context, t Target, o Options) (Measurement, error) {
	l, err := newLoop(t)
	if err != nil {
		return Measurement{}, fmt.Errorf("load: %w", err)
	}
	defer l.close()
	var m Measurement
	switch o.Kind {
	case Ack:
		m, err = newAck(l, o.Depth).measure(ctx, o)
	case Deliver:
		m, err = newDeliver(l, o).measure(ctx, o)
	case Broadcast:
		m, err = newBroadcast(l, o).measure(ctx, o)
	case Churn:
		m, err = newChurn(l).measure(ctx, o)
	case Idle:
		m, err = newIdle(l).measure(ctx, o)
	default:
		err = fmt.Errorf("unknown kind %q", o.Kind)
	}
	if err != nil {
		return Measurement{}, fmt.Errorf("load: %s: %w", o.Kind, err)
	}
	m.Lost = l.lost
	return m, nil
}

// Throughput is operations a second; 0 where no time was measured.
func (m Measurement) Throughput() float64 {
	if m.Elapsed <= 0 {
		return 0
	}
	return float64(m.Ops) / m.Elapsed.Seconds()
}
