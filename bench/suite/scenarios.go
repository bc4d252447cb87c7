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

// A Set is servers, and what is measured of them.
type Set struct {
	Name string
	// Reference is the peer that all are compared with.
	Reference string
	Peers     []Peer
	Scenarios []Scenario
}

// Sets are all there are, for a full or a quick run: the engines, and whole
// backends that store what they acknowledge. The first is the default.
func Sets(quick bool) []Set {
	return []Set{
		{Name: "engines", Reference: reference, Peers: peers(), Scenarios: scenarios(quick)},
		{Name: "durable", Reference: durableReference, Peers: durablePeers(), Scenarios: durableScenarios(quick)},
	}
}

// timed sets how long a scenario is measured.
func timed(o load.Options, quick bool) load.Options {
	o.Warmup, o.Duration = 900*time.Millisecond, 1600*time.Millisecond
	if quick {
		o.Warmup, o.Duration = 250*time.Millisecond, 500*time.Millisecond
	}
	return o
}

// durableScenarios are messages from user to user: from few at a time, where a
// server waits for the disk, to many, where it can share its flushes.
func durableScenarios(quick bool) []Scenario {
	list := []Scenario{
		{Name: "durable1", Options: load.Options{Kind: load.Deliver, Clients: 2, Depth: 1}},
		{Name: "durable50", Options: load.Options{Kind: load.Deliver, Clients: 50, Depth: 1}},
		{Name: "durable3200", Options: load.Options{Kind: load.Deliver, Clients: 200, Depth: 16}},
	}
	for i := range list {
		list[i].Options = timed(list[i].Options, quick)
		if !quick { // disks are moody
			list[i].Options.Duration = 3 * time.Second
		}
	}
	return list
}

// scenarios are those of the engines.
func scenarios(quick bool) []Scenario {
	timed := func(o load.Options) load.Options { return timed(o, quick) }
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
