package zishang520

import "sync"

// tracker counts what a shutdown waits for: connections, sockets whose handler
// has not been closed, and goroutines. Unlike a sync.WaitGroup it may grow
// while it is waited for.
type tracker struct {
	mu      sync.Mutex
	count   int
	waiting bool
	idle    chan struct{} // closed once count is 0 while waiting
}

func newTracker() *tracker { return &tracker{idle: make(chan struct{})} }

func (t *tracker) add() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count++
}

// enter is add, but refuses once somebody waits.
func (t *tracker) enter() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waiting {
		return false
	}
	t.count++
	return true
}

func (t *tracker) done() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count--
	t.check()
}

// wait returns a channel that is closed once nothing is left. From the first
// call on, reaching nothing is final.
func (t *tracker) wait() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting = true
	t.check()
	return t.idle
}

func (t *tracker) check() {
	if !t.waiting || t.count != 0 {
		return
	}
	select {
	case <-t.idle:
	default:
		close(t.idle)
	}
}

// run runs f on a goroutine of its own.
func (t *tracker) run(f func()) {
	t.add()
	go func() {
		defer t.done()
		f()
	}()
}
