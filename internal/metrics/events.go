package metrics

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlance-dev/parlance/sio"
)

const (
	// unknown is the label value of all events that the contract does not have.
	unknown = "unknown"
	// succeeded is the code of events that did not fail.
	succeeded sio.Code = "OK"
)

// events counts the events of clients and of the server. Its counters are looked
// up once: what happens for each event is two or three additions.
type events struct {
	bundle
	client  map[string]*clientEvent
	unknown *clientEvent
	server  resolved[string]

	handled atomic.Int64 // client events but those over the rate limit
	failed  atomic.Int64 // client events that failed, those over the rate limit too
}

// clientEvent has the counters of one client event.
type clientEvent struct {
	ok    prometheus.Counter
	codes resolved[sio.Code]
	took  prometheus.Observer
}

func newEvents(t table, contract *sio.Contract) *events {
	counts, took, emitted := t.counters(clientEvents), t.histograms(clientEventSeconds), t.counters(serverEvents)
	var codes []sio.Code
	for _, c := range contract.Codes {
		codes = append(codes, c.Code)
	}
	event := func(name string) *clientEvent {
		return &clientEvent{
			ok:    counts.WithLabelValues(name, string(succeeded)),
			codes: resolve(counts, other, codes, name),
			took:  took.WithLabelValues(name),
		}
	}
	e := &events{bundle: bundle{counts, took, emitted}, client: map[string]*clientEvent{}, unknown: event(unknown)}
	for _, s := range contract.Events {
		e.client[s.Name] = event(s.Name)
	}
	var names []string
	for _, s := range contract.Emits {
		names = append(names, s.Name)
	}
	e.server = resolve(emitted, unknown, names)
	return e
}

func (e *events) instrument(o *sio.Options) {
	observe, emitted := o.Observe, o.Emitted
	o.Observe = func(seen sio.Observation) {
		e.observe(&seen)
		if observe != nil {
			observe(seen)
		}
	}
	o.Emitted = func(event string) {
		e.server.inc(event)
		if emitted != nil {
			emitted(event)
		}
	}
}

// observe counts one client event.
func (e *events) observe(seen *sio.Observation) {
	event := e.client[seen.Event]
	if event == nil {
		event = e.unknown
	}
	if seen.Code == "" {
		event.ok.Inc()
	} else {
		event.codes.inc(seen.Code)
		e.failed.Add(1)
	}
	if seen.Code != sio.CodeRateLimited {
		e.handled.Add(1)
		event.took.Observe(seen.Took.Seconds())
	}
}

// totals returns what rates are made of.
func (e *events) totals() (handled, failed int64) { return e.handled.Load(), e.failed.Load() }
