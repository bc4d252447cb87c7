package goclient

import (
	"context"
	"sync"
)

// progress makes the answer to an emit_ack follow the events that came before
// it, as tests expect: in sio/client an acknowledgement does not wait behind
// callbacks.
type progress struct {
	mu       sync.Mutex
	received int // events
	handled  int
	over     bool // what was not handled never will be
	changed  chan struct{}
}

func newProgress() *progress { return &progress{changed: make(chan struct{})} }

// note changes the state and wakes those who wait.
func (p *progress) note(change func(*progress)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p)
	close(p.changed)
	p.changed = make(chan struct{})
}

// wait waits until all events that have been received by now are handled.
func (p *progress) wait(ctx context.Context) {
	p.mu.Lock()
	due := p.received
	for p.handled < due && !p.over && ctx.Err() == nil {
		changed := p.changed
		p.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		p.mu.Lock()
	}
	p.mu.Unlock()
}
