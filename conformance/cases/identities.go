package cases

import (
	"strconv"
	"time"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

// identities are cases of whom a token names.
func identities() []kit.Case {
	return []kit.Case{
		refusesClaims("user-id-missing", "a token without a user id is invalid", invalid, func(*kit.T) kit.Claims { return kit.Claims{"role": "admin"} }),
		{
			ID: "auth/user-id-type", Section: authSection, Scope: kit.Once,
			Contract: "a userId that is neither a string nor an integer, or is empty, is invalid",
			Run: func(t *kit.T) {
				for _, id := range []any{"", true, 1.5, fields{"id": 1}, []string{t.User()}} {
					refuses(t, invalid, kit.Claims{"userId": id})
				}
			},
		},
		{
			ID: "auth/user-id", Section: authSection,
			Contract: "userId is the user's id",
			Run: func(t *kit.T) {
				user := t.User()
				t.Expect(self(t, t.ConnectUser(user))).To(HaveKeyWithValue("id", user))
			},
		},
		{
			ID: "auth/user-id-integer", Section: authSection,
			Contract: "an integer userId becomes a string wherever the user's id is told",
			Run:      integerID,
		},
		{
			ID: "auth/sub", Section: authSection, Scope: kit.Once,
			Contract: "without userId the user's id is sub",
			Run: func(t *kit.T) {
				user := t.User()
				t.Expect(self(t, t.Connect(kit.Claims{"sub": user}))).To(HaveKeyWithValue("id", user))
			},
		},
		{
			ID: "auth/user-id-before-sub", Section: authSection, Scope: kit.Once,
			Contract: "userId counts before sub",
			Run: func(t *kit.T) {
				user := t.User()
				t.Expect(self(t, t.Connect(kit.Claims{"userId": user, "sub": t.User()}))).To(HaveKeyWithValue("id", user))
			},
		},
		{
			ID: "auth/other-claims", Section: authSection, Scope: kit.Once,
			Contract: "claims that the contract does not name do not matter",
			Run: func(t *kit.T) {
				user := t.User()
				c := t.Connect(kit.Claims{"userId": user, "iss": "somebody", "aud": "something", "jti": "1", "UserId": t.User(), "Role": "admin", "id": 7})
				t.Expect(self(t, c)).To(HaveKeyWithValue("id", user))
				c.Fails("FORBIDDEN", "join_room", room("admins"))
			},
		},
	}
}

func integerID(t *kit.T) {
	watcher := watch(t)
	number := time.Now().UnixMicro() // no other case's
	user := strconv.FormatInt(number, 10)
	c := t.Connect(kit.Claims{"userId": number})
	t.Expect(self(t, c)).To(HaveKeyWithValue("id", user), "the id in online_users")
	online := kit.Decode[fields](t, watcher.NextWhere("user_online", kit.Containing(user)))
	t.Expect(online).To(HaveKeyWithValue("userId", user), "the id in user_online")
	c.OK("send_message", fields{"to": user, "content": "to myself"})
	t.Expect(kit.Decode[fields](t, c.Next("new_message"))).To(HaveKeyWithValue("from", user), "the sender of a message")
}

// watch connects somebody who is told of everyone that comes from now on.
func watch(t *kit.T) *kit.Client {
	c := t.ConnectUser(t.User())
	c.Next("online_users") // whoever is not in it is yet to come
	return c
}

// roles are cases of what a role lets its user do. A room of the server that
// one is in can be joined, any other one can't: that tells who is where.
func roles() []kit.Case {
	member := func(role string, in, out []string) func(t *kit.T) {
		return func(t *kit.T) {
			c := t.Connect(kit.Claims{"userId": t.User(), "role": role})
			for _, name := range in {
				c.OK("join_room", room(name))
			}
			for _, name := range out {
				c.Fails("FORBIDDEN", "join_room", room(name))
			}
		}
	}
	return []kit.Case{
		{
			ID: "auth/role-admin", Section: authSection, Contract: "the role admin makes an administrator",
			Run: member("admin", []string{"admins"}, []string{"moderators"}),
		},
		{
			ID: "auth/role-moderator", Section: authSection, Contract: "the role moderator makes a moderator",
			Run: member("moderator", []string{"moderators"}, []string{"admins"}),
		},
		{
			ID: "auth/role-user", Section: authSection, Scope: kit.Once, Contract: "the role user makes neither",
			Run: member("user", nil, []string{"admins", "moderators"}),
		},
		{
			ID: "auth/role-absent", Section: authSection, Scope: kit.Once, Contract: "a token without a role is one of a user",
			Run: func(t *kit.T) { wantPlainUser(t, kit.Claims{}) },
		},
		{
			ID: "auth/role-unknown", Section: authSection, Scope: kit.Once, Contract: "any other role is treated as user",
			Run: func(t *kit.T) {
				for _, role := range []any{"superuser", "Admin", "ADMIN", " admin", "admin ", "", "admins", "Banned"} {
					wantPlainUser(t, kit.Claims{"role": role})
				}
			},
		},
		{
			ID: "auth/role-not-text", Section: authSection, Scope: kit.Once, Contract: "a role that is no string is treated as user",
			Run: func(t *kit.T) {
				for _, role := range []any{1, true, []string{"admin"}, fields{"admin": true}} {
					wantPlainUser(t, kit.Claims{"role": role})
				}
			},
		},
		{
			ID: "auth/department", Section: authSection, Scope: kit.Once, Contract: "the claim department makes a member of that department",
			Run: func(t *kit.T) {
				department := t.Name("d")
				c := t.Connect(kit.Claims{"userId": t.User(), "department": department})
				t.Expect(self(t, c)).To(HaveKeyWithValue("department", department))
				c.OK("join_room", room("department_"+department))
				c.Fails("FORBIDDEN", "join_room", room("department_"+t.Name("d")))
			},
		},
	}
}

// wantPlainUser connects with claims that make no more than a user.
func wantPlainUser(t *kit.T, c kit.Claims) {
	c["userId"] = t.User()
	client := t.Connect(c)
	t.Expect(self(t, client)["role"]).To(Or(BeNil(), Equal("user")), "role of a user with the claim %v", c["role"])
	client.Fails("FORBIDDEN", "join_room", room("admins"))
	client.Fails("FORBIDDEN", "join_room", room("moderators"))
}
