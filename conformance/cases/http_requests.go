package cases

import (
	"net/http"
	"net/url"
	"strings"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

// emoji is one code point, two UTF-16 units and four bytes.
const emoji = "😀"

// httpRequests: what a request may look like.
func httpRequests() []kit.Case {
	refuses := func(id, contract, what string, body any, violation string) kit.Case {
		return once(id, httpSection, contract+": 422 with details", func(t *kit.T) {
			r := denied(t, call{what: what, of: t.User(), token: admin(t), body: body}, http.StatusUnprocessableEntity)
			details := kit.Decode[failure](t, r.Body).Details
			t.Expect(details).NotTo(BeEmpty(), "details of %s", r.Body)
			if violation != "" {
				t.Expect(kit.Answer{Details: details}.Where()).To(Equal(violation), "details")
			}
		})
	}
	long := strings.Repeat
	return []kit.Case{
		once("http/not-json", httpSection, "a body that is not JSON is 400 BAD_REQUEST", func(t *kit.T) {
			c := call{what: postNotification, of: t.User(), token: admin(t), body: `{"title":"t","message":`}
			problem(t, denied(t, c, http.StatusBadRequest), "BAD_REQUEST")
		}),
		once("http/too-large", httpSection, "a body of more than 64 kB is 413 PAYLOAD_TOO_LARGE", func(t *kit.T) {
			// Good but for its size, which is over 64 kB however one counts.
			body := `{"title":"t","message":"m"` + long(" ", 66_000) + `}`
			c := call{what: postNotification, of: t.User(), token: admin(t), body: body}
			problem(t, denied(t, c, http.StatusRequestEntityTooLarge), "PAYLOAD_TOO_LARGE")
		}),
		refuses("http/title-length", "title is at most 200 characters", postNotification,
			fields{"title": long("x", 201), "message": "m"}, "/title maxLength"),
		refuses("http/message-length", "message is at most 2,000 characters", postNotification,
			fields{"title": "t", "message": long("x", 2001)}, "/message maxLength"),
		refuses("http/notification-type", "type of a notification is info, success, warning or error", postNotification,
			fields{"title": "t", "message": "m", "type": "loud"}, "/type enum"),
		refuses("http/unknown-property", "unknown properties are refused", postNotification,
			fields{"title": "t", "message": "m", "more": 1}, "/more additionalProperties"),
		refuses("http/data-size", "data of an update is at most 16 kB", postUpdate,
			fields{"data": fields{"x": long("x", 17_000)}}, ""), // no keyword of JSON Schema says this
		once("http/code-points", httpSection, "lengths count code points: 200 emoji are a title, 2,000 a message", func(t *kit.T) {
			c := t.ConnectUser(t.User())
			want := fields{"title": long(emoji, 200), "message": long(emoji, 2000)}
			emit(t, call{what: postNotification, of: c.User, token: admin(t), body: want})
			got := kit.Decode[fields](t, c.Next("notification"))
			t.Expect(got).To(And(HaveKeyWithValue("title", want["title"]), HaveKeyWithValue("message", want["message"])))
		}),
		once("http/limit-least", httpSection, "limit of a list is 1 or more: 422", func(t *kit.T) {
			denied(t, limited(t, getPresences, "0"), http.StatusUnprocessableEntity)
		}),
		once("http/limit-most", httpSection, "limit of a list is 200 or less: 422 VALIDATION_ERROR", func(t *kit.T) {
			problem(t, denied(t, limited(t, getMessages, "201"), http.StatusUnprocessableEntity), "VALIDATION_ERROR")
		}),
		once("http/unknown-path", httpSection, "an unknown path is 404 NOT_FOUND, as a problem", func(t *kit.T) {
			r := t.Do(kit.Request{Path: "/api/nowhere", Token: admin(t)})
			t.Expect(r.Status).To(Equal(http.StatusNotFound), "status of an unknown path")
			problem(t, r, "NOT_FOUND")
		}),
	}
}

func limited(t *kit.T, what, limit string) call {
	return call{what: what, query: url.Values{"limit": {limit}}, token: tokenOf(t, t.User())}
}
