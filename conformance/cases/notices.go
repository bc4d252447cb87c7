package cases

import (
	"encoding/json"
	"strings"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

// notices are the events that calls over HTTP emit. Each call is watched by
// clients on every cell.
func notices() []kit.Case {
	const events, calls = "5 Server events", "8 HTTP"
	return []kit.Case{
		once("notices/notification", events, "notification goes to every socket of the user once, and to nobody else", notificationAudience),
		once("notices/notification-default", calls, "type of a notification defaults to info", func(t *kit.T) {
			notified(t, admin(t), "", "info")
		}),
		once("notices/notification-type", calls, "a notification has the type that the call says", func(t *kit.T) {
			notified(t, admin(t), "error", "error")
		}),
		once("notices/notification-moderator", calls, "moderators may notify", func(t *kit.T) {
			notified(t, moderator(t), "warning", "warning")
		}),
		once("notices/system-message", events, "system_message goes to every socket, whatever its role", systemMessage),
		once("notices/admin-message", events, "admin_message goes to administrators only", adminMessage),
		once("notices/department-message", events, "department_message goes to the department's members only", departmentMessage),
		once("notices/department-moderator", calls, "a moderator of the department may send it messages", departmentModerator),
		once("notices/user-update", events, "user_update goes to the user's sockets and to administrators, and to nobody else", userUpdate),
		once("notices/user-update-once", events, "user_update comes once also to a socket that is the user's and an administrator's", userUpdateOnce),
		once("notices/user-update-offline", events, "user_update goes to administrators also where the user is offline", userUpdateOffline),
		once("notices/disconnect", calls, "disconnect ends all sockets of the user and nobody else's", disconnect),
		once("notices/disconnect-offline", events, "after disconnect the others get one user_offline", disconnectOffline),
	}
}

// everywhere connects a client on every cell.
func everywhere(t *kit.T, claims kit.Claims) []*kit.Client {
	all := make([]*kit.Client, len(t.Cells))
	for i, cell := range t.Cells {
		all[i] = t.On(cell).Connect(claims)
	}
	return all
}

// arrives waits until all of them have the event that holds mark, and proves
// that each has it once, with the payload that is wanted (without its
// timestamp), and that the others do not have it.
func arrives(t *kit.T, event, mark string, want fields, to []*kit.Client, others ...*kit.Client) {
	match := kit.Containing(mark)
	for _, c := range to {
		got := kit.Decode[fields](t, c.NextWhere(event, match))
		delete(got, "timestamp") // its schema looks at it
		t.Expect(got).To(Equal(want), event)
	}
	t.Silent(event, match, others...)
	t.Flush(to...)
	for _, c := range to {
		t.Expect(count(c.Payloads(event), match)).To(Equal(1), "how often %s came to a socket of %s", event, c.User)
	}
	for _, whom := range audiences()[event] {
		t.Coverage.Audience(event + " to " + whom)
	}
}

// audiences are who gets an event, as the contract calls them.
func audiences() map[string][]string {
	return map[string][]string{
		"notification": {"user"}, "system_message": {"allUsers"}, "admin_message": {"admins"},
		"department_message": {"department"}, "user_update": {"user", "admins"},
	}
}

func count(payloads []json.RawMessage, match func(json.RawMessage) bool) int {
	n := 0
	for _, p := range payloads {
		if match(p) {
			n++
		}
	}
	return n
}

func notificationAudience(t *kit.T) {
	user, title := t.User(), t.Name("title")
	sockets := everywhere(t, kit.Claims{"userId": user})
	other := t.ConnectUser(t.User())
	root := t.Connect(kit.Claims{"userId": t.User(), "role": "admin"})
	mod := t.Connect(kit.Claims{"userId": t.User(), "role": "moderator"})
	r := emit(t, call{what: postNotification, of: user, token: admin(t), body: fields{"type": "success", "title": title, "message": "<é> \u0001"}})
	arrives(t, "notification", title, fields{"type": "success", "title": title, "message": "<é> \u0001"}, sockets, other, root, mod)
	emitted(t, r)
}

// notified has a user notified and looks at the type that comes.
func notified(t *kit.T, token, given, want string) {
	c, title := t.ConnectUser(t.User()), t.Name("title")
	body := fields{"title": title, "message": "m"}
	if given != "" {
		body["type"] = given
	}
	emit(t, call{what: postNotification, of: c.User, token: token, body: body})
	got := kit.Decode[fields](t, c.NextWhere("notification", kit.Containing(title)))
	t.Expect(got).To(HaveKeyWithValue("type", want), "notification")
}

func systemMessage(t *kit.T) {
	message := t.Name("message")
	all := append(
		everywhere(t, kit.Claims{"userId": t.User()}),
		t.Connect(kit.Claims{"userId": t.User(), "role": "admin"}),
		t.Connect(kit.Claims{"userId": t.User(), "role": "moderator"}),
		t.Connect(kit.Claims{"userId": t.User(), "department": t.Name("d")}),
	)
	r := emit(t, call{what: postSystemMessage, token: admin(t), body: fields{"message": message}})
	arrives(t, "system_message", message, fields{"type": "system", "message": message}, all)
	emitted(t, r)
}

func adminMessage(t *kit.T) {
	message := t.Name("message")
	admins := everywhere(t, kit.Claims{"userId": t.User(), "role": "admin"})
	other := t.ConnectUser(t.User())
	mod := t.Connect(kit.Claims{"userId": t.User(), "role": "moderator", "department": "admins"})
	r := emit(t, call{what: postAdminMessage, token: admin(t), body: fields{"message": message}})
	arrives(t, "admin_message", message, fields{"type": "admin", "message": message}, admins, other, mod)
	emitted(t, r)
}

func departmentMessage(t *kit.T) {
	department, message := t.Name("d"), t.Name("message")
	members := everywhere(t, kit.Claims{"userId": t.User(), "department": department})
	others := []*kit.Client{
		t.Connect(kit.Claims{"userId": t.User(), "department": department + "-2"}),
		t.Connect(kit.Claims{"userId": t.User(), "department": strings.ToUpper(department)}),
		t.Connect(kit.Claims{"userId": t.User(), "role": "admin"}),
		t.Connect(kit.Claims{"userId": t.User(), "role": "moderator"}),
	}
	r := emit(t, call{what: postDepartmentMessage, of: department, token: admin(t), body: fields{"message": message}})
	arrives(t, "department_message", message, fields{"type": "department", "department": department, "message": message}, members, others...)
	emitted(t, r)
}

func departmentModerator(t *kit.T) {
	department, message := t.Name("d"), t.Name("message")
	member := t.Connect(kit.Claims{"userId": t.User(), "department": department})
	token := t.Token(kit.Claims{"userId": t.User(), "role": "moderator", "department": department})
	emit(t, call{what: postDepartmentMessage, of: department, token: token, body: fields{"message": message}})
	member.NextWhere("department_message", kit.Containing(message))
}

func userUpdate(t *kit.T) {
	user := t.User()
	sockets := append(everywhere(t, kit.Claims{"userId": user}), everywhere(t, kit.Claims{"userId": t.User(), "role": "admin"})...)
	other := t.ConnectUser(t.User())
	mod := t.Connect(kit.Claims{"userId": t.User(), "role": "moderator"})
	data := fields{"name": "é", "n": 1.5, "deep": fields{"x": []any{nil, true}}}
	r := emit(t, call{what: postUpdate, of: user, token: admin(t), body: fields{"data": data}})
	arrives(t, "user_update", user, fields{"userId": user, "data": data}, sockets, other, mod)
	emitted(t, r)
}

func userUpdateOnce(t *kit.T) {
	user := t.User()
	both := everywhere(t, kit.Claims{"userId": user, "role": "admin"})
	emit(t, call{what: postUpdate, of: user, token: admin(t), body: fields{"data": fields{}}})
	arrives(t, "user_update", user, fields{"userId": user, "data": fields{}}, both)
}

func userUpdateOffline(t *kit.T) {
	user, root, other := t.User(), t.Connect(kit.Claims{"userId": t.User(), "role": "admin"}), t.ConnectUser(t.User())
	emit(t, call{what: postUpdate, of: user, token: admin(t), body: fields{"data": fields{}}})
	arrives(t, "user_update", user, fields{"userId": user, "data": fields{}}, []*kit.Client{root}, other)
}

func disconnect(t *kit.T) {
	user := t.User()
	sockets := append(everywhere(t, kit.Claims{"userId": user}), everywhere(t, kit.Claims{"userId": user})...)
	others := everywhere(t, kit.Claims{"userId": t.User()})
	r := emit(t, call{what: postDisconnect, of: user, token: admin(t)})
	for _, c := range sockets {
		c.Gone()
	}
	t.Flush(others...) // they are still there
	emitted(t, r)
}

func disconnectOffline(t *kit.T) {
	user := t.User()
	others := everywhere(t, kit.Claims{"userId": t.User()})
	for _, c := range others {
		c.Settle()
	}
	t.PresentUser(user)
	t.PresentUser(user)
	emit(t, call{what: postDisconnect, of: user, token: admin(t)})
	arrives(t, "user_offline", user, fields{"userId": user}, others)
}
