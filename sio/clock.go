package sio

import "time"

// Clock tells the time and calls back later. Everything in the runtime that
// depends on time takes one, so that tests need not wait.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f on a goroutine of its own after d; stop prevents a
	// call that has not begun and reports whether it did.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

// SystemClock is the machine's clock.
type SystemClock struct{}

// Now returns the current time.
func (SystemClock) Now() time.Time { return time.Now() }

// AfterFunc calls f after d.
func (SystemClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	return time.AfterFunc(d, f).Stop
}
