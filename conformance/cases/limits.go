package cases

import (
	"fmt"
	"time"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

const (
	limitsSection = "7 Limits"
	slowDown      = "Too many requests, please slow down"
	// perWindow is how many events of a socket are handled in a window.
	perWindow = kit.WindowEvents
	window    = kit.Window
	// behind is how much later than a window's end this side may be sure of it.
	behind = 200 * time.Millisecond
)

func limits() []kit.Case {
	all := append(bursts(), windows()...)
	return append(all, append(whatCounts(), connectionLimits()...)...)
}

// bursts are what a burst on a fresh socket comes to.
func bursts() []kit.Case {
	return []kit.Case{
		{
			ID: "limits/burst", Section: limitsSection,
			Contract: "30 pings in a burst on a fresh socket give exactly 10 pongs",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				c.Fire(pingBurst(30)...)
				wantPongs(t, c, perWindow)
				t.Coverage.Limit("rateLimit")
			},
		},
		{
			ID: "limits/told", Section: limitsSection,
			Contract: "an event over the limit is told by rate_limit_exceeded {message, limit: 10, windowMs: 1000, retryAfterMs}",
			Run:      limitTold,
		},
		{
			ID: "limits/told-once", Section: limitsSection,
			Contract: "rate_limit_exceeded comes at most once a window",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				c.Fire(pingBurst(30)...)
				c.Next("rate_limit_exceeded")
				t.Flush(c)
				t.Expect(c.Payloads("rate_limit_exceeded")).To(HaveLen(1), "events rate_limit_exceeded of one window")
			},
		},
		{
			ID: "limits/told-alone", Section: limitsSection,
			Contract: "rate_limit_exceeded goes to the socket that sent too much only, and no event error says the same",
			Run: func(t *kit.T) {
				user := t.User()
				c, tab, other := t.ConnectUser(user), t.ConnectUser(user), t.ConnectUser(t.User())
				c.Fire(pingBurst(12)...)
				c.Next("rate_limit_exceeded")
				t.Silent("rate_limit_exceeded", nil, tab, other)
				t.Silent("error", nil, c)
				t.Coverage.Audience("rate_limit_exceeded to socket")
			},
		},
		{
			ID: "limits/stays", Section: limitsSection,
			Contract: "a socket that sends too much in one window stays connected",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				c.Fire(pingBurst(30)...)
				c.Next("rate_limit_exceeded")
				t.Flush(c) // a message still arrives
			},
		},
		{
			ID: "limits/ack", Section: limitsSection,
			Contract: "an event over the limit with a callback is answered RATE_LIMITED, exactly once",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				wantLimited(t, c.Volley("ping", repeat(14)...), 4)
			},
		},
		{
			ID: "limits/unhandled", Section: limitsSection,
			Contract: "the 11th event and on within the window are dropped unhandled",
			Run:      limitUnhandled,
		},
	}
}

// pingBurst are the events of a burst; each differs, so that they can be told apart
// in a trace.
func pingBurst(n int) [][]any {
	events := make([][]any, n)
	for i := range events {
		events[i] = []any{"ping", fields{"timestamp": i}}
	}
	return events
}

func repeat(n int) []any {
	payloads := make([]any, n)
	for i := range payloads {
		payloads[i] = fields{"timestamp": i}
	}
	return payloads
}

// wantPongs waits for n pongs, and makes sure that there are no more of them.
func wantPongs(t *kit.T, c *kit.Client, n int) {
	for range n {
		c.Next("pong")
	}
	t.Flush(c)
	t.Expect(c.Payloads("pong")).To(HaveLen(n), "pongs")
}

// wantLimited wants all but the last n answers to be successes, in any order.
func wantLimited(t *kit.T, answers []kit.Answer, n int) {
	limited := 0
	for _, a := range answers {
		if a.Success {
			continue
		}
		limited++
		t.Expect(a.Code).To(Equal("RATE_LIMITED"), "answer to an event over the limit: %s", a.Raw)
		t.Expect(a.Error).To(Equal(slowDown), "text of RATE_LIMITED")
	}
	t.Expect(limited).To(Equal(n), "answers RATE_LIMITED to %d events at once", len(answers))
}

type limitExceeded struct {
	Message      string  `json:"message"`
	Limit        int     `json:"limit"`
	WindowMs     int     `json:"windowMs"`
	RetryAfterMs float64 `json:"retryAfterMs"`
}

func limitTold(t *kit.T) {
	c := t.ConnectUser(t.User())
	c.Fire(pingBurst(12)...)
	told := kit.Decode[limitExceeded](t, c.Next("rate_limit_exceeded"))
	t.Expect(told.Message).To(Equal(slowDown))
	t.Expect(told.Limit).To(Equal(perWindow), "limit")
	t.Expect(told.WindowMs).To(Equal(1000), "windowMs")
	t.Expect(told.RetryAfterMs).To(And(BeNumerically(">=", 0), BeNumerically("<=", 1000)), "retryAfterMs")
	t.Expect(told.RetryAfterMs).To(Equal(float64(int(told.RetryAfterMs))), "retryAfterMs is whole milliseconds")
}

// limitUnhandled sends messages, since what becomes of them can be seen.
func limitUnhandled(t *kit.T) {
	c, to := t.ConnectUser(t.User()), t.ConnectUser(t.User())
	payloads := make([]any, 14)
	for i := range payloads {
		payloads[i] = fields{"to": to.User, "content": fmt.Sprintf("message %d", i)}
	}
	answers := c.Volley("send_message", payloads...)
	wantLimited(t, answers, 4)
	t.Flush(to)
	var stored, delivered []any
	for _, a := range answers {
		if a.Success {
			stored = append(stored, a.Fields()["messageId"])
		}
	}
	for _, raw := range to.Payloads("new_message") {
		if message := kit.Decode[fields](t, raw); message["from"] == c.User {
			delivered = append(delivered, message["id"])
		}
	}
	t.Expect(delivered).To(ConsistOf(stored), "messages delivered, of 14 sent at once")
}

// whatCounts are which events count towards whose limit.
func whatCounts() []kit.Case {
	return []kit.Case{
		{
			ID: "limits/counts-invalid", Section: limitsSection,
			Contract: "events with an invalid payload count, too",
			Run:      counts("join_room", fields{"room": ""}),
		},
		{
			ID: "limits/counts-unknown", Section: limitsSection,
			Contract: "unknown events count, too",
			Run:      counts("no_such_event", fields{}),
		},
		{
			ID: "limits/counts-all", Section: limitsSection,
			Contract: "events of all names count together",
			Run: func(t *kit.T) {
				c, name := t.ConnectUser(t.User()), t.Room()
				events := [][]any{{"join_room", room(name)}, {"user_action", fields{"action": "a"}}, {"leave_room", room(name)}, {"send_message", fields{"to": c.User, "content": "to myself"}}}
				c.Fire(append(events, pingBurst(8)...)...)
				wantPongs(t, c, perWindow-len(events))
			},
		},
		{
			ID: "limits/per-socket", Section: limitsSection,
			Contract: "the limit is a socket's: two sockets of one user have one each",
			Run: func(t *kit.T) {
				user := t.User()
				c, tab := t.ConnectUser(user), t.ConnectUser(user)
				c.Fire(pingBurst(perWindow)...)
				tab.Fire(pingBurst(perWindow)...)
				for _, each := range []*kit.Client{c, tab} {
					wantPongs(t, each, perWindow)
					t.Expect(each.Payloads("rate_limit_exceeded")).To(BeEmpty(), "events rate_limit_exceeded after 10 events on a socket")
				}
			},
		},
		{
			ID: "limits/others", Section: limitsSection,
			Contract: "who sends too much takes nothing from another user's limit",
			Run: func(t *kit.T) {
				c, other := t.ConnectUser(t.User()), t.ConnectUser(t.User())
				c.Fire(pingBurst(30)...)
				other.Fire(pingBurst(perWindow)...)
				c.Next("rate_limit_exceeded")
				wantPongs(t, other, perWindow)
				t.Expect(other.Payloads("rate_limit_exceeded")).To(BeEmpty(), "events rate_limit_exceeded after 10 events of a user")
			},
		},
	}
}

// counts sends a window full of events that fail, and finds it full.
func counts(event string, payload any) func(t *kit.T) {
	return func(t *kit.T) {
		c := t.ConnectUser(t.User())
		var events [][]any
		for range perWindow {
			events = append(events, []any{event, payload})
		}
		c.Fire(append(events, []any{"ping", fields{}})...)
		c.Next("rate_limit_exceeded")
		for range perWindow {
			c.Failure()
		}
		t.Silent("pong", nil, c)
	}
}
