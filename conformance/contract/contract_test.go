package contract

import (
	"encoding/json"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/parlance-dev/parlance/asyncapi"
	"github.com/parlance-dev/parlance/schemas"
)

func loaded(t *testing.T) *Contract {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestLoad holds the figures of the contract against what is read of it.
func TestLoad(t *testing.T) {
	c := loaded(t)
	for what, ok := range map[string]bool{
		"id":             c.ID == "urn:parlance:events",
		"title":          c.Title == "Parlance" && c.Version != "",
		"client events":  len(c.ClientEvents) == 5 && c.ClientEvents[0].Name == "ping" && c.ClientEvents[1].Name == "join_room",
		"server events":  len(c.ServerEvents) == 12 && c.ServerEvents[0].Operation == "pong",
		"ping":           c.ClientEvent("ping").PayloadOptional && !c.ClientEvent("join_room").PayloadOptional,
		"refusals":       len(c.Refusals) == 4 && c.Refusals[2] == Refusal{"AUTH_USER_BANNED", "User is banned", "good token, role banned"},
		"errors":         len(c.Errors) == 8 && c.Errors[3].Code == "RATE_LIMITED",
		"limits":         len(c.Limits) == 7 && c.Limits["roomsPerSocket"].Value == 100 && c.Limits["roomsPerSocket"].Env == "ROOM_LIMIT" && c.Limits["roomsPerSocket"].Code == "LIMIT_EXCEEDED",
		"rate limit":     c.RateLimit == RateLimit{Events: 10, Window: milliseconds(1000), Event: "rate_limit_exceeded", AbuseFactor: 10, Abuse: milliseconds(10000)},
		"server":         c.MaxPayloadBytes == 100000 && c.Path == "/socket.io/" && len(c.Transports) == 2 && c.PingInterval == milliseconds(25000) && c.PingTimeout == milliseconds(20000),
		"roles":          len(c.Roles) == 4,
		"rooms":          c.Rooms["user"].Name == "user_{userId}" && c.Rooms["admins"].Name == "admins",
		"audience":       len(c.ServerEvent("user_update").To) == 2 && c.ServerEvent("user_online").Except[0] == "user",
		"error event":    c.ErrorEvent == "error",
		"unknown events": c.ClientEvent("pong") == nil && c.ServerEvent("ping") == nil,
	} {
		if !ok {
			t.Errorf("%s: not what the document says", what)
		}
	}
}

// TestExamplesAreValid: whoever wrote the document showed by example what is
// right, in every message.
func TestExamplesAreValid(t *testing.T) {
	c := loaded(t)
	check := func(what string, schema *Schema, examples []json.RawMessage) {
		t.Helper()
		if len(examples) < 2 {
			t.Errorf("%s has %d examples", what, len(examples))
		}
		for _, e := range examples {
			if err := schema.Check(e); err != nil {
				t.Errorf("%s: %s: %v", what, e, err)
			}
		}
	}
	for _, e := range c.ClientEvents {
		check(e.Name, e.Payload, e.Examples)
		check("acknowledgement of "+e.Name, e.Ack, e.AckExamples)
		for _, a := range slices.Concat(e.AckExamples, c.FailureExamples) {
			if err := c.CheckAck(e.Name, []json.RawMessage{a}); err != nil {
				t.Error(err)
			}
		}
	}
	check("failure", c.Failure, c.FailureExamples)
	for _, e := range c.ServerEvents {
		check(e.Name, e.Payload, e.Examples)
		for _, x := range e.Examples {
			if err := c.CheckEvent(e.Name, []json.RawMessage{x}); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestErrorCodes(t *testing.T) {
	want := "VALIDATION_ERROR LIMIT_EXCEEDED FORBIDDEN RATE_LIMITED UNKNOWN_EVENT STORE_UNAVAILABLE EVENT_ERROR SOCKET_ERROR AUTH_TOKEN_EXPIRED REPLAY_TRUNCATED"
	if got := strings.Join(loaded(t).ErrorCodes(), " "); got != want {
		t.Errorf("codes %s\nwant  %s", got, want)
	}
}

// edited returns the contract's files with one text in one of them replaced.
func edited(t *testing.T, files fs.FS, name, from, to string) fs.FS {
	t.Helper()
	all := fstest.MapFS{}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, name)
		all[name] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if name == "" {
		return all
	}
	text := string(all[name].Data)
	if !strings.Contains(text, from) {
		t.Fatalf("%s does not hold %q", name, from)
	}
	all[name] = &fstest.MapFile{Data: []byte(strings.Replace(text, from, to, 1))}
	return all
}

// TestLoadRefuses: a document that the suite can't judge by is an error, never a
// hole in what is judged.
func TestLoadRefuses(t *testing.T) {
	const events, rooms, join = "asyncapi.yaml", "messages/rooms.yaml", "rooms/join_room.json"
	for _, tt := range []struct{ name, file, from, to, want string }{
		{"not YAML", events, "info:", "info: [", "read asyncapi/asyncapi.yaml"},
		{"not JSON", join, "{", "", "read schemas/rooms/join_room.json"},
		{"no such file", rooms, "rooms/join_room.json", "rooms/join.json", "no file schemas/rooms/join.json"},
		{"no such message", events, "'./messages/rooms.yaml#/joinRoom'", "'./messages/rooms.yaml#/join'", "/join leads nowhere"},
		{"a circle", events, "{$ref: './messages/rooms.yaml#/joinRoom'}", "{$ref: '#/channels/main/messages/joinRoom'}", "refers to itself"},
		{"a remote schema", join, `"type": "string"`, `"$ref": "https://example.com/x.json"`, "is not a file of the contract"},
		{"a bad schema", join, `"minLength": 1`, `"minLength": "1"`, "compile schemas/rooms/join_room.json"},
		{"no server", events, "servers:\n", "servers: {}\nx-servers:\n", "no servers"},
		{"another path", events, "path: /socket.io/", "path: /ws/", `the path "/ws/"`},
		{"two namespaces", events, "channels:\n", "channels:\n  other: {address: /x}\n", "2 channels"},
		{"no operations", events, "operations:\n", "others:\n", "no operations"},
		{"a strange action", events, "action: receive", "action: wait", `action "wait"`},
		{"several arguments", "messages/system.yaml", "args: optional", "args: tuple", "args: tuple"},
		{"two messages", events, "messages: [{$ref: '#/channels/main/messages/pong'}]", "messages: [{$ref: '#/channels/main/messages/pong'}, {$ref: '#/channels/main/messages/ping'}]", "2 messages"},
		{"no failure", events, "      failure:\n        $ref: '#/channels/main/messages/failure'\n", "", "x-socketio has no failure"},
		{"a reply without failure", events, "        - {$ref: '#/channels/main/messages/failure'}\n", "", "one of failure"},
		{"two successes", events, "- {$ref: '#/channels/main/messages/failure'}", "- {$ref: '#/channels/main/messages/joinRoomAck'}", "two acknowledgements of success"},
		{"no error event", events, "errorEvent: error", "errorEvent: oops", `no server event "oops"`},
		{"open codes", "failures/failure.json", `"$ref": "failure_code.json"`, `"type": "string"`, "no closed list of codes"},
		{"nobody gets it", events, "to: socket", "roles: [user]", "nobody gets the event"},
		{"a keyword without tests", join, `"minLength": 1`, `"not": {"const": "x"}`, "keyword not"},
		{"a constraint that nothing breaks", join, `"minLength": 1`, `"format": "regex"`, "/room format: nothing was found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			first, second := fs.FS(asyncapi.FS()), fs.FS(schemas.FS())
			if strings.HasSuffix(tt.file, ".json") {
				second = edited(t, second, tt.file, tt.from, tt.to)
			} else {
				first = edited(t, first, tt.file, tt.from, tt.to)
			}
			if _, err := load(first, second); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v\nwant   %s", err, tt.want)
			}
		})
	}
}
