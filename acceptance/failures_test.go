package acceptance

import (
	"strings"
	"testing"
)

// badPayload is a payload that the contract refuses.
type badPayload struct {
	name  string
	event string
	args  []any
	where string // details, as "path keyword" lines
}

func badPayloads() []badPayload {
	type m = map[string]any
	long := func(n int) string { return strings.Repeat("é", n) }
	message := func(change m) []any {
		p := m{"to": "u2", "content": "hi"}
		for k, v := range change {
			p[k] = v
		}
		return []any{p}
	}
	return []badPayload{
		{"timestamp is a string", "ping", []any{m{"timestamp": "1"}}, "/timestamp type"},
		{"timestamp is a fraction", "ping", []any{m{"timestamp": 1.5}}, "/timestamp type"},
		{"unknown property", "ping", []any{m{"x": 1}}, "/x additionalProperties"},
		{"a string", "ping", []any{"now"}, " type"},
		{"an array", "ping", []any{[]any{}}, " type"},
		{"two arguments", "ping", []any{m{}, m{}}, " maxItems"},

		{"nothing", "join_room", nil, " minItems"},
		{"null", "join_room", []any{nil}, " type"},
		{"a string", "join_room", []any{"lobby"}, " type"},
		{"two arguments", "join_room", []any{room("a"), room("b")}, " maxItems"},
		{"no room", "join_room", []any{m{}}, "/room required"},
		{"room is a number", "join_room", []any{m{"room": 1}}, "/room type"},
		{"room is null", "join_room", []any{m{"room": nil}}, "/room type"},
		{"room is an array", "join_room", []any{m{"room": []any{"a"}}}, "/room type"},
		{"room is an object with toString", "join_room", []any{m{"room": m{"toString": "x"}}}, "/room type"},
		{"blank in the room", "join_room", []any{room("a b")}, "/room pattern"},
		{"letter beyond ASCII in the room", "join_room", []any{room("é")}, "/room pattern"},
		{"new line after the room", "join_room", []any{room("a\n")}, "/room pattern"},
		{"unknown property", "join_room", []any{m{"room": "a", "force": true}}, "/force additionalProperties"},

		{"nothing", "leave_room", nil, " minItems"},
		{"no room", "leave_room", []any{m{}}, "/room required"},
		{"room is a boolean", "leave_room", []any{m{"room": true}}, "/room type"},
		{"slash in the room", "leave_room", []any{room("a/b")}, "/room pattern"},
		{"unknown property", "leave_room", []any{m{"room": "a", "a/b~c": 1}}, "/a~1b~0c additionalProperties"},

		{"nothing", "user_action", nil, " minItems"},
		{"no action", "user_action", []any{m{}}, "/action required"},
		{"empty action", "user_action", []any{m{"action": ""}}, "/action minLength"},
		{"long action", "user_action", []any{m{"action": long(101)}}, "/action maxLength"},
		{"action is a number", "user_action", []any{m{"action": 1}}, "/action type"},
		{"data is an array", "user_action", []any{m{"action": "a", "data": []any{}}}, "/data type"},
		{"data is null", "user_action", []any{m{"action": "a", "data": nil}}, "/data type"},
		{"data is a string", "user_action", []any{m{"action": "a", "data": "{}"}}, "/data type"},
		{"unknown property", "user_action", []any{m{"action": "a", "userId": "admin"}}, "/userId additionalProperties"},

		{"nothing", "send_message", nil, " minItems"},
		{"null", "send_message", []any{nil}, " type"},
		{"an empty object", "send_message", []any{m{}}, "/to required\n/content required"},
		{"to is a number", "send_message", message(m{"to": 1}), "/to type"},
		{"to is empty", "send_message", message(m{"to": ""}), "/to minLength"},
		{"to is long", "send_message", message(m{"to": long(129)}), "/to maxLength"},
		{"content is a number", "send_message", message(m{"content": 1}), "/content type"},
		{"content is empty", "send_message", message(m{"content": ""}), "/content minLength"},
		{"content is long", "send_message", message(m{"content": long(1001)}), "/content maxLength"},
		{"type is unknown", "send_message", message(m{"type": "video"}), "/type enum"},
		{"type is null", "send_message", message(m{"type": nil}), "/type type"},
		{"offset is empty", "send_message", message(m{"clientOffset": ""}), "/clientOffset minLength"},
		{"offset is long", "send_message", message(m{"clientOffset": long(65)}), "/clientOffset maxLength"},
		{"offset is a number", "send_message", message(m{"clientOffset": 7}), "/clientOffset type"},
		{"unknown property", "send_message", message(m{"from": "admin"}), "/from additionalProperties"},
		{"several at once", "send_message", []any{m{"content": "", "type": "x"}}, "/content minLength\n/type enum\n/to required"},
	}
}

// sameLines compares two lists of lines without regard to order.
func sameLines(a, b string) bool {
	count := map[string]int{}
	for _, l := range strings.Split(a, "\n") {
		count[l]++
	}
	for _, l := range strings.Split(b, "\n") {
		count[l]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

func TestBadPayloads(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		// A socket has ten events a second; a fresh one every few cases.
		var c *client
		for i, tt := range badPayloads() {
			if i%3 == 0 {
				c = d.connect(t, claims{"userId": user(t)})
			}
			name := tt.event + ": " + tt.name
			acked := decode[failure](t, c.call(tt.event, tt.args...))
			if acked.Code != "VALIDATION_ERROR" || acked.Success == nil || *acked.Success || !sameLines(acked.where(), tt.where) {
				t.Errorf("%s: acknowledged with %+v, want details\n%s", name, acked, tt.where)
				continue
			}
			first := acked.Details[0]
			want := first.Message
			if first.Path != "" {
				want = strings.TrimPrefix(first.Path, "/") + ": " + want
			}
			if !strings.HasPrefix(acked.Error, want) {
				t.Errorf("%s: error %q does not say %q", name, acked.Error, want)
			}
			c.send(tt.event, tt.args...)
			told := decode[failure](t, c.next("error"))
			if told.Code != "VALIDATION_ERROR" || told.Event != tt.event || told.Message != acked.Error || !sameLines(told.where(), tt.where) {
				t.Errorf("%s: error event %+v", name, told)
			}
		}
	})
}

func TestMessageOfAValidationError(t *testing.T) {
	c := suite.first().dialer(transports()[0], suite.first().server).connect(t, claims{"userId": user(t)})
	got := decode[failure](t, c.call("send_message", map[string]any{"to": "u2", "content": strings.Repeat("x", 1001)}))
	if got.Error != "content: must be at most 1000 characters" {
		t.Errorf("error: %q", got.Error)
	}
}

func TestEveryAckExactlyOnce(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		c := d.connect(t, claims{"userId": user(t)})
		calls := [][]any{
			{"ping"},
			{"join_room", room("a")},
			{"leave_room", room("a")},
			{"user_action", map[string]any{"action": "a"}},
			{"send_message", map[string]any{"to": "u2", "content": "hi"}},
			{"send_message", map[string]any{}},
			{"join_room", room("admins")},
			{"join_room", room("a"), room("b")},
			{"no_such_event"},
		}
		for _, call := range calls {
			c.call(call[0].(string), call[1:]...)
		}
		c.sync() // the tenth; the next may be over the limit, and is answered too
		c.sync()
		if got, want := c.Acks(), len(calls)+2; got != want {
			t.Errorf("%d acknowledgement packets for %d calls", got, want)
		}
	})
}

func TestUnknownEvents(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		c := d.connect(t, claims{"userId": user(t)})
		long := strings.Repeat("é", 65)
		for name, shown := range map[string]string{
			"no_such_event": "no_such_event",
			"error":         "error",
			"pong":          "pong",
			long:            strings.Repeat("é", 64) + "…",
		} {
			acked := decode[failure](t, c.call(name, map[string]any{"a": 1}, 2))
			if acked.Code != "UNKNOWN_EVENT" || acked.Error != "Unknown event: "+shown {
				t.Errorf("%s: acknowledged with %+v", name, acked)
			}
			c.send(name)
			told := decode[failure](t, c.next("error"))
			if told.Code != "UNKNOWN_EVENT" || told.Message != acked.Error || told.Event != shown {
				t.Errorf("%s: error event %+v", name, told)
			}
		}
	})
}
