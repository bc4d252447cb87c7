package report

import (
	"slices"
	"strconv"
)

// Spread is a figure over rounds. The zero value: there is none.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	Rounds int     `json:"rounds"` // how many figures it is made of
}

// SpreadOf returns median, smallest and largest of values.
func SpreadOf(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	s := slices.Sorted(slices.Values(values))
	n := len(s)
	return Spread{Median: (s[(n-1)/2] + s[n/2]) / 2, Min: s[0], Max: s[n-1], Rounds: n}
}

// Cell is what a peer needs in one column of the report.
type Cell struct {
	Peer   string `json:"peer"`
	Column string `json:"column"`
	// Value is the server's CPU time for an operation in nanoseconds, or, of
	// idle clients, its memory for each in bytes.
	Value Spread `json:"value"`
	// Ratio is Value over that of the reference, taken within each round.
	Ratio Spread `json:"ratio"`

	Throughput float64 `json:"opsPerSecond"` // medians, and absent of idle clients
	P50        float64 `json:"p50Nanoseconds"`
	P99        float64 `json:"p99Nanoseconds"`
	RSS        float64 `json:"rssBytes"`
	Lost       int     `json:"lostConnects"` // of all rounds
	Failed     int     `json:"failed"`       // attempts without a measurement, of all rounds
}

// figure is what one round adds to a cell.
type figure struct {
	run   Run
	value float64
	rss   int64
}

// figures returns what a run adds to each column: one for most scenarios, one
// for each number of idle clients.
func figures(r Run) map[string]figure {
	m := r.Measurement
	if len(m.Growth) == 0 {
		return map[string]figure{r.Scenario: {run: r, value: float64(m.CPU) / float64(max(m.Ops, 1)), rss: m.RSS}}
	}
	all := map[string]figure{}
	for _, g := range m.Growth {
		all[r.Scenario+strconv.Itoa(g.Clients)] = figure{run: r, value: g.PerClient, rss: g.RSS}
	}
	return all
}

// key is a peer in a round in a column.
type key struct {
	peer, column string
	round        int
}

// Summarize fills in the summary.
func (r *Results) Summarize() {
	table := map[key]figure{}
	for _, run := range r.Runs {
		for column, f := range figures(run) {
			table[key{run.Peer, column, run.Round}] = f
		}
	}
	r.Summary = nil
	for _, column := range r.columns() {
		for _, peer := range r.Peers {
			r.Summary = append(r.Summary, r.cell(table, peer, column))
		}
	}
}

// columns lists the columns in the order in which they were measured first.
func (r *Results) columns() []string {
	var list []string
	add := func(column string) {
		if !slices.Contains(list, column) {
			list = append(list, column)
		}
	}
	for _, run := range r.Runs {
		if run.Error != "" {
			continue
		}
		if len(run.Measurement.Growth) == 0 {
			add(run.Scenario)
		}
		for _, g := range run.Measurement.Growth {
			add(run.Scenario + strconv.Itoa(g.Clients))
		}
	}
	return list
}

func (r *Results) cell(table map[key]figure, peer, column string) Cell {
	c := Cell{Peer: peer, Column: column}
	var values, ratios, throughput, p50, p99, rss []float64
	for round := 1; round <= r.Rounds; round++ {
		f, ok := table[key{peer, column, round}]
		if !ok {
			continue
		}
		c.Failed += len(f.run.Failures)
		if f.run.Error != "" {
			continue
		}
		m := f.run.Measurement
		c.Lost += m.Lost
		values = append(values, f.value)
		throughput = append(throughput, m.Throughput())
		p50, p99 = append(p50, float64(m.P50)), append(p99, float64(m.P99))
		rss = append(rss, float64(f.rss))
		if base := table[key{r.Reference, column, round}]; base.run.Error == "" && base.value > 0 {
			ratios = append(ratios, f.value/base.value)
		}
	}
	c.Value, c.Ratio = SpreadOf(values), SpreadOf(ratios)
	c.Throughput, c.P50, c.P99, c.RSS = SpreadOf(throughput).Median, SpreadOf(p50).Median, SpreadOf(p99).Median, SpreadOf(rss).Median
	return c
}

// find returns a cell of the summary.
func (r *Results) find(peer, column string) Cell {
	for _, c := range r.Summary {
		if c.Peer == peer && c.Column == column {
			return c
		}
	}
	return Cell{}
}

// Failed lists the measurements that there are not.
func (r *Results) Failed() []Run {
	var list []Run
	for _, run := range r.Runs {
		if run.Error != "" {
			list = append(list, run)
		}
	}
	return list
}
