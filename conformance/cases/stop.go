package cases

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

// stop are the cases that end the backend and start it again, and those that
// fill its store. They come last.
func stop() []kit.Case { return slices.Concat(kills(), terminations(), fullStore()) }

// power is the backend's switch, for one case.
type power struct {
	t  *kit.T
	on bool
}

// switchOf returns the switch of a backend that is on, and sees to it that it is
// on again when the case is over, however that ends.
func switchOf(t *kit.T) *power {
	p := &power{t: t, on: true}
	t.Cleanup(func() {
		if !p.on {
			// It may be on its way down, or may not want to go.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), startPatience)
			defer cancel()
			_ = t.Control.Kill(ctx) // it may be gone already
			t.Must(t.Control.Start(ctx))
		}
	})
	return p
}

// startPatience is how long a backend may take to start.
const startPatience = 30 * time.Second

// kill ends the backend at once.
func (p *power) kill() {
	p.on = false
	p.t.Must(p.t.Control.Kill(p.t.Patient()))
}

// start starts it again.
func (p *power) start() {
	ctx, cancel := context.WithTimeout(p.t.Context(), startPatience)
	defer cancel()
	p.t.Must(p.t.Control.Start(ctx))
	p.on = true
}

// ask asks it to end.
func (p *power) ask() {
	p.on = false
	p.t.Must(p.t.Control.Signal(p.t.Patient()))
}

// stopPatience is how long a backend that is asked to end may take. The contract
// leaves it open; whoever runs one kills it after 10 s, as Docker does.
const stopPatience = 10 * time.Second

// ended waits until it has ended by itself, and returns its exit code.
func (p *power) ended() int {
	ctx, cancel := context.WithTimeout(p.t.Context(), stopPatience)
	defer cancel()
	exit, err := p.t.Control.Wait(ctx)
	if err != nil {
		p.t.Fatalf("the backend has not ended %s after SIGTERM: %v", stopPatience, err)
	}
	return exit
}

// terminations are the cases of a backend that is asked to end.
func terminations() []kit.Case {
	needs, labels := []kit.Need{kit.NeedControl}, []string{"slow"}
	return []kit.Case{
		{
			ID: "stop/exit", Section: sectionStop, Scope: kit.Once, Needs: needs, Labels: labels,
			Contract: "SIGTERM ends the backend with exit code 0 while clients are connected",
			Run: func(t *kit.T) {
				p := switchOf(t)
				everywhere(t, kit.Claims{"userId": t.User()})
				p.ask()
				t.Expect(p.ended()).To(Equal(0), "exit code after SIGTERM")
				p.start()
			},
		},
		{
			ID: "stop/disconnects", Section: sectionStop, Scope: kit.Once, Needs: needs, Labels: labels,
			Contract: "SIGTERM disconnects every client, and who comes back after the start is let in",
			Run: func(t *kit.T) {
				p := switchOf(t)
				clients := everywhere(t, kit.Claims{"userId": t.User()})
				p.ask()
				for _, c := range clients {
					c.Gone()
				}
				p.ended()
				p.start()
				everywhere(t, kit.Claims{"userId": clients[0].User})
			},
		},
		{
			ID: "stop/acknowledged", Section: sectionStop, Scope: kit.Once, Needs: needs, Labels: labels,
			Contract: "what was acknowledged while the backend went down on SIGTERM is stored",
			Run: func(t *kit.T) {
				l := newLedger(t)
				l.terminated(t)
				l.check(t, l.replay(t))
			},
		},
		{
			ID: "stop/answered", Section: sectionStop, Scope: kit.Once, Needs: needs, Labels: labels,
			Contract: "an acknowledgement is always called: what the backend has stored when SIGTERM ends it, it has acknowledged",
			Run:      answered,
		},
		{
			ID: "stop/not-ready", Section: "8 HTTP", Scope: kit.Once, Needs: needs, Labels: labels,
			Contract: "GET /readyz answers 503 while the backend drains",
			Run:      notReady,
		},
	}
}

const sectionStop = "4 Client events"

// terminated asks the backend to end while messages are on their way, and starts
// it again.
func (l *ledger) terminated(t *kit.T) {
	p := switchOf(t)
	l.send(t, 12, func() {
		p.ask()
		p.ended()
	})
	p.start()
}

// notReady asks for readiness from SIGTERM on. The signal takes its time, and a
// backend with little to do may be gone before anybody can ask: what must not be
// is that it says that it is ready for ever, or again.
func notReady(t *kit.T) {
	p := switchOf(t)
	t.Expect(readiness(t)).To(Equal(http.StatusOK), "status of GET /readyz before SIGTERM")
	var seen []int
	l := newLedger(t)
	l.send(t, 4, func() {
		p.ask()
		for ctx := t.Patient(); ctx.Err() == nil; {
			status := readiness(t)
			seen = append(seen, status)
			if status == 0 {
				break
			}
		}
		p.ended()
	})
	t.Expect(seen[len(seen)-1]).To(Equal(0), "the backend is gone in the end: %v", slices.Compact(seen))
	for i, status := range slices.Compact(seen) {
		t.Expect(status).To(BeElementOf(http.StatusOK, http.StatusServiceUnavailable, 0), "status of GET /readyz after SIGTERM")
		t.Expect(status == http.StatusOK && i > 0).To(BeFalse(), "ready again after SIGTERM: %v", slices.Compact(seen))
	}
	t.Coverage.HTTP(getReadiness)
	p.start()
}

// readiness is the status of GET /readyz, 0 where nobody answers.
func readiness(t *kit.T) int {
	r, err := t.TryDo(kit.Request{Path: "/readyz"})
	if err != nil {
		return 0
	}
	return r.Status
}

// ledger is what senders were told, while the backend ended.
type ledger struct {
	to string

	mu sync.Mutex
	// tried are the messages that were sent, in each sender's order; told are
	// the acknowledgements of those that got one.
	tried map[string][]string
	told  map[string]stored // by content
}

func newLedger(t *kit.T) *ledger {
	return &ledger{to: t.User(), tried: map[string][]string{}, told: map[string]stored{}}
}

// send has senders send one message after the other, each with a clientOffset,
// and calls end as soon as the first messages were acknowledged. Whatever gets no
// answer because of that is left open.
func (l *ledger) send(t *kit.T, atOnce int, end func()) {
	const senders, each = 12, 9
	ctx, cancel := context.WithCancel(t.Patient())
	defer cancel()
	acknowledged := make(chan struct{}, senders*each)
	clients := make([]*kit.Client, senders)
	for i := range clients {
		clients[i] = t.ConnectUser(t.User())
	}
	parts := kit.Times(senders, func(i int) {
		for range each {
			if !l.one(t, ctx, clients[i]) {
				return
			}
			acknowledged <- struct{}{}
		}
	})
	t.Parallel(append(parts, func() {
		for range atOnce {
			select {
			case <-acknowledged:
			case <-ctx.Done():
				t.Fatalf("no %d messages are acknowledged", atOnce)
			}
		}
		end()
		cancel() // nobody will answer any more
	})...)
}

// one sends a message and says whether it was acknowledged.
func (l *ledger) one(t *kit.T, ctx context.Context, c *kit.Client) bool { //nolint:revive // t comes first
	content := t.Name("m")
	l.mu.Lock()
	l.tried[c.User] = append(l.tried[c.User], content)
	l.mu.Unlock()
	a, err := c.Try(ctx, "send_message", retry(l.to, content, content))
	if err != nil || !a.Success {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told[content] = kit.Decode[stored](t, a.Raw)
	return true
}

// replay returns all messages that are stored.
func (l *ledger) replay(t *kit.T) []message {
	c := missedAll(t, l.to)
	t.Flush(c)
	return slices.DeleteFunc(messagesOf(t, c), func(m message) bool { return l.tried[m.From] == nil })
}

// check wants all that was acknowledged to be among the stored: under the id that
// was told, once, and in the order of its sender; and nothing that was not sent.
func (l *ledger) check(t *kit.T, all []message) {
	var ids, was []string
	order := map[string][]string{}
	for _, m := range all {
		ids, was = append(ids, m.ID), append(was, m.Content)
		order[m.From] = append(order[m.From], m.Content)
		if told, ok := l.told[m.Content]; ok {
			t.Expect(m.ID).To(Equal(told.MessageID), "id of a stored message, beside that of its acknowledgement")
			t.Expect(m.Timestamp).To(Equal(told.Timestamp), "timestamp of a stored message, beside that of its acknowledgement")
		}
	}
	for content, told := range l.told {
		t.Expect(ids).To(ContainElement(told.MessageID), "ids of the stored messages: %s was acknowledged", content)
	}
	t.Expect(slices.Compact(slices.Sorted(slices.Values(was)))).To(HaveLen(len(was)), "stored messages, without doubles")
	for from, got := range order {
		sent := slices.DeleteFunc(slices.Clone(l.tried[from]), func(content string) bool { return !slices.Contains(got, content) })
		t.Expect(got).To(Equal(sent), "the stored messages of one sender, in their order")
	}
}
