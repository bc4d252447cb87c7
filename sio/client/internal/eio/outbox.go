package eio

import "slices"

// outbox is what waits for the writer: bounded, but for what the protocol itself
// has to say, which is one packet of each kind.
type outbox struct {
	maxPackets, maxBytes int

	urgent  []Packet
	waiting []Packet
	packets int // waiting, or being written
	bytes   int
	room    chan struct{} // closed when there is room again; nil where nobody waits
}

// full reports whether no more may come. A packet larger than the bound goes
// alone.
func (o *outbox) full(n, size int) bool {
	return o.packets > 0 && (o.packets+n > o.maxPackets || o.bytes+size > o.maxBytes)
}

func (o *outbox) add(group []Packet, size int) {
	o.waiting = append(o.waiting, group...)
	o.packets += len(group)
	o.bytes += size
}

// wait returns a channel that is closed when there may be room.
func (o *outbox) wait() <-chan struct{} {
	if o.room == nil {
		o.room = make(chan struct{})
	}
	return o.room
}

// hurry queues a packet before all others. It takes the place of one of its
// kind: of several pings, the last is answered.
func (o *outbox) hurry(p Packet) {
	i := slices.IndexFunc(o.urgent, func(u Packet) bool { return u.op == p.op })
	if i < 0 {
		o.urgent = append(o.urgent, p)
	} else {
		o.urgent[i] = p
	}
}

// take returns the next packets to write, and how many of them were waiting.
func (o *outbox) take(t transport) (batch []Packet, waited int) {
	batch = o.urgent
	o.urgent = nil
	if t.name() == Polling {
		batch = slices.DeleteFunc(batch, func(p Packet) bool { return p.op != 0 })
	}
	if len(o.waiting) == 0 {
		return batch, 0
	}
	batch = append(batch, o.waiting...)
	n := t.fits(batch)
	waited = max(0, n-(len(batch)-len(o.waiting)))
	if waited == len(o.waiting) {
		o.waiting = nil // gives the memory back
	} else {
		o.waiting = o.waiting[waited:]
	}
	return batch[:n], waited
}

// written makes room.
func (o *outbox) written(batch []Packet) {
	for _, p := range batch {
		o.bytes -= len(p.Data)
	}
	o.packets -= len(batch)
	if o.room != nil {
		close(o.room)
		o.room = nil
	}
}
