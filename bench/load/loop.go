package load

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// defaultJoinTimeout is how long a CONNECT may take; then it counts as
	// lost, and the client dials again.
	defaultJoinTimeout = 2 * time.Second
	// joinTries is how often one client may lose its CONNECT in a row.
	joinTries = 5
	// patience is how long the loop waits for answers that are due.
	patience = 20 * time.Second
)

// scenario is what clients do once they have joined.
type scenario interface {
	// ready is called once a client has joined.
	ready(c *conn) error
	// packet is called for each Socket.IO packet that a client gets then.
	packet(c *conn, p []byte) error
}

// loop drives all clients from one goroutine: it is the only one that touches
// them.
type loop struct {
	target   Target
	upgrade  []byte // the upgrade request
	scenario scenario

	poller *poller
	conns  []*conn // by file descriptor
	opened int     // connections dialled so far
	dialed []*conn // not joined yet, in the order in which they were dialled
	buffer [64 << 10]byte

	start       time.Time
	joinTimeout time.Duration
	joined      int
	joinTimes   Histogram
	lost        int // CONNECTs without an answer
}

// newLoop returns a loop without connections. close ends it.
func newLoop(t Target) (*loop, error) {
	p, err := newPoller()
	if err != nil {
		return nil, err
	}
	return &loop{
		target:      t,
		upgrade:     upgradeRequest(t.Addr),
		poller:      p,
		start:       time.Now(),
		joinTimeout: defaultJoinTimeout,
	}, nil
}

// connect is the frame of a client's CONNECT packet.
func (l *loop) connect(c *conn) []byte {
	token := l.target.Token
	if n := len(l.target.Tokens); n > 0 {
		token = l.target.Tokens[c.number%n]
	}
	return appendFrame(nil, opText, `40{"token":"`+token+`"}`)
}

// close ends all connections.
func (l *loop) close() {
	for _, c := range l.conns {
		if c != nil {
			l.drop(c)
		}
	}
	l.poller.close()
}

// now is the loop's clock, in nanoseconds since its start and never 0.
func (l *loop) now() int64 { return int64(time.Since(l.start)) + 1 }

func (l *loop) since(then int64) time.Duration { return time.Duration(l.now() - then) }

// dial starts a client. tries is how often it has been lost before.
func (l *loop) dial(tries int) error {
	fd, err := dial(l.target.Addr, l.opened)
	if err != nil {
		return fmt.Errorf("client %d: %w", l.opened, err)
	}
	c := &conn{fd: fd, number: l.opened, began: l.now(), tries: tries, waiting: true}
	l.opened++
	for len(l.conns) <= fd {
		l.conns = append(l.conns, nil)
	}
	l.conns[fd] = c
	l.dialed = append(l.dialed, c)
	c.out = append(c.out, l.upgrade...)
	return l.poller.add(fd, true)
}

// drop closes a client's connection.
func (l *loop) drop(c *conn) {
	if c.state != closed {
		c.state = closed
		l.conns[c.fd] = nil
		closeSocket(c.fd)
	}
}

// step waits up to d for something to happen, and handles it.
func (l *loop) step(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	const most = 50 * time.Millisecond // how late an interrupt or a lost CONNECT is seen
	d = min(max(d, 0), most)
	if err := l.poller.wait(int((d+time.Millisecond-1)/time.Millisecond), l.handle); err != nil {
		return err
	}
	return l.redial()
}

// handle does what can be done with a socket.
func (l *loop) handle(fd int, _ bool) error {
	c := l.conns[fd]
	if c == nil {
		return nil
	}
	err := l.receive(c)
	if err == nil && c.state != closed {
		err = l.flush(c)
	}
	if err != nil {
		return fmt.Errorf("client %d waiting for %s: %w", c.number, c.state, err)
	}
	return nil
}

// receive reads until the socket is empty.
func (l *loop) receive(c *conn) error {
	for c.state != closed {
		n, err := read(c.fd, l.buffer[:])
		if err != nil {
			return err
		}
		if n > 0 {
			if err := l.take(c, l.buffer[:n]); err != nil {
				return err
			}
		}
		if n < len(l.buffer) {
			return nil
		}
	}
	return nil
}

// redial gives up on CONNECTs that are lost, and tries again.
func (l *loop) redial() error {
	for len(l.dialed) > 0 {
		c := l.dialed[0]
		if c.state < ready {
			if l.since(c.began) < l.joinTimeout {
				return nil
			}
			if c.state != joining || c.tries+1 == joinTries {
				return fmt.Errorf("client %d: no answer to %s within %v (try %d)", c.number, c.state, l.joinTimeout, c.tries+1)
			}
			l.lost++
			l.drop(c)
			if err := l.dial(c.tries + 1); err != nil {
				return err
			}
		}
		l.dialed = l.dialed[1:]
	}
	return nil
}

// errPatience is the answer that never came.
var errPatience = errors.New("waited in vain")

// until steps until done says so, at most for the loop's patience without
// progress, which is a number that changes.
func (l *loop) until(ctx context.Context, done func() bool, progress func() int) error {
	last, at := progress(), l.now()
	for !done() {
		if err := l.step(ctx, patience); err != nil {
			return err
		}
		if p := progress(); p != last {
			last, at = p, l.now()
		} else if l.since(at) > patience {
			return errPatience
		}
	}
	return nil
}

// populate makes clients until n have joined, few at a time: a server's
// backlog is not what is measured.
func (l *loop) populate(ctx context.Context, n int) error {
	const atOnce = 64
	started := l.joined
	joined := func() int { return l.joined }
	for started < n {
		for started < n && started-l.joined < atOnce {
			if err := l.dial(0); err != nil {
				return err
			}
			started++
		}
		before := l.joined
		if err := l.until(ctx, func() bool { return l.joined > before }, joined); err != nil {
			return fmt.Errorf("connect %d clients: %w", n, err)
		}
	}
	if err := l.until(ctx, func() bool { return l.joined >= n }, joined); err != nil {
		return fmt.Errorf("connect %d clients: %w", n, err)
	}
	return nil
}

// idle lets time pass, answering what has to be answered.
func (l *loop) idle(ctx context.Context, d time.Duration) error {
	for end := l.now() + int64(d); l.now() < end; {
		if err := l.step(ctx, time.Duration(end-l.now())); err != nil {
			return err
		}
	}
	return nil
}
