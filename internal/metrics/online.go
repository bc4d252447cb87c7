package metrics

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// online exports how many users are online, once somebody has said whom to ask.
type online struct {
	desc  *prometheus.Desc
	count atomic.Pointer[func() (users int, ok bool)]
}

func newOnline(t table) *online { return &online{desc: t.desc(usersOnline)} }

// WatchUsers asks count at each scrape how many users are online; ok false: it
// is not known now, and the metric is not there. count must not wait.
func (m *Metrics) WatchUsers(count func() (users int, ok bool)) { m.online.count.Store(&count) }

// Describe implements prometheus.Collector.
func (o *online) Describe(to chan<- *prometheus.Desc) { to <- o.desc }

// Collect implements prometheus.Collector.
func (o *online) Collect(to chan<- prometheus.Metric) {
	count := o.count.Load()
	if count == nil {
		return
	}
	if users, ok := (*count)(); ok {
		to <- prometheus.MustNewConstMetric(o.desc, prometheus.GaugeValue, float64(users))
	}
}
