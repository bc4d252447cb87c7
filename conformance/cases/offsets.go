package cases

import (
	"slices"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

// retry is a message with a clientOffset.
func retry(to, content, offset string) fields {
	return fields{"to": to, "content": content, "clientOffset": offset}
}

// isDuplicate says whether an acknowledgement has the flag.
func isDuplicate(s stored) bool { return s.Duplicate != nil && *s.Duplicate }

// offsets are the cases of clientOffset.
func offsets() []kit.Case {
	const section = sectionClientEvents
	return []kit.Case{
		{
			ID: "messages/offset-id", Section: section,
			Contract: "a repeated clientOffset is acknowledged with the first messageId",
			Run: func(t *kit.T) {
				ada, m := t.ConnectUser(t.User()), retry(t.User(), "hi", t.Name("o"))
				t.Expect(send(t, ada, m).MessageID).To(Equal(send(t, ada, m).MessageID), "messageId of the first, beside that of the repetition")
			},
		},
		{
			ID: "messages/offset-time", Section: section,
			Contract: "the timestamp of a repeated clientOffset is that of the first",
			Run: func(t *kit.T) {
				ada, m := t.ConnectUser(t.User()), retry(t.User(), "hi", t.Name("o"))
				first := send(t, ada, m)
				laterThan(t, ada, first.Timestamp)
				t.Expect(send(t, ada, m).Timestamp).To(Equal(first.Timestamp), "timestamp of the repetition, beside that of the first")
			},
		},
		{
			ID: "messages/offset-flag", Section: section,
			Contract: "the acknowledgement of a repeated clientOffset has duplicate: true",
			Run: func(t *kit.T) {
				ada, m := t.ConnectUser(t.User()), retry(t.User(), "hi", t.Name("o"))
				send(t, ada, m)
				t.Expect(isDuplicate(send(t, ada, m))).To(BeTrue(), "duplicate of a repetition")
			},
		},
		{
			ID: "messages/offset-first", Section: section,
			Contract: "a clientOffset that is new is no duplicate",
			Run: func(t *kit.T) {
				ada, to := t.ConnectUser(t.User()), t.User()
				for range 2 {
					t.Expect(send(t, ada, retry(to, "hi", t.Name("o"))).Duplicate).To(BeNil(), "duplicate of a first message")
				}
			},
		},
		{
			ID: "messages/offset-not-delivered", Section: section,
			Contract: "a repeated clientOffset delivers nothing new",
			Run: func(t *kit.T) {
				ada, bob := t.ConnectUser(t.User()), t.ConnectUser(t.User())
				m := retry(bob.User, "hi", t.Name("o"))
				for range 3 {
					send(t, ada, m)
				}
				t.Flush(bob)
				t.Expect(contents(t, bob, ada.User)).To(Equal([]string{"hi"}), "what the recipient got of one message sent three times")
			},
		},
		{
			ID: "messages/offset-not-stored", Section: section,
			Contract: "a repeated clientOffset stores nothing new",
			Run: func(t *kit.T) {
				ada, bob := t.ConnectUser(t.User()), t.User()
				m := retry(bob, "hi", t.Name("o"))
				send(t, ada, m)
				send(t, ada, m)
				back := missedAll(t, bob)
				t.Flush(back)
				t.Expect(contents(t, back, ada.User)).To(Equal([]string{"hi"}), "what is replayed of one message sent twice")
			},
		},
	}
}

// offsetScopes are the cases of what a clientOffset counts for.
func offsetScopes() []kit.Case {
	const section = sectionClientEvents
	return []kit.Case{
		{
			ID: "messages/offset-per-sender", Section: section,
			Contract: "a clientOffset is its sender's own: the same of another sender is another message",
			Run: func(t *kit.T) {
				ada, carol, bob, offset := t.ConnectUser(t.User()), t.ConnectUser(t.User()), t.ConnectUser(t.User()), t.Name("o")
				send(t, ada, retry(bob.User, "from ada", offset))
				second := send(t, carol, retry(bob.User, "from carol", offset))
				t.Expect(isDuplicate(second)).To(BeFalse(), "duplicate of another sender's message")
				t.Flush(bob)
				t.Expect(contents(t, bob, carol.User)).To(Equal([]string{"from carol"}), "what the recipient got of the other sender")
			},
		},
		{
			ID: "messages/offset-other-tab", Section: section,
			Contract: "a clientOffset is the user's, not the socket's: another tab repeats it too",
			Run: func(t *kit.T) {
				ada, m := t.ConnectUser(t.User()), retry(t.User(), "hi", t.Name("o"))
				first := send(t, ada, m)
				again := send(t, t.ConnectUser(ada.User), m)
				t.Expect(again.MessageID).To(Equal(first.MessageID), "messageId of the repetition by another tab")
				t.Expect(isDuplicate(again)).To(BeTrue(), "duplicate of the repetition by another tab")
			},
		},
		{
			ID: "messages/offset-reconnect", Section: section,
			Contract: "a message sent again after a reconnect with the same clientOffset is a duplicate",
			Run: func(t *kit.T) {
				user, m := t.User(), retry(t.User(), "hi", t.Name("o"))
				ada := t.ConnectUser(user)
				first := send(t, ada, m)
				ada.Leave()
				again := send(t, t.ConnectUser(user), m)
				t.Expect(again.MessageID).To(Equal(first.MessageID), "messageId of the repetition")
				t.Expect(isDuplicate(again)).To(BeTrue(), "duplicate of the repetition")
			},
		},
		{
			ID: "messages/offset-together", Section: section,
			Contract: "of messages with one clientOffset that come at the same time one is stored and delivered",
			Run:      offsetsTogether,
		},
		{
			ID: "messages/offset-other-content", Section: section,
			Contract: "a repeated clientOffset is a duplicate of the first, whatever else the payload says",
			Run:      offsetOtherContent,
		},
		{
			ID: "messages/no-offset", Section: section,
			Contract: "without a clientOffset the same payload twice is two messages",
			Run: func(t *kit.T) {
				ada, bob := t.ConnectUser(t.User()), t.ConnectUser(t.User())
				first, second := send(t, ada, letter(bob.User, "hi")), send(t, ada, letter(bob.User, "hi"))
				t.Expect(second.MessageID).NotTo(Equal(first.MessageID))
				t.Flush(bob)
				t.Expect(contents(t, bob, ada.User)).To(Equal([]string{"hi", "hi"}))
			},
		},
	}
}

// laterThan stores messages to nobody until the backend's clock shows a later
// millisecond.
func laterThan(t *kit.T, c *kit.Client, instant string) {
	nobody := t.User()
	for range 7 {
		if send(t, c, letter(nobody, "tick")).Timestamp > instant {
			return
		}
	}
	t.Fatalf("the backend's clock stands still at %s", instant)
}

func offsetsTogether(t *kit.T) {
	bob, user := t.ConnectUser(t.User()), t.User()
	ada, tab := t.ConnectUser(user), t.ConnectUser(user)
	m := retry(bob.User, "hi", t.Name("o"))
	acks := make([]stored, 8)
	t.Parallel(kit.Times(len(acks), func(i int) {
		acks[i] = send(t, []*kit.Client{ada, tab}[i%2], m)
	})...)
	firsts := slices.DeleteFunc(slices.Clone(acks), isDuplicate)
	t.Expect(firsts).To(HaveLen(1), "acknowledgements without duplicate, of 8 at the same time")
	for _, a := range acks {
		t.Expect(a.MessageID).To(Equal(firsts[0].MessageID), "messageId, beside that of the first")
	}
	t.Flush(bob)
	t.Expect(contents(t, bob, user)).To(Equal([]string{"hi"}), "what the recipient got")
}

func offsetOtherContent(t *kit.T) {
	ada, bob, carol, offset := t.ConnectUser(t.User()), t.ConnectUser(t.User()), t.ConnectUser(t.User()), t.Name("o")
	first := send(t, ada, retry(bob.User, "first", offset))
	changed := fields{"to": bob.User, "content": "second", "type": "image", "clientOffset": offset}
	for _, m := range []fields{changed, retry(carol.User, "third", offset)} {
		again := send(t, ada, m)
		t.Expect(again.MessageID).To(Equal(first.MessageID), "messageId of a repetition with another payload")
		t.Expect(isDuplicate(again)).To(BeTrue(), "duplicate of a repetition with another payload")
	}
	t.Flush(bob, carol)
	t.Expect(contents(t, bob, ada.User)).To(Equal([]string{"first"}), "what the first recipient got")
	t.Expect(contents(t, carol, ada.User)).To(BeEmpty(), "what the recipient of the repetition got")
}
