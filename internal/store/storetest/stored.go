package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/store"
)

// announced collects what NewMessage.Stored is called with.
type announced struct {
	mu   sync.Mutex
	list []store.Message
}

// on returns n with a Stored that adds to a.
func (a *announced) on(n store.NewMessage) store.NewMessage {
	n.Stored = func(m store.Message) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.list = append(a.list, m)
	}
	return n
}

func (a *announced) all() []store.Message {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.list)
}

// testStoredOrder has 64 writers write to several users: the order of the
// calls is that of ids, each message comes once, and before its Append returns.
func testStoredOrder(t *testing.T, open Open) {
	s, _ := fresh(t, open)
	const writers, each = 64, 20
	var seen announced
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				n := seen.on(message("u"+strconv.Itoa(w%3), fmt.Sprint(w, " ", i)))
				m, _, err := s.Messages().Append(t.Context(), n)
				if err != nil {
					t.Errorf("append: %v", err)
					return
				}
				if !slices.Contains(seen.all(), m) {
					t.Errorf("%s was answered before it was announced", m.ID)
				}
				if _, err := s.Actions().Append(t.Context(), store.NewAction{UserID: "u", Action: "a"}); err != nil {
					t.Errorf("append action: %v", err)
				}
			}
		})
	}
	wg.Wait()
	got := seen.all()
	ascending(t, got) // strictly: none twice
	sameMessages(t, got, stored(t, s, "u0", "u1", "u2"))
	if len(got) != writers*each {
		t.Errorf("announced %d of %d", len(got), writers*each)
	}
}

// stored reads the messages to users, in the order of ids.
func stored(t *testing.T, s store.Store, users ...string) []store.Message {
	t.Helper()
	var list []store.Message
	for _, user := range users {
		list = append(list, all(t, s, user, 1000)...)
	}
	slices.SortFunc(list, func(a, b store.Message) int { return strings.Compare(a.ID, b.ID) })
	return list
}

func sameMessages(t *testing.T, announced, stored []store.Message) {
	t.Helper()
	if !slices.Equal(announced, stored) {
		t.Errorf("announced %d, stored %d:\n%.2000v\n%.2000v", len(announced), len(stored), announced, stored)
	}
}

// testStoredDuplicate repeats offsets, later and at the same time: only the
// message that was stored is announced, by the call that stored it.
func testStoredDuplicate(t *testing.T, open Open) {
	s, _ := fresh(t, open)
	const writers = 64
	for round := range 10 {
		var firsts, repeats announced
		n := message("u2", "x")
		n.ClientOffset = strconv.Itoa(round)
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				var own announced
				m, duplicate, err := s.Messages().Append(t.Context(), own.on(n))
				calls := own.all()
				if err != nil || duplicate != (len(calls) == 0) || !duplicate && !slices.Equal(calls, []store.Message{m}) {
					t.Errorf("%+v, duplicate %v, error %v; announced %+v", m, duplicate, err, calls)
				}
				for _, m := range calls {
					firsts.on(n).Stored(m)
				}
			})
		}
		wg.Wait()
		if _, duplicate, err := s.Messages().Append(t.Context(), repeats.on(n)); !duplicate || err != nil {
			t.Errorf("repeat: duplicate %v, error %v", duplicate, err)
		}
		if len(firsts.all()) != 1 || len(repeats.all()) != 0 {
			t.Errorf("announced %+v, and for a repeat %+v", firsts.all(), repeats.all())
		}
	}
}

// testStoredFailure: what was refused is not announced.
func testStoredFailure(t *testing.T, open Open) {
	s, _ := fresh(t, open)
	var seen announced
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.Messages().Append(ended, seen.on(message("u2", "x"))); !errors.Is(err, context.Canceled) {
		t.Errorf("append with an ended context: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Messages().Append(t.Context(), seen.on(message("u2", "x"))); !errors.Is(err, store.ErrClosed) {
		t.Errorf("append to a closed store: %v", err)
	}
	if got := seen.all(); len(got) != 0 {
		t.Errorf("announced %+v", got)
	}
}

// testStoredContext ends contexts at any moment: once the store is closed, what
// it holds was announced, and nothing else.
func testStoredContext(t *testing.T, open Open) {
	place, c := t.TempDir(), newClock()
	s := at(t, open, place, c)
	var seen announced
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*20*time.Microsecond)
			defer cancel()
			_, _, err := s.Messages().Append(ctx, seen.on(message("u2", strconv.Itoa(i))))
			if err != nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("append: %v", err)
			}
		})
	}
	wg.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	sameMessages(t, seen.all(), stored(t, at(t, open, place, c), "u2"))
}

// testStoredPanic: a panic reaches the caller whose message it was, after that
// was stored; the others notice nothing.
func testStoredPanic(t *testing.T, open Open) {
	s, _ := fresh(t, open)
	var seen announced
	var wg sync.WaitGroup
	for w := range 64 {
		wg.Go(func() {
			n := seen.on(message("u2", strconv.Itoa(w)))
			if w%4 == 0 {
				add := n.Stored
				n.Stored = func(m store.Message) { add(m); panic("boom " + m.Content) }
			}
			m, panicked := appendPanics(t, s, n)
			if w%4 == 0 && panicked != "boom "+n.Content || w%4 != 0 && (panicked != "" || m.Content != n.Content) {
				t.Errorf("writer %d: %+v, panic %q", w, m, panicked)
			}
		})
	}
	wg.Wait()
	put(t, s, seen.on(message("u2", "afterwards")))
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("ready: %v", err)
	}
	got := seen.all()
	sameMessages(t, got, stored(t, s, "u2"))
	if len(got) != 65 {
		t.Errorf("announced %d messages, want 65", len(got))
	}
}

// appendPanics appends a new message and returns the panic, "" for none.
func appendPanics(t *testing.T, s store.Store, n store.NewMessage) (m store.Message, panicked string) {
	defer func() {
		if r := recover(); r != nil {
			panicked = fmt.Sprint(r)
		}
	}()
	m, duplicate, err := s.Messages().Append(t.Context(), n)
	if duplicate || err != nil {
		t.Errorf("append: duplicate %v, error %v", duplicate, err)
	}
	return m, ""
}
