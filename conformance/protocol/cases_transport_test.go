package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// testCase is one demand of a suite. A case returns what went wrong, so that
// known failures can be told from others.
type testCase struct {
	name string
	run  func(t *target) error
}

// transportCases hold on both levels: sessions, heartbeats, their end, and the
// change from polling to websocket.
func transportCases() []testCase {
	return slices.Concat(handshakeCases(), heartbeatCases(), closeCases(), upgradeCases())
}

func handshakeCases() []testCase {
	return []testCase{
		{"handshake/polling", func(t *target) error {
			p, err := t.openPolling()
			if err != nil {
				return err
			}
			return wantOpening(p.opening, "websocket")
		}},
		{"handshake/polling/bad EIO", func(t *target) error {
			return errors.Join(
				t.wantBad(http.MethodGet, "transport=polling", ""),
				t.wantBad(http.MethodGet, "EIO=abc&transport=polling", ""))
		}},
		{"handshake/polling/bad transport", func(t *target) error {
			return errors.Join(
				t.wantBad(http.MethodGet, "EIO=4", ""),
				t.wantBad(http.MethodGet, "EIO=4&transport=abc", ""))
		}},
		{"handshake/polling/bad method", func(t *target) error {
			return errors.Join(
				t.wantBad(http.MethodPost, "EIO=4&transport=polling", ""),
				t.wantBad(http.MethodPut, "EIO=4&transport=polling", ""))
		}},
		{"handshake/websocket", func(t *target) error {
			_, o, err := t.openWebSocket()
			if err != nil {
				return err
			}
			return wantOpening(o)
		}},
		{"handshake/websocket/bad EIO", func(t *target) error {
			return errors.Join(t.refused("transport=websocket"), t.refused("EIO=abc&transport=websocket"))
		}},
		{"handshake/websocket/bad transport", func(t *target) error {
			return errors.Join(t.refused("EIO=4"), t.refused("EIO=4&transport=abc"))
		}},
	}
}

func wantOpening(o opening, upgrades ...string) error {
	if o.SID == "" || !slices.Equal(o.Upgrades, upgrades) || o.PingInterval != 300 || o.PingTimeout != 200 || o.MaxPayload != 1_000_000 {
		return fmt.Errorf("open packet %+v, want upgrades %v and the suite's numbers", o, upgrades)
	}
	return nil
}

func heartbeatCases() []testCase {
	return []testCase{
		{"heartbeat/polling", func(t *target) error {
			p, err := t.openPolling()
			if err != nil {
				return err
			}
			for range 3 {
				a, err := p.poll()
				if err != nil {
					return err
				}
				if a != (answer{http.StatusOK, "2"}) {
					return fmt.Errorf("poll: %+v, want a ping", a)
				}
				if err := p.post("3"); err != nil {
					return err
				}
			}
			return nil
		}},
		{"heartbeat/polling/time-out", func(t *target) error {
			p, err := t.openPolling()
			if err != nil {
				return err
			}
			return p.wantGone()
		}},
		{"heartbeat/websocket", func(t *target) error {
			w, _, err := t.openWebSocket()
			if err != nil {
				return err
			}
			for range 3 {
				if err := w.pong(); err != nil {
					return err
				}
			}
			return nil
		}},
		{"heartbeat/websocket/time-out", func(t *target) error {
			w, _, err := t.openWebSocket()
			if err != nil {
				return err
			}
			return w.wantClose()
		}},
	}
}

// attempts is how often a case that can come too late tries again.
const attempts = 50

func closeCases() []testCase {
	return []testCase{
		{"close/polling", func(t *target) error {
			for range attempts {
				done, err := closeUnderPoll(t)
				if done || err != nil {
					return err
				}
			}
			return errors.New("no poll was answered before the session closed")
		}},
		{"close/websocket", func(t *target) error {
			w, _, err := t.openWebSocket()
			if err != nil {
				return err
			}
			return errors.Join(w.send("1"), w.wantCloseNow())
		}},
	}
}

// closeUnderPoll closes a session while it is polled: the poll ends with a noop.
// It is not done where the poll came after the close, or a ping before it.
func closeUnderPoll(t *target) (done bool, err error) {
	p, err := t.openPolling()
	if err != nil {
		return false, err
	}
	polled, err := p.pollAside(t.ctx)
	if err != nil {
		return false, err
	}
	if err := p.post("1"); err != nil {
		return false, err
	}
	switch a := <-polled; {
	case a.status == http.StatusBadRequest, a == answer{http.StatusOK, "2"}:
		return false, nil
	case a != answer{http.StatusOK, "6"}:
		return false, fmt.Errorf("the open poll got %+v, want a noop", a)
	}
	return true, t.wantBad(http.MethodGet, p.query, "")
}

func upgradeCases() []testCase {
	return []testCase{
		{"upgrade", func(t *target) error {
			_, w, err := t.upgrade()
			if err != nil {
				return err
			}
			return errors.Join(t.prepare(w), t.wantAnswer(w))
		}},
		{"upgrade/polling afterwards", func(t *target) error {
			p, w, err := t.upgrade()
			if err != nil {
				return err
			}
			if err := errors.Join(t.prepare(w), t.wantAnswer(w)); err != nil { // the upgrade is through
				return err
			}
			return errors.Join(t.wantBad(http.MethodGet, p.query, ""), t.wantAnswer(w))
		}},
		{"upgrade/websocket afterwards", func(t *target) error {
			p, w, err := t.upgrade()
			if err != nil {
				return err
			}
			if err := errors.Join(t.prepare(w), t.wantAnswer(w)); err != nil {
				return err
			}
			// It opens and closes: the suite's client takes an HTTP error for more
			// than a close.
			second, err := t.dial("EIO=4&transport=websocket&sid=" + p.opening.SID)
			if err != nil {
				return err
			}
			return errors.Join(second.wantClose(), t.wantAnswer(w))
		}},
	}
}

// upgrade opens a session by polling and takes it to a websocket.
func (t *target) upgrade() (*polling, *ws, error) {
	p, err := t.openPolling()
	if err != nil {
		return nil, nil, err
	}
	w, err := t.dial("EIO=4&transport=websocket&sid=" + p.opening.SID)
	if err != nil {
		return nil, nil, err
	}
	if err := errors.Join(w.send("2probe"), w.want("3probe")); err != nil {
		return nil, nil, err
	}
	got, err := p.packets(1)
	if err != nil {
		return nil, nil, fmt.Errorf("poll while upgrading: %w", err)
	}
	if got[0] != "6" {
		return nil, nil, fmt.Errorf("poll while upgrading: %q, want a noop", got)
	}
	return p, w, w.send("5")
}

// wantAnswer sends hello and waits for its answer.
func (t *target) wantAnswer(w *ws) error {
	if err := w.send(t.hello); err != nil {
		return err
	}
	return w.want(t.answered)
}

// engineCases hold on the level engine: echoes, and what ends a session.
func engineCases() []testCase {
	return slices.Concat(transportCases(), echoCases(), misuseCases())
}

func echoCases() []testCase {
	echo := func(packets ...string) func(*target) error {
		return func(t *target) error {
			p, err := t.openPolling()
			if err != nil {
				return err
			}
			if err := p.post(packets...); err != nil {
				return err
			}
			got, err := p.packets(len(packets))
			if err == nil && !slices.Equal(got, packets) {
				err = fmt.Errorf("got %q, want %q", got, packets)
			}
			return err
		}
	}
	return []testCase{
		{"message/polling/one", echo("4hello")},
		{"message/polling/several", echo("4test1", "4test2", "4test3")},
		{"message/polling/binary", echo("4hello", "bAQIDBA==")},
		{"message/websocket/text", func(t *target) error {
			w, _, err := t.openWebSocket()
			if err != nil {
				return err
			}
			return errors.Join(w.send("4hello"), w.want("4hello"))
		}},
		{"message/websocket/binary", func(t *target) error {
			w, _, err := t.openWebSocket()
			if err != nil {
				return err
			}
			return errors.Join(w.sendBinary([]byte{1, 2, 3, 4}), w.want("b:01020304"))
		}},
	}
}

func misuseCases() []testCase {
	return []testCase{
		{"misuse/polling/bad packet", func(t *target) error {
			p, err := t.openPolling()
			if err != nil {
				return err
			}
			return errors.Join(
				t.wantBad(http.MethodPost, p.query, "abc"),
				t.wantBad(http.MethodGet, p.query, ""))
		}},
		{"misuse/polling/two polls", twoPolls},
		{"misuse/polling/poll given up", func(t *target) error {
			for range attempts {
				if done, err := giveUpPoll(t); done || err != nil {
					return err
				}
			}
			return errors.New("the session outlives a poll that was given up")
		}},
		{"misuse/websocket/bad packet", func(t *target) error {
			w, _, err := t.openWebSocket()
			if err != nil {
				return err
			}
			return errors.Join(w.send("abc"), w.wantCloseNow())
		}},
	}
}

// twoPolls polls twice at once: whichever comes second fails, the other one
// gets a close packet, and the session is gone.
func twoPolls(t *target) error {
	p, err := t.openPolling()
	if err != nil {
		return err
	}
	first, err := p.pollAside(t.ctx)
	if err != nil {
		return err
	}
	second, err := p.pollAside(t.ctx)
	if err != nil {
		return err
	}
	closed, failed := <-first, <-second
	if closed.status != http.StatusOK {
		closed, failed = failed, closed
	}
	if closed != (answer{http.StatusOK, "1"}) || failed.status != http.StatusBadRequest && failed.status != http.StatusInternalServerError {
		return fmt.Errorf("polls got %+v and %+v, want a close packet and a failure", closed, failed)
	}
	return t.wantBad(http.MethodGet, p.query, "")
}

// giveUpPoll gives up a poll, which ends the session. It is not done where the
// server had not yet seen the poll.
func giveUpPoll(t *target) (done bool, err error) {
	p, err := t.openPolling()
	if err != nil {
		return false, err
	}
	ctx, giveUp := context.WithCancel(t.ctx)
	polled, err := p.pollAside(ctx)
	giveUp()
	if err != nil {
		return false, err
	}
	<-polled
	a, err := p.poll()
	return a.status == http.StatusBadRequest, err
}
