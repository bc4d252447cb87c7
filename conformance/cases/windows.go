package cases

import (
	"time"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/contract"
	"github.com/parlance-dev/parlance/conformance/kit"
)

// windows are cases of the limit over time. Each tries all clients side by
// side, since each takes its time.
func windows() []kit.Case {
	slow := func(id, contract string, run func(t *kit.T)) kit.Case {
		return kit.Case{ID: "limits/" + id, Section: limitsSection, Contract: contract, Scope: kit.Once, Labels: []string{"slow"}, Run: run}
	}
	return []kit.Case{
		slow("window-reopens", "a second later pings are answered again", func(t *kit.T) {
			all := oneEach(t)
			for _, c := range all {
				c.Fire(pingBurst(30)...)
				c.Next("rate_limit_exceeded")
			}
			t.Elapse(window + behind)
			for _, c := range all {
				c.OK("ping")
			}
		}),
		slow("window-nothing-held", "what is dropped stays dropped: it is not handled when the window reopens", func(t *kit.T) {
			all := oneEach(t)
			for _, c := range all {
				c.Fire(pingBurst(15)...)
				c.Next("rate_limit_exceeded")
			}
			t.Elapse(window + behind)
			for _, c := range all {
				wantPongs(t, c, perWindow)
			}
		}),
		slow("window-fixed", "events over the limit do not make the window longer", windowFixed),
		slow("window-retry", "after retryAfterMs an event is handled", func(t *kit.T) {
			c := t.ConnectUser(t.User())
			c.Fire(pingBurst(12)...)
			told := kit.Decode[limitExceeded](t, c.Next("rate_limit_exceeded"))
			t.Elapse(time.Duration(told.RetryAfterMs)*time.Millisecond + behind)
			c.OK("ping")
		}),
		slow("window-again", "in the next window 10 events are handled, and rate_limit_exceeded comes again, once", func(t *kit.T) {
			all := oneEach(t)
			for range 2 {
				for _, c := range all {
					c.Fire(pingBurst(30)...)
					c.Next("rate_limit_exceeded")
				}
				t.Elapse(window + behind)
			}
			for _, c := range all {
				wantPongs(t, c, 2*perWindow)
				t.Expect(c.Payloads("rate_limit_exceeded")).To(HaveLen(2), "events rate_limit_exceeded of two windows")
			}
		}),
		slow("abuse", "a socket that keeps on at ten times the limit for 10 s is disconnected, not before; one at three times is not", abuse),
	}
}

// oneEach connects a user of its own on every cell.
func oneEach(t *kit.T) []*kit.Client {
	all := make([]*kit.Client, 0, len(t.Cells))
	for _, cell := range t.Cells {
		all = append(all, t.On(cell).ConnectUser(t.User()))
	}
	return all
}

// windowFixed goes on over the limit past the end of the window: if only one
// event of those after it is handled, the window was none that each event moves.
func windowFixed(t *kit.T) {
	c := t.ConnectUser(t.User())
	c.Fire(pingBurst(12)...)
	c.Next("rate_limit_exceeded")
	for end := time.Now().Add(window + behind); time.Now().Before(end); {
		t.Elapse(window / 10)
		c.Fire(pingBurst(1)...)
	}
	c.Next("pong")
	for range perWindow {
		c.Next("pong") // the eleventh
	}
}

// abuse sends twice as much as it must, since a busy machine may hold this side
// up, and stops when it is out.
func abuse(t *kit.T) {
	const (
		step     = window / 4
		abusive  = 2 * 10 * perWindow / 4 // events a step: twenty times the limit
		moderate = 3 * perWindow / 4      // nearly three times
		lasts    = 10 * time.Second
		most     = 20 * time.Second // of all: the contract's 10 s, and a busy machine
	)
	c, control := t.ConnectUser(t.User()), t.ConnectUser(t.User())
	began := time.Now()
	for !isGone(c) && time.Since(began) < most {
		_ = c.Burst(t.Patient(), pingBurst(abusive)) // it may be gone by now
		control.Fire(pingBurst(moderate)...)
		t.Elapse(step)
	}
	took := time.Since(began)
	c.Gone()
	t.Expect(took).To(BeNumerically(">=", lasts-window), "how long ten times the limit went on before the end")
	t.Flush(control)
	t.Expect(isGone(control)).To(BeFalse(), "a socket at three times the limit is disconnected")
	t.Coverage.Limit(contract.LimitRateAbuse)
}

func isGone(c *kit.Client) bool {
	for _, h := range c.Log() {
		if h.On == "disconnect" {
			return true
		}
	}
	return false
}
