package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/httpapi"
)

func TestRoutes(t *testing.T) {
	for request, want := range map[string]string{
		"GET /healthz":                      `200 application/json {"status":"ok"}` + "\n",
		"GET /readyz":                       `200 application/json {"status":"ready"}` + "\n",
		"GET /asyncapi.yaml":                "200 application/yaml " + yaml,
		"GET /asyncapi.json":                "200 application/json {}",
		"HEAD /asyncapi.json":               "200 application/json ",
		"GET /docs":                         "200 text/html; charset=utf-8 " + docsPage,
		"HEAD /docs":                        "200 text/html; charset=utf-8 ",
		"GET /socket.io/":                   "200 text/plain; charset=utf-8 engine GET /socket.io/",
		"POST /socket.io/":                  "200 text/plain; charset=utf-8 engine POST /socket.io/",
		"GET /socket.io/deeper":             "200 text/plain; charset=utf-8 engine GET /socket.io/deeper",
		"OPTIONS /socket.io/":               "200 text/plain; charset=utf-8 engine OPTIONS /socket.io/",
		"GET /socket.io/?EIO=4&transport=x": "200 text/plain; charset=utf-8 engine GET /socket.io/",
	} {
		method, target, _ := strings.Cut(request, " ")
		w := do(t, method, target, nil)
		got := strings.Join([]string{strings.TrimSpace(http.StatusText(w.Code)), w.Header().Get("Content-Type"), w.Body.String()}, " ")
		if got != "OK"+want[3:] {
			t.Errorf("%s: %q, want %q", request, got, want)
		}
	}
	for _, target := range []string{"/", "/x", "/socket.io", "/healthz/", "/Healthz", "/asyncapi.yml", "/docs/", "//socket.io/"} {
		problem(t, do(t, "GET", target, nil), http.StatusNotFound, "NOT_FOUND")
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"} {
		for _, target := range []string{"/healthz", "/readyz", "/asyncapi.yaml", "/asyncapi.json", "/docs"} {
			w := do(t, method, target, nil)
			problem(t, w, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED")
			if allow := w.Header().Get("Allow"); allow != "GET, HEAD" {
				t.Errorf("%s %s: Allow %q", method, target, allow)
			}
		}
	}
	w := do(t, "GET", "/io/x", nil, func(d *httpapi.Deps) { d.EnginePath = "io" })
	if w.Body.String() != "engine GET /io/x" {
		t.Errorf("another engine path: %s", w.Body)
	}
}

func TestReady(t *testing.T) {
	down := errors.New("inner detail")
	w := do(t, "GET", "/readyz", nil, func(d *httpapi.Deps) { d.Ready = func(context.Context) error { return down } })
	problem(t, w, http.StatusServiceUnavailable, "STORE_UNAVAILABLE")
	if strings.Contains(w.Body.String(), "inner") {
		t.Errorf("inner text left: %s", w.Body)
	}
	w = do(t, "GET", "/readyz", nil, func(d *httpapi.Deps) {
		d.Ready = func(ctx context.Context) error {
			if at, ok := ctx.Deadline(); !ok || time.Until(at) > 2*time.Second {
				return errors.New("no deadline")
			}
			return nil
		}
	})
	if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("ready: %d %s", w.Code, w.Body)
	}
	draining := func(d *httpapi.Deps) { d.Draining = func() bool { return true } }
	problem(t, do(t, "GET", "/readyz", nil, draining), http.StatusServiceUnavailable, "SHUTTING_DOWN")
	if w := do(t, "GET", "/healthz", nil, draining); w.Code != http.StatusOK {
		t.Errorf("alive while draining: %d", w.Code)
	}
}

func TestDocumentETag(t *testing.T) {
	w := do(t, "GET", "/asyncapi.yaml", nil)
	tag := w.Header().Get("ETag")
	if len(tag) < 10 || tag[0] != '"' || w.Header().Get("Cache-Control") != "no-cache" {
		t.Fatalf("headers %v", w.Header())
	}
	for _, match := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
		w := do(t, "GET", "/asyncapi.yaml", head("If-None-Match", match))
		if w.Code != http.StatusNotModified || w.Body.Len() != 0 || w.Header().Get("ETag") != tag {
			t.Errorf("%s: %d %s", match, w.Code, w.Body)
		}
	}
	if w := do(t, "GET", "/asyncapi.yaml", head("If-None-Match", `"x"`)); w.Code != http.StatusOK {
		t.Errorf("another tag: %d", w.Code)
	}
	if other := do(t, "GET", "/asyncapi.json", nil).Header().Get("ETag"); other == tag {
		t.Error("two documents have one tag")
	}
}
