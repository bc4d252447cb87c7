package kit

import "time"

// Elapse lets time pass, for what the contract says by the clock: when a window
// opens again. Nothing else is waited for this way.
func (t *T) Elapse(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.ctx.Done():
		t.Fatalf("%v", t.ctx.Err())
	}
}
