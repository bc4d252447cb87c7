package cases

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

const httpSection = "8 HTTP"

// httpCalls are the calls over HTTP but for what they emit (notices). An address
// may make 100 of them to /api in a quarter of an hour, so that each case makes
// do with as few as it can.
func httpCalls() []kit.Case {
	return slices.Concat(httpTokens(), httpRoles(), httpRequests(), httpPresence(), httpMessages(), httpActions(), httpServer())
}

// httpTokens: the bearer token is judged as in section 2.
func httpTokens() []kit.Case {
	refuses := func(id, contract, code string, token func(*kit.T) string) kit.Case {
		return once(id, httpSection, contract+": 401 "+code, func(t *kit.T) {
			r := denied(t, call{what: getPresences, token: token(t)}, http.StatusUnauthorized)
			t.Expect(kit.Decode[failure](t, r.Body).Code).To(Equal(code), "code of %s", r.Body)
		})
	}
	return []kit.Case{
		once("http/token-required", httpSection, "without a bearer token a call fails: 401 AUTH_TOKEN_REQUIRED", func(t *kit.T) {
			problem(t, denied(t, call{what: getPresences}, http.StatusUnauthorized), "AUTH_TOKEN_REQUIRED")
		}),
		refuses("http/token-expired", "a token past its exp fails", "AUTH_TOKEN_EXPIRED",
			func(t *kit.T) string {
				return t.Token(kit.Claims{"userId": t.User(), "exp": time.Now().Add(-time.Minute).Unix()})
			}),
		refuses("http/token-invalid", "a token that another key has signed fails", "AUTH_TOKEN_INVALID",
			func(t *kit.T) string {
				return t.Sign(jwt.SigningMethodHS256, []byte("not "+t.Backend.Secret()), kit.Claims{"userId": t.User(), "role": "admin"})
			}),
		refuses("http/token-banned", "a token with the role banned fails", "AUTH_USER_BANNED",
			func(t *kit.T) string { return t.Token(kit.Claims{"userId": t.User(), "role": "banned"}) }),
	}
}

// httpRoles: each call that has a role in brackets is refused once for a role
// that is not among them, the nearest one.
func httpRoles() []kit.Case {
	var all []kit.Case
	for _, c := range []struct {
		id, contract, what string
		claims             kit.Claims // of who calls
		event              string     // that must not come
	}{
		{"http/role-notifications", "users may not notify (FORBIDDEN)", postNotification, kit.Claims{"role": "user"}, "notification"},
		{"http/role-updates", "moderators may not send updates", postUpdate, kit.Claims{"role": "moderator"}, "user_update"},
		{"http/role-disconnect", "moderators may not disconnect users", postDisconnect, kit.Claims{"role": "moderator"}, ""},
		{"http/role-system-messages", "moderators may not send system messages", postSystemMessage, kit.Claims{"role": "moderator"}, "system_message"},
		{"http/role-admin-messages", "moderators may not send messages to administrators", postAdminMessage, kit.Claims{"role": "moderator"}, "admin_message"},
		{"http/role-other-department", "moderators of another department may not send it messages", postDepartmentMessage, kit.Claims{"role": "moderator", "department": "other"}, "department_message"},
		{"http/role-own-department", "users may not send their department messages", postDepartmentMessage, kit.Claims{"role": "user", "department": ""}, "department_message"},
		{"http/role-actions", "moderators may not read the action log", getActions, kit.Claims{"role": "moderator"}, ""},
		{"http/role-metrics", "moderators may not read metrics", getMetrics, kit.Claims{"role": "moderator"}, ""},
	} {
		all = append(all, once(c.id, httpSection, c.contract+": 403", func(t *kit.T) {
			refusedRole(t, c.what, c.claims, c.event)
		}))
	}
	return append(all, once("http/role-messages", httpSection, "only administrators read messages of others, with user=: 403", func(t *kit.T) {
		c := call{what: getMessages, query: url.Values{"user": {t.User()}}, token: tokenOf(t, t.User())}
		denied(t, c, http.StatusForbidden)
	}))
}

// refusedRole calls as one who may not, and proves that the refusal is all that
// comes of it. An empty department in claims stands for the one concerned.
func refusedRole(t *kit.T, what string, claims kit.Claims, event string) {
	user, department, mark := t.User(), t.Name("d"), t.Name("mark")
	// Of all that the calls emit, this one would get something.
	concerned := t.Connect(kit.Claims{"userId": user, "role": "admin", "department": department})
	who := kit.Claims{"userId": t.User(), "role": claims["role"], "department": claims["department"]}
	if who["department"] == "" {
		who["department"] = department
	}
	c := call{what: what, of: user, token: t.Token(who)}
	switch what {
	case postNotification:
		c.body = fields{"title": mark, "message": mark}
	case postUpdate:
		c.body = fields{"data": fields{"mark": mark}}
	case postSystemMessage, postAdminMessage:
		c.body = fields{"message": mark}
	case postDepartmentMessage:
		c.of, c.body = department, fields{"message": mark}
	}
	r := denied(t, c, http.StatusForbidden)
	if what == postNotification {
		problem(t, r, "FORBIDDEN")
	}
	if event == "" {
		t.Flush(concerned) // still there
		return
	}
	t.Silent(event, kit.Containing(mark), concerned)
}

// httpLimit uses up what the backend lets an address ask for: it comes last.
func httpLimit() []kit.Case {
	c := once("http/rate-limit", "7 Limits", "/api answers an address 100 times in a quarter of an hour, and 429 RATE_LIMITED after that", apiRateLimit)
	c.Needs = []kit.Need{kit.NeedHTTPLimit}
	return []kit.Case{c}
}

// apiRateLimit asks until the backend has had enough. How much was asked before,
// by the suite or others at its address, only the backend knows: where it says
// so, exactly that is left.
func apiRateLimit(t *kit.T) {
	const most = 100
	c := call{what: getPresence, of: t.User(), token: tokenOf(t, t.User())} // offline: 404
	answered, left := 0, -1
	r := do(t, c)
	if n, err := strconv.Atoi(r.Header.Get("RateLimit-Remaining")); err == nil {
		left = n + 1
	}
	for ; r.Status != http.StatusTooManyRequests; r = do(t, c) {
		answered++
		t.Expect(answered).To(BeNumerically("<=", most), "requests that were answered")
	}
	if left > 0 && answered > 0 {
		t.Expect(answered).To(Equal(left), "requests that were answered, RateLimit-Remaining of the first was %d", left-1)
	}
	problem(t, r, "RATE_LIMITED")
	t.Expect(rateLimitHeaders(r)).NotTo(BeEmpty(), "headers RateLimit-* of a 429, got %v", r.Header)
	seconds, err := strconv.Atoi(r.Header.Get("Retry-After"))
	t.Expect(err).NotTo(HaveOccurred(), "Retry-After of a 429 is seconds")
	t.Expect(seconds).To(And(BeNumerically(">", 0), BeNumerically("<=", 15*60)), "Retry-After of a 429")

	other := c
	other.token = admin(t)
	denied(t, other, http.StatusTooManyRequests) // the address counts, not the user
	other.header = map[string]string{"X-Forwarded-For": "203.0.113.7"}
	denied(t, other, http.StatusTooManyRequests) // nobody has listed us as a proxy
	t.Expect(do(t, call{what: getHealth}).Status).To(Equal(http.StatusOK), "the limit is of /api only")
}
