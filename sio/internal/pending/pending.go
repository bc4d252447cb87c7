// Package pending holds what waits for one client, within bounds: a client that
// does not read must not cost memory. It imports the module's queue package.
package pending

import "github.com/parlance-dev/parlance/sio/internal/queue"

// Message is what waits for a client.
type Message interface {
	// Size returns the packets and bytes that the message counts for.
	Size() (packets int, bytes int64)
}

// Pushed is what became of a message given to a box.
type Pushed int

// What may become of a message.
const (
	Queued   Pushed = iota
	Refused         // the box is sealed: the connection is ending
	Overflow        // too much waits; sealed from now on
)

// Box is the messages that wait, in order. Whoever takes some says when they were
// written; until then they count as waiting. Its methods are for one goroutine at
// a time: the owner has a lock, which often guards more than the box. Set the
// bounds before the first call.
type Box[M Message] struct {
	MaxPackets int
	MaxBytes   int64

	queue   queue.Queue[M]
	packets int
	bytes   int64
	total   int64 // packets that were ever queued
	sealed  bool
	room    chan struct{} // closed when something was written; nil where nobody waits
}

// Push queues a message. What finds nothing waiting is never too much: the client
// had read everything.
func (b *Box[M]) Push(m M) Pushed {
	packets, bytes := m.Size()
	if b.sealed {
		return Refused
	}
	if b.packets > 0 && (b.packets+packets > b.MaxPackets || b.bytes+bytes > b.MaxBytes) {
		b.sealed = true
		return Overflow
	}
	b.packets += packets
	b.total += int64(packets)
	b.bytes += bytes
	b.queue.Push(m)
	return Queued
}

// Take appends messages from the front to batch, at least one where there is one,
// and then as long as they fit into limit bytes.
func (b *Box[M]) Take(batch []M, limit int64) []M {
	total := int64(0)
	for next := b.queue.Front(); next != nil; next = b.queue.Front() {
		_, bytes := (*next).Size()
		if total += bytes; total > bytes && total > limit {
			break
		}
		m, _ := b.queue.Pop()
		batch = append(batch, m)
	}
	return batch
}

// Written says that taken messages are on their way and wait no longer.
func (b *Box[M]) Written(ms []M) {
	for _, m := range ms {
		packets, bytes := m.Size()
		b.packets -= packets
		b.bytes -= bytes
	}
	if b.room != nil {
		close(b.room)
		b.room = nil
	}
}

// Full returns what is closed when something was written, nil where the box is at
// most half full, or sealed: what waits then is no answer to anybody.
func (b *Box[M]) Full() <-chan struct{} {
	if b.sealed || !b.Crowded() {
		return nil
	}
	return b.nextWrite()
}

// Due returns what Unwritten is to be asked for to hear of all that waits now.
func (b *Box[M]) Due() int64 { return b.total }

// Unwritten returns what is closed when something was written, nil where as many
// packets have been as due says.
func (b *Box[M]) Unwritten(due int64) <-chan struct{} {
	if b.total-int64(b.packets) >= due {
		return nil
	}
	return b.nextWrite()
}

// nextWrite returns what is closed when something was written.
func (b *Box[M]) nextWrite() <-chan struct{} {
	if b.room == nil {
		b.room = make(chan struct{})
	}
	return b.room
}

// Crowded reports whether more than half of what may wait waits.
func (b *Box[M]) Crowded() bool {
	return b.packets > b.MaxPackets/2 || b.bytes > b.MaxBytes/2
}

// Idle reports whether nothing waits, not even for being written.
func (b *Box[M]) Idle() bool { return b.packets == 0 }

// Empty reports whether there is nothing to take.
func (b *Box[M]) Empty() bool { return b.queue.Len() == 0 }

// Sealed reports whether the box takes no more.
func (b *Box[M]) Sealed() bool { return b.sealed }

// Seal refuses further messages; those that wait are still taken.
func (b *Box[M]) Seal() { b.sealed = true }

// Discard seals the box and drops what waits.
func (b *Box[M]) Discard() {
	b.sealed = true
	b.queue.Clear()
}
