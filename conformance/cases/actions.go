package cases

import (
	"fmt"
	"net/url"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

// actions are the cases of user_action.
func actions() []kit.Case {
	const section = sectionClientEvents
	return []kit.Case{
		{
			ID: "messages/action-ack", Section: section,
			Contract: "user_action answers {success: true, actionId}",
			Run: func(t *kit.T) {
				a := t.ConnectUser(t.User()).OK("user_action", fields{"action": "page_view", "data": fields{"path": "/"}})
				t.Expect(a.Fields()).To(And(HaveLen(2), HaveKey("actionId")))
			},
		},
		{
			ID: "messages/action-ids", Section: section,
			Contract: "ids of actions are ULIDs, which sort by time: those of later actions are greater",
			Run: func(t *kit.T) {
				ada, last := t.ConnectUser(t.User()), ""
				for range 9 {
					id := fmt.Sprint(ada.OK("user_action", fields{"action": "a"}).Fields()["actionId"])
					t.Expect(id > last).To(BeTrue(), "the id %s comes after %s", id, last)
					last = id
				}
			},
		},
		{
			ID: "messages/action-data", Section: section,
			Contract: "data of user_action is any object, or left out",
			Run: func(t *kit.T) {
				ada := t.ConnectUser(t.User())
				ada.OK("user_action", fields{"action": "a"})
				ada.OK("user_action", fields{"action": "a", "data": fields{}})
				ada.OK("user_action", fields{"action": "a", "data": fields{"deep": fields{"list": []any{1, nil, fields{"x": "y"}}}}})
			},
		},
		{
			ID: "messages/action-private", Section: section,
			Contract: "no other client is told of an action, whatever its role",
			Run:      actionPrivate,
		},
		{
			ID: "messages/action-stored", Section: section, Scope: kit.Once,
			Contract: "user_action is acknowledged once it is stored: with its user, socket, time and data as it was sent",
			Run:      actionStored,
		},
	}
}

func actionPrivate(t *kit.T) {
	ada, action := t.ConnectUser(t.User()), t.Name("action")
	others := []*kit.Client{
		t.ConnectUser(ada.User), t.ConnectUser(t.User()), t.Connect(kit.Claims{"userId": t.User(), "role": "admin"}),
	}
	ada.OK("user_action", fields{"action": action, "data": fields{"mark": action}})
	t.Flush(others...)
	for _, c := range others {
		t.Expect(heard(c, action)).To(BeEmpty(), "what another client got of an action")
	}
}

// actionStored has every client send an action of one user, and reads all of them
// at once: a call over HTTP is dear.
func actionStored(t *kit.T) {
	user := t.User()
	want := map[string]fields{}
	for _, cell := range t.Cells {
		c := t.On(cell).ConnectUser(user)
		for _, one := range []fields{
			{"action": "bare"},
			{"action": "full", "data": fields{"i": 1.5, "text": "\u2028 <\"é🙂\x00", "list": []any{nil, true, fields{"_placeholder": false}}}},
		} {
			id := fmt.Sprint(c.OK("user_action", one).Fields()["actionId"])
			one["id"], one["userId"], one["socketId"] = id, user, c.ID()
			want[id] = one
		}
	}
	answer := read[struct{ Actions []fields }](t, call{what: getActions, token: admin(t), query: url.Values{"user": {user}}})
	t.Expect(answer.Actions).To(HaveLen(len(want)), "actions of a user who did two with each client")
	for _, got := range answer.Actions {
		near(t, fmt.Sprint(got["timestamp"]), "timestamp of an action")
		delete(got, "timestamp")
		t.Expect(got).To(Equal(want[fmt.Sprint(got["id"])]), "an action in the log, beside what was sent")
	}
}
