package soak

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/parlance-dev/parlance/sio"
)

// deed is something that clients do, so often among all, and how it is answered.
type deed struct {
	share   int
	event   string
	payload func(c *client) any
	code    string // of the failure; "": success
}

// deeds are what clients do.
func deeds() []deed {
	room := func(c *client) any { return map[string]any{"room": fmt.Sprintf("room-%d", c.random.IntN(20))} }
	return []deed{
		{25, "ping", func(*client) any { return map[string]any{"timestamp": 1} }, ""},
		{35, "send_message", (*client).toSomeone, ""},
		{10, "join_room", room, ""},
		{10, "leave_room", room, ""},
		{10, "user_action", func(c *client) any {
			return map[string]any{"action": "click", "data": map[string]any{"n": c.random.IntN(1000)}}
		}, ""},
		{4, "send_message", func(*client) any { return map[string]any{"to": "x", "content": ""} }, "VALIDATION_ERROR"},
		{3, "join_room", func(*client) any { return map[string]any{"room": "admins"} }, "FORBIDDEN"},
		{3, "nonsense", func(*client) any { return nil }, "UNKNOWN_EVENT"},
	}
}

// toSomeone is a message to any of the users.
func (c *client) toSomeone() any {
	text := make([]byte, 1+c.random.IntN(400))
	for i := range text {
		text[i] = byte('a' + c.random.IntN(26))
	}
	return map[string]any{"to": userName(2 * c.random.IntN(c.run.users)), "content": string(text)}
}

// act does one thing and checks the answer.
func (c *client) act() {
	list := deeds()
	n := 0
	for _, d := range list {
		n += d.share
	}
	n = c.random.IntN(n)
	for _, d := range list {
		if n -= d.share; n < 0 {
			c.do(d)
			return
		}
	}
}

// answer is what any acknowledgement may hold.
type answer struct {
	Success   bool
	Code      string
	MessageID string
}

func (c *client) do(d deed) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	payload := d.payload(c)
	raw, err := json.Marshal(payload)
	if err != nil {
		c.run.fault("%s: %v", d.event, err)
		return
	}
	got, err := c.socket.EmitAck(ctx, d.event, sio.Payload{Args: []json.RawMessage{raw}})
	var a answer
	if err == nil && len(got.Args) == 1 {
		err = json.Unmarshal(got.Args[0], &a)
	}
	switch {
	case err != nil:
		c.run.fault("%s: %s: %v", c.user, d.event, err)
	case a.Success != (d.code == "") || a.Code != d.code:
		c.run.fault("%s: %s: answered %s", c.user, d.event, got.Args)
	default:
		c.run.count(d.event + orCode(d.code))
	}
	if m, ok := payload.(map[string]any); ok && a.MessageID != "" {
		c.run.acknowledged(m["to"].(string), a.MessageID)
	}
}

func orCode(code string) string {
	if code == "" {
		return ""
	}
	return " " + code
}
