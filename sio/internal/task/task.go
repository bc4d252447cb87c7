// Package task counts what an engine has under way, so that its shutdown can
// wait for the end of it. It imports the standard library only.
package task

import "sync"

// Tracker counts what a shutdown waits for: connections, sockets whose handler
// has not been closed, and goroutines. Unlike a sync.WaitGroup it may grow
// while it is waited for. Make it with NewTracker.
type Tracker struct {
	mu      sync.Mutex
	count   int
	waiting bool
	idle    chan struct{} // closed once count is 0 while waiting
}

// NewTracker returns a tracker of nothing.
func NewTracker() *Tracker { return &Tracker{idle: make(chan struct{})} }

// Add counts one more.
func (t *Tracker) Add() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count++
}

// Enter is Add, but refuses once somebody waits.
func (t *Tracker) Enter() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waiting {
		return false
	}
	t.count++
	return true
}

// Done counts one less.
func (t *Tracker) Done() { t.Leave(1) }

// Leave counts n less.
func (t *Tracker) Leave(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count -= n
	t.check()
}

// Wait returns a channel that is closed once nothing is left. From the first
// call on, reaching nothing is final.
func (t *Tracker) Wait() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting = true
	t.check()
	return t.idle
}

func (t *Tracker) check() {
	if !t.waiting || t.count != 0 {
		return
	}
	select {
	case <-t.idle:
	default:
		close(t.idle)
	}
}

// Run runs f on a goroutine of its own.
func (t *Tracker) Run(f func()) {
	t.Add()
	go func() {
		defer t.Done()
		f()
	}()
}

// Count is how many there are now.
func (t *Tracker) Count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count
}
