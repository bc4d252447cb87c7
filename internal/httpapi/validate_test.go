package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/internal/gen/events"
)

// TestViolations: every keyword of the document, in the words of the socket's
// violations, all of a request at once.
func TestViolations(t *testing.T) {
	s := serveAPI(t)
	const ulidPattern = "must match ^[0-7][0-9A-HJKMNP-TV-Z]{25}$"
	long := strings.Repeat("x", 129)
	for _, c := range []struct {
		target, body string
		want         []string
	}{
		{"/api/users/u1/notifications", `{}`, []string{"/title required: is required", "/message required: is required"}},
		{"/api/users/u1/notifications", `[]`, []string{" type: must be an object"}},
		{"/api/users/u1/notifications", `null`, []string{" type: must be an object"}},
		{"/api/users/u1/notifications", `{"title":"","message":"` + strings.Repeat("\U0001F600", 2001) + `","type":"loud"}`, []string{
			"/message maxLength: must be at most 2000 characters", "/title minLength: must be at least 1 character",
			`/type enum: must be "info", "success", "warning" or "error"`,
		}},
		{"/api/users/u1/notifications", `{"title":null,"message":7,"type":null}`, []string{
			"/message type: must be a string", "/title type: must be a string", "/type type: must be a string",
		}},
		{"/api/users/u1/notifications", `{"title":"` + strings.Repeat("é", 201) + `","message":1e999,"a/b~c":1,"Title":2}`, []string{
			"/Title additionalProperties: is not a known property", "/a~1b~0c additionalProperties: is not a known property",
			"/message type: must be a string", "/title maxLength: must be at most 200 characters",
		}},
		{"/api/users/" + long + "/updates?z=1&a~/b=2", `{"data":[]}`, []string{
			"/userId maxLength: must be at most 128 characters", "/a~0~1b additionalProperties: is not a known parameter",
			"/z additionalProperties: is not a known parameter", "/data type: must be an object",
		}},
		{"/api/departments/" + long + "/messages", `{"message":true}`, []string{"/department maxLength: must be at most 128 characters", "/message type: must be a string"}},
		{"/api/users//disconnect", ``, []string{"/userId minLength: must be at least 1 character"}},
		{"/api/messages?limit=0&with=&user=&before=01KEM2VQ7Y&after=" + strings.ToLower(ulid(1)), "", []string{
			"/with minLength: must be at least 1 character", "/user minLength: must be at least 1 character", "/before pattern: " + ulidPattern,
			"/after pattern: " + ulidPattern, "/limit minimum: must be at least 1",
		}},
		{"/api/messages?limit=201", "", []string{"/limit maximum: must be at most 200"}},
		{"/api/messages?limit=-1", "", []string{"/limit minimum: must be at least 1"}},
		{"/api/messages?limit=99999999999999999999999999", "", []string{"/limit maximum: must be at most 200"}},
		{"/api/messages?limit=abc", "", []string{"/limit type: must be an integer"}},
		{"/api/messages?limit=", "", []string{"/limit type: must be an integer"}},
		{"/api/messages?limit=1.5", "", []string{"/limit type: must be an integer"}},
		{"/api/messages?limit=1e1", "", []string{"/limit type: must be an integer"}},
		{"/api/messages?limit=%2B1", "", []string{"/limit type: must be an integer"}},
		{"/api/messages?limit=-", "", []string{"/limit type: must be an integer"}},
		{"/api/messages?limit=1&limit=2&with=a&with=a", "", []string{"/with maxItems: must be given once", "/limit maxItems: must be given once"}},
		{"/api/messages?LIMIT=1&cursor=x", "", []string{"/LIMIT additionalProperties: is not a known parameter", "/cursor additionalProperties: is not a known parameter"}},
		{"/api/actions?action=" + long, "", []string{"/action maxLength: must be at most 100 characters"}},
		{"/api/presence?cursor=a.b", "", []string{"/cursor pattern: must match ^[A-Za-z0-9_-]*$"}},
		{"/api/presence?cursor=" + strings.Repeat("a", 1025), "", []string{"/cursor maxLength: must be at most 1024 characters"}},
		{"/api/metrics?x", "", []string{"/x additionalProperties: is not a known parameter"}},
	} {
		q := request{method: "POST", target: c.target, token: "admin", body: c.body}
		if strings.HasPrefix(c.target, "/api/messages") || strings.HasPrefix(c.target, "/api/actions") || strings.HasPrefix(c.target, "/api/presence") || strings.HasPrefix(c.target, "/api/metrics") {
			q.method = "GET"
		}
		if got := expect(t, s.do(t, q), http.StatusUnprocessableEntity, "VALIDATION_ERROR"); !slices.Equal(got, c.want) {
			t.Errorf("%s %s:\n%q, want\n%q", c.target, c.body, got, c.want)
		}
	}
	if calls := s.take(); len(calls) != 0 {
		t.Errorf("called %v", calls)
	}
}

// TestSameWordsAsTheSocket judges one payload by both validators.
func TestSameWordsAsTheSocket(t *testing.T) {
	s := serveAPI(t)
	body := `{"title":"","message":5,"type":"x","more":[]}`
	got := expect(t, s.do(t, request{method: "POST", target: "/api/users/u/notifications", token: "admin", body: body}), http.StatusUnprocessableEntity, "VALIDATION_ERROR")
	_, err := events.DecodeNotification([]byte(body))
	for _, line := range got {
		path, rest, _ := strings.Cut(line, " ")
		_, message, _ := strings.Cut(rest, ": ")
		if err == nil || !strings.Contains(allOf(t, err), path+" "+message) {
			t.Errorf("%q is not among the socket's: %v", line, allOf(t, err))
		}
	}
	if len(got) != 4 {
		t.Errorf("%q", got)
	}
}

// TestManyViolations: an answer stays small whatever is sent.
func TestManyViolations(t *testing.T) {
	s := serveAPI(t)
	var properties []string
	for i := range 7000 {
		properties = append(properties, `"`+strconv.FormatInt(int64(i), 36)+`":1`)
	}
	body := "{" + strings.Join(properties, ",") + "}"
	w := s.do(t, request{method: "POST", target: "/api/system-messages?" + strings.Repeat("q&", 500), token: "admin", body: body})
	if got := expect(t, w, http.StatusUnprocessableEntity, "VALIDATION_ERROR"); len(got) != 100 {
		t.Errorf("%d violations", len(got))
	}
	long := strings.Repeat("x", 30_000)
	w = s.do(t, request{method: "POST", target: "/api/system-messages", token: "admin", body: `{"` + long + `a":1,"` + long + `b":1}`})
	if got := expect(t, w, http.StatusUnprocessableEntity, "VALIDATION_ERROR"); len(got) != 3 {
		t.Errorf("%d violations", len(got))
	}
}

// TestUnreadable: what is no request at all, with where it ends to be one.
func TestUnreadable(t *testing.T) {
	s := serveAPI(t)
	deep := `{"data":{"a":` + strings.Repeat("[", 11_000) + strings.Repeat("]", 11_000) + "}}"
	for _, c := range []struct{ target, body, detail string }{
		{"/api/system-messages", "{", "The body is not JSON, from byte 1 on"},
		{"/api/system-messages", `{"message":"m",}`, "The body is not JSON, from byte 16 on"},
		{"/api/system-messages", `{"message":"m"} {}`, "The body is not JSON, from byte 17 on"},
		{"/api/system-messages", `message=m`, "The body is not JSON, from byte 1 on"},
		{"/api/system-messages", `{"message":NaN}`, "The body is not JSON, from byte 12 on"},
		{"/api/system-messages", "{\"message\":\"a\nb\"}", "The body is not JSON, from byte 14 on"},
		{"/api/system-messages", "\ufeff{}", "The body is not JSON, from byte 1 on"},
		{"/api/system-messages", " \n", "The body is empty: it must be JSON"},
		{"/api/users/u1/updates", "{\"data\":{\"a\":\"\xff\"}}", "The body is not UTF-8"},
		{"/api/users/u1/updates", deep, "The body is not JSON, from byte 10012 on"},
		{"/api/users/u%FF1/updates", `{"data":{}}`, "The address is not UTF-8"},
		{"/api/users/u1/updates?a=%FF", `{"data":{}}`, "The address is not UTF-8"},
		{"/api/users/u1/updates?a=%zz", `{"data":{}}`, "The query is malformed"},
		{"/api/users/u1/updates?a=1;b=2", `{"data":{}}`, "The query is malformed"},
	} {
		w := s.do(t, request{method: "POST", target: c.target, token: "admin", body: c.body})
		expect(t, w, http.StatusBadRequest, "BAD_REQUEST")
		if !strings.Contains(w.Body.String(), `"detail":"`+c.detail+`"`) {
			t.Errorf("%.40q: %s, want %s", c.body, w.Body, c.detail)
		}
	}
	empty := s.do(t, request{method: "POST", target: "/api/system-messages", token: "admin"})
	expect(t, empty, http.StatusBadRequest, "BAD_REQUEST")
	if calls := s.take(); len(calls) != 0 {
		t.Errorf("called %v", calls)
	}
}

func TestMediaType(t *testing.T) {
	s := serveAPI(t)
	for _, c := range []struct {
		header http.Header
		ok     bool
	}{
		{http.Header{"Content-Type": nil}, true},
		{head("Content-Type", "application/json"), true},
		{head("Content-Type", "Application/JSON; charset=utf-8"), true},
		{head("Content-Type", "text/plain"), false},
		{head("Content-Type", "application/x-www-form-urlencoded"), false},
		{head("Content-Type", "application/jsonp"), false},
		{head("Content-Type", ";"), false},
		{head("Content-Type", "application/json", "Content-Encoding", "gzip"), false},
	} {
		w := s.do(t, request{method: "POST", target: "/api/system-messages", token: "admin", body: `{"message":"m"}`, header: c.header})
		if c.ok != (w.Code == http.StatusAccepted) {
			t.Errorf("%v: %d %s", c.header, w.Code, w.Body)
		}
		if !c.ok {
			expect(t, w, http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE")
		}
	}
}

// TestDataSize: 16 KiB of JSON text are the most that goes to all sockets.
func TestDataSize(t *testing.T) {
	s := serveAPI(t)
	send := func(n int) *httptest.ResponseRecorder {
		data := `{"a":"` + strings.Repeat("x", n-len(`{"a":""}`)) + `"}`
		return s.do(t, request{method: "POST", target: "/api/users/u1/updates", token: "admin", body: `{"data": ` + data + ` }`})
	}
	if w := send(16384); w.Code != http.StatusAccepted {
		t.Errorf("16384 bytes: %s", w.Body)
	}
	if got := expect(t, send(16385), http.StatusUnprocessableEntity, "VALIDATION_ERROR"); !slices.Equal(got, []string{"/data maxLength: must be at most 16384 bytes"}) {
		t.Errorf("16385 bytes: %q", got)
	}
}
