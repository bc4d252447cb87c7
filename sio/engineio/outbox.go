package engineio

import (
	"sync"

	"github.com/parlance-dev/parlance/sio/internal/queue"
)

// pushed is what became of a message given to an outbox.
type pushed int

const (
	queued   pushed = iota
	refused         // the outbox is sealed: the session is ending
	overflow        // too much waits; sealed from now on
)

// outbox holds what waits for one client, across a change of its transport. It
// is bounded: a client that does not read must not cost memory. Transports take
// from it and say when something was written; until then it counts as waiting.
type outbox struct {
	maxPackets int
	maxBytes   int64

	mu      sync.Mutex
	carrier transport // that takes from it; nil before there is one
	queue   queue.Queue[Message]
	packets int
	bytes   int64
	total   int64 // packets that were ever queued
	sealed  bool
	room    chan struct{} // closed when something was written; nil where nobody waits
}

// pushLocked queues a message. What finds nothing waiting is never too much:
// the client had read everything.
func (o *outbox) pushLocked(m Message) pushed {
	packets, bytes := m.size()
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
	o.queue.Push(m)
	return queued
}

// takeLocked appends messages from the front to batch, at least one where there
// is one, and then as long as they fit into limit bytes.
func (o *outbox) takeLocked(batch []Message, limit int64) []Message {
	total := int64(0)
	for next := o.queue.Front(); next != nil; next = o.queue.Front() {
		_, bytes := next.size()
		if total += bytes; total > bytes && total > limit {
			break
		}
		m, _ := o.queue.Pop()
		batch = append(batch, m)
	}
	return batch
}

// writtenLocked says that taken messages are on their way and wait no longer.
func (o *outbox) writtenLocked(ms []Message) {
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

func (o *outbox) emptyLocked() bool { return o.queue.Len() == 0 }

// crowdedLocked reports whether more than half of what may wait waits.
func (o *outbox) crowdedLocked() bool {
	return o.packets > o.maxPackets/2 || o.bytes > o.maxBytes/2
}

// full returns what is closed when something was written, nil where the outbox
// is at most half full, or sealed: what waits then is no answer to anybody.
func (o *outbox) full() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sealed || !o.crowdedLocked() {
		return nil
	}
	if o.room == nil {
		o.room = make(chan struct{})
	}
	return o.room
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
	o.discardLocked()
}

func (o *outbox) discardLocked() {
	o.sealed = true
	o.queue.Clear()
}
