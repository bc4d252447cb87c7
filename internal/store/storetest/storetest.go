// Package storetest is the one suite that every store passes: what the
// interfaces of internal/store promise, durability after a kill included.
//
// It imports internal/store only, and is imported by tests only.
package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/store"
)

// Open opens the store that lives at a place (a folder of the test's own; what
// a store makes of it is its affair). Opening a place again, after Close or
// after the process was killed, finds what was stored there.
type Open func(place string, now func() time.Time) (store.Store, error)

// Run runs the suite. The package's TestMain calls Main before, for the kill test.
func Run(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, Open)
	}{
		{"message as stored", testMessage},
		{"content exact", testContent},
		{"durable after reopen", testReopen},
		{"ids in order", testOrder},
		{"clock going backwards", testClockBack},
		{"client offset once", testOffset},
		{"client offset once, 64 writers", testOffsetConcurrent},
		{"pages", testPages},
		{"limits", testLimits},
		{"readers never miss", testReaders},
		{"missed", testMissed},
		{"missed, more than a page", testMissedLimit},
		{"missed while writing", testMissedWhileWriting},
		{"list", testList},
		{"list pages while writing", testListPages},
		{"list has no gap", testListNoGap},
		{"announced in order, 64 writers", testStoredOrder},
		{"announced once, duplicates never", testStoredDuplicate},
		{"announced not after a failure", testStoredFailure},
		{"announced though the context ended", testStoredContext},
		{"announced with a panic", testStoredPanic},
		{"actions", testActions},
		{"action pages while writing", testActionPages},
		{"ended context", testContext},
		{"closed", testClosed},
		{"close drains", testCloseDrains},
		{"ready", testReady},
		{"kill -9", testKill},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, open) })
	}
}

// clock is a time that tests set.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock {
	return &clock{t: time.Date(2026, 1, 2, 3, 4, 5, 678_900_000, time.UTC)}
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// fresh opens a store in a folder of its own and closes it after the test.
func fresh(t *testing.T, open Open) (store.Store, *clock) {
	t.Helper()
	c := newClock()
	return at(t, open, t.TempDir(), c), c
}

func at(t *testing.T, open Open, place string, c *clock) store.Store {
	t.Helper()
	s, err := open(place, c.now)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func message(to, content string) store.NewMessage {
	return store.NewMessage{From: "u1", To: to, Content: content, Type: "text"}
}

// put stores a message that has to be new.
func put(t *testing.T, s store.Store, m store.NewMessage) store.Message {
	t.Helper()
	got, duplicate, err := s.Messages().Append(t.Context(), m)
	if err != nil || duplicate {
		t.Fatalf("append: duplicate %v, error %v", duplicate, err)
	}
	return got
}

// all reads every message to a user, in pages.
func all(t *testing.T, s store.Store, to string, page int) []store.Message {
	t.Helper()
	var list []store.Message
	for after := ""; ; {
		part, err := s.Messages().Since(t.Context(), to, after, page)
		if err != nil {
			t.Fatalf("since %q: %v", after, err)
		}
		if len(part) == 0 {
			return list
		}
		list = append(list, part...)
		after = part[len(part)-1].ID
	}
}
