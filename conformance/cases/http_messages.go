package cases

import (
	"net/url"
	"slices"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

// httpMessages: the history of messages.
func httpMessages() []kit.Case {
	return []kit.Case{
		once("http/messages", httpSection, "a user reads the messages that it has sent and got, with all fields, and no others", ownMessages),
		once("http/messages-order", httpSection, "messages are listed newest first", messageOrder),
		once("http/messages-with", httpSection, "with= lists the messages between both only", messagesWith),
		once("http/messages-user", httpSection, "an administrator reads the messages of another user with user=", messagesOfUser),
		once("http/messages-bounds", httpSection, "before= and after= bound the list, and are not in it", messagesBetween),
		once("http/messages-pages", httpSection, "pages of messages follow each other by nextCursor without gap or repeat, also while messages come", messagePages),
		once("http/messages-default", httpSection, "limit of a list is 50 by default", defaultLimit),
	}
}

// say sends a message and returns its id.
func say(from *kit.Client, to string) any {
	return from.OK("send_message", fields{"to": to, "content": "hello"}).Fields()["messageId"]
}

func ownMessages(t *kit.T) {
	alice, bob := t.ConnectUser(t.User()), t.ConnectUser(t.User())
	var want []any
	for _, m := range []struct {
		from *kit.Client
		to   string
		kind string
	}{{alice, bob.User, "image"}, {bob, alice.User, "text"}} {
		content := t.Name("<é>")
		ack := m.from.OK("send_message", fields{"to": m.to, "content": content, "type": m.kind}).Fields()
		want = append(want, And(
			HaveKeyWithValue("id", ack["messageId"]), HaveKeyWithValue("from", m.from.User), HaveKeyWithValue("to", m.to),
			HaveKeyWithValue("content", content), HaveKeyWithValue("type", m.kind), HaveKeyWithValue("timestamp", ack["timestamp"])))
	}
	say(bob, t.User())
	got := read[list](t, call{what: getMessages, query: url.Values{"limit": {"200"}}, token: tokenOf(t, alice.User)})
	t.Expect(got.Messages).To(ConsistOf(want...))
	t.Expect(got.NextCursor).To(BeEmpty(), "nextCursor at the end of the list")
}

func messageOrder(t *kit.T) {
	alice, bob := t.ConnectUser(t.User()), t.User()
	sent := []any{say(alice, bob), say(alice, bob), say(alice, bob)}
	slices.Reverse(sent)
	got := read[list](t, call{what: getMessages, token: tokenOf(t, alice.User)})
	t.Expect(ids(got.Messages)).To(Equal(sent))
}

func messagesWith(t *kit.T) {
	alice, bob, carol := t.ConnectUser(t.User()), t.ConnectUser(t.User()), t.ConnectUser(t.User())
	say(alice, carol.User)
	say(carol, alice.User)
	both := []any{say(alice, bob.User), say(bob, alice.User)}
	got := read[list](t, call{what: getMessages, query: url.Values{"with": {bob.User}}, token: tokenOf(t, alice.User)})
	t.Expect(ids(got.Messages)).To(ConsistOf(both...))
}

func messagesOfUser(t *kit.T) {
	alice, root := t.ConnectUser(t.User()), t.ConnectUser(t.User())
	say(root, t.User())
	sent := say(alice, t.User())
	token := t.Token(kit.Claims{"userId": root.User, "role": "admin"})
	got := read[list](t, call{what: getMessages, query: url.Values{"user": {alice.User}}, token: token})
	t.Expect(ids(got.Messages)).To(ConsistOf(sent))
}

func messagesBetween(t *kit.T) {
	alice, bob := t.ConnectUser(t.User()), t.User()
	var sent []any
	for range 5 {
		sent = append(sent, say(alice, bob))
	}
	between := url.Values{"after": {sent[0].(string)}, "before": {sent[4].(string)}}
	got := read[list](t, call{what: getMessages, query: between, token: tokenOf(t, alice.User)})
	t.Expect(ids(got.Messages)).To(ConsistOf(sent[1:4]...))
}

func messagePages(t *kit.T) {
	alice, bob := t.ConnectUser(t.User()), t.User()
	var sent []any
	for range 5 {
		sent = append(sent, say(alice, bob))
	}
	c := call{what: getMessages, query: url.Values{}, token: tokenOf(t, alice.User)}
	pages := walk(t, c, 3, "before", 4, func() { say(alice, bob) })
	t.Expect(ids(slices.Concat(pages...))).To(ConsistOf(sent...), "messages of all pages")
}

// defaultLimit stores a few messages more than a page holds, by several sockets:
// each keeps under its limit.
func defaultLimit(t *kit.T) {
	user, to := t.User(), t.User()
	for range 6 {
		c := t.ConnectUser(user)
		for range 9 {
			say(c, to)
		}
	}
	got := read[list](t, call{what: getMessages, token: tokenOf(t, user)})
	t.Expect(got.Messages).To(HaveLen(50), "messages without limit=")
	t.Expect(got.NextCursor).NotTo(BeEmpty(), "nextCursor where there are more")
}
