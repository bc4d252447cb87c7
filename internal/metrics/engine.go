package metrics

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlance-dev/parlance/sio/native"
)

// engine exports what the engine counts by itself, once somebody has said where to
// find it: all of it with the native one.
type engine struct {
	stats   atomic.Pointer[func() native.Stats]
	refused atomic.Pointer[func() int64]
	rows    []engineRow
	byIP    *prometheus.Desc
}

// boundPerIP is the label of connections that were refused for their address.
const boundPerIP = "connections_per_ip"

// engineRow is one number of the engine's.
type engineRow struct {
	desc   *prometheus.Desc
	kind   prometheus.ValueType
	value  func(*native.Stats) int64
	labels []string
}

// WatchEngine exports the engine's numbers at each scrape. An engine that has
// none is not watched, and its metrics are not there.
func (m *Metrics) WatchEngine(stats func() native.Stats) { m.engine.stats.Store(&stats) }

// WatchRefused exports, at each scrape, how many connections were refused for
// their address: the number that an engine has which counts nothing else.
func (m *Metrics) WatchRefused(byIP func() int64) { m.engine.refused.Store(&byIP) }

func newEngine(t table) *engine {
	e := &engine{byIP: t.desc(engineRefused)}
	add := func(name string, value func(*native.Stats) int64, labels ...string) {
		kind := prometheus.CounterValue
		if t[name].Kind == gauge {
			kind = prometheus.GaugeValue
		}
		e.rows = append(e.rows, engineRow{t.desc(name), kind, value, labels})
	}
	add(engineSessions, func(s *native.Stats) int64 { return s.Sessions })
	add(engineSockets, func(s *native.Stats) int64 { return s.Sockets })
	add(engineWaitingEvents, func(s *native.Stats) int64 { return s.WaitingEvents })
	add(engineSessionsOpened, func(s *native.Stats) int64 { return s.Opened })
	add(engineUpgrades, func(s *native.Stats) int64 { return s.Upgraded })
	add(engineMessages, func(s *native.Stats) int64 { return s.MessagesIn })
	add(engineClosed, func(s *native.Stats) int64 { return s.SlowReaders }, "slow_reader")
	add(engineClosed, func(s *native.Stats) int64 { return s.TooLarge }, "payload_too_large")
	add(engineClosed, func(s *native.Stats) int64 { return s.ParseErrors }, "parse_error")
	add(engineClosed, func(s *native.Stats) int64 { return s.PingTimeouts }, "ping_timeout")
	add(engineClosed, func(s *native.Stats) int64 { return s.Unjoined }, "not_joined")
	add(engineBadAttachments, func(s *native.Stats) int64 { return s.BadAttachments })
	add(engineRefused, func(s *native.Stats) int64 { return s.RefusedByIP }, boundPerIP)
	add(engineRefused, func(s *native.Stats) int64 { return s.RefusedHeaders }, "header")
	add(engineSlowBodies, func(s *native.Stats) int64 { return s.SlowBodies })
	add(engineStalled, func(s *native.Stats) int64 { return s.Stalled })
	add(engineHeld, func(s *native.Stats) int64 { return s.Held })
	add(engineHandedOver, func(s *native.Stats) int64 { return s.HandedOver })
	add(engineRecovered, func(s *native.Stats) int64 { return s.Recovered })
	return e
}

// Describe implements prometheus.Collector.
func (e *engine) Describe(to chan<- *prometheus.Desc) {
	for _, r := range e.rows {
		to <- r.desc
	}
}

// Collect implements prometheus.Collector.
func (e *engine) Collect(to chan<- prometheus.Metric) {
	stats := e.stats.Load()
	if stats == nil {
		if refused := e.refused.Load(); refused != nil {
			to <- prometheus.MustNewConstMetric(e.byIP, prometheus.CounterValue, float64((*refused)()), boundPerIP)
		}
		return
	}
	s := (*stats)()
	for _, r := range e.rows {
		to <- prometheus.MustNewConstMetric(r.desc, r.kind, float64(r.value(&s)), r.labels...)
	}
}
