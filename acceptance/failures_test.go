package acceptance

import (
	"strings"
	"testing"
)

// TestTextsOfFailures: the contract leaves words to the server; these are ours.
func TestTextsOfFailures(t *testing.T) {
	c := suite.first().dialer(transports()[0], suite.first().server).connect(t, claims{"userId": user(t)})
	for _, tt := range []struct {
		event   string
		payload any
		text    string
	}{
		{"send_message", map[string]any{"to": "u2", "content": strings.Repeat("x", 1001)}, "content: must be at most 1000 characters"},
		{"send_message", map[string]any{"to": "u2"}, "content: is required"},
		{"join_room", "lobby", "must be an object"},
		{"join_room", room("admins"), "Not allowed to join room admins"},
		{"leave_room", room("all_users"), "Not allowed to leave room all_users"},
	} {
		acked := decode[failure](t, c.call(tt.event, tt.payload))
		if acked.Error != tt.text {
			t.Errorf("%s %.40v: acknowledged with %q, want %q", tt.event, tt.payload, acked.Error, tt.text)
		}
	}
}
