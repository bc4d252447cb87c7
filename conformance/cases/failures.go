package cases

import (
	"encoding/json"
	"slices"
	"strings"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

// badMessage is a send_message that two constraints refuse.
func badMessage() fields { return fields{"to": "u", "content": "", "type": "video"} }

const sectionFailures = "6 Failures"

func failures() []kit.Case {
	return slices.Concat(failureForms(), failureTexts(), unknownEvents())
}

// failureForms are about where a failure is told, and to whom.
func failureForms() []kit.Case {
	return []kit.Case{
		{
			ID: "failures/ack", Section: sectionFailures,
			Contract: "a failure of an event with a callback is acknowledged with {success: false, error, code, details}",
			Run: func(t *kit.T) {
				a := t.ConnectUser(t.User()).Fails("VALIDATION_ERROR", "send_message", badMessage())
				t.Expect(a.Error).NotTo(BeEmpty())
				t.Expect(a.Fields()).To(HaveKeyWithValue("success", false))
			},
		},
		{
			ID: "failures/event", Section: sectionFailures,
			Contract: "without a callback a failure is the event error {message, code, event, details}",
			Run:      failureEvent,
		},
		{
			ID: "failures/one-way", Section: sectionFailures,
			Contract: "a failure is told once: by the acknowledgement or by the event error, not by both",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				c.Fails("VALIDATION_ERROR", "send_message", badMessage())
				c.Fails("UNKNOWN_EVENT", "no_such_event")
				c.Fails("FORBIDDEN", "join_room", room("admins"))
				c.Sync()
				t.Expect(c.Payloads("error")).To(BeEmpty(), "events error beside acknowledgements")
			},
		},
		{
			ID: "failures/private", Section: sectionFailures,
			Contract: "the event error goes to the socket that failed only",
			Run: func(t *kit.T) {
				user := t.User()
				c, tab, other := t.ConnectUser(user), t.ConnectUser(user), t.ConnectUser(t.User())
				c.Send("send_message", badMessage())
				c.Failure()
				t.Silent("error", nil, tab, other)
				t.Coverage.Audience("error to socket")
			},
		},
		{
			ID: "failures/all-details", Section: sectionFailures,
			Contract: "details list every violation with path and keyword",
			Run: func(t *kit.T) {
				a := t.ConnectUser(t.User()).Fails("VALIDATION_ERROR", "send_message", fields{"content": "", "type": "video", "x": 1})
				t.Expect(a.Where()).To(Equal("/content minLength\n/to required\n/type enum\n/x additionalProperties"))
			},
		},
	}
}

// failureTexts are about what a failure says.
func failureTexts() []kit.Case {
	return []kit.Case{
		{
			ID: "failures/message", Section: sectionFailures,
			Contract: "the text of a VALIDATION_ERROR says what is wrong and where",
			Run: func(t *kit.T) {
				a := t.ConnectUser(t.User()).Fails("VALIDATION_ERROR", "send_message", fields{"to": "u", "content": strings.Repeat("x", 1001)})
				t.Expect(a.Error).To(And(ContainSubstring("content"), ContainSubstring("1000")), "text of content with 1,001 characters")
			},
		},
		{
			ID: "failures/no-echo", Section: sectionFailures,
			Contract: "inner text never leaves: no stack, file or statement in a failure",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				for _, payload := range []any{fields{"to": fields{"toString": "x"}, "content": 1}, "x", []any{1}, nil} {
					a := c.Fails("VALIDATION_ERROR", "send_message", payload)
					t.Expect(string(a.Raw)).NotTo(MatchRegexp(`(?i)\bat .*:\d+:\d+|node_modules|\.go:\d+|\.m?js\b|goroutine|TypeError|panic`))
				}
			},
		},
		{
			ID: "failures/no-value", Section: sectionFailures,
			Contract: "a failure never repeats the value that broke the schema",
			Run: func(t *kit.T) {
				value := t.Name("value")
				a := t.ConnectUser(t.User()).Fails("VALIDATION_ERROR", "send_message", fields{"to": "u", "content": "c", "type": value})
				t.Expect(string(a.Raw)).NotTo(ContainSubstring(value))
			},
		},
		{
			ID: "failures/forbidden-text", Section: sectionFailures,
			Contract: "FORBIDDEN says what is not allowed",
			Run: func(t *kit.T) {
				a := t.ConnectUser(t.User()).Fails("FORBIDDEN", "join_room", room("admins"))
				t.Expect(a.Error).To(ContainSubstring("admins"), "text of a refused join of admins")
			},
		},
	}
}

// unknownEvents are about events that the document does not have, and about what
// holds after any failure.
func unknownEvents() []kit.Case {
	return []kit.Case{
		{
			ID: "failures/unknown-event", Section: sectionFailures,
			Contract: "an event that the document does not have fails with UNKNOWN_EVENT, `Unknown event: <name>`",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				for _, name := range []string{"no_such_event", "Ping", "new_message", "pong", "toString"} {
					t.Expect(c.Fails("UNKNOWN_EVENT", name, fields{"a": 1}).Error).To(Equal("Unknown event: " + name))
				}
			},
		},
		{
			ID: "failures/unknown-event-told", Section: sectionFailures,
			Contract: "an unknown event without a callback is told by the event error, with its name in event",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				c.Send("no_such_event", 1, 2)
				a := c.Failure()
				t.Expect(a.Code).To(Equal("UNKNOWN_EVENT"))
				t.Expect(a.Message).To(Equal("Unknown event: no_such_event"))
				t.Expect(a.Event).To(Equal("no_such_event"))
			},
		},
		{
			ID: "failures/unknown-event-cut", Section: sectionFailures,
			Contract: "the name of an unknown event is cut at 64 characters with …",
			Run:      unknownEventCut,
		},
		{
			ID: "failures/ack-once", Section: sectionFailures,
			Contract: "where the client gives a callback it is called exactly once",
			Run:      ackOnce,
		},
		{
			ID: "failures/still-there", Section: sectionFailures,
			Contract: "a failure ends neither the connection nor what comes after it",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				c.Fails("VALIDATION_ERROR", "send_message")
				c.Fails("UNKNOWN_EVENT", "no_such_event")
				c.Fails("FORBIDDEN", "join_room", room("admins"))
				c.OK("join_room", room(t.Room()))
			},
		},
	}
}

func failureEvent(t *kit.T) {
	c := t.ConnectUser(t.User())
	told := c.Fails("VALIDATION_ERROR", "send_message", badMessage())
	c.Send("send_message", badMessage())
	a := c.Failure()
	t.Expect(a.Code).To(Equal("VALIDATION_ERROR"))
	t.Expect(a.Event).To(Equal("send_message"), "event of the event error")
	t.Expect(a.Message).To(Equal(told.Error), "message, beside the text of the same failure in an acknowledgement")
	t.Expect(a.Where()).To(Equal("/content minLength\n/type enum"), "details of the event error")

	c.Send("join_room", room("admins"))
	a = c.Failure()
	t.Expect(a.Code).To(Equal("FORBIDDEN"))
	t.Expect(a.Event).To(Equal("join_room"), "event of the event error")
}

func unknownEventCut(t *kit.T) {
	c := t.ConnectUser(t.User())
	fits, long := strings.Repeat("é", 64), strings.Repeat("é", 65)
	t.Expect(c.Fails("UNKNOWN_EVENT", fits).Error).To(Equal("Unknown event: " + fits))
	t.Expect(c.Fails("UNKNOWN_EVENT", long).Error).To(Equal("Unknown event: " + fits + "…"))
	c.Send(long)
	told := c.Failure()
	t.Expect(told.Event).To(Equal(fits + "…"))
	t.Expect(told.Message).To(Equal("Unknown event: " + fits + "…"))
	// Characters are code points: these are two units of UTF-16 each.
	wide := strings.Repeat("🙂", 64)
	t.Expect(c.Fails("UNKNOWN_EVENT", wide).Error).To(Equal("Unknown event: " + wide))
	t.Expect(c.Fails("UNKNOWN_EVENT", wide+"🙂").Error).To(Equal("Unknown event: " + wide + "…"))
}

// ackOnce asks for one of every kind of acknowledgement and counts the packets.
func ackOnce(t *kit.T) {
	c := t.ConnectUser(t.User())
	calls := []struct {
		event string
		args  []any
	}{
		{"ping", nil},
		{"join_room", []any{room(t.Room())}},
		{"leave_room", []any{room(t.Room())}},
		{"user_action", []any{fields{"action": "a"}}},
		{"send_message", []any{fields{"to": t.User(), "content": "hi"}}},
		{"send_message", []any{fields{}}},
		{"join_room", []any{room("admins")}},
		{"no_such_event", nil},
	}
	for _, call := range calls {
		c.Call(call.event, call.args...)
	}
	c.Sync()
	t.Flush(c) // a second one that comes late has come by then
	t.Expect(c.Acks()).To(Equal(len(calls)+1), "acknowledgement packets")
}

// args renders raw arguments for Call and Send.
func args(raw []json.RawMessage) []any {
	all := make([]any, len(raw))
	for i, a := range raw {
		all[i] = a
	}
	return all
}
