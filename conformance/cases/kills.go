package cases

import (
	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

// kills are the cases of a backend that is killed.
func kills() []kit.Case {
	needs, labels := []kit.Need{kit.NeedControl}, []string{"slow"}
	return []kit.Case{
		{
			ID: "stop/kill-last", Section: sectionStop, Scope: kit.Once, Needs: needs, Labels: labels,
			Contract: "an acknowledgement of success means that the message survives a kill that comes right after it",
			Run:      killLast,
		},
		{
			ID: "stop/kill-stream", Section: sectionStop, Scope: kit.Once, Needs: needs, Labels: labels,
			Contract: "every message that was acknowledged before a kill is there afterwards, once, under its id, in the order of its sender",
			Run: func(t *kit.T) {
				for _, atOnce := range []int{3, 30, 70} {
					l := newLedger(t)
					l.killed(t, atOnce)
					l.check(t, l.replay(t))
				}
			},
		},
		{
			ID: "stop/kill-offset", Section: sectionStop, Scope: kit.Once, Needs: needs, Labels: labels,
			Contract: "a message that is sent again with its clientOffset after a kill is stored once: a duplicate where it had been acknowledged",
			Run:      killOffset,
		},
		{
			ID: "stop/kill-delivered", Section: sectionStop, Scope: kit.Once, Needs: needs, Labels: labels,
			Contract: "a message is stored before it is delivered: what its recipient has seen survives a kill",
			Run:      killDelivered,
		},
		{
			ID: "stop/kill-ids", Section: sectionStop, Scope: kit.Once, Needs: needs, Labels: labels,
			Contract: "after a kill ids go on rising: a message stored later has a greater id than all before",
			Run: func(t *kit.T) {
				p, to := switchOf(t), t.User()
				before := send(t, t.ConnectUser(t.User()), letter(to, "before")).MessageID
				p.kill()
				p.start()
				after := send(t, t.ConnectUser(t.User()), letter(to, "after")).MessageID
				t.Expect(after > before).To(BeTrue(), "the id %s comes after %s", after, before)
			},
		},
	}
}

// killed kills the backend when that many messages were acknowledged, and starts
// it again.
func (l *ledger) killed(t *kit.T, atOnce int) {
	p := switchOf(t)
	l.send(t, atOnce, p.kill)
	p.start()
}

func killLast(t *kit.T) {
	p, to := switchOf(t), t.User()
	for range 3 {
		ada := t.ConnectUser(t.User())
		told := send(t, ada, letter(to, "the last"))
		p.kill()
		p.start()
		back := missedAll(t, to)
		t.Flush(back)
		t.Expect(idsOf(t, back)).To(ContainElement(told.MessageID), "ids of the stored messages, after a kill right behind the acknowledgement")
	}
}

func killOffset(t *kit.T) {
	l := newLedger(t)
	l.killed(t, 20)
	for user, all := range l.tried {
		c := t.ConnectUser(user)
		for _, content := range all {
			again := send(t, c, retry(l.to, content, content))
			first, ok := l.told[content]
			if !ok {
				l.told[content] = again
				continue
			}
			t.Expect(again.MessageID).To(Equal(first.MessageID), "messageId of a repetition after the kill")
			t.Expect(isDuplicate(again)).To(BeTrue(), "duplicate of a repetition after the kill")
		}
	}
	stored := l.replay(t)
	l.check(t, stored)
	t.Expect(stored).To(HaveLen(len(l.told)), "stored messages, each sent with its clientOffset until it was acknowledged")
}

func killDelivered(t *kit.T) {
	l := newLedger(t)
	bob := t.ConnectUser(l.to)
	l.killed(t, 10)
	bob.Gone()
	var ids []string
	for _, m := range l.replay(t) {
		ids = append(ids, m.ID)
	}
	for _, m := range messagesOf(t, bob) {
		t.Expect(ids).To(ContainElement(m.ID), "ids of the stored messages: the recipient has seen %s", m.ID)
	}
}
