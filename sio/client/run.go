package client

import (
	"context"
	"fmt"
	"time"

	"github.com/parlance-dev/parlance/sio/client/internal/eio"
)

// run makes connections, one after the other, as long as a socket needs one.
func (m *Manager) run() {
	failures := 0
	for next := StateConnecting; m.enter(next); next = StateReconnecting {
		session, err := m.dial()
		if err != nil {
			failures++
			m.failed(err, failures)
			m.pause(m.options.delay(failures - 1))
			continue
		}
		failures = 0
		m.opened(session)
		if wanted := m.lost(session, session.Run(m.receiver(session))); wanted {
			continue
		}
		m.pause(m.options.delay(0))
	}
}

// enter changes the state, and reports whether another connection is needed.
// Where it is not, run is over with that.
func (m *Manager) enter(state State) bool {
	m.mu.Lock()
	if m.closed || !m.needed() {
		defer m.mu.Unlock()
		m.running = false
		close(m.stopped)
		if notice := m.turn(StateClosed); notice != nil {
			m.inbox.force(notice)
		}
		return false
	}
	m.mu.Unlock()
	m.become(state)
	return true
}

// turn sets the state and returns what tells it, if anybody is to be told. It
// needs mu.
func (m *Manager) turn(state State) (notice func()) {
	changed := m.state != state
	m.state = state
	if !changed || m.options.OnState == nil {
		return nil
	}
	return func() { m.options.OnState(state) }
}

// become sets the state and tells it. Where callbacks are behind, it waits.
func (m *Manager) become(state State) {
	m.mu.Lock()
	notice := m.turn(state)
	m.mu.Unlock()
	if notice != nil {
		m.tell(&m.inbox, notice)
	}
}

// tell puts a notice that must not be lost. It waits for room, unless the
// manager closes.
func (m *Manager) tell(b *mailbox, notice func()) {
	if !b.put(notice, m.quit) {
		b.force(notice)
	}
}

func (m *Manager) upgraded(transport string) {
	if m.options.OnUpgrade != nil {
		m.tell(&m.inbox, func() { m.options.OnUpgrade(transport) })
	}
}

func (m *Manager) dial() (*eio.Session, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	m.mu.Lock()
	m.cancelDial = cancel
	if !m.needed() {
		cancel()
	}
	m.mu.Unlock()
	session, err := eio.Dial(ctx, m.config)
	m.mu.Lock()
	m.cancelDial = nil
	m.mu.Unlock()
	return session, err
}

// opened gives the sockets a connection.
func (m *Manager) opened(session *eio.Session) {
	m.mu.Lock()
	m.session, m.releasing = session, false
	for _, s := range m.sockets {
		if s.active {
			s.join(session)
		}
	}
	m.release() // where they have left meanwhile
	if m.hurried {
		session.Abort()
	}
	m.mu.Unlock()
	m.become(StateConnected)
}

// lost takes the connection from the sockets. It reports whether it had been
// released and is wanted again since: that is no failure to wait after.
func (m *Manager) lost(session *eio.Session, end *eio.End) (wanted bool) {
	m.mu.Lock()
	wanted = m.releasing
	m.session, m.releasing = nil, false
	var gone []func()
	for _, s := range m.sockets {
		s.stale = false // no answer comes any more
		if s.life == nil || s.life.session != session {
			continue
		}
		gone = append(gone, s.lost(end))
		if m.options.Reconnect.Off {
			s.giveUp(end)
		}
	}
	m.mu.Unlock()
	for _, tell := range gone {
		tell()
	}
	return wanted
}

// failed tells the sockets of an attempt that failed.
func (m *Manager) failed(err error, failures int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	most := m.options.Reconnect.MaxAttempts
	last := most > 0 && failures > most // the first is no reconnection
	if last {
		err = fmt.Errorf("%w: %w", ErrAttempts, err)
	}
	for _, s := range m.sockets {
		if !s.active {
			continue
		}
		s.failure = err
		s.tellFailure(err)
		if last || m.options.Reconnect.Off {
			s.giveUp(err)
		}
	}
}

// pause waits before the next attempt, where there is to be one.
func (m *Manager) pause(d time.Duration) {
	select {
	case <-m.kick: // of an earlier wait
	default:
	}
	m.mu.Lock()
	needed := m.needed()
	m.mu.Unlock()
	if needed {
		m.sleep(d, m.kick)
	}
}

// sleep waits for d or until done, and reports whether it was d.
func (m *Manager) sleep(d time.Duration, done <-chan struct{}) bool {
	over := make(chan struct{})
	stop := m.options.Clock.AfterFunc(d, func() { close(over) })
	select {
	case <-over:
		return true
	case <-done:
		stop()
		return false
	}
}
