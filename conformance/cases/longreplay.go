package cases

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"time"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

// replayLimit is how many messages are replayed at most, by the contract.
const replayLimit = 500

// longReplays are the cases that need many messages.
func longReplays() []kit.Case {
	const section = sectionClientEvents
	return []kit.Case{
		{
			ID: "replay/seam", Section: section, Scope: kit.Once, Labels: []string{"slow"},
			Contract: "between what is replayed and what comes live no message is missing, none comes twice and none too early",
			Run:      seam,
		},
		{
			ID: "replay/limit", Section: section, Scope: kit.Once, Labels: []string{"slow"},
			Contract: "500 missed messages are replayed, all of them, without an error",
			Run: func(t *kit.T) {
				bob := t.User()
				ids := manyMessages(t, bob, replayLimit)
				for _, cell := range t.Cells {
					back := missedAll(t.On(cell), bob)
					same(t, newest(t, back, replayLimit), ids, "the replay of 500 messages, "+cell.Client+" over "+cell.Transport.Name)
					t.Expect(back.Payloads("error")).To(BeEmpty(), "errors with a replay of 500, %s over %s", cell.Client, cell.Transport.Name)
				}
			},
		},
		{
			ID: "replay/truncated", Section: section, Scope: kit.Once, Labels: []string{"slow"},
			Contract: "of more than 500 missed messages the newest 500 are replayed; the error REPLAY_TRUNCATED comes first, and the rest is at GET /api/messages",
			Run:      truncated,
		},
	}
}

// manyMessages stores messages to a user, from so many sockets that none comes
// near its limit, and returns their ids, the oldest first.
func manyMessages(t *kit.T, to string, n int) []string {
	const perSender = 8
	senders := make([]*kit.Client, (n+perSender-1)/perSender)
	for i := range senders {
		senders[i] = t.ConnectUser(t.User())
	}
	ids := make([]string, n)
	t.Parallel(kit.Times(len(senders), func(i int) {
		for at := i * perSender; at < min(n, (i+1)*perSender); at++ {
			ids[at] = send(t, senders[i], letter(to, fmt.Sprint(at))).MessageID
		}
	})...)
	slices.Sort(ids)
	return ids
}

// newest waits for n messages and returns their ids as they came.
func newest(t *kit.T, c *kit.Client, n int) []string {
	var all []string
	for range n {
		all = append(all, next(t, c).ID)
	}
	return all
}

// truncated looks at the replays of all cells before anything more is stored:
// a flush is a message too.
func truncated(t *kit.T) {
	const missed = replayLimit + 2
	bob := t.User()
	ids := manyMessages(t, bob, missed)
	backs := make([]*kit.Client, len(t.Cells))
	for i, cell := range t.Cells {
		backs[i] = missedAll(t.On(cell), bob)
		where := cell.Client + " over " + cell.Transport.Name
		t.Expect(backs[i].Failure().Code).To(Equal("REPLAY_TRUNCATED"), "code of the error of a replay that is cut, %s", where)
		same(t, newest(t, backs[i], replayLimit), ids[missed-replayLimit:], "the replay of 502 messages, "+where)
	}
	t.Coverage.Limit("replayMessages")
	answer := read[struct{ Messages []message }](t, call{
		what: getMessages, token: tokenOf(t, bob), query: url.Values{"before": {ids[2]}},
	})
	rest := make([]string, len(answer.Messages))
	for i, m := range answer.Messages {
		rest[len(rest)-1-i] = m.ID
	}
	t.Expect(rest).To(Equal(ids[:2]), "what GET /api/messages has of before the replay")
	t.Flush(backs...)
	for i, cell := range t.Cells {
		order := backs[i].Order(func(event string, payload json.RawMessage) bool {
			return event == "error" || event == "new_message" && slices.ContainsFunc(ids, func(id string) bool { return kit.Containing(id)(payload) })
		})
		t.Expect(len(order)).To(Equal(1+replayLimit), "events of the replay of 502 messages, %s over %s", cell.Client, cell.Transport.Name)
		t.Expect(order[0]).To(Equal("error"), "the first event of a replay that is cut, %s over %s", cell.Client, cell.Transport.Name)
	}
}

// same compares long lists of ids, and shows where they part.
func same(t *kit.T, got, want []string, what string) {
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Fatalf("%s ends after %d messages, want %d: %s is missing", what, len(got), len(want), want[i])
		case i >= len(want):
			t.Fatalf("%s has %d messages, want %d: %s is too many", what, len(got), len(want), got[i])
		case got[i] != want[i]:
			t.Fatalf("%s has %s at place %d of %d, want %s", what, got[i], i, len(want), want[i])
		}
	}
}

// seam has messages come all the time while a client of each kind comes and goes
// with the last id that it saw.
func seam(t *kit.T) {
	const visits = 10
	bob := t.User()
	first := send(t, t.ConnectUser(t.User()), letter(bob, "first")).MessageID
	done := make(chan struct{})
	var sent []string
	got := make([][]string, len(t.Cells))
	visitors := kit.Times(len(t.Cells), func(i int) { got[i] = visit(t.On(t.Cells[i]), bob, first, visits) })
	t.Parallel(
		func() { sent = stream(t, bob, done) },
		func() { defer close(done); t.Parallel(visitors...) },
	)
	for i, cell := range t.Cells {
		back := seen(t.On(cell), bob, slices.Max(got[i]))
		t.Flush(back) // the rest
		for _, m := range messagesOf(t, back) {
			if slices.Contains(sent, m.ID) {
				got[i] = append(got[i], m.ID)
			}
		}
		slices.Sort(got[i])
		same(t, got[i][1:], sent, "what "+cell.Client+" over "+cell.Transport.Name+" got in all visits, sorted,")
	}
}

// stream sends a message every few milliseconds, each from the next of some
// sockets, so that none comes near its limit, until done is closed. It returns
// the ids.
func stream(t *kit.T, to string, done <-chan struct{}) []string {
	const every = 20 * time.Millisecond
	senders := make([]*kit.Client, 8)
	for i := range senders {
		senders[i] = t.ConnectUser(t.User())
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	var ids []string
	for i := 0; ; i++ {
		select {
		case <-tick.C:
			ids = append(ids, send(t, senders[i%len(senders)], letter(to, fmt.Sprint(i))).MessageID)
		case <-done:
			return ids
		}
	}
}

// messagesOf returns all messages that came so far.
func messagesOf(t *kit.T, c *kit.Client) []message {
	var all []message
	for _, payload := range c.Payloads("new_message") {
		all = append(all, kit.Decode[message](t, payload))
	}
	return all
}

// visit comes and goes, each time with the greatest id that it has seen, and
// returns the ids that it got, after the one that it came with. Between two visits
// it misses some messages: another socket of the user sees them pass.
func visit(t *kit.T, user, last string, visits int) []string {
	got := []string{last}
	lookout := t.ConnectUser(user)
	for range visits {
		for missed := lookout.Count("new_message") + 3; lookout.Count("new_message") < missed; {
			lookout.Next("new_message")
		}
		c := seen(t, user, slices.Max(got))
		for range 4 {
			next(t, c)
		}
		c.Leave()
		newest := map[string]string{}
		for _, m := range messagesOf(t, c) {
			t.Expect(m.ID > newest[m.From]).To(BeTrue(), "messages of one sender come in order: %s after %s", m.ID, newest[m.From])
			newest[m.From] = m.ID
			got = append(got, m.ID)
		}
	}
	return got
}
