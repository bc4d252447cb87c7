package contract

import (
	"encoding/json"
	"strings"
	"testing"
)

// raw makes arguments of JSON texts.
func raw(texts ...string) []json.RawMessage {
	var args []json.RawMessage
	for _, t := range texts {
		args = append(args, json.RawMessage(t))
	}
	return args
}

// TestCheckEvent: what a backend may get wrong is found, and named.
func TestCheckEvent(t *testing.T) {
	c := loaded(t)
	const (
		at   = `"timestamp":"2026-01-02T03:04:05.678Z"`
		user = `"id":"u","socketId":"s","connectedAt":"2026-01-02T03:04:05.678Z"`
	)
	for _, tt := range []struct {
		name, event string
		args        []json.RawMessage
		want        []string
	}{
		{"unknown event", "hello", raw(`{"a":1}`), []string{`server event "hello" is not in the contract`, `{"a":1}`}},
		{"a client's event", "join_room", raw(`{"room":"a"}`), []string{"not in the contract"}},
		{"no argument", "pong", nil, []string{"0 arguments, want 1"}},
		{"two arguments", "pong", raw(`{"timestamp":1}`, `2`), []string{"2 arguments, want 1", `({"timestamp":1}, 2)`}},
		{"not JSON", "pong", raw(`{`), []string{"not JSON"}},
		{"two values", "pong", raw(`{"timestamp":1}{}`), []string{"not JSON"}},
		{"wrong type", "pong", raw(`{"timestamp":"1"}`), []string{"/timestamp type", `got "1"`, "schemas/system/pong.json"}},
		{"a fraction", "pong", raw(`{"timestamp":1.5}`), []string{"/timestamp type"}},
		{"a great number", "pong", raw(`{"timestamp":9007199254740993}`), []string{"/timestamp maximum", "got 9007199254740993"}},
		{"wrong root", "pong", raw(`null`), []string{"(root) type"}},
		{"no timestamp", "system_message", raw(`{"type":"system","message":"x"}`), []string{"/timestamp required: is missing"}},
		{"unknown property", "system_message", raw(`{"type":"system","message":"x","a/b~":1,` + at + `}`), []string{"/a~1b~0 additionalProperties: is not a known property, got 1"}},
		{"no time", "system_message", raw(`{"type":"system","message":"x","timestamp":"2026-02-30T03:04:05.678Z"}`), []string{"/timestamp format", `got "2026-02-30T03:04:05.678Z"`}},
		{"no milliseconds", "system_message", raw(`{"type":"system","message":"x","timestamp":"2026-01-02T03:04:05Z"}`), []string{"/timestamp pattern"}},
		{"a number for a time", "system_message", raw(`{"type":"system","message":"x","timestamp":1767323045678}`), []string{"/timestamp type"}},
		{"wrong constant", "system_message", raw(`{"type":"admin","message":"x",` + at + `}`), []string{"/type const"}},
		{"not in the list", "notification", raw(`{"type":"fatal","title":"t","message":"x",` + at + `}`), []string{"/type enum"}},
		{"empty", "notification", raw(`{"type":"info","title":"","message":"x",` + at + `}`), []string{"/title minLength"}},
		{"no id", "new_message", raw(`{"id":"1","from":"u","content":"x","type":"text",` + at + `}`), []string{"/id pattern"}},
		{"inside a reference", "user_online", raw(`{"userId":"u","userInfo":{` + user + `,"lastSeen":"now","role":"root"}}`), []string{"/userInfo/lastSeen format", "/userInfo/lastSeen pattern", "/userInfo/role enum"}},
		{"inside a list", "online_users", raw(`[{` + user + `,"lastSeen":"2026-01-02T03:04:05.678Z"},{` + user + `}]`), []string{"/1/lastSeen required"}},
		{"unknown code", "error", raw(`{"message":"x","code":"OOPS"}`), []string{"/code enum"}},
		{"a failure's code", "error", raw(`{"message":"x","code":"RATE_LIMITED"}`), []string{"/code enum"}},
		{"no details in details", "error", raw(`{"message":"x","code":"VALIDATION_ERROR","details":[]}`), []string{"/details minItems"}},
		{"several at once", "pong", raw(`{"time":1,"stamp":2}`), []string{"/timestamp required", "/time additionalProperties", "/stamp additionalProperties"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := c.CheckEvent(tt.event, tt.args)
			if err == nil {
				t.Fatal("judged good")
			}
			for _, w := range tt.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%v\ndoes not say %s", err, w)
				}
			}
		})
	}
}

// TestCheckAck: an acknowledgement is the event's own, or a failure.
func TestCheckAck(t *testing.T) {
	c := loaded(t)
	const ulid = `"01KDYAK3SE4TFF59TDWH9EDD1R"`
	for _, tt := range []struct {
		name, event string
		args        []json.RawMessage
		want        string // "" for good
	}{
		{"success", "join_room", raw(`{"success":true,"room":"a"}`), ""},
		{"blanks in the text", "join_room", raw(` { "room" : "a" , "success" : true } `), ""},
		{"failure", "join_room", raw(`{"success":false,"error":"x","code":"FORBIDDEN"}`), ""},
		{"failure of an unknown event", "nope", raw(`{"success":false,"error":"x","code":"UNKNOWN_EVENT"}`), ""},
		{"success of an unknown event", "nope", raw(`{"success":true}`), "no such event"},
		{"success of a server event", "pong", raw(`{"success":true}`), "no such event"},
		{"nothing", "join_room", nil, "0 arguments, want 1"},
		{"as Node does, error first", "join_room", raw(`null`, `{"success":true,"room":"a"}`), "2 arguments, want 1"},
		{"null", "join_room", raw(`null`), "not an object"},
		{"a text", "join_room", raw(`"ok"`), "not an object"},
		{"not JSON", "join_room", raw(`{]`), "not JSON"},
		{"neither", "join_room", raw(`{"room":"a"}`), "neither true nor false"},
		{"success is a text", "join_room", raw(`{"success":"true","room":"a"}`), "neither true nor false"},
		{"another event's", "join_room", raw(`{"success":true}`), "/room required"},
		{"success with an error", "join_room", raw(`{"success":true,"room":"a","error":"x"}`), "/error additionalProperties"},
		{"false duplicate", "send_message", raw(`{"success":true,"messageId":` + ulid + `,"timestamp":"2026-01-02T03:04:05.678Z","duplicate":false}`), "/duplicate const"},
		{"no timestamp", "send_message", raw(`{"success":true,"messageId":` + ulid + `}`), "/timestamp required"},
		{"failure without a code", "ping", raw(`{"success":false,"error":"x"}`), "/code required"},
		{"failure with an unknown code", "ping", raw(`{"success":false,"error":"x","code":"OOPS"}`), "/code enum"},
		{"failure with a bad detail", "ping", raw(`{"success":false,"error":"x","code":"VALIDATION_ERROR","details":[{"path":"room","keyword":"type","message":"x"}]}`), "/details/0/path pattern"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := c.CheckAck(tt.event, tt.args)
			if tt.want == "" && err != nil {
				t.Error(err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v\nwant   %s", err, tt.want)
			}
		})
	}
}

func TestSucceeded(t *testing.T) {
	if ok, err := Succeeded(raw(`{"success":true}`)); !ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	if ok, err := Succeeded(raw(`{"success":false}`)); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	if _, err := Succeeded(nil); err == nil {
		t.Error("nothing is taken for an acknowledgement")
	}
}
