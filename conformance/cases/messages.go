package cases

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

const sectionClientEvents = "4 Client events"

// clockSkew is how far the clocks of both sides may be apart: enough for any
// machine that is kept in time, and far less than the faults that are looked for.
const clockSkew = time.Minute

// timeLayout is how times stand in payloads.
const timeLayout = "2006-01-02T15:04:05.000Z"

// message is new_message.
type message struct {
	ID        string `json:"id"`
	From      string `json:"from"`
	Content   string `json:"content"`
	Type      string `json:"type"`
	Timestamp string `json:"timestamp"`
}

// stored is the acknowledgement of send_message.
type stored struct {
	MessageID string `json:"messageId"`
	Timestamp string `json:"timestamp"`
	Duplicate *bool  `json:"duplicate"`
}

// letter is the least payload of send_message.
func letter(to, content string) fields { return fields{"to": to, "content": content} }

// send stores a message.
func send(t *kit.T, c *kit.Client, payload fields) stored {
	return kit.Decode[stored](t, c.OK("send_message", payload).Raw)
}

// next returns the next new_message.
func next(t *kit.T, c *kit.Client) message {
	return kit.Decode[message](t, c.Next("new_message"))
}

// contents returns those of all messages that came so far from a user.
func contents(t *kit.T, c *kit.Client, from string) []string {
	var all []string
	for _, payload := range c.Payloads("new_message") {
		if m := kit.Decode[message](t, payload); m.From == from {
			all = append(all, m.Content)
		}
	}
	return all
}

// near wants a time to be close to now.
func near(t *kit.T, text, what string) {
	at, err := time.Parse(timeLayout, text)
	t.Expect(err).NotTo(HaveOccurred(), what)
	t.Expect(at).To(BeTemporally("~", time.Now(), clockSkew), "%s, by this machine's clock", what)
}

func messages() []kit.Case {
	return slices.Concat(acknowledged(), addressed(), carried(), messageIDs(), offsets(), offsetScopes(), ordered(), actions(), pings())
}

// acknowledged are the cases of the acknowledgement.
func acknowledged() []kit.Case {
	const section = sectionClientEvents
	return []kit.Case{
		{
			ID: "messages/ack", Section: section,
			Contract: "send_message answers {success: true, messageId, timestamp}",
			Run: func(t *kit.T) {
				a := t.ConnectUser(t.User()).OK("send_message", letter(t.User(), "hi"))
				t.Expect(a.Fields()).To(And(HaveLen(3), HaveKey("messageId"), HaveKey("timestamp")))
			},
		},
		{
			ID: "messages/ack-time", Section: section,
			Contract: "the timestamp of the acknowledgement is the time now, UTC with milliseconds",
			Run: func(t *kit.T) {
				near(t, send(t, t.ConnectUser(t.User()), letter(t.User(), "hi")).Timestamp, "timestamp of the acknowledgement")
			},
		},
		{
			ID: "messages/id", Section: section,
			Contract: "new_message has the id that the sender was told",
			Run: func(t *kit.T) {
				ada, bob := t.ConnectUser(t.User()), t.ConnectUser(t.User())
				told := send(t, ada, letter(bob.User, "hi"))
				t.Expect(next(t, bob).ID).To(Equal(told.MessageID), "id of new_message, beside messageId of the acknowledgement")
			},
		},
		{
			ID: "messages/time", Section: section,
			Contract: "new_message has the timestamp that the sender was told: when it was stored",
			Run: func(t *kit.T) {
				ada, bob := t.ConnectUser(t.User()), t.ConnectUser(t.User())
				told := send(t, ada, letter(bob.User, "hi"))
				t.Expect(next(t, bob).Timestamp).To(Equal(told.Timestamp), "timestamp of new_message, beside that of the acknowledgement")
			},
		},
		{
			ID: "messages/without-ack", Section: section,
			Contract: "a message is delivered whether or not its sender asks for an acknowledgement",
			Run: func(t *kit.T) {
				ada, bob := t.ConnectUser(t.User()), t.ConnectUser(t.User())
				ada.Send("send_message", letter(bob.User, "hi"))
				t.Expect(next(t, bob).Content).To(Equal("hi"))
			},
		},
		{
			ID: "messages/offline", Section: section,
			Contract: "the recipient need not be online",
			Run: func(t *kit.T) {
				a := t.ConnectUser(t.User()).Call("send_message", letter(t.User(), "hi"))
				t.Expect(a.Success).To(BeTrue(), "a message to someone who is offline: %s", a.Raw)
			},
		},
	}
}

// addressed are the cases of who gets a message.
func addressed() []kit.Case {
	const section = "5 Server events"
	return []kit.Case{
		{
			ID: "messages/all-tabs", Section: section,
			Contract: "new_message goes to all sockets of the recipient",
			Run: func(t *kit.T) {
				ada, bob := t.ConnectUser(t.User()), t.User()
				tabs := []*kit.Client{t.ConnectUser(bob), t.ConnectUser(bob), t.ConnectUser(bob)}
				send(t, ada, letter(bob, "hi"))
				for _, tab := range tabs {
					t.Expect(next(t, tab).Content).To(Equal("hi"))
				}
				t.Coverage.Audience("new_message to user")
			},
		},
		{
			ID: "messages/once", Section: section,
			Contract: "each socket of the recipient gets a message once",
			Run: func(t *kit.T) {
				ada, bob := t.ConnectUser(t.User()), t.User()
				one, two := t.ConnectUser(bob), t.ConnectUser(bob)
				send(t, ada, letter(bob, "hi"))
				t.Flush(one, two)
				t.Expect(contents(t, one, ada.User)).To(Equal([]string{"hi"}), "what the first socket got")
				t.Expect(contents(t, two, ada.User)).To(Equal([]string{"hi"}), "what the second socket got")
			},
		},
		{
			ID: "messages/only-recipient", Section: section,
			Contract: "new_message goes to nobody but the recipient, whatever the role",
			Run: func(t *kit.T) {
				ada, bob, content := t.ConnectUser(t.User()), t.ConnectUser(t.User()), t.Name("secret")
				carol := t.ConnectUser(t.User())
				admin := t.Connect(kit.Claims{"userId": t.User(), "role": "admin"})
				send(t, ada, letter(bob.User, content))
				t.Silent("new_message", kit.Containing(content), carol, admin)
			},
		},
		{
			ID: "messages/not-sender", Section: section,
			Contract: "the sender gets no new_message of what it wrote to another, in no tab",
			Run: func(t *kit.T) {
				ada, content := t.ConnectUser(t.User()), t.Name("secret")
				tab := t.ConnectUser(ada.User)
				send(t, ada, letter(t.User(), content))
				t.Silent("new_message", kit.Containing(content), ada, tab)
			},
		},
		{
			ID: "messages/self", Section: section,
			Contract: "who writes to itself gets the message in all its tabs",
			Run: func(t *kit.T) {
				ada := t.ConnectUser(t.User())
				tab := t.ConnectUser(ada.User)
				told := send(t, ada, letter(ada.User, "a note"))
				for _, c := range []*kit.Client{ada, tab} {
					m := next(t, c)
					t.Expect(m.ID).To(Equal(told.MessageID))
					t.Expect(m.From).To(Equal(ada.User))
				}
			},
		},
		{
			ID: "messages/exact-id", Section: section,
			Contract: "to is a user's id as it is, not a pattern, a prefix or a room",
			Run:      exactRecipient,
		},
	}
}

// exactRecipient writes to ids that come close to those of others.
func exactRecipient(t *kit.T) {
	bob := t.ConnectUser(t.User())
	dept := t.Name("d")
	carol := t.Connect(kit.Claims{"userId": t.User(), "department": dept})
	ada, content := t.ConnectUser(t.User()), t.Name("secret")
	near := []string{
		bob.User + " ", strings.ToUpper(bob.User), bob.User[:len(bob.User)-1], "user_" + bob.User, bob.ID(),
		"department_" + dept, "../" + bob.User,
	}
	for _, to := range near {
		send(t, ada, letter(to, content))
	}
	t.Silent("new_message", kit.Containing(content), bob, carol)
}

// carried are the cases of what is in a message.
func carried() []kit.Case {
	const section = sectionClientEvents
	return []kit.Case{
		{
			ID: "messages/from", Section: section,
			Contract: "from is the sender's user id",
			Run: func(t *kit.T) {
				ada, bob := t.ConnectUser(t.User()), t.ConnectUser(t.User())
				send(t, ada, letter(bob.User, "hi"))
				t.Expect(next(t, bob).From).To(Equal(ada.User), "from of new_message")
			},
		},
		{
			ID: "messages/from-forged", Section: section,
			Contract: "a payload can't say whom a message is from: unknown properties are refused",
			Run: func(t *kit.T) {
				ada, bob, content := t.ConnectUser(t.User()), t.ConnectUser(t.User()), t.Name("forged")
				for _, name := range []string{"from", "userId", "sender", "id", "timestamp"} {
					payload := letter(bob.User, content)
					payload[name] = bob.User
					ada.Fails("VALIDATION_ERROR", "send_message", payload)
				}
				t.Silent("new_message", kit.Containing(content), bob)
			},
		},
		{
			ID: "messages/type", Section: section,
			Contract: "new_message has the type that was sent: text, image or file",
			Run: func(t *kit.T) {
				ada, bob := t.ConnectUser(t.User()), t.ConnectUser(t.User())
				for _, kind := range []string{"image", "file", "text"} {
					send(t, ada, fields{"to": bob.User, "content": "x", "type": kind})
					t.Expect(next(t, bob).Type).To(Equal(kind), "type of new_message")
				}
			},
		},
		{
			ID: "messages/type-default", Section: section,
			Contract: "type is text where it is left out",
			Run: func(t *kit.T) {
				ada, bob := t.ConnectUser(t.User()), t.ConnectUser(t.User())
				send(t, ada, letter(bob.User, "hi"))
				t.Expect(next(t, bob).Type).To(Equal("text"), "type of a message sent without one")
			},
		},
		{
			ID: "messages/content", Section: section,
			Contract: "content arrives as it was sent, code point for code point",
			Run:      contentAsSent,
		},
		{
			ID: "messages/longest", Section: section,
			Contract: "content of 1,000 code points is taken, whatever it takes in bytes, and arrives whole",
			Run: func(t *kit.T) {
				ada, bob := t.ConnectUser(t.User()), t.ConnectUser(t.User())
				for _, char := range []string{"🙂", "é", "\x01", "x"} {
					long := strings.Repeat(char, 1000)
					send(t, ada, letter(bob.User, long))
					t.Expect(next(t, bob).Content == long).To(BeTrue(), "1,000 times %q arrives whole", char)
				}
			},
		},
	}
}

// contentAsSent sends what is easily trimmed, escaped, normalised or cut.
func contentAsSent(t *kit.T) {
	ada, bob := t.ConnectUser(t.User()), t.ConnectUser(t.User())
	all := []string{
		"  blanks around \t\r\n",
		"\x00\x01\x1b[31m\x7f\u0085\ufeff",
		"lines \u2028 and \u2029",
		`"quoted" \ \\ \u0041 \n 'x' ` + "`${1}`",
		`<script>alert("&amp;")</script> &lt; %41 $1 {{x}}`,
		"e\u0301 \u00e9 👨‍👩‍👧‍👦 שלום مرحبا \u202eover\u202c ﷽ 한\u1112\u1161\u11ab",
		`{"_placeholder":true,"num":0} ["x"] 42["ping"] null`,
		"\x1e2\x1e3probe",
	}
	for _, content := range all {
		send(t, ada, letter(bob.User, content))
		t.Expect(next(t, bob).Content).To(Equal(content), "content of new_message")
	}
}

func messageIDs() []kit.Case {
	const section = "Conventions"
	return []kit.Case{
		{
			ID: "messages/ids-rise", Section: section,
			Contract: "ids are ULIDs, which sort by time: those of later messages are greater",
			Run: func(t *kit.T) {
				ada, to, last := t.ConnectUser(t.User()), t.User(), ""
				for range 9 {
					id := send(t, ada, letter(to, "x")).MessageID
					t.Expect(id > last).To(BeTrue(), "the id %s comes after %s", id, last)
					last = id
				}
			},
		},
		{
			ID: "messages/ids-time", Section: section,
			Contract: "ids are ULIDs: their first 10 characters are the time in milliseconds",
			Run: func(t *kit.T) {
				id := send(t, t.ConnectUser(t.User()), letter(t.User(), "x")).MessageID
				t.Expect(ulidTime(id)).To(BeTemporally("~", time.Now(), clockSkew), "the time in %s, by this machine's clock", id)
			},
		},
	}
}

// ulidTime returns the time that a ULID begins with.
func ulidTime(id string) time.Time {
	const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	var ms int64
	for _, c := range id[:10] {
		ms = ms*32 + int64(strings.IndexRune(digits, c))
	}
	return time.UnixMilli(ms)
}

// heard returns the first event of any name that holds a text, "" where there
// is none.
func heard(c *kit.Client, text string) string {
	var found json.RawMessage
	names := c.Order(func(_ string, payload json.RawMessage) bool {
		ok := kit.Containing(text)(payload)
		if ok && found == nil {
			found = payload
		}
		return ok
	})
	if len(names) == 0 {
		return ""
	}
	return names[0] + " " + string(found)
}
