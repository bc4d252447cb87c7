package metrics

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/sio"
)

// The outcomes of a call of the store.
const (
	outcomeOK        = "ok"
	outcomeDuplicate = "duplicate"
	outcomeError     = "error"
	outcomeCanceled  = "canceled"
	outcomePanic     = "panic"
)

// operations counts calls of the store.
type operations struct {
	bundle
	messagesAppend, messagesSince, messagesMissed, messagesList *operation
	actionsAppend, actionsList, ready                           *operation
}

// operation has the counters of one kind of call.
type operation struct {
	outcomes resolved[string]
	took     prometheus.Observer
}

func newOperations(t table) *operations {
	counts, took := t.counters(storeOperations), t.histograms(storeSeconds)
	named := func(name string, more ...string) *operation {
		known := append([]string{outcomeOK, outcomeCanceled, outcomePanic}, more...)
		return &operation{resolve(counts, outcomeError, known, name), took.WithLabelValues(name)}
	}
	return &operations{
		bundle:         bundle{counts, took},
		messagesAppend: named("messages_append", outcomeDuplicate),
		messagesSince:  named("messages_since"),
		messagesMissed: named("messages_missed"),
		messagesList:   named("messages_list"),
		actionsAppend:  named("actions_append"),
		actionsList:    named("actions_list"),
		ready:          named("ready"),
	}
}

// Store returns s with every call counted and timed. What s promises holds for
// the returned store too: arguments, results, panics and the calls of
// NewMessage.Stored go through unchanged.
func (m *Metrics) Store(s store.Store) store.Store {
	return &countedStore{Store: s, clock: m.clock, ops: m.store}
}

// countedStore is a store whose calls are counted. Only Close goes by.
type countedStore struct {
	store.Store
	clock sio.Clock
	ops   *operations
}

// call is one call under way.
type call struct {
	op      *operation
	clock   sio.Clock
	began   time.Time
	outcome string
}

// begin starts to time a call. Until end is told better, it has panicked.
func (s *countedStore) begin(op *operation) *call {
	return &call{op, s.clock, s.clock.Now(), outcomePanic}
}

// done says how the call ended.
func (c *call) done(err error) {
	switch {
	case err == nil:
		c.outcome = outcomeOK
	case errors.Is(err, context.Canceled):
		c.outcome = outcomeCanceled
	default:
		c.outcome = outcomeError
	}
}

// count is deferred, so that it counts panics too.
func (c *call) count() {
	c.op.outcomes.inc(c.outcome)
	c.op.took.Observe(c.clock.Now().Sub(c.began).Seconds())
}

// Ready implements store.Store.
func (s *countedStore) Ready(ctx context.Context) error {
	c := s.begin(s.ops.ready)
	defer c.count()
	err := s.Store.Ready(ctx)
	c.done(err)
	return err
}

// Messages implements store.Store.
func (s *countedStore) Messages() store.Messages { return countedMessages{s, s.Store.Messages()} }

// Actions implements store.Store.
func (s *countedStore) Actions() store.Actions { return countedActions{s, s.Store.Actions()} }

type countedMessages struct {
	s     *countedStore
	inner store.Messages
}

// Append implements store.Messages.
func (m countedMessages) Append(ctx context.Context, n store.NewMessage) (store.Message, bool, error) {
	c := m.s.begin(m.s.ops.messagesAppend)
	defer c.count()
	stored, duplicate, err := m.inner.Append(ctx, n)
	c.done(err)
	if duplicate && err == nil {
		c.outcome = outcomeDuplicate
	}
	return stored, duplicate, err
}

// Since implements store.Messages.
func (m countedMessages) Since(ctx context.Context, userID, afterID string, limit int) ([]store.Message, error) {
	c := m.s.begin(m.s.ops.messagesSince)
	defer c.count()
	list, err := m.inner.Since(ctx, userID, afterID, limit)
	c.done(err)
	return list, err
}

// Missed implements store.Messages.
func (m countedMessages) Missed(ctx context.Context, userID, afterID string, limit int) ([]store.Message, bool, error) {
	c := m.s.begin(m.s.ops.messagesMissed)
	defer c.count()
	list, older, err := m.inner.Missed(ctx, userID, afterID, limit)
	c.done(err)
	return list, older, err
}

// List implements store.Messages.
func (m countedMessages) List(ctx context.Context, f store.MessageFilter) ([]store.Message, error) {
	c := m.s.begin(m.s.ops.messagesList)
	defer c.count()
	list, err := m.inner.List(ctx, f)
	c.done(err)
	return list, err
}

type countedActions struct {
	s     *countedStore
	inner store.Actions
}

// Append implements store.Actions.
func (a countedActions) Append(ctx context.Context, n store.NewAction) (store.Action, error) {
	c := a.s.begin(a.s.ops.actionsAppend)
	defer c.count()
	stored, err := a.inner.Append(ctx, n)
	c.done(err)
	return stored, err
}

// List implements store.Actions.
func (a countedActions) List(ctx context.Context, f store.ActionFilter) ([]store.Action, error) {
	c := a.s.begin(a.s.ops.actionsList)
	defer c.count()
	list, err := a.inner.List(ctx, f)
	c.done(err)
	return list, err
}
