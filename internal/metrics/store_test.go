package metrics_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/metrics"
	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/internal/store/sqlite"
	"github.com/parlance-dev/parlance/internal/store/storetest"
	"github.com/parlance-dev/parlance/sio/siotest"
)

// open opens a real store behind the counting.
func open(place string, now func() time.Time) (store.Store, error) {
	s, err := sqlite.Open(context.Background(), place, sqlite.Options{Now: now})
	if err != nil {
		return nil, err
	}
	m, err := metrics.New(metrics.Options{})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	m.Close()
	return m.Store(s), nil
}

func TestMain(m *testing.M) {
	storetest.Main(open)
	os.Exit(m.Run())
}

// TestStoreKeepsItsPromises: behind the counting, the store passes its suite.
func TestStoreKeepsItsPromises(t *testing.T) { storetest.Run(t, open) }

// scripted is a store whose calls take 3 ms of the test's clock and end as the
// test says.
type scripted struct {
	store.Store
	clock     *siotest.Clock
	duplicate bool
	fail      func() error
}

type (
	scriptedMessages struct{ *scripted }
	scriptedActions  struct{ *scripted }
)

func (s *scripted) call() error {
	s.clock.Advance(3 * time.Millisecond)
	return s.fail()
}

func (s *scripted) Messages() store.Messages    { return scriptedMessages{s} }
func (s *scripted) Actions() store.Actions      { return scriptedActions{s} }
func (s *scripted) Ready(context.Context) error { return s.call() }

func (s scriptedMessages) Append(context.Context, store.NewMessage) (store.Message, bool, error) {
	return store.Message{ID: "m"}, s.duplicate, s.call()
}

func (s scriptedMessages) Since(context.Context, string, string, int) ([]store.Message, error) {
	return nil, s.call()
}

func (s scriptedMessages) Missed(context.Context, string, string, int) ([]store.Message, bool, error) {
	return nil, true, s.call()
}

func (s scriptedMessages) List(context.Context, store.MessageFilter) ([]store.Message, error) {
	return nil, s.call()
}

func (s scriptedActions) Append(context.Context, store.NewAction) (store.Action, error) {
	return store.Action{ID: "a"}, s.call()
}

func (s scriptedActions) List(context.Context, store.ActionFilter) ([]store.Action, error) {
	return nil, s.call()
}

// storeCalls make every call of a store once, each with the name that it is
// counted under.
func storeCalls(s store.Store) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"messages_append": func(ctx context.Context) error { _, _, err := s.Messages().Append(ctx, store.NewMessage{}); return err },
		"messages_since":  func(ctx context.Context) error { _, err := s.Messages().Since(ctx, "", "", 1); return err },
		"messages_missed": func(ctx context.Context) error { _, _, err := s.Messages().Missed(ctx, "", "", 1); return err },
		"messages_list":   func(ctx context.Context) error { _, err := s.Messages().List(ctx, store.MessageFilter{}); return err },
		"actions_append":  func(ctx context.Context) error { _, err := s.Actions().Append(ctx, store.NewAction{}); return err },
		"actions_list":    func(ctx context.Context) error { _, err := s.Actions().List(ctx, store.ActionFilter{}); return err },
		"ready":           s.Ready,
	}
}

func TestStoreOperations(t *testing.T) {
	unavailable := errors.Join(store.ErrUnavailable, errors.New("inner"))
	for name, tt := range map[string]struct {
		err     error
		panics  bool
		outcome string
	}{
		"fine":      {nil, false, "ok"},
		"down":      {unavailable, false, "error"},
		"gone":      {errors.Join(store.ErrUnavailable, context.Canceled), false, "canceled"},
		"timed out": {context.DeadlineExceeded, false, "error"},
		"panic":     {nil, true, "panic"},
	} {
		f := newFixture(t)
		inner := &scripted{clock: f.clock, fail: func() error {
			if tt.panics {
				panic("thrown")
			}
			return tt.err
		}}
		var counted, timed []string
		for op, do := range storeCalls(f.metrics.Store(inner)) {
			thrown, err := catch(t.Context(), do)
			if (thrown == "thrown") != tt.panics || !errors.Is(err, tt.err) {
				t.Errorf("%s: %s returned %v and threw %v", name, op, err, thrown)
			}
			counted, timed = append(counted, op+" "+tt.outcome+" 1"), append(timed, op+" 3ms 1")
		}
		slices.Sort(counted)
		slices.Sort(timed)
		want(t, f.metrics, "parlance_store_operations_total", counted...)
		want(t, f.metrics, "parlance_store_operation_duration_seconds", timed...)
	}
}

// catch makes a call that may panic.
func catch(ctx context.Context, do func(context.Context) error) (thrown any, err error) {
	defer func() { thrown = recover() }()
	return nil, do(ctx)
}

func TestStoreDuplicates(t *testing.T) {
	f := newFixture(t)
	var err error
	inner := &scripted{clock: f.clock, duplicate: true, fail: func() error { return err }}
	append1 := storeCalls(f.metrics.Store(inner))["messages_append"]
	if got := append1(t.Context()); got != nil {
		t.Error(got)
	}
	err = store.ErrUnavailable
	if got := append1(t.Context()); !errors.Is(got, err) {
		t.Error(got)
	}
	want(t, f.metrics, "parlance_store_operations_total", "messages_append duplicate 1", "messages_append error 1")
}
