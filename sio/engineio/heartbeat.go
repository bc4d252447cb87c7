package engineio

import (
	"sync"
	"sync/atomic"
	"time"
)

// pingMessage is the ping of every session.
func pingMessage() Message { return control(string(rune(packetPing))) }

// heartbeat pings a client and ends the session of one that fell silent.
type heartbeat struct {
	session *Session
	waiting atomic.Bool // for the answer to a ping

	mu       sync.Mutex
	timer    *time.Timer
	stopped  bool
	due      time.Time // when the timer was to fire
	lastSign time.Time // of life while waiting
}

func (h *heartbeat) start(s *Session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.session = s
	if h.stopped {
		return
	}
	interval := s.server.options.PingInterval
	h.due = time.Now().Add(interval)
	h.timer = time.AfterFunc(interval, h.beat)
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
	if h.waiting.Load() && !h.stopped {
		h.waiting.Store(false)
		h.again(time.Now(), h.session.server.options.PingInterval)
	}
}

// sign takes any packet of the client: one that talks is not silent, and its
// answer may be behind much that it sent before.
func (h *heartbeat) sign() {
	if !h.waiting.Load() {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lastSign = time.Now()
}

// overdue reports whether the client has been silent for too long, even if the
// timer has not come to say so.
func (h *heartbeat) overdue() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.waiting.Load() && !h.stopped && !time.Now().Before(h.due) &&
		time.Since(h.lastSign) >= h.session.server.options.PingTimeout
}

func (h *heartbeat) again(from time.Time, d time.Duration) {
	h.due = from.Add(d)
	h.timer.Reset(time.Until(h.due))
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
		h.session.kill(ReasonPingTimeout)
	case ping:
		_ = h.session.Send(h.session.server.ping) // closed: then there is nobody to ping
	}
}

// next sets the timer and says what is to be done now.
func (h *heartbeat) next() (ping, dead bool) {
	timeout := h.session.server.options.PingTimeout
	now := time.Now()
	switch {
	case !h.waiting.Load():
		// A timer that came late, but not by much, does not give the client
		// more time than it was told.
		if late := now.Sub(h.due); late < timeout/4 {
			now = h.due
		}
		h.lastSign = now
		h.waiting.Store(true)
		h.again(now, timeout)
		h.session.opening.pack() // it is likely to be asked for no more
		return true, false
	case h.session.blocked.Load() > 0:
		// It is us who do not read. Another ping finds out whether the
		// connection still is there: writing to a dead one fails.
		h.lastSign = now
		h.again(now, timeout)
		return true, false
	}
	if left := timeout - now.Sub(h.lastSign); left > 0 {
		h.again(now, left)
		return false, false
	}
	return false, true
}
