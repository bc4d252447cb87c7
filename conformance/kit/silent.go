package kit

import (
	"bytes"
	"encoding/json"
)

// Silent proves that clients do not get what they must not get: it sends each
// of them a message from a client of its own, waits until it has arrived, and
// looks at what came before. match says for an event whether it is one that
// must not have come.
func (t *T) Silent(event string, match func(payload json.RawMessage) bool, clients ...*Client) {
	t.Flush(clients...)
	for _, c := range clients {
		for _, payload := range c.Payloads(event) {
			if match == nil || match(payload) {
				t.Fatalf("%s got %s %s, which is not for it", c.who, event, payload)
			}
		}
	}
}

// Flush returns once each client has got a message that was sent after all that
// had happened before the call: whatever else was for it has come by then.
func (t *T) Flush(clients ...*Client) {
	control := t.ConnectUser(t.Name("control"))
	for i, c := range clients {
		if i%8 == 7 { // below the limit of one socket
			control = t.ConnectUser(t.Name("control"))
		}
		content := t.Name("control")
		control.OK("send_message", map[string]any{"to": c.User, "content": content})
		c.await(content)
	}
}

// await waits for a message, without taking it from those that Next returns.
func (c *Client) await(content string) {
	_, err := c.Await(c.t.Patient(), "new_message", Containing(content))
	if err != nil {
		c.t.Fatalf("a message to %s did not arrive: %v", c.who, err)
	}
}

// Containing matches payloads that hold a text, such as a user's id.
func Containing(text string) func(json.RawMessage) bool {
	return func(payload json.RawMessage) bool { return bytes.Contains(payload, []byte(text)) }
}
