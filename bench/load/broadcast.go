package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// broadcast has the server emit events to all clients and counts them at each.
type broadcast struct {
	loop  *loop
	burst int

	due      int // how many events each client has to have got in all
	received int
	began    int64 // when the burst was asked for
	times    Histogram
}

func newBroadcast(l *loop, o Options) *broadcast {
	b := &broadcast{loop: l, burst: o.Burst}
	l.scenario = b
	return b
}

func (b *broadcast) ready(*conn) error { return nil }

// event is how a broadcast packet begins.
var event = []byte(`42["system_message",{"type":"system","message":"`)

func (b *broadcast) packet(c *conn, p []byte) error {
	if !bytes.HasPrefix(p, event) {
		return unexpected(p)
	}
	c.received++
	b.received++
	if c.received > b.due {
		return errors.New("got an event that was not sent, or one twice")
	}
	b.times.Add(b.loop.since(b.began))
	return nil
}

// measure runs bursts. The windows that are measured begin and end between two
// of them, when the server has nothing left to do.
func (b *broadcast) measure(ctx context.Context, o Options) (Measurement, error) {
	l := b.loop
	if err := l.populate(ctx, o.Clients); err != nil {
		return Measurement{}, err
	}
	t, err := dialTrigger(ctx, l.target)
	if err != nil {
		return Measurement{}, err
	}
	defer func() { _ = t.conn.Close() }()
	bursts := func(d time.Duration) error {
		for end := l.now() + int64(d); l.now() < end; {
			if err := b.run(ctx, t, o); err != nil {
				return err
			}
		}
		return nil
	}
	if err := bursts(o.Warmup); err != nil {
		return Measurement{}, err
	}
	b.times.Reset()
	m, err := l.window(ctx, func() int { return b.received }, func() error { return bursts(o.Duration) })
	m.latencies(&b.times)
	return m, err
}

// run has one burst sent and waits for all of it. No client can have got more
// than its share, so once the sum is right, each has got exactly that.
func (b *broadcast) run(ctx context.Context, t *trigger, o Options) error {
	b.due += b.burst
	want := b.due * o.Clients
	b.began = b.loop.now()
	if err := t.fire(b.burst); err != nil {
		return err
	}
	got := func() int { return b.received }
	if err := b.loop.until(ctx, func() bool { return b.received == want }, got); err != nil {
		return fmt.Errorf("%d of %d deliveries missing: %w", want-b.received, want, err)
	}
	return t.answered()
}

// trigger asks the server for broadcasts, over one HTTP connection.
type trigger struct {
	conn   net.Conn
	reader *bufio.Reader
}

func dialTrigger(ctx context.Context, t Target) (*trigger, error) {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", t.Addr.String())
	if err != nil {
		return nil, fmt.Errorf("ask for broadcasts: %w", err)
	}
	return &trigger{conn: c, reader: bufio.NewReader(c)}, nil
}

// fire asks for n events and does not wait for the answer, which may come
// after the events.
func (t *trigger) fire(n int) error {
	if err := t.conn.SetDeadline(time.Now().Add(2 * patience)); err != nil {
		return fmt.Errorf("ask for broadcasts: %w", err)
	}
	_, err := fmt.Fprintf(t.conn, "POST /broadcast?n=%d HTTP/1.1\r\nHost: bench\r\nContent-Length: 0\r\n\r\n", n)
	if err != nil {
		return fmt.Errorf("ask for broadcasts: %w", err)
	}
	return nil
}

// answered reads the answer to fire.
func (t *trigger) answered() error {
	r, err := http.ReadResponse(t.reader, nil)
	if err != nil {
		return fmt.Errorf("ask for broadcasts: %w", err)
	}
	_ = r.Body.Close()
	if r.StatusCode != http.StatusNoContent {
		return fmt.Errorf("ask for broadcasts: answered %s", r.Status)
	}
	return nil
}
