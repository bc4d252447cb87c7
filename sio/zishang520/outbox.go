package zishang520

import (
	"context"
	"sync"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/internal/pending"
)

// message is what waits for a client: one Engine.IO packet in its text form,
// type included, and the binary parts that follow it. Messages are shared
// between connections and never changed.
type message struct {
	text        []byte
	attachments [][]byte
}

// Size implements pending.Message.
func (m message) Size() (packets int, bytes int64) {
	bytes = int64(len(m.text))
	for _, a := range m.attachments {
		bytes += int64(len(a))
	}
	return 1 + len(m.attachments), bytes
}

// outbox holds what waits for one client, across a change of its transport. Its
// methods may be called from any goroutine.
type outbox struct {
	mu  sync.Mutex
	box pending.Box[message]
}

func (o *outbox) push(m message) pending.Pushed {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.box.Push(m)
}

// take removes messages for one write of about limit bytes; 0: of all that may wait.
func (o *outbox) take(limit int64) []message {
	o.mu.Lock()
	defer o.mu.Unlock()
	if limit == 0 {
		limit = o.box.MaxBytes
	}
	return o.box.Take(nil, limit)
}

// written says that taken messages are on their way and wait no longer.
func (o *outbox) written(ms []message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.box.Written(ms)
}

// awaitRoom waits until the outbox is at most half full, or until done.
func (o *outbox) awaitRoom(done <-chan struct{}) {
	for {
		o.mu.Lock()
		room := o.box.Full()
		o.mu.Unlock()
		if room == nil {
			return
		}
		select {
		case <-room:
		case <-done:
			return
		}
	}
}

// flush waits until what was queued before has been written, and returns nil;
// ErrClosed where the socket is gone, ctx's error where that ends.
func (o *outbox) flush(ctx context.Context, gone <-chan struct{}) error {
	due := o.due()
	for {
		written := o.unwritten(due)
		if written == nil {
			return nil
		}
		select {
		case <-written:
		case <-gone:
			return sio.ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// due returns what unwritten is to be asked for to hear of all that waits now.
func (o *outbox) due() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.box.Due()
}

// unwritten returns what is closed when something was written, nil where as many
// packets have been as due says.
func (o *outbox) unwritten(due int64) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.box.Unwritten(due)
}

// idle reports whether nothing waits.
func (o *outbox) idle() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.box.Idle()
}

// seal refuses further messages; those that wait are still taken.
func (o *outbox) seal() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.box.Seal()
}

// discard drops what waits, and refuses more.
func (o *outbox) discard() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.box.Discard()
}
