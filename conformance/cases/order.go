package cases

import (
	"encoding/json"
	"fmt"
	"slices"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

// ordered are the cases of the order of events.
func ordered() []kit.Case {
	const section = sectionClientEvents
	return []kit.Case{
		{
			ID: "messages/order-delivery", Section: section,
			Contract: "events of one socket are handled in the order in which they were sent: messages arrive in it",
			Run: func(t *kit.T) {
				ada, bob := t.ConnectUser(t.User()), t.ConnectUser(t.User())
				var burst [][]any
				var want []string
				for i := range 10 {
					want = append(want, fmt.Sprint(i))
					burst = append(burst, []any{"send_message", letter(bob.User, want[i])})
				}
				t.Must(ada.Burst(t.Patient(), burst))
				for i := range burst {
					t.Expect(next(t, bob).Content).To(Equal(want[i]), "message %d of 10 sent at once", i)
				}
			},
		},
		{
			ID: "messages/order-acks", Section: section,
			Contract: "events of one socket are handled in the order in which they were sent: so are they acknowledged",
			Run:      ackOrder,
		},
		{
			ID: "messages/order-answers", Section: section,
			Contract: "events of one socket are handled in the order in which they were sent: pongs and failures come in it",
			Run:      answerOrder,
		},
		{
			ID: "messages/order-stored", Section: section,
			Contract: "messages of one socket are stored in the order in which they were sent",
			Run: func(t *kit.T) {
				ada, bob := t.ConnectUser(t.User()), t.User()
				var burst [][]any
				for i := range 9 {
					burst = append(burst, []any{"send_message", letter(bob, fmt.Sprint(i))})
				}
				t.Must(ada.Burst(t.Patient(), burst))
				ada.Sync()
				back := missedAll(t, bob)
				for i := range burst {
					t.Expect(next(t, back).Content).To(Equal(fmt.Sprint(i)), "message %d of the replay", i)
				}
			},
		},
	}
}

// ackOrder sends events of every kind in one go, quick ones and those that are
// stored, with acknowledgement ids of its own: clients that are asked for several
// acknowledgements at once need not send the events in that order.
func ackOrder(t *kit.T) {
	c, to := t.ConnectUser(t.User()), t.User()
	events := []string{
		`["send_message",{"to":"` + to + `","content":"x"}]`, `["ping"]`, `["user_action",{"action":"a"}]`,
		`["join_room",{"room":"` + t.Room() + `"}]`, `["send_message",{}]`,
	}
	const first = 100
	var want []int64
	for i := range 9 {
		want = append(want, int64(first+i))
		t.Must(c.Raw(t.Patient(), fmt.Sprintf("2%d%s", want[i], events[i%len(events)])))
	}
	c.Sync()
	order := slices.DeleteFunc(c.AckOrder(), func(id int64) bool { return id < first })
	t.Expect(order).To(Equal(want), "the ids of acknowledgements, in the order in which they came")
}

// answerOrder mixes events that are told at once with those that are stored
// first, without acknowledgements.
func answerOrder(t *kit.T) {
	c, to := t.ConnectUser(t.User()), t.User()
	t.Must(c.Burst(t.Patient(), [][]any{
		{"send_message", letter(to, "x")},
		{"ping"},
		{"user_action", fields{"action": ""}},
		{"user_action", fields{"action": "a"}},
		{"ping", nil},
		{"no_such_event"},
		{"ping", fields{}},
		{"join_room", room("admins")},
	}))
	c.Sync()
	got := c.Order(func(event string, _ json.RawMessage) bool { return event == "pong" || event == "error" })
	t.Expect(got).To(Equal([]string{"pong", "error", "pong", "error", "pong", "error", "pong"}), "answers to ping, bad, ping, unknown, ping, forbidden, and ping")
	var codes []string
	for _, payload := range c.Payloads("error") {
		codes = append(codes, kit.Decode[kit.Answer](t, payload).Code)
	}
	t.Expect(codes).To(Equal([]string{"VALIDATION_ERROR", "UNKNOWN_EVENT", "FORBIDDEN"}), "codes of the failures in the order of the events")
}
