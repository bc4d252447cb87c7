package messages

import (
	"context"
	"sync"
)

// tasks counts goroutines, so that their end can be waited for.
type tasks struct {
	mu      sync.Mutex
	running int
	closed  bool
	idle    chan struct{} // closed once closed and nothing runs
}

func newTasks() tasks { return tasks{idle: make(chan struct{})} }

// run calls f on a goroutine, unless wait was called.
func (t *tasks) run(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	t.running++
	go func() {
		defer t.done()
		f()
	}()
}

func (t *tasks) done() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running--
	if t.closed && t.running == 0 {
		close(t.idle)
	}
}

// wait lets nothing more begin, and returns when all has ended, or ctx's error.
func (t *tasks) wait(ctx context.Context) error {
	t.mu.Lock()
	if !t.closed {
		t.closed = true
		if t.running == 0 {
			close(t.idle)
		}
	}
	t.mu.Unlock()
	select {
	case <-t.idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
