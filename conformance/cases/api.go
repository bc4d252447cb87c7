package cases

import (
	"mime"
	"net/http"
	"net/url"
	"strings"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

// The calls of section 8, as the contract spells them.
const (
	postNotification      = "POST /api/users/{userId}/notifications"
	postUpdate            = "POST /api/users/{userId}/updates"
	postDisconnect        = "POST /api/users/{userId}/disconnect"
	postSystemMessage     = "POST /api/system-messages"
	postAdminMessage      = "POST /api/admin-messages"
	postDepartmentMessage = "POST /api/departments/{department}/messages"
	getPresences          = "GET /api/presence"
	getPresence           = "GET /api/presence/{userId}"
	getMessages           = "GET /api/messages"
	getActions            = "GET /api/actions"
	getMetrics            = "GET /api/metrics"
	getHealth             = "GET /healthz"
	getReadiness          = "GET /readyz"
	getYAML               = "GET /asyncapi.yaml"
	getJSON               = "GET /asyncapi.json"
)

// call is a request over HTTP.
type call struct {
	what   string // as the contract spells it
	of     string // what stands in the path for its parameter
	query  url.Values
	token  string
	body   any
	header map[string]string
}

// instant is a time as the contract writes it.
const instant = `^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$`

// do makes a call.
func do(t *kit.T, c call) *kit.Response {
	method, path, _ := strings.Cut(c.what, " ")
	if before, rest, ok := strings.Cut(path, "{"); ok {
		_, after, _ := strings.Cut(rest, "}")
		path = before + url.PathEscape(c.of) + after
	}
	if len(c.query) > 0 {
		path += "?" + c.query.Encode()
	}
	t.Coverage.HTTP(c.what)
	return t.Do(kit.Request{Method: method, Path: path, Token: c.token, Body: c.body, Header: c.header})
}

// read makes a call that must succeed, and decodes what it answers.
func read[V any](t *kit.T, c call) V {
	r := do(t, c)
	t.Expect(r.Status).To(Equal(http.StatusOK), "status of %s: %s", c.what, r.Body)
	return kit.Decode[V](t, r.Body)
}

// emit makes a call that emits.
func emit(t *kit.T, c call) *kit.Response {
	r := do(t, c)
	t.Expect(r.Status).To(And(BeNumerically(">=", 200), BeNumerically("<", 300)), "status of %s: %s", c.what, r.Body)
	return r
}

// emitted judges the answer of a call that emits: one case of each call does.
func emitted(t *kit.T, r *kit.Response) {
	t.Expect(r.Status).To(Equal(http.StatusAccepted), "status of a call that emits")
	t.Expect(r.JSON(t)).To(And(HaveKeyWithValue("success", true), HaveKeyWithValue("timestamp", MatchRegexp(instant))),
		"calls that emit answer {success: true, timestamp}")
}

// denied makes a call that must fail with a status.
func denied(t *kit.T, c call, status int) *kit.Response {
	r := do(t, c)
	t.Expect(r.Status).To(Equal(status), "status of %s, which is to fail: %s", c.what, r.Body)
	return r
}

// failure is what a problem says to programs.
type failure struct {
	Code    string          `json:"code"`
	Status  *int            `json:"status"` // RFC 9457 lets a problem leave it out
	Details []kit.Violation `json:"details"`
}

// problem judges the form of a failure: one case of each status does, so that a
// backend with other forms fails those cases and not all that want a refusal.
func problem(t *kit.T, r *kit.Response, code string) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	t.Expect(err).NotTo(HaveOccurred(), "Content-Type of a failure: %q", r.Header.Get("Content-Type"))
	t.Expect(kind).To(Equal("application/problem+json"), "Content-Type of a failure")
	body := kit.Decode[failure](t, r.Body)
	t.Expect(body.Code).To(Equal(code), "code of the problem %s", r.Body)
	if body.Status != nil {
		t.Expect(*body.Status).To(Equal(r.Status), "status of the problem %s", r.Body)
	}
}

// admin returns the token of an administrator who is not connected.
func admin(t *kit.T) string { return t.Token(kit.Claims{"userId": t.Name("root"), "role": "admin"}) }

// moderator returns the token of a moderator who is in no department.
func moderator(t *kit.T) string {
	return t.Token(kit.Claims{"userId": t.Name("mod"), "role": "moderator"})
}

// tokenOf returns the token of a user of the role user.
func tokenOf(t *kit.T, user string) string { return t.Token(kit.Claims{"userId": user}) }

// once is a case that neither client nor transport matter to.
func once(id, section, contract string, run func(*kit.T)) kit.Case {
	return kit.Case{ID: id, Section: section, Contract: contract, Scope: kit.Once, Run: run}
}
