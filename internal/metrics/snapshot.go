package metrics

import (
	"math"
	"runtime/metrics"
)

// Snapshot is what GET /api/metrics answers with, of this node.
type Snapshot struct {
	// TotalConnections were welcomed since the start: the sum of
	// parlance_connections_opened_total.
	TotalConnections int64 `json:"totalConnections"`
	// ActiveConnections are open now: the sum of parlance_connections.
	ActiveConnections int64 `json:"activeConnections"`
	// MessagesPerSecond is the mean rate of client events that were handled,
	// whatever came of them; those that the rate limit dropped are none. The mean
	// is over the last 9 to 10 seconds (or all of them since the start, and at
	// least one), rounded to thousandths.
	MessagesPerSecond float64 `json:"messagesPerSecond"`
	// ErrorsPerSecond is the same of client events that failed, whatever the code;
	// those that the rate limit dropped failed with RATE_LIMITED.
	ErrorsPerSecond float64 `json:"errorsPerSecond"`
	// Uptime is the time since the start in seconds, to the millisecond.
	Uptime float64 `json:"uptime"`
	Memory Memory  `json:"memory"`
	// Timestamp is the time of the snapshot: UTC, ISO 8601, with milliseconds.
	Timestamp string `json:"timestamp"`
}

// Memory is what the process uses, in bytes. The names are Node's; each means
// what comes nearest to it in a Go program.
type Memory struct {
	// RSS is the memory of the process that is in RAM, as the operating system
	// says; where it says nothing, all that the Go runtime has got from it and not
	// given back.
	RSS int64 `json:"rss"`
	// HeapTotal is the heap that the Go runtime holds: objects, and room for more
	// that was not given back to the operating system.
	HeapTotal int64 `json:"heapTotal"`
	// HeapUsed are the heap's objects, dead ones that were not yet swept included.
	HeapUsed int64 `json:"heapUsed"`
	// External is what the Go runtime holds outside the heap: stacks, and its own
	// bookkeeping.
	External int64 `json:"external"`
}

// Snapshot returns what the server is doing now. It stops nothing: the numbers
// of the runtime are read while it runs.
func (m *Metrics) Snapshot() Snapshot {
	s := Snapshot{Memory: readMemory()}
	s.TotalConnections, s.ActiveConnections = m.connections.numbers()
	s.MessagesPerSecond, s.ErrorsPerSecond = m.rates.perSecond()
	s.MessagesPerSecond, s.ErrorsPerSecond = thousandths(s.MessagesPerSecond), thousandths(s.ErrorsPerSecond)
	now := m.clock.Now()
	s.Uptime = float64(now.Sub(m.started).Milliseconds()) / 1000
	s.Timestamp = now.UTC().Format("2006-01-02T15:04:05.000Z07:00")
	return s
}

func thousandths(x float64) float64 { return math.Round(x*1000) / 1000 }

// readMemory asks the operating system and the runtime.
func readMemory() Memory {
	read := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(read)
	held := read[0].Value.Uint64() - read[1].Value.Uint64()
	used := read[2].Value.Uint64()
	heap := used + read[3].Value.Uint64() + read[4].Value.Uint64()
	rss, ok := residentBytes()
	if !ok {
		rss = held
	}
	return Memory{RSS: int64(rss), HeapTotal: int64(heap), HeapUsed: int64(used), External: int64(held - heap)}
}
