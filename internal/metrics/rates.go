package metrics

import (
	"sync"
	"time"

	"github.com/parlance-dev/parlance/sio"
)

const (
	// window is how far back a rate looks.
	window = 10 * time.Second
	// step is how often the totals are noted, and the least that a rate is
	// divided by: one event in the first instant is not a million a second.
	step = time.Second
)

// rates turns totals into rates over the last seconds. It notes the totals every
// step, so that counting itself costs nothing more.
type rates struct {
	clock  sio.Clock
	totals func() (handled, failed int64)

	mu      sync.Mutex
	samples []sample // oldest first, none but the first older than window
	stop    func() bool
	closed  bool
}

// sample is what the totals were at a moment.
type sample struct {
	at              time.Time
	handled, failed int64
}

func newRates(clock sio.Clock, totals func() (handled, failed int64)) *rates {
	r := &rates{clock: clock, totals: totals}
	r.note()
	return r
}

// note takes a sample, and comes back a step later.
func (r *rates) note() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	now := r.sample()
	old := 0
	for old < len(r.samples) && now.at.Sub(r.samples[old].at) > window {
		old++
	}
	r.samples = append(r.samples[:0], append(r.samples[old:], now)...)
	r.stop = r.clock.AfterFunc(step, r.note)
}

func (r *rates) sample() sample {
	handled, failed := r.totals()
	return sample{r.clock.Now(), handled, failed}
}

// perSecond returns the mean rates since the oldest sample in the window.
func (r *rates) perSecond() (handled, failed float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.sample()
	from := r.samples[len(r.samples)-1]
	for _, s := range r.samples {
		if now.at.Sub(s.at) <= window {
			from = s
			break
		}
	}
	over := max(now.at.Sub(from.at), step).Seconds()
	return float64(now.handled-from.handled) / over, float64(now.failed-from.failed) / over
}

func (r *rates) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.stop()
}
