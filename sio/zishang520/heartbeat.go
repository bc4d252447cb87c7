package zishang520

import (
	"sync"
	"time"

	"github.com/parlance-dev/parlance/sio"
)

// heartbeat pings a client and ends the connection of one that fell silent.
// The library's own timers are not used: an answer that arrives between its
// writing the ping and its setting the time-out leaves that time-out running.
type heartbeat struct {
	conn *conn

	mu       sync.Mutex
	timer    *time.Timer
	waiting  bool // for the answer to a ping
	stopped  bool
	lastSign time.Time // of life while waiting
}

func (h *heartbeat) start() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.stopped {
		h.timer = time.AfterFunc(h.conn.engine.options.PingInterval, h.beat)
	}
}

func (h *heartbeat) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopped = true
	if h.timer != nil {
		h.timer.Stop()
	}
}

// pong takes the answer to a ping. One that nobody asked for means nothing.
func (h *heartbeat) pong() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waiting && !h.stopped {
		h.waiting = false
		h.timer.Reset(h.conn.engine.options.PingInterval)
	}
}

// sign takes any packet of the client: one that talks is not silent, and its
// answer may be behind much that it sent before.
func (h *heartbeat) sign() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waiting {
		h.lastSign = time.Now()
	}
}

// beat is called by the timer.
func (h *heartbeat) beat() {
	h.mu.Lock()
	if h.stopped {
		h.mu.Unlock()
		return
	}
	ping, dead := h.next()
	h.mu.Unlock()
	switch {
	case dead:
		h.conn.kill(sio.ReasonPingTimeout)
	case ping:
		_ = h.conn.push(message{text: []byte{'2'}}) // closed: then there is nobody to ping
	}
}

// next sets the timer and says what is to be done now.
func (h *heartbeat) next() (ping, dead bool) {
	timeout := h.conn.engine.options.PingTimeout
	if !h.waiting {
		h.waiting, h.lastSign = true, time.Now()
		h.timer.Reset(timeout)
		return true, false
	}
	if h.conn.blocked.Load() > 0 {
		// It is us who do not read. Another ping finds out whether the
		// connection still is there: writing to a dead one fails.
		h.lastSign = time.Now()
		h.timer.Reset(timeout)
		return true, false
	}
	if left := timeout - time.Since(h.lastSign); left > 0 {
		h.timer.Reset(left)
		return false, false
	}
	return false, true
}
