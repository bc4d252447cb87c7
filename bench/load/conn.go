package load

import (
	"errors"
	"fmt"
)

// errGone is the end of a connection that should have stayed.
var errGone = errors.New("the server closed the connection")

// state is how far a connection has come.
type state int

const (
	upgrading state = iota // the answer to the upgrade request is due
	opening                // Engine.IO's OPEN is due
	joining                // the answer to Socket.IO's CONNECT is due
	ready                  // joined: events flow
	closed
)

func (s state) String() string {
	return [...]string{"upgrade", "OPEN", "CONNECT", "events", "end"}[s]
}

// conn is one client.
type conn struct {
	fd      int
	number  int // counts all connections of a loop
	state   state
	began   int64  // when it was dialled; in nanoseconds of the loop's clock
	tries   int    // how often this client has been dialled in vain before
	rest    []byte // the beginning of a frame whose end is not there yet
	out     []byte // what the socket has not taken yet
	waiting bool   // watched for room to write

	acks     *ackState // of the scenario ack
	received int       // broadcasts, of the scenario broadcast
}

// flush writes what is waiting, and has the loop continue where the socket
// does not take all of it.
func (l *loop) flush(c *conn) error {
	if len(c.out) > 0 {
		n, err := write(c.fd, c.out)
		if err != nil {
			return err
		}
		c.out = c.out[:copy(c.out, c.out[n:])]
	}
	if more := len(c.out) > 0; more != c.waiting {
		c.waiting = more
		return l.poller.change(c.fd, more)
	}
	return nil
}

// take handles bytes that came from the server. Frames are cut out of b itself;
// only the beginning of a frame that is cut short is copied.
func (l *loop) take(c *conn, b []byte) error {
	if len(c.rest) > 0 {
		c.rest = append(c.rest, b...)
		b = c.rest
	}
	if c.state == upgrading {
		n, err := upgraded(b)
		if err != nil {
			return err
		}
		if n > 0 {
			c.state = opening
		}
		b = b[n:]
	}
	for c.state != upgrading && c.state != closed {
		f, n, err := cutFrame(b)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		b = b[n:]
		if err := l.frame(c, f); err != nil {
			return err
		}
	}
	c.rest = append(c.rest[:0], b...)
	return nil
}

// frame handles a websocket frame.
func (l *loop) frame(c *conn, f frame) error {
	switch f.op {
	case opText:
		return l.message(c, f.payload)
	case opPing:
		c.out = appendFrame(c.out, opPong, string(f.payload))
		return nil
	case opClose:
		return errGone
	}
	return fmt.Errorf("unexpected frame of kind %d", f.op)
}

// message handles an Engine.IO packet.
func (l *loop) message(c *conn, p []byte) error {
	switch {
	case len(p) == 1 && p[0] == '2':
		c.out = appendFrame(c.out, opText, "3")
		return nil
	case c.state == ready:
		return l.scenario.packet(c, p)
	case c.state == opening && len(p) > 1 && p[0] == '0':
		c.state = joining
		c.out = append(c.out, l.connect(c)...)
		return nil
	case c.state == joining && len(p) > 1 && p[0] == '4' && p[1] == '0':
		c.state = ready
		l.joined++
		l.joinTimes.Add(l.since(c.began))
		return l.scenario.ready(c)
	}
	return unexpected(p)
}

// unexpected is the error of a packet that should not have come.
func unexpected(p []byte) error {
	const enough = 200
	return fmt.Errorf("unexpected packet %q", p[:min(len(p), enough)])
}
