package httpapi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/parlance-dev/parlance/internal/cluster"
	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/internal/httpapi"
	"github.com/parlance-dev/parlance/internal/store"
)

// TestEmits: what the calls hand on, and the timestamp that they answer.
func TestEmits(t *testing.T) {
	s := serveAPI(t)
	long := strings.Repeat("\U0001F600", 2000)
	for _, c := range []struct{ target, body, want string }{
		{"/api/users/u1/notifications", `{"title":"t","message":"m"}`, "notification u1  t m"}, // info is the feature's default
		{"/api/users/u1/notifications", `{"type":"error","title":"t","message":"` + long + `"}`, "notification u1 error t " + long},
		{"/api/users/a%2Fb%25%20c/notifications", `{"title":"t","message":"m"}`, "notification a/b% c  t m"},
		{"/api/users/100%25/notifications", `{"title":"t","message":"m"}`, "notification 100%  t m"},
		{"/api/users/a%2520b/notifications", `{"title":"t","message":"m"}`, "notification a%20b  t m"},
		{"/api/users/a+b,c=d;e/notifications", `{"title":"t","message":"m"}`, "notification a+b,c=d;e  t m"},
		{"/api/users/%E5%90%8D/updates", ` {"data": {"a":1.50, "b":[null] }} `, `update 名 {"a":1.50, "b":[null] }`},
		{"/api/users/u1/updates", `{"data":{"n":1e999}}`, `update u1 {"n":1e999}`},
		{"/api/users/u1/disconnect", "", "kick u1"},
		{"/api/users/u1/disconnect", "nobody reads this", "kick u1"},
		{"/api/system-messages", `{"message":"a\u0000<b>\ud83d\ude00"}`, "system a\x00<b>\U0001F600"},
		{"/api/admin-messages", `{"message":"m","message":"n"}`, "admin n"},
		{"/api/departments/R%26D/messages", `{"message":"m"}`, "department R&D m"},
	} {
		w := s.do(t, request{method: "POST", target: c.target, token: "admin", body: c.body})
		if got := s.take(); w.Code != http.StatusAccepted || !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: %d %s, called %q, want %q", c.target, w.Code, w.Body, got, c.want)
		}
		if w.Body.String() != `{"success":true,"timestamp":"`+startStamp+`"}`+"\n" {
			t.Errorf("%s: %s", c.target, w.Body)
		}
	}
	if strings.Contains(s.log.String(), "<b>") || strings.Contains(s.log.String(), "1.50") {
		t.Errorf("contents in the log: %s", s.log)
	}
}

// TestRoles tries every call with every role.
func TestRoles(t *testing.T) {
	want := map[string]string{ // who may
		"postNotification": "admin moderator", "postUserUpdate": "admin", "disconnectUser": "admin", "postSystemMessage": "admin",
		"postAdminMessage": "admin", "postDepartmentMessage": "admin moderator@sales", "listPresence": "admin moderator user",
		"getPresence": "admin moderator user", "listMessages": "admin moderator user", "listActions": "admin", "getMetrics": "admin",
	}
	s := serveAPI(t).filled()
	for id, q := range good() {
		for _, token := range []string{"admin", "moderator", "moderator@sales", "moderator@Sales", "moderator@support", "user", "user@sales", "guest"} {
			may := false
			for _, m := range strings.Fields(want[id]) {
				role, _, _ := strings.Cut(token, "@")
				may = may || m == token || m == role
			}
			q.token = token
			s.take()
			w := s.do(t, q)
			if may {
				if w.Code >= 300 {
					t.Errorf("%s as %s: %d %s", id, token, w.Code, w.Body)
				}
				continue
			}
			expect(t, w, http.StatusForbidden, "FORBIDDEN")
			if calls := s.take(); len(calls) != 0 {
				t.Errorf("%s as %s: refused, and yet %v", id, token, calls)
			}
		}
	}
}

// TestBearer: the table of tokens, and where they may stand.
func TestBearer(t *testing.T) {
	s := serveAPI(t)
	const invalidToken = `Bearer realm="parlance", error="invalid_token", error_description=`
	for header, want := range map[string]string{
		"":                    "AUTH_TOKEN_REQUIRED",
		"Bearer":              "AUTH_TOKEN_REQUIRED",
		"Bearer   ":           "AUTH_TOKEN_REQUIRED",
		"Basic dXNlcjp4":      "AUTH_TOKEN_REQUIRED",
		"admin":               "AUTH_TOKEN_REQUIRED",
		"Bearer old":          "AUTH_TOKEN_EXPIRED",
		"Bearer banned":       "AUTH_USER_BANNED",
		"Bearer x":            "AUTH_TOKEN_INVALID",
		"Bearer admin, admin": "AUTH_TOKEN_INVALID",
		"Bearer admin\nadmin": "AUTH_TOKEN_INVALID", // two headers
		"Bearer admin":        "",
		"bearer admin":        "",
		"BEARER  admin":       "",
	} {
		h := http.Header{}
		if header != "" {
			h["Authorization"] = strings.Split(header, "\n")
		}
		w := s.do(t, request{method: "GET", target: "/api/presence", header: h})
		if want == "" {
			if w.Code != http.StatusOK || w.Header().Get("Www-Authenticate") != "" {
				t.Errorf("%q: %d %s", header, w.Code, w.Body)
			}
			continue
		}
		expect(t, w, http.StatusUnauthorized, want)
		challenge := w.Header().Get("Www-Authenticate")
		if want == "AUTH_TOKEN_REQUIRED" && challenge != `Bearer realm="parlance"` || want != "AUTH_TOKEN_REQUIRED" && !strings.HasPrefix(challenge, invalidToken) {
			t.Errorf("%q: challenge %q", header, challenge)
		}
	}
	expect(t, s.do(t, request{method: "GET", target: "/api/presence?token=admin"}), http.StatusUnauthorized, "AUTH_TOKEN_REQUIRED")
	details := expect(t, s.do(t, request{method: "GET", target: "/api/presence?token=topsecret", token: "user"}), http.StatusUnprocessableEntity, "VALIDATION_ERROR")
	if !slices.Equal(details, []string{"/token additionalProperties: is not a known parameter"}) {
		t.Errorf("details %q", details)
	}
	expect(t, s.do(t, request{method: "GET", target: "/api/presence", token: "broken"}), http.StatusInternalServerError, "INTERNAL_ERROR")
	if strings.Contains(s.log.String(), "topsecret") {
		t.Errorf("log %s", s.log)
	}
}

// TestOrder: limit, route, token, role, request; the first that fails answers.
func TestOrder(t *testing.T) {
	s := serveAPI(t, func(d *httpapi.APIDeps) { d.RateLimit = 5 })
	bad := request{method: "POST", target: "/api/system-messages?x=%zz", body: strings.Repeat("{", 70_000)}
	for _, c := range []struct {
		token, target string
		status        int
		code          string
	}{
		{"", "/api/none", http.StatusNotFound, "NOT_FOUND"},
		{"", bad.target, http.StatusUnauthorized, "AUTH_TOKEN_REQUIRED"},
		{"user", bad.target, http.StatusForbidden, "FORBIDDEN"},
		{"admin", bad.target, http.StatusBadRequest, "BAD_REQUEST"},
		{"admin", "/api/system-messages?x=1", http.StatusRequestEntityTooLarge, "PAYLOAD_TOO_LARGE"},
		{"", "/api/none", http.StatusTooManyRequests, "RATE_LIMITED"},
		{"admin", bad.target, http.StatusTooManyRequests, "RATE_LIMITED"},
	} {
		q := bad
		q.token, q.target = c.token, c.target
		w := s.do(t, q)
		expect(t, w, c.status, c.code)
		if w.Header().Get("Ratelimit-Limit") != "5" {
			t.Errorf("%s: headers %v", c.code, w.Header())
		}
	}
}

// TestBodyLimit sends bodies around 64 KiB, announced and chunked, over TCP.
func TestBodyLimit(t *testing.T) {
	s := serveAPI(t)
	server := httptest.NewServer(s.handler)
	defer server.Close()
	for _, chunked := range []bool{false, true} {
		for size, status := range map[int]int{65536: http.StatusAccepted, 65537: http.StatusRequestEntityTooLarge, 1 << 20: http.StatusRequestEntityTooLarge} {
			if chunked {
				size = min(size, 200_000) // of what follows the limit, net/http reads so much; more is cut off
			}
			for _, target := range []string{"/api/system-messages", "/api/users/u1/disconnect"} {
				body := `{"message":"m"}`
				body += strings.Repeat(" ", size-len(body))
				var reader io.Reader = strings.NewReader(body)
				if chunked {
					reader = io.MultiReader(reader) // of no known length
				}
				q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+target, reader)
				if err != nil {
					t.Fatal(err)
				}
				q.Header.Set("Authorization", "Bearer admin")
				q.Header.Set("Content-Type", "application/json")
				q.Header.Set("Expect", "100-continue")
				res, err := http.DefaultClient.Do(q)
				if err != nil {
					t.Fatalf("%s, %d bytes, chunked %v: %v", target, size, chunked, err)
				}
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				if res.StatusCode != status || res.Close != (status == http.StatusRequestEntityTooLarge) {
					t.Errorf("%s, %d bytes, chunked %v: %d, closed %v", target, size, chunked, res.StatusCode, res.Close)
				}
			}
		}
	}
	if calls := s.take(); len(calls) != 4 {
		t.Errorf("%d calls: %v", len(calls), calls)
	}
}

// TestBodyCutShort ends the connection in the middle of a body.
func TestBodyCutShort(t *testing.T) {
	s := serveAPI(t)
	server := httptest.NewServer(s.handler)
	defer server.Close()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "POST /api/system-messages HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer admin\r\nContent-Length: 50\r\n\r\n{\"message\":\"m\"}"); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if body, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusBadRequest || len(s.take()) != 0 {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

func TestFailures(t *testing.T) {
	for err, want := range map[error]int{
		fmt.Errorf("inner: %w", store.ErrUnavailable):        http.StatusServiceUnavailable,
		fmt.Errorf("inner: %w", cluster.ErrUnavailable):      http.StatusServiceUnavailable,
		fmt.Errorf("inner: %w", context.DeadlineExceeded):    http.StatusServiceUnavailable,
		fmt.Errorf("inner secret: %w", io.ErrUnexpectedEOF):  http.StatusInternalServerError,
		errors.New("inner secret that no client ever reads"): http.StatusInternalServerError,
	} {
		s := serveAPI(t)
		s.fail = err
		w := s.do(t, request{method: "GET", target: "/api/messages", token: "user"})
		expect(t, w, want, map[int]string{503: "STORE_UNAVAILABLE", 500: "INTERNAL_ERROR"}[want])
		if !strings.Contains(s.log.String(), "inner") || !strings.Contains(s.log.String(), `"requestId":"id1"`) {
			t.Errorf("%v is not in the log: %s", err, s.log)
		}
	}
	s := serveAPI(t)
	s.panics = true
	w := s.do(t, request{method: "POST", target: "/api/system-messages", token: "admin", body: `{"message":"m"}`})
	expect(t, w, http.StatusInternalServerError, "INTERNAL_ERROR")
	if w.Header().Get("Ratelimit-Remaining") != "999" {
		t.Errorf("headers %v", w.Header())
	}
}

// TestHead: HEAD says what GET says, with no body over the wire.
func TestHead(t *testing.T) {
	s := serveAPI(t).filled()
	for _, target := range []string{"/api/presence", "/api/presence/u1", "/api/presence/none", "/api/messages?limit=x", "/api/metrics", "/openapi.yaml", "/openapi.json"} {
		get := s.do(t, request{method: "GET", target: target, token: "user"})
		head := s.do(t, request{method: "HEAD", target: target, token: "user"})
		if get.Code != head.Code || get.Header().Get("Content-Type") != head.Header().Get("Content-Type") {
			t.Errorf("%s: GET %d %v, HEAD %d %v", target, get.Code, get.Header(), head.Code, head.Header())
		}
	}
	for target, allow := range map[string]string{"/api/presence": "GET, HEAD", "/api/system-messages": "POST", "/api/presence/a%2Fb": "GET, HEAD", "/openapi.yaml": "GET, HEAD"} {
		w := s.do(t, request{method: "DELETE", target: target, token: "admin"})
		expect(t, w, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED")
		if w.Header().Get("Allow") != allow {
			t.Errorf("%s: Allow %q", target, w.Header().Get("Allow"))
		}
	}
	for _, target := range []string{"/api", "/api/", "/api/none", "/api/presence/a/b", "/apis", "/api%2Fpresence", "/API/presence"} {
		expect(t, s.do(t, request{method: "GET", target: target, token: "admin"}), http.StatusNotFound, "NOT_FOUND")
	}
}

// TestAPIPages: CORS for the pages of the frontend, nothing for others.
func TestAPIPages(t *testing.T) {
	s := serveAPI(t, func(d *httpapi.APIDeps) { d.RateLimit = 2 })
	preflight := func(origin string) request {
		return request{method: "OPTIONS", target: "/api/messages", header: head("Origin", origin, "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "authorization,content-type")}
	}
	for range 3 { // counted by nobody: the page's own request is
		r := httptest.NewRequestWithContext(t.Context(), "OPTIONS", "/api/messages", nil)
		r.Header = preflight(frontend).header
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		h := w.Header()
		if w.Code != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != frontend || h.Get("Access-Control-Allow-Headers") != "authorization,content-type" {
			t.Fatalf("preflight: %d %v", w.Code, h)
		}
	}
	w := s.do(t, request{method: "GET", target: "/api/messages", header: head("Origin", frontend)})
	if got := w.Header().Get("Access-Control-Expose-Headers"); w.Code != http.StatusUnauthorized || w.Header().Get("Access-Control-Allow-Origin") != frontend || !strings.Contains(got, "RateLimit-Reset") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	w = s.do(t, preflight("https://evil.example"))
	expect(t, w, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED")
	for name := range w.Header() {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("a foreign page got %s", name)
		}
	}
	checkHeaders(t, "429", s.do(t, request{method: "GET", target: "/api/messages"}).Header())
}

// TestPresence walks through pages while users come and go.
func TestPresence(t *testing.T) {
	s := serveAPI(t)
	add := func(id string) {
		role, department, connections := events.Role("moderator"), "sales", int64(2)
		s.users = append(s.users, events.UserInfo{
			ID: id, SocketID: "s-" + id, Role: &role, Department: &department, ConnectedAt: start, LastSeen: start.Add(time.Minute), Connections: &connections,
		})
		slices.SortFunc(s.users, func(a, b events.UserInfo) int { return strings.Compare(a.ID, b.ID) })
	}
	for i := range 5 {
		add(fmt.Sprintf("u%d/\U0001F600", 2*i))
	}
	type page struct {
		Users      []struct{ ID, SocketID, Role, Department, ConnectedAt, LastSeen string }
		NextCursor string
	}
	var got []string
	cursor := ""
	for n := 0; n == 0 || cursor != ""; n++ {
		target := "/api/presence?limit=2"
		if cursor != "" {
			target += "&cursor=" + cursor
		}
		var p page
		if err := json.Unmarshal(s.do(t, request{method: "GET", target: target, token: "user"}).Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		for _, u := range p.Users {
			got = append(got, u.ID)
		}
		if cursor = p.NextCursor; n == 0 {
			add("u1") // behind
			add("u5") // ahead
			s.users = slices.DeleteFunc(s.users, func(u events.UserInfo) bool { return strings.HasPrefix(u.ID, "u2") })
		}
	}
	if want := []string{"u0/\U0001F600", "u2/\U0001F600", "u4/\U0001F600", "u5", "u6/\U0001F600", "u8/\U0001F600"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	w := s.do(t, request{method: "GET", target: "/api/presence/u0%2F%F0%9F%98%80", token: "user"})
	want := `{"connectedAt":"` + startStamp + `","connections":2,"department":"sales","id":"u0/😀","lastSeen":"2026-01-02T03:05:05.670Z","role":"moderator","socketId":"s-u0/😀"}` + "\n"
	if w.Body.String() != want {
		t.Errorf("%s, want %s", w.Body, want)
	}
	s.take()
	s.do(t, request{method: "GET", target: "/api/presence", token: "user"})
	if calls := s.take(); calls[0] != `presence "" 51` {
		t.Errorf("asked %q", calls)
	}
	for _, bad := range []string{"x", "dTph_", "YTph", "dTp"} {
		details := expect(t, s.do(t, request{method: "GET", target: "/api/presence?cursor=" + bad, token: "user"}), http.StatusUnprocessableEntity, "VALIDATION_ERROR")
		if !slices.Equal(details, []string{"/cursor pattern: must be the nextCursor of a page"}) {
			t.Errorf("%s: %q", bad, details)
		}
	}
}

// TestHistory: whose messages and actions are asked for, and exact ends.
func TestHistory(t *testing.T) {
	s := serveAPI(t)
	for i := range 4 {
		s.messages = append(s.messages, store.Message{ID: ulid(9 - i), From: "a", To: "b", Content: "c", Type: "text", Timestamp: start})
		s.actions = append(s.actions, store.Action{ID: ulid(9 - i), UserID: "a", Action: "x", SocketID: "s", Timestamp: start})
	}
	for target, want := range map[string]string{
		"/api/messages": "messages {UserID:user With: Before: After: Limit:51}",
		"/api/messages?with=b&before=" + ulid(8) + "&after=" + ulid(2) + "&limit=200": "messages {UserID:user With:b Before:" + ulid(8) + " After:" + ulid(2) + " Limit:201}",
		"/api/messages?user=user": "messages {UserID:user With: Before: After: Limit:51}",
	} {
		s.take()
		if w, calls := s.do(t, request{method: "GET", target: target, token: "user"}), s.take(); w.Code != http.StatusOK || !slices.Equal(calls, []string{want}) {
			t.Errorf("%s: %d %q", target, w.Code, calls)
		}
	}
	expect(t, s.do(t, request{method: "GET", target: "/api/messages?user=other", token: "user"}), http.StatusForbidden, "FORBIDDEN")
	expect(t, s.do(t, request{method: "GET", target: "/api/messages?user=other", token: "moderator"}), http.StatusForbidden, "FORBIDDEN")
	s.take()
	s.do(t, request{method: "GET", target: "/api/messages?user=other", token: "admin"})
	s.do(t, request{method: "GET", target: "/api/actions?user=a&action=x%20y&before=" + ulid(3) + "&limit=1", token: "admin"})
	if calls := s.take(); !slices.Equal(calls, []string{"messages {UserID:other With: Before: After: Limit:51}", "actions {UserID:a Action:x y Before:" + ulid(3) + " Limit:2}"}) {
		t.Errorf("asked %q", calls)
	}
	for _, kind := range []string{"messages", "actions"} {
		for limit, next := range map[int]string{3: ulid(7), 4: "", 5: ""} {
			var p struct {
				NextCursor        string
				Messages, Actions []struct{ ID string }
			}
			w := s.do(t, request{method: "GET", target: fmt.Sprintf("/api/%s?limit=%d", kind, limit), token: "admin"})
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
				t.Fatal(err)
			}
			if n := len(p.Messages) + len(p.Actions); n != min(limit, 4) || p.NextCursor != next || strings.Contains(w.Body.String(), `"nextCursor":""`) {
				t.Errorf("%s, limit %d: %s", kind, limit, w.Body)
			}
		}
	}
}

func TestMetricsPublic(t *testing.T) {
	s := serveAPI(t, func(d *httpapi.APIDeps) { d.MetricsPublic = true })
	for _, token := range []string{"", "x", "user", "admin"} {
		if w := s.do(t, request{method: "GET", target: "/api/metrics", token: token}); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"totalConnections":5`) {
			t.Errorf("%q: %d %s", token, w.Code, w.Body)
		}
	}
	expect(t, s.do(t, request{method: "GET", target: "/api/presence"}), http.StatusUnauthorized, "AUTH_TOKEN_REQUIRED")
}

// TestRoutePattern: whoever counts requests by route sees the document's paths.
func TestRoutePattern(t *testing.T) {
	s := serveAPI(t)
	for target, want := range map[string]string{
		"/api/presence/a%2Fb": "/api/presence/{userId}", "/api/presence": "/api/presence", "/api/none": "", "/api": "", "/healthz": "/healthz",
	} {
		rctx := chi.NewRouteContext()
		r := httptest.NewRequestWithContext(context.WithValue(t.Context(), chi.RouteCtxKey, rctx), http.MethodGet, target, nil)
		s.handler.ServeHTTP(httptest.NewRecorder(), r)
		if got := rctx.RoutePattern(); got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
}
