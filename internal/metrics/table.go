package metrics

import (
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// table finds definitions by name and makes what they define.
type table map[string]Definition

func newTable() table {
	t := table{}
	for _, d := range Definitions() {
		t[d.Name] = d
	}
	return t
}

// labelNames returns the names of a definition's labels.
func (d *Definition) labelNames() []string {
	var names []string
	for _, l := range d.Labels {
		names = append(names, l.Name)
	}
	return names
}

func (t table) desc(name string) *prometheus.Desc {
	d := t[name]
	return prometheus.NewDesc(d.Name, d.Help, d.labelNames(), nil)
}

func (t table) counter(name string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: t[name].Help})
}

func (t table) counters(name string) *prometheus.CounterVec {
	d := t[name]
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: d.Help}, d.labelNames())
}

func (t table) histograms(name string) *prometheus.HistogramVec {
	d := t[name]
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: d.Help, Buckets: d.Buckets}, d.labelNames())
}

// resolved are the counters of a closed list of label values, each looked up
// once, at the start. All of them are exported from then on, as zeros.
type resolved[K ~string] struct {
	known map[K]prometheus.Counter
	rest  prometheus.Counter // of all other values
}

// resolve looks the counters up. The last label of vec takes the values; before
// are those of the labels before it.
func resolve[K ~string](vec *prometheus.CounterVec, rest string, known []K, before ...string) resolved[K] {
	counter := func(value string) prometheus.Counter {
		return vec.WithLabelValues(append(slices.Clone(before), value)...)
	}
	r := resolved[K]{known: make(map[K]prometheus.Counter, len(known)), rest: counter(rest)}
	for _, k := range known {
		r.known[k] = counter(string(k))
	}
	return r
}

// inc counts one of a value.
func (r *resolved[K]) inc(value K) {
	if c := r.known[value]; c != nil {
		c.Inc()
		return
	}
	r.rest.Inc()
}

// values returns the values of the list, sorted.
func (r *resolved[K]) values() []K { return slices.Sorted(maps.Keys(r.known)) }
