package load

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
)

const (
	// firstID and ring: acknowledgement ids go round from 1000 to 1255, so that
	// every message is one of 256 frames that are made in advance. A second
	// answer to the same message is still found out.
	firstID = 1000
	ring    = 256
)

// message is what clients send, to a user who is not connected.
const message = `{"to":"01JGZ7V8M3Q4R5S6T7V8W9XYZA","content":"Could you have a look at ticket 4711, please?","type":"text"}`

// ackState is what one client is waiting for.
type ackState struct {
	sent [ring]int64 // when the message of an id went out; 0: none is waiting
	next int
}

// ack sends messages and checks their acknowledgements, with depth of them
// always on their way.
type ack struct {
	loop  *loop
	depth int

	// frame is the message of an id as a client sends it.
	frame    func(c *conn, id int) []byte
	waiting  int // messages without an answer
	answered int
	times    Histogram
	stopping bool
}

func newAck(l *loop, depth int) *ack {
	a := &ack{loop: l, depth: depth}
	var frames [ring][]byte
	for i := range frames {
		frames[i] = appendFrame(nil, opText, "42"+strconv.Itoa(firstID+i)+`["send_message",`+message+`]`)
	}
	a.frame = func(_ *conn, id int) []byte { return frames[id-firstID] }
	l.scenario = a
	return a
}

// ready leaves a client silent until all have joined: a busy server would keep
// the last ones waiting.
func (a *ack) ready(c *conn) error {
	c.acks = new(ackState)
	return nil
}

// begin has all clients send what they may have on their way.
func (a *ack) begin() error {
	for _, c := range a.loop.conns {
		if c == nil {
			continue
		}
		for range a.depth {
			if err := a.send(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// send sends the next message, in a write of its own, as clients do: many in
// one write would be read at once, and spare the server what is measured.
func (a *ack) send(c *conn) error {
	i := c.acks.next
	if c.acks.sent[i] != 0 {
		return fmt.Errorf("message %d was never answered, %d later ones were", firstID+i, ring-a.depth)
	}
	c.acks.sent[i] = a.loop.now()
	c.acks.next = (i + 1) % ring
	c.out = append(c.out, a.frame(c, firstID+i)...)
	a.waiting++
	return a.loop.flush(c)
}

// packet takes 43<id>[{"success":true… and nothing else.
func (a *ack) packet(c *conn, p []byte) error {
	const head, digits = len("43"), 4
	if len(p) < head+digits || p[0] != '4' || p[1] != '3' {
		return unexpected(p)
	}
	id := 0
	for _, d := range p[head : head+digits] {
		id = id*10 + int(d-'0')
	}
	if !bytes.HasPrefix(p[head+digits:], []byte(`[{"success":true`)) {
		return unexpected(p)
	}
	i := id - firstID
	if i < 0 || i >= ring || c.acks.sent[i] == 0 {
		return fmt.Errorf("acknowledgement of %d, which is not waiting for one", id)
	}
	a.times.Add(a.loop.since(c.acks.sent[i]))
	c.acks.sent[i] = 0
	a.waiting--
	a.answered++
	if a.stopping {
		return nil
	}
	return a.send(c)
}

// measure runs the scenario on so many clients.
func (a *ack) measure(ctx context.Context, o Options) (Measurement, error) {
	l := a.loop
	if err := l.populate(ctx, o.Clients); err != nil {
		return Measurement{}, err
	}
	if err := a.begin(); err != nil {
		return Measurement{}, err
	}
	if err := l.idle(ctx, o.Warmup); err != nil {
		return Measurement{}, err
	}
	a.times.Reset()
	m, err := l.window(ctx, func() int { return a.answered }, func() error { return l.idle(ctx, o.Duration) })
	if err != nil {
		return Measurement{}, err
	}
	m.latencies(&a.times)
	a.stopping = true
	err = l.until(ctx, func() bool { return a.waiting == 0 }, func() int { return a.waiting })
	if err != nil {
		return Measurement{}, fmt.Errorf("%d messages without an answer: %w", a.waiting, err)
	}
	return m, nil
}
