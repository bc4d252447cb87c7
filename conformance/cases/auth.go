package cases

import (
	"encoding/json"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/driver"
	"github.com/parlance-dev/parlance/conformance/kit"
)

const authSection = "2 Authentication"

// The contract's refusals.
const (
	required = "AUTH_TOKEN_REQUIRED"
	expired  = "AUTH_TOKEN_EXPIRED"
	banned   = "AUTH_USER_BANNED"
	invalid  = "AUTH_TOKEN_INVALID"
)

func refusalMessage(code string) string {
	return map[string]string{
		required: "Authentication token required",
		expired:  "Token expired",
		banned:   "User is banned",
		invalid:  "Invalid authentication token",
	}[code]
}

func auth() []kit.Case {
	all := append(refusals(), sources()...)
	all = append(all, signatures()...)
	return append(all, append(claims(), expiry()...)...)
}

// refusals are the rows of the contract's table, as each client sees them.
func refusals() []kit.Case {
	return []kit.Case{
		{
			ID: "auth/required", Section: authSection,
			Contract: "without a token the connection is refused with `Authentication token required`, AUTH_TOKEN_REQUIRED",
			Run: func(t *kit.T) {
				wantRefusal(t, required, nil, nil)
				wantRefusal(t, required, fields{}, nil)
			},
		},
		{
			ID: "auth/expired", Section: authSection,
			Contract: "a good signature past its exp is refused with `Token expired`, AUTH_TOKEN_EXPIRED",
			Run:      func(t *kit.T) { refuses(t, expired, kit.Claims{"userId": t.User(), "exp": in(-60)}) },
		},
		{
			ID: "auth/banned", Section: authSection,
			Contract: "a good token with the role banned is refused with `User is banned`, AUTH_USER_BANNED",
			Run:      func(t *kit.T) { refuses(t, banned, kit.Claims{"userId": t.User(), "role": "banned"}) },
		},
		{
			ID: "auth/invalid", Section: authSection,
			Contract: "anything else is refused with `Invalid authentication token`, AUTH_TOKEN_INVALID",
			Run:      func(t *kit.T) { wantRefusal(t, invalid, fields{"token": "no token at all"}, nil) },
		},
		{
			ID: "auth/refused-stays-out", Section: authSection, Scope: kit.Once,
			Contract: "who is refused can send nothing",
			Run:      refusedStaysOut,
		},
		{
			ID: "auth/refused-not-online", Section: authSection, Scope: kit.Once,
			Contract: "who is refused is never online",
			Run:      refusedNotOnline,
		},
	}
}

// sources are where the token comes from.
func sources() []kit.Case {
	empty := func(auth fields) func(t *kit.T) {
		return func(t *kit.T) { wantRefusal(t, required, auth, nil) }
	}
	falls := func(auth fields) func(t *kit.T) {
		return func(t *kit.T) {
			user := t.User()
			t.Expect(self(t, connectBy(t, auth, good(t, user)))).To(HaveKeyWithValue("id", user), "the user of the query's token")
		}
	}
	return []kit.Case{
		{ID: "auth/required-empty", Section: authSection, Contract: "an empty auth.token is no token", Run: empty(fields{"token": ""})},
		{ID: "auth/required-null", Section: authSection, Contract: "an auth.token that is null is no token", Run: empty(fields{"token": nil})},
		{
			ID: "auth/required-empty-query", Section: authSection, Contract: "an empty token in the query is no token",
			Run: func(t *kit.T) { wantRefusal(t, required, nil, map[string]string{"token": ""}) },
		},
		{ID: "auth/query", Section: authSection, Contract: "where auth.token is absent the query's token counts", Run: falls(nil)},
		{ID: "auth/query-after-empty", Section: authSection, Contract: "where auth.token is empty the query's token counts", Run: falls(fields{"token": ""})},
		{ID: "auth/query-after-null", Section: authSection, Contract: "where auth.token is null the query's token counts", Run: falls(fields{"token": nil})},
		{
			ID: "auth/query-refused", Section: authSection, Contract: "the query's token is judged like any other",
			Run: func(t *kit.T) {
				wantRefusal(t, invalid, nil, map[string]string{"token": "abc"})
				wantRefusal(t, expired, nil, map[string]string{"token": t.Token(kit.Claims{"userId": t.User(), "exp": in(-60)})})
			},
		},
		{
			ID: "auth/auth-first", Section: authSection, Contract: "auth.token counts before the query's token",
			Run: func(t *kit.T) {
				user := t.User()
				c := connectBy(t, fields{"token": good(t, user)}, good(t, t.User()))
				t.Expect(self(t, c)).To(HaveKeyWithValue("id", user), "the user of auth.token")
			},
		},
		{
			ID: "auth/auth-first-refused", Section: authSection, Contract: "a bad auth.token is refused, whatever token the query has",
			Run: func(t *kit.T) {
				wantRefusal(t, invalid, fields{"token": "abc"}, map[string]string{"token": good(t, t.User())})
			},
		},
		{
			ID: "auth/not-a-string", Section: authSection, Contract: "an auth.token that is no string is invalid, without falling back to the query",
			Run: func(t *kit.T) {
				for _, token := range []any{0, 7, true, false, fields{"a": 1}, []string{good(t, t.User())}, []any{}} {
					wantRefusal(t, invalid, fields{"token": token}, map[string]string{"token": good(t, t.User())})
				}
				t.Coverage.Constraint("connect /token type")
			},
		},
		{
			ID: "auth/not-a-string-alone", Section: authSection, Contract: "an auth.token that is no string is invalid, not missing",
			Run: func(t *kit.T) {
				for _, token := range []any{0, false, fields{}} {
					wantRefusal(t, invalid, fields{"token": token}, nil)
				}
			},
		},
	}
}

// wantRefusal connects with a CONNECT payload and a query, and wants the
// refusal of a code.
func wantRefusal(t *kit.T, code string, auth fields, query map[string]string) {
	refusal := t.Refused(func(o *driver.DialOptions) {
		o.Query = query
		if auth != nil {
			o.Auth = auth
		}
	})
	t.Expect(refusal.Message).To(Equal(refusalMessage(code)), "message of connect_error for auth %v, query %v", auth, query)
	t.Expect(refusal.Code()).To(Equal(code), "err.data.code of connect_error for auth %v, query %v", auth, query)
}

// refuses connects with a well signed token of claims.
func refuses(t *kit.T, code string, c kit.Claims) {
	wantRefusal(t, code, fields{"token": t.Token(c)}, nil)
}

func good(t *kit.T, user string) string { return t.Token(kit.Claims{"userId": user}) }

// connectBy connects with a CONNECT payload and a token in the query.
func connectBy(t *kit.T, auth fields, query string) *kit.Client {
	c, err := t.Dial(func(o *driver.DialOptions) {
		o.Query = map[string]string{"token": query}
		if auth != nil {
			o.Auth = auth
		}
	})
	if err != nil {
		t.Fatalf("a good token is refused: %v", err)
	}
	return c
}

// self is the userInfo of the client's own user, as online_users has it.
func self(t *kit.T, c *kit.Client) fields {
	for _, user := range kit.Decode[[]fields](t, c.Next("online_users")) {
		if user["socketId"] == c.ID() {
			return user
		}
	}
	t.Fatalf("the client is missing in its own online_users")
	return nil
}

// refusedStaysOut ignores the refusal, as no client library would.
func refusedStaysOut(t *kit.T) {
	peer, content := t.ConnectUser(t.User()), t.Name("content")
	w := t.Raw(kit.RawOptions{})
	auth, err := json.Marshal(fields{"token": t.Token(kit.Claims{"userId": t.User(), "exp": in(-60)})})
	t.Must(err)
	w.Write("40" + string(auth))
	w.ReadUntil("44")
	t.Expect(after(w, `420["ping"]`)).NotTo(HavePrefix("430"), "an event of a refused client is answered")
	message, err := json.Marshal([]any{"send_message", fields{"to": peer.User, "content": content}})
	t.Must(err)
	_ = w.TryWrite("42" + string(message)) // it may be closed by now
	t.Silent("new_message", kit.Containing(content), peer)
}

// after sends a packet and returns the next one that is no heartbeat, "" where
// the backend closes, or answers nothing before the next heartbeat of a probe.
func after(w *kit.Raw, packet string) string {
	if w.TryWrite(packet) != nil {
		return ""
	}
	// Any CONNECT is answered, if only by a refusal: what comes before it is the
	// answer to the packet.
	if w.TryWrite("40{}") != nil {
		return ""
	}
	got, err := w.TryRead()
	if err != nil {
		return ""
	}
	return got
}

func refusedNotOnline(t *kit.T) {
	watcher := watch(t)
	users := []string{t.User(), t.User(), t.User()}
	refuses(t, expired, kit.Claims{"userId": users[0], "exp": in(-60)})
	refuses(t, banned, kit.Claims{"userId": users[1], "role": "banned"})
	refuses(t, invalid, kit.Claims{"userId": users[2], "exp": nil})
	fresh := t.ConnectUser(t.User())
	online := string(fresh.Next("online_users"))
	for _, user := range users {
		t.Silent("user_online", kit.Containing(user), watcher)
		t.Expect(online).NotTo(ContainSubstring(user), "online_users has a refused user")
	}
}
