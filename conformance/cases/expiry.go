package cases

import (
	"time"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

const (
	// life is how long the tokens of these cases are good for. A NumericDate
	// has whole seconds, so it may be nearly one less.
	life = 3 * time.Second
	// late is how much later than the contract says an end may be seen: the
	// machine of a run may be busy.
	late = 3 * time.Second
	// early is how far the clocks of suite and backend may be apart.
	early = 500 * time.Millisecond
)

// expiry are cases of tokens that end while their sockets are connected. Each
// tries all clients side by side, since each takes its time.
func expiry() []kit.Case {
	return []kit.Case{
		{
			ID: "auth/expiry-told", Section: authSection, Scope: kit.Once, Labels: []string{"slow"},
			Contract: "a token that expires while its socket is connected: the server emits error {code: AUTH_TOKEN_EXPIRED}, not before",
			Run: func(t *kit.T) {
				all, exp := expiring(t)
				for _, c := range all {
					t.Expect(c.Failure().Code).To(Equal(expired), "code of the event error at the end of a token")
					t.Expect(time.Now()).To(BeTemporally(">=", exp.Add(-early)), "when the end of a token is told")
				}
			},
		},
		{
			ID: "auth/expiry-disconnects", Section: authSection, Scope: kit.Once, Labels: []string{"slow"},
			Contract: "a token that expires while its socket is connected: that socket is disconnected within 1 s, and no other one of its user",
			Run: func(t *kit.T) {
				all, exp := expiring(t)
				tab := t.ConnectUser(all[0].User)
				for _, c := range all {
					c.Gone()
					t.Expect(time.Now()).To(BeTemporally("<=", exp.Add(time.Second+late)), "when the socket of an expired token ends")
					t.Expect(time.Now()).To(BeTemporally(">=", exp.Add(-early)), "when the socket of an expired token ends")
				}
				tab.Sync()
				t.Expect(tab.Payloads("error")).To(BeEmpty(), "events error to a socket whose token is good")
			},
		},
	}
}

// expiring connects on every cell with tokens of one end, and finds each socket
// well.
func expiring(t *kit.T) ([]*kit.Client, time.Time) {
	exp := time.Now().Add(life).Truncate(time.Second)
	var all []*kit.Client
	for _, cell := range t.Cells {
		c := t.On(cell).Connect(kit.Claims{"userId": t.User(), "exp": exp.Unix()})
		c.Sync()
		all = append(all, c)
	}
	return all, exp
}
