package task_test

import (
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parlance-dev/parlance/sio/internal/task"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func idle(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

func TestTracker(t *testing.T) {
	tracker := task.NewTracker()
	if !tracker.Enter() {
		t.Error("refused while nobody waits")
	}
	tracker.Done() // nothing is left, but nobody waits: that is not final
	tracker.Add()
	tracker.Add()
	if got := tracker.Count(); got != 2 {
		t.Errorf("count is %d, want 2", got)
	}
	wait := tracker.Wait()
	if idle(wait) {
		t.Fatal("idle with two left")
	}
	if tracker.Enter() {
		t.Error("taken in while somebody waits")
	}
	tracker.Add() // what is there may still bring more
	tracker.Leave(2)
	if idle(wait) {
		t.Fatal("idle with one left")
	}
	tracker.Done()
	if !idle(wait) || !idle(tracker.Wait()) {
		t.Error("not idle with nothing left")
	}
	tracker.Add()
	tracker.Done() // does not close twice
	if !idle(tracker.Wait()) {
		t.Error("reaching nothing is not final")
	}
}

func TestTrackerOfNothing(t *testing.T) {
	tracker := task.NewTracker()
	if !idle(tracker.Wait()) {
		t.Error("not idle")
	}
}

// TestTrackerConcurrent has goroutines that start others while they are waited for.
func TestTrackerConcurrent(t *testing.T) {
	tracker := task.NewTracker()
	var mu sync.Mutex
	ran := 0
	var start func(depth int)
	start = func(depth int) {
		tracker.Run(func() {
			mu.Lock()
			ran++
			mu.Unlock()
			if depth > 0 {
				start(depth - 1)
				start(depth - 1)
			}
		})
	}
	start(9)
	timer := time.NewTimer(20 * time.Second)
	defer timer.Stop()
	select {
	case <-tracker.Wait():
	case <-timer.C:
		t.Fatal("never idle")
	}
	mu.Lock()
	defer mu.Unlock()
	if ran != 1<<10-1 {
		t.Errorf("%d ran before it was idle, want %d", ran, 1<<10-1)
	}
}
