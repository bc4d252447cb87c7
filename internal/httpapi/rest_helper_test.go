package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/parlance-dev/parlance/internal/cluster"
	"github.com/parlance-dev/parlance/internal/gen/api"
	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/internal/httpapi"
	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/openapi"
	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/siotest"
)

// start is what the tests' clock shows first.
var start = time.Date(2026, 1, 2, 3, 4, 5, 670_999_999, time.UTC)

const startStamp = "2026-01-02T03:04:05.670Z"

// backend stands for everything behind the API, and records what it is asked.
type backend struct {
	mu       sync.Mutex
	calls    []string
	fail     error // of everything
	panics   bool
	users    []events.UserInfo
	messages []store.Message // newest first, as actions
	actions  []store.Action
	clock    *siotest.Clock
}

// call records a call.
func (b *backend) call(format string, args ...any) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, fmt.Sprintf(format, args...))
	if b.panics {
		panic("inner secret")
	}
	return b.fail
}

// take returns the calls so far, and forgets them.
func (b *backend) take() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	calls := b.calls
	b.calls = nil
	return calls
}

func (b *backend) Verify(token string) (sio.Identity, error) {
	role, department, _ := strings.Cut(token, "@")
	switch role {
	case "admin", "moderator", "user", "guest":
		id := sio.Identity{UserID: token, Role: role}
		if department != "" {
			id.Attributes = map[string]string{"department": department}
		}
		return id, nil
	case "":
		return sio.Identity{}, sio.NewRefusal("AUTH_TOKEN_REQUIRED", "Authentication token required")
	case "old":
		return sio.Identity{}, sio.NewRefusal("AUTH_TOKEN_EXPIRED", "Token expired")
	case "banned":
		return sio.Identity{}, sio.NewRefusal("AUTH_USER_BANNED", "User is banned")
	case "broken":
		return sio.Identity{}, errors.New("inner secret")
	}
	return sio.Identity{}, sio.NewRefusal("AUTH_TOKEN_INVALID", "Invalid authentication token")
}

func (b *backend) Notification(userID string, kind events.NotificationType, title, message string) (time.Time, error) {
	return b.clock.Now(), b.call("notification %s %s %s %s", userID, kind, title, message)
}

func (b *backend) UserUpdate(userID string, data json.RawMessage) (time.Time, error) {
	return b.clock.Now(), b.call("update %s %s", userID, data)
}

func (b *backend) SystemMessage(message string) (time.Time, error) {
	return b.clock.Now(), b.call("system %s", message)
}

func (b *backend) AdminMessage(message string) (time.Time, error) {
	return b.clock.Now(), b.call("admin %s", message)
}

func (b *backend) DepartmentMessage(department, message string) (time.Time, error) {
	return b.clock.Now(), b.call("department %s %s", department, message)
}

func (b *backend) Kick(ctx context.Context, userID string) error {
	if _, ok := ctx.Deadline(); !ok {
		return errors.New("no deadline")
	}
	return b.call("kick %s", userID)
}

// presence, messages and actions are the backend as each of these.
type (
	presence struct{ *backend }
	messages struct{ *backend }
	actions  struct{ *backend }
)

func (b presence) List(_ context.Context, p cluster.Page) ([]events.UserInfo, error) {
	rest := slices.DeleteFunc(slices.Clone(b.users), func(u events.UserInfo) bool { return u.ID <= p.After })
	return rest[:min(p.Limit, len(rest))], b.call("presence %q %d", p.After, p.Limit)
}

func (b presence) Lookup(_ context.Context, userID string) (events.UserInfo, bool, error) {
	i := slices.IndexFunc(b.users, func(u events.UserInfo) bool { return u.ID == userID })
	if i < 0 {
		return events.UserInfo{}, false, b.call("lookup %q", userID)
	}
	return b.users[i], true, b.call("lookup %q", userID)
}

func (b messages) List(_ context.Context, f store.MessageFilter) ([]store.Message, error) {
	rest := slices.DeleteFunc(slices.Clone(b.messages), func(m store.Message) bool { return f.Before != "" && m.ID >= f.Before })
	return rest[:min(f.Limit, len(rest))], b.call("messages %+v", f)
}

func (b actions) List(_ context.Context, f store.ActionFilter) ([]store.Action, error) {
	rest := slices.DeleteFunc(slices.Clone(b.actions), func(a store.Action) bool { return f.Before != "" && a.ID >= f.Before })
	return rest[:min(f.Limit, len(rest))], b.call("actions %+v", f)
}

// served is an API before a backend.
type served struct {
	*backend
	handler http.Handler
	log     *lines
	doc     *openapi3.T
	router  routers.Router
}

// serveAPI makes an API with room for many requests.
func serveAPI(t *testing.T, edits ...func(*httpapi.APIDeps)) *served {
	t.Helper()
	b := &backend{clock: siotest.NewClock(start)}
	d, log := deps()
	ad := httpapi.APIDeps{
		Verifier: b, RateLimit: 1000, Limiter: httpapi.NewWindows(15*time.Minute, b.clock.Now),
		Notices: b, Kicker: b, Presence: presence{b}, Messages: messages{b}, Actions: actions{b},
		Metrics: func() api.Metrics {
			if err := b.call("metrics"); err != nil {
				panic(err)
			}
			return api.Metrics{ActiveConnections: 3, TotalConnections: 5, Uptime: 1.5, Timestamp: startStamp}
		},
		Logger: d.Logger, Now: b.clock.Now,
	}
	for _, edit := range edits {
		edit(&ad)
	}
	var err error
	if d.API, err = httpapi.NewAPI(ad); err != nil {
		t.Fatal(err)
	}
	s := &served{backend: b, handler: httpapi.New(d), log: log}
	if s.doc, err = openapi3.NewLoader().LoadFromData([]byte(openapi.YAML())); err != nil {
		t.Fatal(err)
	}
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.PlainBodyDecoder) // the library has none
	if s.router, err = legacy.NewRouter(s.doc); err != nil {
		t.Fatal(err)
	}
	return s
}

// request is one to send: method, target and body, as whom.
type request struct {
	method, target, token, body string
	header                      http.Header
}

// do sends a request and judges the answer by the document.
func (s *served) do(t *testing.T, q request) *httptest.ResponseRecorder {
	t.Helper()
	var body io.Reader
	if q.body != "" {
		body = strings.NewReader(q.body)
	}
	r := httptest.NewRequestWithContext(t.Context(), q.method, q.target, body)
	if q.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if q.token != "" {
		r.Header.Set("Authorization", "Bearer "+q.token)
	}
	for name, values := range q.header {
		r.Header[name] = values
	}
	if peer := q.header.Get("Test-Peer"); peer != "" {
		r.RemoteAddr = peer
		r.Header.Del("Test-Peer")
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	s.judge(t, r, w)
	return w
}

// judge fails where an answer is not among those that the document has.
func (s *served) judge(t *testing.T, r *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	asked := r
	if r.Method == http.MethodHead { // is GET without the body
		asked = r.Clone(r.Context())
		asked.Method = http.MethodGet
	}
	route, params, err := s.router.FindRoute(asked)
	if err != nil || w.Code == http.StatusMethodNotAllowed {
		problemOnly(t, w) // not of the document: 404 and 405
		return
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route},
		Status:                 w.Code, Header: w.Header(), Body: io.NopCloser(bytes.NewReader(w.Body.Bytes())),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true, ExcludeResponseBody: r.Method == http.MethodHead},
	}
	if err := openapi3filter.ValidateResponse(t.Context(), input); err != nil {
		t.Errorf("%s %s: %d %s breaks openapi.yaml: %v", r.Method, r.URL, w.Code, w.Body, err)
	}
}

// problemOnly checks that an answer is some problem.
func problemOnly(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code < 400 || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

// expect wants a problem of a code, and returns its details as "path keyword:
// message" lines.
func expect(t *testing.T, w *httptest.ResponseRecorder, status int, code string) []string {
	t.Helper()
	problem(t, w, status, code)
	var p struct {
		Detail  string
		Details []sio.Violation
	}
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(w.Body.String(), "inner") {
		t.Errorf("inner text left: %s", w.Body)
	}
	var list []string
	for _, v := range p.Details {
		list = append(list, v.Path+" "+v.Keyword+": "+v.Message)
	}
	if len(list) > 0 && !strings.Contains(p.Detail, p.Details[0].Message) {
		t.Errorf("detail %q says nothing of %s", p.Detail, list[0])
	}
	return list
}

// allOf renders the violations of the socket's decoder as "path message".
func allOf(t *testing.T, err error) string {
	t.Helper()
	var v *sio.ValidationError
	if !errors.As(err, &v) {
		t.Fatalf("no violations: %v", err)
	}
	var b strings.Builder
	for _, one := range v.Violations {
		fmt.Fprintf(&b, "%s %s\n", one.Path, one.Message)
	}
	return b.String()
}
