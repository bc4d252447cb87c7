package kit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Try is Call where the backend may end meanwhile: the error says that no
// acknowledgement came. One that comes is judged as ever. ctx bounds the wait.
func (c *Client) Try(ctx context.Context, event string, args ...any) (Answer, error) {
	t := c.t
	t.Coverage.ClientEvent(event)
	got, err := c.Ask(ctx, event, args...)
	if err != nil {
		t.note(time.Now(), c.who, "-", event+": "+err.Error())
		return Answer{}, fmt.Errorf("%s: %w", event, err)
	}
	if err := t.Judge.CheckAck(event, got); err != nil {
		t.Fatalf("the acknowledgement of %s breaks the contract: %v", event, err)
	}
	a := answer(t, got[0])
	t.Coverage.Ack(event, a.Success)
	if a.Code != "" {
		t.Coverage.Code(a.Code)
	}
	return a, nil
}

// AckOrder returns the ids of the acknowledgements in the order in which they
// came. A client counts them up in the order in which it sent the events.
func (c *Client) AckOrder() []int64 {
	var ids []int64
	for _, h := range c.Log() {
		if h.On == "ack_packet" {
			ids = append(ids, h.Ack)
		}
	}
	return ids
}

// Order returns the names of events in the order in which they came, of all
// those that match.
func (c *Client) Order(match func(event string, payload json.RawMessage) bool) []string {
	var names []string
	for _, h := range c.Log() {
		var payload json.RawMessage
		if len(h.Args) > 0 {
			payload = h.Args[0]
		}
		if h.On == "event" && match(h.Event, payload) {
			names = append(names, h.Event)
		}
	}
	return names
}

// Sees waits for an event that matches, also one that has come and was returned
// before, and leaves what Next returns as it is.
func (c *Client) Sees(event string, match func(payload json.RawMessage) bool) {
	if _, err := c.Await(c.t.Patient(), event, match); err != nil {
		c.t.Fatalf("no such event %s: %v", event, err)
	}
}
