package front

import (
	"net"
	"sync"
)

// Conn is a connection that a handler has taken over.
type Conn struct {
	*net.TCPConn

	mu       sync.Mutex
	returned bool
	then     func()
}

// Then has f called once the handler has returned, on its goroutine, which is
// used to work that a new one would have to grow for. f may wait for what the
// client sends next, but is meant to end before the connection does: what it
// holds is a large stack. It returns false where the handler has returned
// already, or has given f before.
func (c *Conn) Then(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.returned || c.then != nil {
		return false
	}
	c.then = f
	return true
}

// release returns what Then was given.
func (c *Conn) release() func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.then
	c.returned, c.then = true, nil
	return f
}
