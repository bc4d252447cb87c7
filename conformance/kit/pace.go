package kit

import "time"

// The contract's limit of a socket: so many events a window.
const (
	WindowEvents = 10
	Window       = time.Second
)

// pace spreads a client's events over windows: a window opens with the first
// event after the last one closed.
type pace struct {
	sent   int
	opened time.Time
}

// Paced is Call for cases that need more events on one socket than a window
// allows: it waits until the backend answers again. Events that were sent
// otherwise count too: use it for all of a client.
func (c *Client) Paced(event string, args ...any) Answer {
	if c.pace.sent == WindowEvents {
		c.awaitWindow()
		c.pace.sent = 0
	}
	if c.pace.sent == 0 {
		c.pace.opened = time.Now()
	}
	c.pace.sent++
	return c.Call(event, args...)
}

// awaitWindow waits until the window is over: for the clock, as a user would.
func (c *Client) awaitWindow() {
	const margin = 100 * time.Millisecond // between the clocks of both sides
	timer := time.NewTimer(time.Until(c.pace.opened.Add(Window + margin)))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.t.ctx.Done():
		c.t.Fatalf("%v", c.t.ctx.Err())
	}
}
