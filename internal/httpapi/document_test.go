package httpapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	yamlv4 "go.yaml.in/yaml/v4"

	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/internal/httpapi"
	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/openapi"
)

// good is a good request for each call under /api.
func good() map[string]request {
	return map[string]request{
		"postNotification":      {method: "POST", target: "/api/users/u1/notifications", token: "admin", body: `{"title":"t","message":"m"}`},
		"postUserUpdate":        {method: "POST", target: "/api/users/u1/updates", token: "admin", body: `{"data":{}}`},
		"disconnectUser":        {method: "POST", target: "/api/users/u1/disconnect", token: "admin"},
		"postSystemMessage":     {method: "POST", target: "/api/system-messages", token: "admin", body: `{"message":"m"}`},
		"postAdminMessage":      {method: "POST", target: "/api/admin-messages", token: "admin", body: `{"message":"m"}`},
		"postDepartmentMessage": {method: "POST", target: "/api/departments/sales/messages", token: "admin", body: `{"message":"m"}`},
		"listPresence":          {method: "GET", target: "/api/presence", token: "user"},
		"getPresence":           {method: "GET", target: "/api/presence/u1", token: "user"},
		"listMessages":          {method: "GET", target: "/api/messages", token: "user"},
		"listActions":           {method: "GET", target: "/api/actions", token: "admin"},
		"getMetrics":            {method: "GET", target: "/api/metrics", token: "admin"},
	}
}

// filled puts something into every list.
func (s *served) filled() *served {
	s.users = []events.UserInfo{{ID: "u1", SocketID: "s1", ConnectedAt: start, LastSeen: start}} // what is optional is absent
	s.messages = []store.Message{{ID: ulid(1), From: "user", To: "b", Content: "c", Type: "text", Timestamp: start}}
	s.actions = []store.Action{{ID: ulid(1), UserID: "u", Action: "a", Data: json.RawMessage(`{"k":[1]}`), SocketID: "s", Timestamp: start}}
	return s
}

// ulid is the nth id.
func ulid(n int) string { return fmt.Sprintf("01KEM2VQ7Y%016d", n) }

// provoke makes a call fail with a status, and returns the answer and the code
// that is due. full is an API without requests left.
func (s *served) provoke(t *testing.T, q request, status int, full *served) (w *httptest.ResponseRecorder, code string) {
	t.Helper()
	s.filled().fail = nil
	switch status {
	case http.StatusOK, http.StatusAccepted:
	case http.StatusBadRequest:
		q.target += "?limit=%zz"
		code = "BAD_REQUEST"
	case http.StatusUnauthorized:
		q.token = "old"
		code = "AUTH_TOKEN_EXPIRED"
	case http.StatusForbidden:
		q.token = "guest"
		code = "FORBIDDEN"
	case http.StatusNotFound:
		s.users = nil
		code = "NOT_FOUND"
	case http.StatusRequestEntityTooLarge:
		q.body = `{"message":"` + strings.Repeat("x", 65536) + `"}`
		code = "PAYLOAD_TOO_LARGE"
	case http.StatusUnsupportedMediaType:
		q.header = head("Content-Type", "text/plain")
		code = "UNSUPPORTED_MEDIA_TYPE"
	case http.StatusUnprocessableEntity:
		q.target += "?colour=red"
		code = "VALIDATION_ERROR"
	case http.StatusTooManyRequests:
		s = full
		code = "RATE_LIMITED"
	case http.StatusInternalServerError:
		s.fail = errors.New("inner secret")
		code = "INTERNAL_ERROR"
	case http.StatusServiceUnavailable:
		s.fail = fmt.Errorf("inner: %w", store.ErrUnavailable)
		code = "STORE_UNAVAILABLE"
	default:
		t.Fatalf("no way to provoke %d", status)
	}
	return s.do(t, q), code
}

// TestEveryDocumentedAnswer gets each answer that the document has of each call
// under /api. A call or a status that is documented and not here fails it.
func TestEveryDocumentedAnswer(t *testing.T) {
	seen := map[string]bool{}
	s, full := serveAPI(t), serveAPI(t, func(d *httpapi.APIDeps) { d.RateLimit = 1 })
	full.do(t, request{method: "GET", target: "/api/nowhere"})
	for path, item := range s.doc.Paths.Map() {
		if !strings.HasPrefix(path, "/api/") {
			continue
		}
		for method, op := range item.Operations() {
			q, ok := good()[op.OperationID]
			if !ok || q.method != method {
				t.Errorf("no good request for %s %s", method, path)
				continue
			}
			seen[op.OperationID] = true
			for text := range op.Responses.Map() {
				status, err := strconv.Atoi(text)
				if err != nil {
					t.Fatal(err)
				}
				w, code := s.provoke(t, q, status, full)
				if w.Code != status {
					t.Errorf("%s: %d %s, want %d", op.OperationID, w.Code, w.Body, status)
				}
				if code != "" {
					expect(t, w, status, code)
				}
				if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("RateLimit-Limit") == "" {
					t.Errorf("%s %d: headers %v", op.OperationID, status, w.Header())
				}
			}
		}
	}
	if len(seen) != len(good()) {
		t.Errorf("%d calls tried, %d good requests", len(seen), len(good()))
	}
}

// TestDocumentedOutside gets each answer of the calls outside /api. /metrics is
// on a listener that is not this one's.
func TestDocumentedOutside(t *testing.T) {
	s := serveAPI(t)
	tag := func(path string) http.Header {
		return head("If-None-Match", s.do(t, request{method: "GET", target: path}).Header().Get("ETag"))
	}
	cases := map[string]map[string]request{
		"getHealth":       {"200": {method: "GET", target: "/healthz"}, "405": {method: "POST", target: "/healthz"}},
		"getReadiness":    {"200": {method: "GET", target: "/readyz"}, "405": {method: "POST", target: "/readyz"}, "503": {method: "GET", target: "/readyz"}},
		"getAsyncAPIYAML": {"200": {method: "GET", target: "/asyncapi.yaml"}, "405": {method: "POST", target: "/asyncapi.yaml"}, "304": {method: "GET", target: "/asyncapi.yaml", header: tag("/asyncapi.yaml")}},
		"getAsyncAPIJSON": {"200": {method: "GET", target: "/asyncapi.json"}, "405": {method: "POST", target: "/asyncapi.json"}, "304": {method: "GET", target: "/asyncapi.json", header: tag("/asyncapi.json")}},
		"getDocs":         {"200": {method: "GET", target: "/docs"}, "405": {method: "POST", target: "/docs"}, "304": {method: "GET", target: "/docs", header: tag("/docs")}},
		"getOpenAPIYAML":  {"200": {method: "GET", target: "/openapi.yaml"}, "405": {method: "POST", target: "/openapi.yaml"}, "304": {method: "GET", target: "/openapi.yaml", header: tag("/openapi.yaml")}},
		"getOpenAPIJSON":  {"200": {method: "GET", target: "/openapi.json"}, "405": {method: "POST", target: "/openapi.json"}, "304": {method: "GET", target: "/openapi.json", header: tag("/openapi.json")}},
	}
	for path, item := range s.doc.Paths.Map() {
		if strings.HasPrefix(path, "/api/") || path == "/metrics" {
			continue
		}
		for _, op := range item.Operations() {
			statuses := slices.Sorted(maps.Keys(op.Responses.Map()))
			if got := slices.Sorted(maps.Keys(cases[op.OperationID])); !slices.Equal(got, statuses) {
				t.Errorf("%s has %v, tried are %v", path, statuses, got)
			}
			for status, q := range cases[op.OperationID] {
				on := s
				if status == "503" {
					d, log := deps(func(d *httpapi.Deps) { d.Draining = func() bool { return true } })
					on = &served{backend: s.backend, handler: httpapi.New(d), log: log, doc: s.doc, router: s.router}
				}
				if w := on.do(t, q); strconv.Itoa(w.Code) != status {
					t.Errorf("%s: %d, want %s", path, w.Code, status)
				}
			}
		}
	}
}

// TestDocumentIsServed compares both forms with the file.
func TestDocumentIsServed(t *testing.T) {
	s := serveAPI(t)
	w := s.do(t, request{method: "GET", target: "/openapi.yaml"})
	if w.Body.String() != openapi.YAML() || w.Header().Get("Content-Type") != "application/yaml" {
		t.Errorf("%d %s %.80s", w.Code, w.Header().Get("Content-Type"), w.Body)
	}
	var fromYAML, fromJSON any
	if err := yamlv4.Unmarshal([]byte(openapi.YAML()), &fromYAML); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(fromYAML)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &fromYAML); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(s.do(t, request{method: "GET", target: "/openapi.json"}).Body.Bytes(), &fromJSON); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(fromYAML, fromJSON) {
		t.Error("openapi.json is not what openapi.yaml is")
	}
}

// TestDocumentSaysWhatHolds compares the document with the code's constants.
func TestDocumentSaysWhatHolds(t *testing.T) {
	doc := serveAPI(t).doc
	if err := doc.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Error(err)
	}
	var codes []string
	for _, c := range doc.Components.Schemas["ProblemCode"].Value.Enum {
		codes = append(codes, fmt.Sprint(c))
	}
	for _, code := range []string{
		httpapi.CodeBadRequest, httpapi.CodeForbidden, httpapi.CodeNotFound, httpapi.CodeMethodNotAllowed, httpapi.CodePayloadTooLarge,
		httpapi.CodeUnsupportedMediaType, httpapi.CodeValidation, httpapi.CodeRateLimited, httpapi.CodeInternal, httpapi.CodeStoreUnavailable,
		httpapi.CodeShuttingDown, "AUTH_TOKEN_REQUIRED", "AUTH_TOKEN_EXPIRED", "AUTH_USER_BANNED", "AUTH_TOKEN_INVALID",
	} {
		i := slices.Index(codes, code)
		if i < 0 {
			t.Errorf("%s is not in the document", code)
			continue
		}
		codes = slices.Delete(codes, i, i+1)
	}
	if len(codes) != 0 {
		t.Errorf("nobody answers %v", codes)
	}
	if n := doc.Components.Parameters["Limit"].Value.Schema.Value.Default; n != 50.0 {
		t.Errorf("default limit %v", n)
	}
}

func TestNewAPIWantsEverything(t *testing.T) {
	if _, err := httpapi.NewAPI(httpapi.APIDeps{}); err == nil {
		t.Error("an API without anything behind it")
	}
}
