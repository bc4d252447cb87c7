package suite

import (
	"time"

	"github.com/parlance-dev/parlance/bench/load"
)

// Scenario is one thing that is measured.
type Scenario struct {
	Name    string
	Options load.Options
	// Rounds is in how many rounds it takes part; 0: in all.
	Rounds int
}

// Scenarios are all there are, for a full or a quick run.
func Scenarios(quick bool) []Scenario {
	warmup, duration := 900*time.Millisecond, 1600*time.Millisecond
	if quick {
		warmup, duration = 250*time.Millisecond, 500*time.Millisecond
	}
	timed := func(o load.Options) load.Options {
		o.Warmup, o.Duration = warmup, duration
		return o
	}
	list := []Scenario{
		{Name: "ack1", Options: timed(load.Options{Kind: load.Ack, Clients: 200, Depth: 1})},
		{Name: "ack16", Options: timed(load.Options{Kind: load.Ack, Clients: 200, Depth: 16})},
		{Name: "broadcast", Options: timed(load.Options{Kind: load.Broadcast, Clients: 1000, Burst: 20})},
		{Name: "broadcast1", Options: timed(load.Options{Kind: load.Broadcast, Clients: 1000, Burst: 1})},
		{Name: "churn", Options: timed(load.Options{Kind: load.Churn, Clients: 32})},
	}
	// Connects are few a second: it takes longer until their code is compiled.
	list[len(list)-1].Options.Warmup = 2 * time.Second
	if quick {
		list[len(list)-1].Options.Warmup = time.Second
	}
	return append(list, memory(quick)...)
}

// memory are the scenarios of idle clients. Memory hardly differs from round
// to round, and takes long to fill.
func memory(quick bool) []Scenario {
	const settle = 3 * time.Second
	if quick {
		return []Scenario{{Name: "idle", Rounds: 1, Options: load.Options{Kind: load.Idle, Steps: []int{1000}, Duration: time.Second}}}
	}
	return []Scenario{{Name: "idle", Rounds: 2, Options: load.Options{Kind: load.Idle, Steps: []int{5000, 19_500}, Duration: settle}}}
}
