package client

import (
	"fmt"
	"runtime/debug"
	"sync"
)

// mailbox calls functions one at a time and in order, on a goroutine that exists
// only while there are some.
type mailbox struct {
	limit   int
	tasks   *tracker
	failure func(error) // gets panics

	mu      sync.Mutex
	waiting []func()
	running bool
	room    chan struct{} // closed when there is room again; nil where nobody waits
}

// put adds f. While limit functions wait, it waits for room, until giveUp is
// closed, and reports false then.
func (b *mailbox) put(f func(), giveUp <-chan struct{}) bool {
	for {
		b.mu.Lock()
		if len(b.waiting) < b.limit {
			b.add(f)
			b.mu.Unlock()
			return true
		}
		if b.room == nil {
			b.room = make(chan struct{})
		}
		room := b.room
		b.mu.Unlock()
		select {
		case <-room:
		case <-giveUp:
			return false
		}
	}
}

// force adds f at once, beyond the limit too.
func (b *mailbox) force(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.add(f)
}

// try adds f where there is room.
func (b *mailbox) try(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) < b.limit {
		b.add(f)
	}
}

// add needs mu.
func (b *mailbox) add(f func()) {
	b.waiting = append(b.waiting, f)
	if !b.running {
		b.running = b.tasks.run(b.drain)
	}
}

func (b *mailbox) drain() {
	emptied := false
	defer func() {
		if !emptied { // a callback has ended its goroutine: another goes on
			b.tasks.run(b.drain)
		}
	}()
	for {
		f := b.next()
		if f == nil {
			emptied = true
			return
		}
		b.call(f)
	}
}

func (b *mailbox) next() func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == 0 {
		b.running, b.waiting = false, nil
		return nil
	}
	f := b.waiting[0]
	b.waiting[0] = nil
	b.waiting = b.waiting[1:]
	if b.room != nil {
		close(b.room)
		b.room = nil
	}
	return f
}

func (b *mailbox) call(f func()) {
	defer recovered("callback", b.failure)
	f()
}

// recovered reports a panic. It is to be deferred.
func recovered(what string, report func(error)) {
	if p := recover(); p != nil {
		report(fmt.Errorf("client: panic of a %s: %v\n%s", what, p, debug.Stack()))
	}
}
