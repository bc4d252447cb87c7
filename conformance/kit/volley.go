package kit

import (
	"encoding/json"
	"sync"
)

// Fire sends events in one go, without asking for acknowledgements; each is a
// name and its arguments.
func (c *Client) Fire(events ...[]any) {
	c.t.Must(c.Burst(c.t.Patient(), events))
}

// Volley sends an event once for each payload, without waiting for one answer
// before the next is sent, and returns the answers by payload. In which order
// the events leave is not said.
func (c *Client) Volley(event string, payloads ...any) []Answer {
	t, ctx := c.t, c.t.Patient()
	got, errs := make([][]json.RawMessage, len(payloads)), make([]error, len(payloads))
	var all sync.WaitGroup
	for i, payload := range payloads {
		all.Go(func() { got[i], errs[i] = c.Ask(ctx, event, payload) })
	}
	all.Wait()
	answers := make([]Answer, len(payloads))
	for i, args := range got {
		if errs[i] != nil {
			t.Fatalf("%s: no acknowledgement: %v", event, errs[i])
		}
		if err := t.Judge.CheckAck(event, args); err != nil {
			t.Fatalf("the acknowledgement of %s breaks the contract: %v", event, err)
		}
		answers[i] = answer(t, args[0])
		t.Coverage.ClientEvent(event)
		t.Coverage.Ack(event, answers[i].Success)
		if answers[i].Code != "" {
			t.Coverage.Code(answers[i].Code)
		}
	}
	return answers
}
