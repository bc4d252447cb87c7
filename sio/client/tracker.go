package client

import "sync"

// tracker counts goroutines. Once it is sealed and the last one has ended, done
// is closed and no other begins.
type tracker struct {
	done chan struct{}

	mu     sync.Mutex
	n      int
	sealed bool
}

// run starts f on a goroutine and reports whether it did.
func (t *tracker) run(f func()) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sealed && t.n == 0 {
		return false
	}
	t.n++
	go func() {
		defer t.finish()
		f()
	}()
	return true
}

func (t *tracker) finish() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n--
	t.check()
}

// seal may be called more than once.
func (t *tracker) seal() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sealed {
		return
	}
	t.sealed = true
	t.check()
}

func (t *tracker) check() {
	if t.sealed && t.n == 0 {
		close(t.done)
	}
}
