package engineio_test

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/parlance-dev/parlance/sio/engineio"
	"github.com/parlance-dev/parlance/sio/engineio/wsframe"
)

// gate holds whoever passes it.
type gate struct {
	entered chan struct{}
	open    chan struct{}
	once    sync.Once
}

func newGate() *gate { return &gate{entered: make(chan struct{}, 10_000), open: make(chan struct{})} }

func (g *gate) pass() {
	g.entered <- struct{}{}
	<-g.open
}

func (g *gate) release() { g.once.Do(func() { close(g.open) }) }

// demanding makes handlers note every message and ask for something.
func demanding(d engineio.Demand) func(*peer) {
	return func(p *peer) {
		p.message = func(m incoming) (engineio.Demand, error) {
			p.messages <- m
			return d, nil
		}
	}
}

// laborious makes handlers ask for a piece of work with each message, which do
// does.
func laborious(d engineio.Demand, do func()) func(*peer) {
	return func(p *peer) {
		jobs := make(chan struct{}, 10_000)
		p.message = func(m incoming) (engineio.Demand, error) {
			jobs <- struct{}{}
			p.messages <- m
			return d, nil
		}
		p.work = func() {
			for {
				select {
				case <-jobs:
					do()
				default:
					return
				}
			}
		}
	}
}

// TestBlockedWork: while the handler works, the connection is read on.
func TestBlockedWork(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, engineio.Options{}, way)
			g := newGate()
			t.Cleanup(g.release)
			s.prepare = laborious(engineio.Work, g.pass)
			c, p := s.dial()
			c.write(text("4one"))
			p.expect(t, "one")
			take(t, g.entered, "Work is called")
			c.write(text("4two") + frame(wsframe.Ping, "there?"))
			p.expect(t, "two")
			if m := c.next(); m.Op != wsframe.Pong || string(m.Data) != "there?" {
				t.Errorf("a ping is answered with %d %q", m.Op, m.Data)
			}
			p.send(t, "from elsewhere")
			c.expect("4from elsewhere")
			take(t, g.entered, "Work is called at the same time")
			c.write(text("4three") + text("1"))
			p.expect(t, "three")
			p.expectClosed(t, engineio.ReasonTransportClose)
			if s.Stats().HandedOver == 0 {
				t.Error("no connection was handed over")
			}
			g.release()
		})
	}
}

// TestBlockedFirstWork: also the first work, that others do.
func TestBlockedFirstWork(t *testing.T) {
	t.Parallel()
	const sessions = 20
	s := serve(t, engineio.Options{})
	g := newGate()
	t.Cleanup(g.release)
	s.prepare = laborious(engineio.Work, g.pass)
	clients, peers := make([]*socket, sessions), make([]*peer, sessions)
	for i := range sessions {
		clients[i], peers[i] = s.dial()
		clients[i].write(text("4one"))
		take(t, g.entered, "Work is called")
	}
	for i := range sessions {
		clients[i].write(text("4two"))
		peers[i].expect(t, "one")
		peers[i].expect(t, "two")
	}
}

// TestFull: after Full, nothing is handed over until there is room, whether the
// handler works for long or not.
func TestFull(t *testing.T) {
	for name, blocking := range map[string]bool{"quick work": false, "long work": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const messages = 200
			s := serve(t, engineio.Options{})
			g := newGate()
			t.Cleanup(g.release)
			room := make(chan struct{})
			var full, early atomic.Int64
			s.prepare = func(p *peer) {
				laborious(engineio.Full, func() {
					if blocking {
						g.pass()
					}
				})(p)
				ask := p.message
				p.message = func(m incoming) (engineio.Demand, error) {
					if m.data == "full" {
						full.Add(1)
						return ask(m)
					}
					early.Add(full.Load())
					p.messages <- m
					return engineio.Idle, nil
				}
				p.await = func(done <-chan struct{}) {
					select {
					case <-room:
					case <-done:
					}
				}
			}
			c, p := s.dial()
			c.write(text("4full"))
			p.expect(t, "full")
			c.write(strings.Repeat(text("4more"), messages))
			if blocking {
				take(t, g.entered, "Work is called")
				eventually(t, "the reading is handed over", func() bool { return s.Stats().HandedOver > 0 })
				g.release()
			}
			eventually(t, "the handler is waited for", func() bool { return s.Stats().Held > 0 })
			equal(t, early.Load(), 0, "messages handed over before there was room")
			full.Store(0)
			close(room)
			for range messages {
				p.expect(t, "more")
			}
		})
	}
}

// TestFullEnds: a client that is not read on can be ended.
func TestFullEnds(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	s.prepare = func(p *peer) {
		demanding(engineio.Full)(p)
		p.await = func(done <-chan struct{}) { <-done }
	}
	c, p := s.dial()
	c.write(text("4one") + text("4two"))
	p.expect(t, "one")
	eventually(t, "the handler is waited for", func() bool { return s.Stats().Held > 0 })
	p.session.Close("enough")
	p.expectClosed(t, "enough")
	c.expectClose(1005)
	c.expectEnd()
	equal(t, len(p.messages), 0, "messages after Full")
}

// TestBackPressure: who is not read on cannot send without end.
func TestBackPressure(t *testing.T) {
	t.Parallel()
	const size = 64 << 10
	s := serve(t, engineio.Options{})
	room := make(chan struct{}, 10_000)
	s.prepare = func(p *peer) {
		demanding(engineio.Full)(p)
		p.await = func(done <-chan struct{}) {
			select {
			case <-room:
			case <-done:
			}
		}
	}
	c, p := s.dial()
	var sent atomic.Int64
	result := make(chan error, 1)
	go func() {
		for i := range 150 {
			if _, err := c.conn.Write([]byte(text("4" + numbered(i, size)))); err != nil {
				result <- err
				return
			}
			sent.Add(1)
		}
		result <- nil
	}()
	p.expect(t, numbered(0, size))
	eventually(t, "the handler is waited for", func() bool { return s.Stats().Held > 0 })
	equal(t, len(p.messages), 0, "messages after Full")
	for i := 1; i < 150; i++ {
		room <- struct{}{}
		p.expect(t, numbered(i, size))
	}
	if err := take(t, result, "all is sent"); err != nil {
		t.Error(err)
	}
}

// TestMessageError: what the handler does not take ends the session.
func TestMessageError(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	s.prepare = func(p *peer) {
		p.message = func(incoming) (engineio.Demand, error) { return engineio.Idle, errors.New("bad") }
	}
	c, p := s.dial()
	c.write(text("4x"))
	p.expectClosed(t, engineio.ReasonParseError)
	c.expectViolation(1005)

	polls, p := s.open()
	expectAnswer(t, polls.post("4x"), 400, fault("3", "Bad request"))
	p.expectClosed(t, engineio.ReasonParseError)
	equal(t, s.Stats().ParseErrors, 2, "parse errors")
}

// TestAnswersLeaveTogether: what a handler sends while it works arrives, in order,
// however much and from wherever it is sent.
func TestAnswersLeaveTogether(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const rounds, each = 50, 20
			s := serve(t, engineio.Options{}, way)
			s.prepare = func(p *peer) {
				demanding(engineio.Work)(p)
				var one sync.Mutex // Work may be called while it is under way
				p.work = func() {
					one.Lock()
					defer one.Unlock()
					for {
						select {
						case m := <-p.messages:
							for i := range each {
								p.send(t, m.data+strconv.Itoa(i))
							}
						default:
							return
						}
					}
				}
			}
			c, _ := s.dial()
			for round := range rounds {
				c.write(text("4a"+strconv.Itoa(round)+".") + text("4b"+strconv.Itoa(round)+"."))
				for _, m := range []string{"a", "b"} {
					for i := range each {
						c.expect("4" + m + strconv.Itoa(round) + "." + strconv.Itoa(i))
					}
				}
			}
		})
	}
}
