package acceptance

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// roomy lets the API's tests call as often as they like.
const roomy = "API_RATE_LIMIT=1000000"

// overAPIs runs a test with every client against a server of its own on every
// engine.
func overAPIs(t *testing.T, test func(t *testing.T, a *restAPI, d dialer)) {
	t.Helper()
	overCells(t, func(t *testing.T, c cell) {
		s := c.own(t, roomy, "SOCKET_RATE_LIMIT=1000000")
		test(t, api(t, s), c.dialer(transports()[0], s))
	})
}

// TestAPIEmitsWithTheirTime: the time that a call answers is that of its event.
// Ids in paths are what they are decoded to.
func TestAPIEmitsWithTheirTime(t *testing.T) {
	overAPIs(t, func(t *testing.T, a *restAPI, d dialer) {
		id := user(t) + "/%20é"
		c := d.connect(t, claims{"userId": id, "role": "admin", "department": "sales"})
		admin := token(t, claims{"userId": "root", "role": "admin"})
		for _, e := range []struct{ path, body, event string }{
			{"/api/users/" + url.PathEscape(id) + "/notifications", `{"title":"t","message":"<é\u0000>"}`, "notification"},
			{"/api/system-messages", `{"message":"m"}`, "system_message"},
			{"/api/admin-messages", `{"message":"m"}`, "admin_message"},
			{"/api/departments/sales/messages", `{"message":"m"}`, "department_message"},
		} {
			at, got := a.emit(t, admin, e.path, e.body), decode[struct{ Timestamp string }](t, c.next(e.event))
			if at == "" || got.Timestamp != at {
				t.Errorf("%s: answered %q, emitted %q", e.path, at, got.Timestamp)
			}
		}
	})
}

// TestAPIDisconnectIsTold: clients are told that it was the server, so that they do
// not come back by themselves.
func TestAPIDisconnectIsTold(t *testing.T) {
	overCells(t, func(t *testing.T, c cell) {
		s := c.own(t, roomy)
		victim := user(t)
		var tabs []*client
		for _, tr := range transports() {
			tabs = append(tabs, c.dialer(tr, s).connect(t, claims{"userId": victim}))
		}
		api(t, s).emit(t, token(t, claims{"userId": "root", "role": "admin"}), "/api/users/"+victim+"/disconnect", "")
		for i, tab := range tabs {
			if reason, err := tab.Disconnected(tab.ctx); err != nil || reason != "io server disconnect" {
				t.Errorf("tab %d: %q %v", i, reason, err)
			}
		}
	})
}

// TestAPIRoles: section 8, the roles in brackets, with real tokens.
func TestAPIRoles(t *testing.T) {
	s := suite.first().own(t, roomy)
	a := api(t, s)
	for _, c := range []struct{ method, path, body, may string }{
		{"POST", "/api/users/u/notifications", `{"title":"t","message":"m"}`, "admin moderator sales"},
		{"POST", "/api/users/u/updates", `{"data":{}}`, "admin"},
		{"POST", "/api/users/u/disconnect", ``, "admin"},
		{"POST", "/api/system-messages", `{"message":"m"}`, "admin"},
		{"POST", "/api/admin-messages", `{"message":"m"}`, "admin"},
		{"POST", "/api/departments/sales/messages", `{"message":"m"}`, "admin sales"},
		{"GET", "/api/presence", "", "admin moderator sales user other"},
		{"GET", "/api/messages", "", "admin moderator sales user other"},
		{"GET", "/api/messages?user=someone", "", "admin"},
		{"GET", "/api/actions", "", "admin"},
		{"GET", "/api/metrics", "", "admin"},
	} {
		for who, is := range map[string]claims{
			"admin": {"role": "admin"}, "moderator": {"role": "moderator", "department": "support"}, "sales": {"role": "moderator", "department": "sales"},
			"user": {"department": "sales"}, "other": {"role": "Admin"},
		} {
			is["userId"] = "me"
			q := call{method: c.method, path: c.path, token: token(t, is), body: c.body}
			if slices.Contains(strings.Fields(c.may), who) {
				if got := a.do(t, q); got.status >= 300 {
					t.Errorf("%s %s as %s: %d %s", c.method, c.path, who, got.status, got.body)
				}
				continue
			}
			a.refused(t, q, http.StatusForbidden, "FORBIDDEN")
		}
	}
}

// TestAPIProblems: section 8, the table of problems; section 2, that of tokens.
func TestAPIProblems(t *testing.T) {
	s := suite.first().own(t, roomy)
	a := api(t, s)
	admin := token(t, claims{"userId": "root", "role": "admin"})
	old := token(t, claims{"userId": "root", "role": "admin", "exp": time.Now().Add(-time.Minute).Unix()})
	post := func(token, body string) call {
		return call{method: "POST", path: "/api/system-messages", token: token, body: body}
	}
	for _, c := range []struct {
		call   call
		status int
		code   string
	}{
		{post("", `{"message":"m"}`), 401, "AUTH_TOKEN_REQUIRED"},
		{post(old, `{"message":"m"}`), 401, "AUTH_TOKEN_EXPIRED"},
		{post(token(t, claims{"userId": "x", "role": "banned"}), `{"message":"m"}`), 401, "AUTH_USER_BANNED"},
		{post(admin[:len(admin)-2], `{"message":"m"}`), 401, "AUTH_TOKEN_INVALID"},
		{call{method: "GET", path: "/api/presence?token=" + admin}, 401, "AUTH_TOKEN_REQUIRED"},
		{post(admin, `{"message":`), 400, "BAD_REQUEST"},
		{post(admin, "{\"message\":\"\xff\"}"), 400, "BAD_REQUEST"},
		{call{method: "GET", path: "/api/presence/nobody-is-here", token: admin}, 404, "NOT_FOUND"},
		{call{method: "GET", path: "/api/nowhere", token: admin}, 404, "NOT_FOUND"},
		{post(admin, `{"message":"`+strings.Repeat("x", 2001)+`"}`), 422, "VALIDATION_ERROR"},
		{call{method: "GET", path: "/api/presence?limit=0", token: admin}, 422, "VALIDATION_ERROR"},
		{call{method: "GET", path: "/api/messages?before=x", token: admin}, 422, "VALIDATION_ERROR"},
		{call{method: "POST", path: "/api/users/u/updates", token: admin, body: `{"data":{"x":"` + strings.Repeat("x", 17_000) + `"}}`}, 422, "VALIDATION_ERROR"},
		{post(admin, `{"message":"`+strings.Repeat("x", 70_000)+`"}`), 413, "PAYLOAD_TOO_LARGE"},
		{call{method: "POST", path: "/api/system-messages", token: admin, body: "x", header: http.Header{"Content-Type": {"text/plain"}}}, 415, "UNSUPPORTED_MEDIA_TYPE"},
	} {
		_, header := a.refused(t, c.call, c.status, c.code)
		if challenge := header.Get("Www-Authenticate"); (c.status == 401) != strings.HasPrefix(challenge, "Bearer ") {
			t.Errorf("%s: challenge %q", c.code, challenge)
		}
		if header.Get("X-Request-Id") == "" || header.Get("Content-Security-Policy") == "" || header.Get("Ratelimit-Limit") != "1000000" {
			t.Errorf("%s: headers %v", c.code, header)
		}
	}
	f, _ := a.refused(t, call{method: "POST", path: "/api/users/u/notifications", token: admin, body: `{"type":"loud","title":"","more":1}`}, 422, "VALIDATION_ERROR")
	if want := "/more additionalProperties\n/title minLength\n/type enum\n/message required"; f.where() != want {
		t.Errorf("details %q, want %q", f.where(), want)
	}
	if strings.Contains(s.output(), admin) || strings.Contains(s.output(), old) {
		t.Error("a token in the log")
	}
}

// TestAPIChunkedBody: a body of unknown length is bounded too.
func TestAPIChunkedBody(t *testing.T) {
	s := suite.first().own(t, roomy)
	req, err := http.NewRequestWithContext(deadline(t), http.MethodPost, s.url+"/api/system-messages", io.MultiReader(strings.NewReader(`{"message":"`+strings.Repeat("x", 70_000)+`"}`)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token(t, claims{"userId": "root", "role": "admin"}))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("%d", resp.StatusCode)
	}
}

// TestAPIPagesDuringWrites: section 8, history: newest first, no gap and no
// repeat while messages keep coming.
func TestAPIPagesDuringWrites(t *testing.T) {
	overAPIs(t, func(t *testing.T, a *restAPI, d dialer) {
		alice, bob, carol := user(t), user(t), user(t)
		sender := d.connect(t, claims{"userId": alice})
		var sent []string // to bob
		for i := range 40 {
			to := bob
			if i%4 == 0 {
				to = carol
			}
			ack := decode[messageAck](t, sender.call("send_message", map[string]any{"to": to, "content": fmt.Sprint(i)}))
			if to == bob {
				sent = append(sent, ack.MessageID)
			}
		}
		stop := make(chan struct{})
		var writer sync.WaitGroup
		writer.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := sender.EmitAck(sender.ctx, "send_message", map[string]any{"to": bob, "content": "late"}); err != nil {
					t.Error(err)
					return
				}
			}
		})
		type page struct {
			Messages   []struct{ ID, From, To, Content, Type, Timestamp string }
			NextCursor string
		}
		var got []string
		path := "/api/messages?limit=7&with=" + alice
		for next := "start"; next != ""; {
			p := decode[page](t, a.do(t, call{method: "GET", path: path, token: token(t, claims{"userId": bob})}).body)
			for _, m := range p.Messages {
				if m.From != alice || m.To != bob || len(got) > 0 && m.ID >= got[len(got)-1] {
					t.Errorf("%+v after %v", m, got)
				}
				got = append(got, m.ID)
			}
			next = p.NextCursor
			path = "/api/messages?limit=7&with=" + alice + "&before=" + next
		}
		close(stop)
		writer.Wait()
		slices.Reverse(sent)
		if i := slices.Index(got, sent[0]); i < 0 || !slices.Equal(got[i:], sent) {
			t.Errorf("pages hold\n%v, want them to end with\n%v", got, sent)
		}
		exact := decode[page](t, a.do(t, call{method: "GET", path: "/api/messages?limit=10&with=" + carol, token: token(t, claims{"userId": alice})}).body)
		if len(exact.Messages) != 10 || exact.NextCursor != "" || exact.Messages[9].Content != "0" {
			t.Errorf("a page as long as the list: %+v", exact)
		}
		after := decode[page](t, a.do(t, call{method: "GET", path: "/api/messages?user=" + bob + "&after=" + sent[3] + "&before=" + sent[0], token: token(t, claims{"userId": "root", "role": "admin"})}).body)
		if len(after.Messages) != 2 || after.Messages[0].ID != sent[1] || after.Messages[1].ID != sent[2] {
			t.Errorf("between two ids: %+v", after)
		}
	})
}

// TestAPIActionsNewestFirst: of one user, page by page, or of one name by whomever.
func TestAPIActionsNewestFirst(t *testing.T) {
	overAPIs(t, func(t *testing.T, a *restAPI, d dialer) {
		alice, bob := user(t), user(t)
		c, other := d.connect(t, claims{"userId": alice}), d.connect(t, claims{"userId": bob})
		var ids []string
		for _, from := range []struct {
			c      *client
			action string
		}{{c, "login " + alice}, {c, "view"}, {c, "login " + alice}, {other, "login " + alice}} {
			ids = append(ids, decode[struct{ ActionID string }](t, from.c.call("user_action", map[string]any{"action": from.action})).ActionID)
		}
		read := func(query string) (got []string, next string) {
			list := decode[struct {
				Actions    []struct{ ID string }
				NextCursor string
			}](t, a.do(t, call{method: "GET", path: "/api/actions?" + query, token: token(t, claims{"userId": "root", "role": "admin"})}).body)
			for _, entry := range list.Actions {
				got = append(got, entry.ID)
			}
			return got, list.NextCursor
		}
		first, next := read("limit=1&user=" + alice)
		second, _ := read("limit=2&user=" + alice + "&before=" + next)
		if got := slices.Concat(first, second); !slices.Equal(got, []string{ids[2], ids[1], ids[0]}) {
			t.Errorf("by user: %q of %q", got, ids)
		}
		if got, _ := read("action=" + url.QueryEscape("login "+alice)); !slices.Equal(got, []string{ids[3], ids[2], ids[0]}) {
			t.Errorf("by name: %q of %q", got, ids)
		}
	})
}

// TestAPIPresenceByID: pages list users by ascending id, whatever is in it.
func TestAPIPresenceByID(t *testing.T) {
	overAPIs(t, func(t *testing.T, a *restAPI, d dialer) {
		prefix := user(t)
		var want []string
		for i := range 5 {
			want = append(want, fmt.Sprintf("%s/é %d", prefix, i))
		}
		for _, i := range []int{3, 0, 4, 2, 1} {
			d.enter(t, want[i])
		}
		var got []string
		for next, path := "start", "/api/presence?limit=2"; next != ""; path = "/api/presence?limit=2&cursor=" + next {
			page := decode[struct {
				Users      []userInfo
				NextCursor string
			}](t, a.do(t, call{method: "GET", path: path, token: token(t, claims{"userId": "reader"})}).body)
			for _, u := range page.Users {
				got = append(got, u.ID)
			}
			next = page.NextCursor
		}
		if !slices.Equal(got, want) {
			t.Errorf("online %q, want %q", got, want)
		}
	})
}

// TestAPIRateLimit: section 7. A server that trusts no proxy counts by the
// network's address, one behind a trusted proxy by what that says.
func TestAPIRateLimit(t *testing.T) {
	s := suite.first().own(t, "API_RATE_LIMIT=5", "API_RATE_WINDOW_MS=600000")
	a := api(t, s)
	as := func(ip string) call {
		return call{method: "GET", path: "/api/presence", token: token(t, claims{"userId": "u"}), header: http.Header{"X-Forwarded-For": {ip}}}
	}
	for i := range 5 {
		if got := a.do(t, as(fmt.Sprintf("192.0.2.%d", i))); got.status != http.StatusOK || got.header.Get("Ratelimit-Limit") != "5" || got.header.Get("Ratelimit-Remaining") != fmt.Sprint(4-i) {
			t.Errorf("request %d: %d %v", i, got.status, got.header)
		}
	}
	_, header := a.refused(t, as("192.0.2.9"), http.StatusTooManyRequests, "RATE_LIMITED")
	for _, name := range []string{"Retry-After", "Ratelimit-Reset"} {
		if left, err := time.ParseDuration(header.Get(name) + "s"); err != nil || left <= 10*time.Minute-patience || left > 10*time.Minute {
			t.Errorf("%s is %q", name, header.Get(name))
		}
	}
	if got := get(t, s.url+"/healthz", nil); got.status != http.StatusOK {
		t.Errorf("outside /api: %d", got.status)
	}
	a = api(t, suite.first().own(t, "API_RATE_LIMIT=1", "TRUSTED_PROXIES=127.0.0.0/8"))
	for _, c := range []struct {
		ip string
		ok bool
	}{{"192.0.2.1", true}, {"192.0.2.1", false}, {"192.0.2.2", true}, {"9.9.9.9, 192.0.2.2", false}, {"2001:db8::1", true}, {"2001:db8::2", false}} {
		if got := a.do(t, as(c.ip)); (got.status == http.StatusOK) != c.ok {
			t.Errorf("for %s: %d", c.ip, got.status)
		}
	}
}

// TestAPIPages: section 8, browsers: pages of listed origins may send a token,
// others get no CORS headers.
func TestAPIPages(t *testing.T) {
	s := suite.first().own(t, roomy)
	for origin, ok := range map[string]bool{"http://localhost:3000": true, "https://evil.example": false} {
		req, err := http.NewRequestWithContext(deadline(t), http.MethodOptions, s.url+"/api/system-messages", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{"Origin": {origin}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"authorization,content-type"}}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		allowed := resp.StatusCode == http.StatusNoContent && resp.Header.Get("Access-Control-Allow-Origin") == origin && resp.Header.Get("Access-Control-Allow-Headers") == "authorization,content-type"
		if allowed != ok {
			t.Errorf("preflight of %s: %d %v", origin, resp.StatusCode, resp.Header)
		}
		got := get(t, s.url+"/api/presence", http.Header{"Origin": {origin}})
		if (got.header.Get("Access-Control-Allow-Origin") == origin) != ok || strings.Contains(got.header.Get("Access-Control-Expose-Headers"), "RateLimit-Reset") != ok {
			t.Errorf("%s: %v", origin, got.header)
		}
	}
}

// TestAPIMetrics: section 8, for administrators, or for everyone.
func TestAPIMetrics(t *testing.T) {
	c := suite.first()
	s := c.own(t, roomy, "METRICS_PUBLIC=true")
	a := api(t, s)
	c.dialer(transports()[0], s).connect(t, claims{"userId": user(t)})
	got := decode[struct {
		ActiveConnections float64
		Memory            struct{ HeapUsed float64 }
	}](t, a.do(t, call{method: "GET", path: "/api/metrics"}).body)
	if got.ActiveConnections != 1 || got.Memory.HeapUsed < 1 {
		t.Errorf("%+v", got)
	}
}

// TestAPICallsAreExercised makes every call of the document that the server
// serves, and fails for a call that it does not know.
func TestAPICallsAreExercised(t *testing.T) {
	c := suite.first()
	s := c.own(t, roomy, "METRICS_PORT=0", "LISTEN_HOST=127.0.0.1")
	a := api(t, s)
	me := user(t)
	c.dialer(transports()[0], s).connect(t, claims{"userId": me})
	known := map[string]call{
		"postNotification":      {path: "/api/users/u/notifications", body: `{"title":"t","message":"m"}`},
		"postUserUpdate":        {path: "/api/users/u/updates", body: `{"data":{}}`},
		"disconnectUser":        {path: "/api/users/u/disconnect"},
		"postSystemMessage":     {path: "/api/system-messages", body: `{"message":"m"}`},
		"postAdminMessage":      {path: "/api/admin-messages", body: `{"message":"m"}`},
		"postDepartmentMessage": {path: "/api/departments/d/messages", body: `{"message":"m"}`},
		"listPresence":          {path: "/api/presence"},
		"getPresence":           {path: "/api/presence/" + me},
		"listMessages":          {path: "/api/messages"},
		"listActions":           {path: "/api/actions"},
		"getMetrics":            {path: "/api/metrics"},
		"getHealth":             {path: "/healthz"},
		"getReadiness":          {path: "/readyz"},
		"getAsyncAPIYAML":       {path: "/asyncapi.yaml"},
		"getAsyncAPIJSON":       {path: "/asyncapi.json"},
		"getDocs":               {path: "/docs"},
		"getOpenAPIYAML":        {path: "/openapi.yaml"},
		"getOpenAPIJSON":        {path: "/openapi.json"},
		"getPrometheusMetrics":  {path: "/metrics"},
	}
	for id, what := range a.operations() {
		q, ok := known[id]
		if !ok {
			t.Errorf("%s (%s) is exercised nowhere", id, what)
			continue
		}
		on := a
		if id == "getPrometheusMetrics" { // on a port of its own
			on = &restAPI{url: strings.TrimSuffix(s.metricsURL(t), "/metrics"), doc: a.doc, router: a.router}
		}
		q.method, _, _ = strings.Cut(what, " ")
		q.token = token(t, claims{"userId": me, "role": "admin"})
		if got := on.do(t, q); got.status >= 300 {
			t.Errorf("%s: %d %s", id, got.status, got.body)
		}
		delete(known, id)
	}
	if len(known) != 0 {
		t.Errorf("not in the document: %v", known)
	}
}
