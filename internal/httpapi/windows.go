package httpapi

import (
	"context"
	"sync"
	"time"
)

// mostWindows is how many keys a Windows knows at a time: some 20 MB. Beyond,
// the oldest window is forgotten, which favours its owner, not the crowd.
const mostWindows = 100_000

// Windows is a Limiter in memory. The window of a key opens with its first
// request after the last window has closed. Its methods may be called from any
// goroutine.
type Windows struct {
	length time.Duration
	most   int
	now    func() time.Time

	mu     sync.Mutex
	open   map[string]*window
	oldest []*window // as they opened, and so as they close
}

type window struct {
	key   string
	ends  time.Time
	count int
}

// NewWindows returns a limiter with windows of that length on a clock.
func NewWindows(length time.Duration, now func() time.Time) *Windows {
	return &Windows{length: length, most: mostWindows, now: now, open: map[string]*window{}}
}

// Take counts a request. It never fails.
func (l *Windows) Take(_ context.Context, key string) (Usage, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for len(l.oldest) > 0 && !now.Before(l.oldest[0].ends) {
		l.forget()
	}
	w := l.open[key]
	if w == nil {
		for len(l.oldest) >= l.most {
			l.forget()
		}
		w = &window{key: key, ends: now.Add(l.length)}
		l.open[key] = w
		l.oldest = append(l.oldest, w)
	}
	w.count++
	return Usage{Count: w.count, Reset: w.ends.Sub(now)}, nil
}

// forget drops the oldest window.
func (l *Windows) forget() {
	delete(l.open, l.oldest[0].key)
	l.oldest[0] = nil
	l.oldest = l.oldest[1:]
}
