package cases

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/contract"
	"github.com/parlance-dev/parlance/conformance/driver"
	"github.com/parlance-dev/parlance/conformance/kit"
)

// The sections of a contract that the suite knows as a document only.
const (
	sectionConnection = "1 Connection"
	sectionEvents     = "2 Client events"
	sectionErrors     = "3 Failures"
	sectionBounds     = "4 Limits"
)

// document makes all cases from the document alone.
func document(c *contract.Contract) []kit.Case {
	return slices.Concat(connection(c), validation(c, sectionEvents), senders(c), unknowns(c), bounds(c))
}

// connection is about who is let in. The codes are those of the runtime's own
// tokens; of others that a contract has, its document does not say how they come.
func connection(c *contract.Contract) []kit.Case {
	all := []kit.Case{{
		ID: "connection/accepted", Section: sectionConnection, Contract: "who may connect is connected, and stays",
		Run: func(t *kit.T) {
			first, second := t.Enter(""), t.Enter("")
			first.Call(unknown)
			second.Call(unknown)
			first.Leave()
			second.Call(unknown)
		},
	}}
	for _, r := range c.Refusals {
		token, ok := badToken(r.Code)
		if !ok {
			continue
		}
		all = append(all, kit.Case{
			ID: "connection/" + strings.ToLower(strings.ReplaceAll(r.Code, "_", "-")), Section: sectionConnection,
			Contract: fmt.Sprintf("%s is refused with %s: %s", r.When, r.Code, r.Message),
			Run:      func(t *kit.T) { turnedAway(t, r, token(t)) },
		})
	}
	return all
}

// turnedAway connects with an auth payload and wants the refusal.
func turnedAway(t *kit.T, want contract.Refusal, auth any) {
	got := t.Refused(func(o *driver.DialOptions) { o.Auth = auth })
	t.Expect(got.Code()).To(Equal(want.Code), "code of the refusal: %s", got)
	t.Expect(got.Message).To(Equal(want.Message), "message of the refusal")
}

// badToken returns what makes an auth payload that is refused with the code.
func badToken(code string) (func(*kit.T) any, bool) {
	switch code {
	case "AUTH_TOKEN_REQUIRED":
		return func(*kit.T) any { return fields{} }, true
	case "AUTH_TOKEN_INVALID":
		return func(t *kit.T) any {
			return fields{"token": t.Sign(jwt.SigningMethodHS256, []byte("a secret that is not the backend's own"), kit.Claims{"userId": t.User()})}
		}, true
	case "AUTH_TOKEN_EXPIRED":
		return func(t *kit.T) any {
			if t.Backend.Secret() == "" || t.Auth != nil {
				t.Skip("the suite makes no tokens here (--jwt-secret)")
			}
			return fields{"token": t.Token(kit.Claims{"userId": t.User(), "exp": time.Now().Add(-time.Hour).Unix()})}
		}, true
	}
	return nil, false
}

// senders is about the roles that may send an event.
func senders(c *contract.Contract) []kit.Case {
	var all []kit.Case
	for _, e := range c.ClientEvents {
		others := slices.DeleteFunc(slices.Clone(c.Roles), func(role string) bool { return slices.Contains(e.Roles, role) })
		if len(e.Roles) == 0 || len(others) == 0 || e.Ack == nil || len(e.Examples) == 0 {
			continue
		}
		all = append(all, kit.Case{
			ID: "roles/" + e.Name, Section: sectionEvents,
			Contract: fmt.Sprintf("%s is for %s only", e.Name, strings.Join(e.Roles, ", ")),
			Run: func(t *kit.T) {
				if t.Backend.Secret() == "" || t.Auth != nil {
					t.Skip("the suite makes no tokens here (--jwt-secret)")
				}
				for _, role := range others {
					t.Enter(role).Fails("FORBIDDEN", e.Name, e.Examples[0])
				}
			},
		})
	}
	return all
}

// unknowns is about events that the document does not have.
func unknowns(c *contract.Contract) []kit.Case {
	const code = "UNKNOWN_EVENT"
	if !slices.Contains(c.ErrorCodes(), code) {
		return nil
	}
	all := []kit.Case{{
		ID: "failures/unknown-event", Section: sectionErrors, Contract: "an event that the document does not have fails with " + code,
		Run: func(t *kit.T) {
			client := t.Enter("")
			client.Fails(code, unknown)
			client.Fails(code, unknown, fields{"a": 1}, "b")
		},
	}}
	if c.ErrorEvent == "" {
		return all
	}
	return append(all, kit.Case{
		ID: "failures/unknown-event-told", Section: sectionErrors,
		Contract: "an event that the document does not have, sent without a callback, is told by the event " + c.ErrorEvent,
		Run: func(t *kit.T) {
			client := t.Enter("")
			client.Send(unknown)
			a := kit.Decode[kit.Answer](t, client.Next(c.ErrorEvent))
			t.Expect(a.Code).To(Equal(code), "code of the event %s", c.ErrorEvent)
			t.Expect(a.Event).To(Equal(unknown), "event of the event %s", c.ErrorEvent)
		},
	})
}

// bounds is about the numbers that hold for every socket.
func bounds(c *contract.Contract) []kit.Case {
	var all []kit.Case
	// more than that would measure the machine
	const most = 500
	if n := c.RateLimit.Events; n > 0 && n <= most && c.RateLimit.Window >= time.Second {
		all = append(all, kit.Case{
			ID: "limits/rate", Section: sectionBounds,
			Contract: fmt.Sprintf("a socket may send %d events in %s, those beyond fail with RATE_LIMITED", n, c.RateLimit.Window),
			Run:      func(t *kit.T) { rate(t, c) },
		})
	}
	if n := c.MaxPayloadBytes; n > 0 && n <= 16<<20 {
		all = append(all, kit.Case{
			ID: "limits/payload", Section: sectionBounds,
			Contract: fmt.Sprintf("a packet of more than %d bytes closes its connection, and no other", n),
			Run: func(t *kit.T) {
				client, other := t.Enter(""), t.Enter("")
				client.Send(unknown, strings.Repeat("x", n))
				client.Gone()
				other.Call(unknown)
				t.Coverage.Limit(contract.LimitMaxPayload)
			},
		})
	}
	return all
}

// rate sends twice what a window allows, on a socket that nobody else uses.
func rate(t *kit.T, c *contract.Contract) {
	n := c.RateLimit.Events
	client := t.Enter("")
	limited := 0
	for _, a := range client.Volley(unknown, make([]any, 2*n+1)...) {
		if a.Code == "RATE_LIMITED" {
			limited++
		}
	}
	t.Expect(limited).To(And(BeNumerically(">", 0), BeNumerically("<=", n+1)), "events of %d that were limited", 2*n+1)
	if c.RateLimit.Event != "" {
		quiet := make([][]any, 2*n+1)
		for i := range quiet {
			quiet[i] = []any{unknown}
		}
		silent := t.Enter("")
		silent.Fire(quiet...)
		silent.Next(c.RateLimit.Event)
	}
	t.Coverage.Limit(contract.LimitRate)
}
