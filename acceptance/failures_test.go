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

// wrongType is a payload that a type alone is wrong in.
type wrongType struct {
	event string
	args  []any
	where string // details, as a "path keyword" line
}

// wrongTypes: the contract lets a backend name what else they break; ours names
// nothing else.
func wrongTypes() []wrongType {
	type m = map[string]any
	message := func(name string, value any) []any {
		p := m{"to": "u2", "content": "hi"}
		p[name] = value
		return []any{p}
	}
	return []wrongType{
		{"ping", []any{m{"timestamp": "1"}}, "/timestamp type"},
		{"ping", []any{m{"timestamp": 1.5}}, "/timestamp type"},
		{"ping", []any{"now"}, " type"},
		{"ping", []any{[]any{}}, " type"},
		{"join_room", []any{nil}, " type"},
		{"join_room", []any{"lobby"}, " type"},
		{"join_room", []any{m{"room": 1}}, "/room type"},
		{"join_room", []any{m{"room": nil}}, "/room type"},
		{"join_room", []any{m{"room": []any{"a"}}}, "/room type"},
		{"join_room", []any{m{"room": m{"toString": "x"}}}, "/room type"},
		{"leave_room", []any{m{"room": true}}, "/room type"},
		{"user_action", []any{m{"action": 1}}, "/action type"},
		{"user_action", []any{m{"action": "a", "data": []any{}}}, "/data type"},
		{"user_action", []any{m{"action": "a", "data": nil}}, "/data type"},
		{"user_action", []any{m{"action": "a", "data": "{}"}}, "/data type"},
		{"send_message", []any{nil}, " type"},
		{"send_message", message("to", 1), "/to type"},
		{"send_message", message("content", 1), "/content type"},
		{"send_message", message("type", nil), "/type type"},
		{"send_message", message("clientOffset", 7), "/clientOffset type"},
	}
}

// TestDetailsOfWrongTypes: each is one violation, told with and without a callback,
// and the text says it.
func TestDetailsOfWrongTypes(t *testing.T) {
	overCells(t, func(t *testing.T, cell cell) {
		d := cell.dialer(transports()[0], cell.server)
		var c *client
		for i, tt := range wrongTypes() {
			if i%5 == 0 { // a socket has ten events a second
				c = d.connect(t, claims{"userId": user(t)})
			}
			acked := decode[failure](t, c.call(tt.event, tt.args...))
			if acked.Code != "VALIDATION_ERROR" || acked.where() != tt.where {
				t.Errorf("%s %v: acknowledged with %+v, want details %s", tt.event, tt.args, acked, tt.where)
				continue
			}
			want := acked.Details[0].Message
			if path := acked.Details[0].Path; path != "" {
				want = strings.TrimPrefix(path, "/") + ": " + want
			}
			c.send(tt.event, tt.args...)
			told := decode[failure](t, c.next("error"))
			if acked.Error != want || told.Message != want || told.Event != tt.event || told.where() != tt.where {
				t.Errorf("%s %v: acknowledged with %q, event error %+v, want %q", tt.event, tt.args, acked.Error, told, want)
			}
		}
	})
}
