// Package siotest tests handlers and runtime without a network: a clock that
// tests move, and an engine in memory whose clients call the runtime directly.
//
// It imports the standard library and sio only.
package siotest

import (
	"slices"
	"sync"
	"time"
)

// Clock is a sio.Clock that stands still until Advance moves it. It may be
// used from any goroutine.
type Clock struct {
	mu     sync.Mutex
	now    time.Time
	timers []*timer
}

type timer struct {
	at time.Time
	f  func()
}

// NewClock returns a clock that shows now.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Now returns the time that the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// AfterFunc calls f once Advance has moved the clock by d; at once, during the
// next Advance, where d is not positive.
func (c *Clock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &timer{at: c.now.Add(d), f: f}
	c.timers = append(c.timers, t)
	return func() bool { return c.remove(t) }
}

func (c *Clock) remove(t *timer) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.timers, t)
	if i < 0 {
		return false
	}
	c.timers = slices.Delete(c.timers, i, i+1)
	return true
}

// Advance moves the clock by d and calls, on the caller's goroutine and in
// order of time, what has come due.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	end := c.now.Add(d)
	c.mu.Unlock()
	for {
		t := c.due(end)
		if t == nil {
			break
		}
		t.f()
	}
	c.mu.Lock()
	c.now = end
	c.mu.Unlock()
}

// due takes the next timer up to end and moves the clock to it.
func (c *Clock) due(end time.Time) *timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	var next *timer
	for _, t := range c.timers {
		if !t.at.After(end) && (next == nil || t.at.Before(next.at)) {
			next = t
		}
	}
	if next == nil {
		return nil
	}
	c.timers = slices.DeleteFunc(c.timers, func(t *timer) bool { return t == next })
	if next.at.After(c.now) {
		c.now = next.at
	}
	return next
}

// Timers returns how many calls are waiting.
func (c *Clock) Timers() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.timers)
}
