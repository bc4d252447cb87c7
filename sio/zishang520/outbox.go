package zishang520

import (
	"context"
	"sync"

	"github.com/parlance-dev/parlance/sio"
)

// message is what waits for a client: one Engine.IO packet in its text form,
// type included, and the binary parts that follow it. Messages are shared
// between connections and never changed.
type message struct {
	text        []byte
	attachments [][]byte
}

// size returns the packets and bytes that the message counts for.
func (m message) size() (packets int, bytes int64) {
	bytes = int64(len(m.text))
	for _, a := range m.attachments {
		bytes += int64(len(a))
	}
	return 1 + len(m.attachments), bytes
}

// pushed is what became of a message given to an outbox.
type pushed int

const (
	queued   pushed = iota
	refused         // the outbox is sealed: the connection is ending
	overflow        // too much waits; sealed from now on
)

// outbox holds what waits for one client, across a change of its transport. It
// is bounded: a client that does not read must not cost memory. Transports take
// from it and say when something was written; until then it counts as waiting.
type outbox struct {
	maxPackets int
	maxBytes   int64

	mu      sync.Mutex
	queue   []message
	packets int
	bytes   int64
	total   int64 // packets that were ever queued
	sealed  bool
	room    chan struct{} // closed when something was written; nil where nobody waits
}

// push queues a message. What finds nothing waiting is never too much: the
// client had read everything.
func (o *outbox) push(m message) pushed {
	packets, bytes := m.size()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sealed {
		return refused
	}
	if o.packets > 0 && (o.packets+packets > o.maxPackets || o.bytes+bytes > o.maxBytes) {
		o.sealed = true
		return overflow
	}
	o.packets += packets
	o.total += int64(packets)
	o.bytes += bytes
	o.queue = append(o.queue, m)
	return queued
}

// take removes messages from the front, at least one where there is one, and
// then as long as they fit into limit bytes.
func (o *outbox) take(limit int64) []message {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, total := 0, int64(0)
	for ; n < len(o.queue); n++ {
		_, bytes := o.queue[n].size()
		if total += bytes; n > 0 && total > limit {
			break
		}
	}
	taken := o.queue[:n:n]
	if o.queue = o.queue[n:]; len(o.queue) == 0 {
		o.queue = nil
	}
	return taken
}

// written says that taken messages are on their way and wait no longer.
func (o *outbox) written(ms []message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range ms {
		packets, bytes := m.size()
		o.packets -= packets
		o.bytes -= bytes
	}
	if o.room != nil {
		close(o.room)
		o.room = nil
	}
}

// awaitRoom waits until the outbox is at most half full, or until done.
func (o *outbox) awaitRoom(done <-chan struct{}) {
	for {
		room := o.full()
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

// full returns what is closed when something was written, nil where the outbox
// is at most half full.
func (o *outbox) full() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.packets <= o.maxPackets/2 && o.bytes <= o.maxBytes/2 {
		return nil
	}
	if o.room == nil {
		o.room = make(chan struct{})
	}
	return o.room
}

// idle reports whether nothing waits.
func (o *outbox) idle() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.packets == 0
}

// due returns what unwritten is to be asked for to hear of all that waits now.
func (o *outbox) due() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.total
}

// unwritten returns what is closed when something was written, nil where as many
// packets have been as due says.
func (o *outbox) unwritten(due int64) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.total-int64(o.packets) >= due {
		return nil
	}
	if o.room == nil {
		o.room = make(chan struct{})
	}
	return o.room
}

// seal refuses further messages; those that wait are still taken.
func (o *outbox) seal() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sealed = true
}

// discard drops what waits.
func (o *outbox) discard() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sealed, o.queue = true, nil
}
