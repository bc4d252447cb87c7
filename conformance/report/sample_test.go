package report

import (
	"fmt"
	"strings"
	"time"
)

// hostile is text as a backend under test may send it: it ends scripts and
// comments, steers terminals, and turns text around.
const hostile = "</script><script>alert(1)</script><!-- ]]> \"'& \x00\x1b[31mred\x1b[0m \u202eevil\u202c \xff end"

func sampleCells() []Cell {
	return []Cell{
		{"js", "websocket"},
		{"js", "polling"},
		{"js", "upgrade"},
		{"go", "websocket"},
		{"zishang520", "websocket"},
		{"zishang520", "polling"},
	}
}

// sampleRow returns a case that passed on all the cells.
func sampleRow(section, id, contract string, labels ...string) Case {
	c := Case{ID: id, Contract: contract, Section: section, Labels: labels}
	for i, cell := range sampleCells() {
		c.Results = append(c.Results, Result{Cell: cell, State: Passed, Duration: time.Duration(12+7*i+len(id)) * time.Millisecond})
	}
	return c
}

func sampleOnce(section, id, contract string) Case {
	return Case{ID: id, Contract: contract, Section: section, Labels: []string{"http"}, Results: []Result{{State: Passed, Duration: 8 * time.Millisecond}}}
}

// sample returns a report in which everything occurs that a report may hold.
func sample() *Report {
	r := &Report{
		Version: "0.5.0",
		Target:  Target{Kind: "docker", Name: "registry.example/backend:1.4.2", URL: "http://127.0.0.1:4000"},
		Notes: []string{
			"The image has no JWT_REQUIRE_EXP=false variant; cases that need it were skipped.",
			"The backend's clock is 340 ms ahead of the suite's.",
		},
		Started:   time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
		Duration:  134*time.Second + 250*time.Millisecond,
		Cells:     sampleCells(),
		HTTPCalls: 71,
		Coverage:  sampleCoverage(),
	}
	r.Cases = append(sampleAuth(), sampleRooms()...)
	r.Cases = append(r.Cases, sampleMessages()...)
	r.Cases = append(r.Cases, sampleOnce("8 HTTP", "http/problem-json", "Failures are application/problem+json (RFC 9457) with code."))
	once := sampleOnce("8 HTTP", "http/too-large", "413 PAYLOAD_TOO_LARGE (64 kB).")
	once.Results[0].State = Failed
	once.Results[0].Failure = &Failure{Message: "HTTP status", Expected: "413", Actual: "500", Location: "cases/http.go:88"}
	r.Cases = append(r.Cases, once)
	r.Problems = []string{"known.txt:9: known failure zishang520/**/gone matches no case"}
	return r
}

func sampleAuth() []Case {
	const section = "2 Authentication"
	expired := sampleRow(section, "auth/expires-while-connected", "The server emits error {code: AUTH_TOKEN_EXPIRED} and disconnects that socket within 1 s.", "slow")
	for i := range expired.Results {
		expired.Results[i].Duration = 2100*time.Millisecond + time.Duration(i)*30*time.Millisecond
	}
	algorithm := sampleRow(section, "auth/foreign-algorithm", "Only the configured algorithms are ever accepted.")
	for i := range algorithm.Results {
		algorithm.Results[i] = Result{Cell: algorithm.Results[i].Cell, State: Skipped, Skip: "needs a backend with JWT_JWKS_URL"}
	}
	header := sampleRow(section, "auth/no-query-fallback", "A non-string auth.token is invalid, no falling back.")
	header.Results[4] = Result{Cell: header.Results[4].Cell, State: Skipped, Skip: "the client sends auth as strings only"}
	header.Results[5] = Result{Cell: header.Results[5].Cell, State: Skipped, Skip: "the client sends auth as strings only"}
	return []Case{
		sampleRow(section, "auth/token-required", "No token, or an empty one: Authentication token required, AUTH_TOKEN_REQUIRED."),
		expired, algorithm, header,
	}
}

func sampleRooms() []Case {
	const section = "3 Rooms"
	reserved := sampleRow(section, "rooms/reserved", "Rooms of the server are reserved: nobody joins or leaves them by event.", "security")
	for _, i := range []int{0, 1, 3} {
		reserved.Results[i].State = Failed
		reserved.Results[i].Failure = &Failure{
			Message:  "join_room of a reserved room has to be refused\nThe acknowledgement differs from the contract's failure.",
			Expected: `{"success":false,"error":"Not allowed to join room admins","code":"FORBIDDEN"}`,
			Actual:   `{"success":true,"room":"admins"}`,
			Location: "cases/rooms.go:41",
		}
		reserved.Results[i].Trace = sampleTrace(24)
	}
	reserved.Results[5].State = Failed
	reserved.Results[5].Failure = &Failure{Message: "no acknowledgement within 5s: " + hostile, Location: "cases/rooms.go:39"}
	reserved.Results[5].Trace = []Line{
		{0, "c1 u-4f1a", "-", "connected over polling"},
		{3 * time.Millisecond, "c1 u-4f1a", ">", `join_room {"room":"admins"}`},
		{5003 * time.Millisecond, "c1 u-4f1a", "<", hostile},
	}
	limit := sampleRow(section, "rooms/limit", "A socket is in at most 100 rooms of its own choice.")
	limit.Results[2].State = KnownFailing
	limit.Results[2].Known = "known.txt:3: counts the rooms of the server as well"
	limit.Results[2].Failure = &Failure{Message: "the 100th room was refused", Expected: "100 rooms", Actual: "97 rooms", Location: "cases/rooms.go:90"}
	limit.Results[2].Trace = sampleTrace(4)
	fixed := sampleRow(section, "rooms/leave-unknown", "Leaving a room that one is not in succeeds.")
	fixed.Results[0].State, fixed.Results[0].Known = Fixed, "known.txt:5"
	return []Case{sampleRow(section, "rooms/join", "Ack: {success: true, room}."), reserved, limit, fixed}
}

func sampleMessages() []Case {
	const section = "4 Client events"
	replay := sampleRow(section, "messages/replay", "Every stored message with a greater id, oldest first, before any live one, none twice, none missing.")
	replay.Results[1].State = KnownFlaky
	replay.Results[1].Known = "known.txt:7: a poll may cut the replay in two"
	replay.Results[1].Failure = &Failure{Message: "a live message came before the replay's last"}
	return []Case{sampleRow(section, "messages/length", "Lengths count Unicode code points."), replay}
}

func sampleTrace(n int) []Line {
	lines := []Line{{0, "c1 u-4f1a", "-", "connected, sid oRQXl3H8w-n9k2AAAB"}}
	for i := 1; i < n-1; i++ {
		l := Line{time.Duration(i) * 1700 * time.Microsecond, "c1 u-4f1a", ">", fmt.Sprintf(`join_room {"room":"team-%d"}`, i)}
		if i%2 == 0 {
			l.Dir, l.Text = "<", fmt.Sprintf(`ack {"success":true,"room":"team-%d"}`, i-1)
		}
		if i == n-4 {
			l.Who, l.Dir, l.Text = "c2 u-77ce", "<", `online_users `+strings.Repeat(`{"id":"u-4f1a","socketId":"oRQXl3H8w","lastSeen":"2026-03-04T05:06:07.000Z"},`, 12)
		}
		lines = append(lines, l)
	}
	return append(lines, Line{45 * time.Millisecond, "c1 u-4f1a", "<", `ack {"success":true,"room":"admins"}`})
}

func sampleCoverage() []Coverage {
	return []Coverage{
		{Kind: "client events", Items: []Item{{Name: "ping", Hits: 9}, {Name: "join_room", Hits: 40}, {Name: "send_message", Hits: 31}}},
		{Kind: "error codes", Items: []Item{
			{Name: "VALIDATION_ERROR", Hits: 12},
			{Name: "LIMIT_EXCEEDED"},
			{Name: "RATE_LIMITED"},
			{Name: "SOCKET_ERROR", Excused: "only a failing network makes the server send it"},
		}},
		{Kind: "constraints of payloads", Items: []Item{{Name: "send_message.content maxLength", Hits: 6}, {Name: "join_room.room pattern"}}},
	}
}

// large returns a report of 150 cases on 6 cells, of which every failEvery-th
// result failed with its own words and a long trace.
func large(failEvery int) *Report {
	r := &Report{Version: "0.5.0", Target: Target{Kind: "url", Name: "http://127.0.0.1:4000"}, Cells: sampleCells(), Started: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}
	n := 0
	for i := range 150 {
		c := sampleRow(fmt.Sprintf("%d Section", i/15+1), fmt.Sprintf("area%d/case-%d", i/15+1, i), "A line of the contract, about as long as they are, judged by this case.")
		for j := range c.Results {
			if n++; n%failEvery != 0 {
				continue
			}
			c.Results[j].State = Failed
			c.Results[j].Failure = &Failure{
				Message:  fmt.Sprintf("failure %d\n%s", n, strings.Repeat("told at length ", 40)),
				Expected: `{"a":"` + strings.Repeat("x", 3000) + `"}`, Actual: `{"a":"` + strings.Repeat(`\"`, 1500) + `"}`,
			}
			for k := range 200 {
				c.Results[j].Trace = append(c.Results[j].Trace, Line{time.Duration(k) * time.Millisecond, "c1", "<", strings.Repeat(`{"k":"v"}`, 50)})
			}
		}
		r.Cases = append(r.Cases, c)
	}
	return r
}
