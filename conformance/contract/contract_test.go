package contract

import (
	"testing"
)

func load(t *testing.T) *Contract {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestLoad holds the figures of the contract against what is read of it.
func TestLoad(t *testing.T) {
	c := load(t)
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
