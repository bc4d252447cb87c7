package floor

import (
	"time"

	"github.com/parlance-dev/parlance/bench/peers/peer"
)

// Broadcast emits system_message to everyone n times. Each time it is framed
// once, and only pointed at for each connection.
func (s *Server) Broadcast(n int) error {
	for range n {
		frame := appendText(nil, `42["system_message",{"type":"system","message":"`+peer.Notice+
			`","timestamp":"`+time.Now().UTC().Format("2006-01-02T15:04:05.000Z")+`"}]`)
		s.mu.Lock()
		for c := range s.conns {
			c.enqueue(frame)
		}
		s.mu.Unlock()
	}
	return nil
}

// enqueue leaves a frame to a writer.
func (c *conn) enqueue(frame []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, frame)
	if !c.queued {
		c.queued = true
		c.server.dirty <- c
	}
}

// write is one writer: whatever is waiting for a connection leaves in one write.
func (s *Server) write() {
	var out []byte
	for c := range s.dirty {
		c.mu.Lock()
		out = out[:0]
		for i, frame := range c.queue {
			out = append(out, frame...)
			c.queue[i] = nil
		}
		c.queue, c.queued = c.queue[:0], false
		c.mu.Unlock()
		_, _ = c.tcp.Write(out) // who fails is gone: its own goroutine finds out
	}
}
