package driver

import (
	"context"
	"encoding/json"
	"fmt"
)

// Await returns the first argument of the first event of that name for which
// match is true, also of one that Next has returned, and leaves what Next returns
// as it is.
func (c *Client) Await(ctx context.Context, event string, match func(json.RawMessage) bool) (json.RawMessage, error) {
	h, err := c.wait(ctx, func(h Happening) bool {
		return h.On == "event" && h.Event == event && len(h.Args) > 0 && match(h.Args[0])
	})
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", event, err)
	}
	return h.Args[0], nil
}
