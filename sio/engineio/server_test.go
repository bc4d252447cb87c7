package engineio_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/parlance-dev/parlance/sio/engineio"
	"github.com/parlance-dev/parlance/sio/engineio/wsframe"
)

// TestShutdown: every session is told, whatever carries it, and new ones are
// refused.
func TestShutdown(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, engineio.Options{}, way)
			ws, direct := s.dial()
			polls, held := s.open()
			poll := polls.hanging(limited(t), held)
			changing, probed := s.open()
			changed := changing.change()
			changed.write(text("4x"))
			probed.expect(t, "x")
			direct.send(t, "last")
			result := make(chan error, 1)
			go func() { result <- s.stop() }()
			for _, p := range []*peer{direct, held, probed} {
				p.expectClosed(t, engineio.ReasonShutdown)
			}
			expectAnswer(t, take(t, poll, "the poll ends"), 200, "1")
			ws.expect("4last")
			ws.expectClose(1005)
			ws.expectEnd()
			changed.expectClose(1005)
			if err := take(t, result, "Shutdown returns"); err != nil {
				t.Error(err)
			}
			equal(t, s.Stats().Sessions, 0, "sessions")
			expectAnswer(t, s.request(http.MethodGet, "&transport=polling", ""), 503, fault("3", "Server is shutting down"))
			if err := s.Shutdown(limited(t)); err != nil {
				t.Errorf("second Shutdown: %v", err)
			}
		})
	}
}

// TestShutdownOfIdlePolls: a client that does not come back to hear it is not
// waited for for long.
func TestShutdownOfIdlePolls(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	c, p := s.open()
	closing, q := s.open()
	q.session.Close("enough") // gets a longer grace, that the shutdown cuts
	result := make(chan error, 1)
	go func() { result <- s.stop() }()
	p.expectClosed(t, engineio.ReasonShutdown)
	q.expectClosed(t, "enough")
	if err := take(t, result, "Shutdown returns"); err != nil {
		t.Error(err)
	}
	equal(t, c.poll().status, 400, "poll")
	equal(t, closing.poll().status, 400, "poll")
}

// TestShutdownWaits: for handlers, or for as long as it may.
func TestShutdownWaits(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	g := newGate()
	t.Cleanup(g.release)
	s.prepare = laborious(engineio.Work, g.pass)
	c, p := s.dial()
	c.write(text("4x"))
	take(t, g.entered, "Work is called")
	ctx, cancel := context.WithCancel(limited(t))
	result := make(chan error, 1)
	go func() { result <- s.Shutdown(ctx) }()
	p.expectClosed(t, engineio.ReasonShutdown)
	c.expectClose(1005)
	c.expectEnd()
	equal(t, len(result), 0, "Shutdown has returned")
	cancel()
	if err := take(t, result, "Shutdown returns"); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown: %v", err)
	}
	g.release()
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

// TestShutdownCutsOff: clients that do not read hold nothing up once the time is
// over.
func TestShutdownCutsOff(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{MaxWaitingBytes: 64 << 20}, smallBuffers)
	_, p := s.dial()
	for i := range 64 {
		p.send(t, numbered(i, 64<<10))
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown: %v", err)
	}
	p.expectClosed(t, engineio.ReasonShutdown)
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

// TestDrain: those that are there stay.
func TestDrain(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	c, p := s.dial()
	polls, q := s.open()
	s.Drain()
	c.write(text("4one"))
	p.expect(t, "one")
	expectAnswer(t, polls.post("4two"), 200, "ok")
	q.expect(t, "two")
	expectAnswer(t, s.request(http.MethodGet, "&transport=polling", ""), 503, fault("3", "Server is shutting down"))
	equal(t, len(p.closed)+len(q.closed), 0, "calls of Closed")
}

// TestReady: a message would leave at once, or not.
func TestReady(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{MaxWaitingBytes: 64 << 20}, smallBuffers)
	polls, p := s.open()
	equal(t, p.session.Ready(), false, "without a poll")
	poll := polls.hanging(limited(t), p)
	p.send(t, "x")
	<-poll
	equal(t, p.session.Ready(), false, "after the poll")

	c, q := s.dial()
	eventually(t, "an idle WebSocket is ready", q.session.Ready)
	for i := range 64 {
		q.send(t, numbered(i, 64<<10))
	}
	eventually(t, "a write stalls", func() bool { return s.Stats().Stalled > 0 })
	equal(t, q.session.Ready(), false, "while a write waits")
	for i := range 64 {
		c.expect("4" + numbered(i, 64<<10))
	}
	eventually(t, "it is ready again", q.session.Ready)
	q.session.Close("enough")
	equal(t, q.session.Ready(), false, "after the end")
}

// TestAwaitRoom: who asks faster than it reads waits for itself.
func TestAwaitRoom(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const messages = 300
			s := serve(t, engineio.Options{MaxWaitingBytes: 256 << 10}, way)
			s.prepare = func(p *peer) {
				var one sync.Mutex // answers at a time
				laborious(engineio.Work, func() {
					one.Lock()
					defer one.Unlock()
					p.session.AwaitRoom()
					_ = p.session.Send(engineio.Text(numbered(0, 32<<10))) // the client misses one that fails
				})(p)
			}
			c, p := s.dial()
			c.write(strings.Repeat(text("4x"), messages))
			for range messages {
				c.expect("4" + numbered(0, 32<<10))
			}
			equal(t, len(p.closed), 0, "calls of Closed")
			// The end ends the wait.
			c.write(strings.Repeat(text("4x"), messages))
			c.expect("4" + numbered(0, 32<<10))
			_ = c.conn.Close()
			take(t, p.closed, "Closed is called")
		})
	}
}

// TestEverythingAtOnce: sessions that open, talk, change and end at once.
func TestEverythingAtOnce(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const clients, rounds = 8, 6
			s := serve(t, engineio.Options{}, way)
			echo := func(p *peer) {
				p.message = func(m incoming) (engineio.Demand, error) {
					_ = p.session.Send(engineio.Text(m.data)) // it may have ended
					p.messages <- m
					return engineio.Work, nil
				}
			}
			s.prepare = echo
			var group sync.WaitGroup
			for i := range clients {
				group.Go(func() {
					for round := range rounds {
						life(t, s, i+round)
					}
				})
			}
			group.Wait()
			eventually(t, "all sessions have ended", func() bool { return s.Stats().Sessions == 0 })
			stats := s.Stats()
			equal(t, stats.Opened, clients*rounds, "sessions")
			for range clients * rounds {
				take(t, s.peer().closed, "Closed is called")
			}
		})
	}
}

// life is that of one client.
func life(t *testing.T, s *server, seed int) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var ws *socket
	if seed%2 == 0 {
		ws = s.webSocket("", text("4hello"))
		ws.next()
	} else {
		a, err := s.do(ctx, http.MethodGet, "&transport=polling", nil)
		if err != nil {
			t.Errorf("open: %v", err)
			return
		}
		c := poller{s, sidOf(t, a.body)}
		ws = c.change()
		ws.write(text("4hello"))
	}
	ws.expect("4hello")
	switch seed % 4 {
	case 0:
		_ = ws.conn.Close()
	case 1:
		ws.write(text("1"))
		ws.expectEnd()
	case 2:
		ws.write("\x81\x02not masked")
		ws.expectViolation(wsframe.CodeProtocolError)
	case 3:
		ws.write(frame(wsframe.Close, ""))
		ws.expectEnd()
	}
}
