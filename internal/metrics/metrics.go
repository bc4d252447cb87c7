// Package metrics counts what the server does, for Prometheus and for the
// administrator's page.
//
// It owns the names of all metrics (names.go), a registry of its own, and the
// definition of the snapshot that GET /api/metrics answers with. Connections and
// events reach it through the hooks of sio.Options, the store through a decorator,
// HTTP requests through a function, the engine's own counts at each scrape. Label
// values come from closed lists only: the contract's events and codes, the engine's
// reasons, the routes; never from a client.
//
// It imports sio, the native engine for its Stats, internal/store for the
// decorator, and Prometheus's client library.
package metrics

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/parlance-dev/parlance/sio"
)

// Options are what Metrics needs to know.
type Options struct {
	// Contract has the events and codes, which are the values of labels.
	Contract sio.Contract
	// Engine is the name of the Socket.IO engine, for the build's info.
	Engine string
	Clock  sio.Clock // default: sio.SystemClock
}

// Metrics counts. All methods may be called from any goroutine; New makes one,
// Close ends it.
type Metrics struct {
	clock    sio.Clock
	registry *prometheus.Registry
	started  time.Time

	connections *connections
	events      *events
	engine      *engine
	online      *online
	store       *operations
	requests    *requests
	rates       *rates
}

// New returns Metrics that have counted nothing. It fails where two metrics
// have one name.
func New(o Options) (*Metrics, error) {
	if o.Clock == nil {
		o.Clock = sio.SystemClock{}
	}
	t := newTable()
	m := &Metrics{
		clock: o.Clock, registry: prometheus.NewRegistry(), started: o.Clock.Now(),
		connections: newConnections(t, &o.Contract),
		events:      newEvents(t, &o.Contract),
		engine:      newEngine(t),
		online:      newOnline(t),
		store:       newOperations(t),
		requests:    newRequests(t),
	}
	var errs []error
	for _, c := range []prometheus.Collector{
		m.connections, m.events, m.engine, m.online, m.store, m.requests, newBuildInfo(t, o.Engine),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		errs = append(errs, m.registry.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	m.rates = newRates(o.Clock, m.events.totals)
	return m, nil
}

// Close ends what runs by itself. Counting and scraping go on.
func (m *Metrics) Close() { m.rates.close() }

// Instrument puts Metrics in front of the hooks of o. Hooks that are set already
// are called after it has counted.
func (m *Metrics) Instrument(o *sio.Options) {
	m.connections.instrument(o)
	m.events.instrument(o)
}

// bundle describes and collects several collectors as one.
type bundle []prometheus.Collector

// Describe implements prometheus.Collector.
func (b bundle) Describe(to chan<- *prometheus.Desc) {
	for _, c := range b {
		c.Describe(to)
	}
}

// Collect implements prometheus.Collector.
func (b bundle) Collect(to chan<- prometheus.Metric) {
	for _, c := range b {
		c.Collect(to)
	}
}
