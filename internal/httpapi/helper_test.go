package httpapi_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/httpapi"
)

// lines collects a log.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{} // has one for every line
}

func newLines() *lines { return &lines{more: make(chan struct{}, 100)} }

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	l.more <- struct{}{}
	return len(p), nil
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// requests returns the access log lines.
func (l *lines) requests(t *testing.T) []map[string]any {
	t.Helper()
	var list []map[string]any
	for line := range strings.Lines(l.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if m["msg"] == "request" {
			list = append(list, m)
		}
	}
	return list
}

const (
	frontend = "https://app.example.com"
	yaml     = "asyncapi: 3.0.0\n"
	docsPage = "<!doctype html>\n<script>one()</script><script>two()</script>\n"
)

// engine stands for a Socket.IO server.
func engine() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Engine", "yes")
		_, _ = w.Write([]byte("engine " + r.Method + " " + r.URL.Path))
	})
}

func deps(edits ...func(*httpapi.Deps)) (httpapi.Deps, *lines) {
	log := newLines()
	d := httpapi.Deps{
		Engine: engine(), Origins: []string{frontend, "http://localhost:3000"}, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		AsyncAPIYAML: []byte(yaml), AsyncAPIJSON: []byte("{}"), Docs: []byte(docsPage), Logger: slog.New(slog.NewJSONHandler(log, nil)),
		Now: func() time.Time { return time.Unix(0, 0) }, NewRequestID: func() string { return "id1" },
	}
	for _, edit := range edits {
		edit(&d)
	}
	return d, log
}

// do sends one request to a handler made of edited Deps.
func do(t *testing.T, method, target string, header http.Header, edits ...func(*httpapi.Deps)) *httptest.ResponseRecorder {
	t.Helper()
	d, _ := deps(edits...)
	return send(t, httpapi.New(d), method, target, header)
}

func send(t *testing.T, h http.Handler, method, target string, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	for name, values := range header {
		r.Header[name] = values
	}
	if peer := header.Get("Test-Peer"); peer != "" {
		r.RemoteAddr = peer
		r.Header.Del("Test-Peer")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func head(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

// problem checks a problem answer.
func problem(t *testing.T, w *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	var p struct {
		Type, Title, Code, RequestID string
		Status                       int
	}
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("body %q: %v", w.Body, err)
	}
	if w.Code != status || p.Status != status || p.Code != code || p.Type != "about:blank" || p.Title != http.StatusText(status) || p.RequestID != "id1" {
		t.Errorf("status %d, body %s; want %d %s", w.Code, w.Body, status, code)
	}
	if ct := w.Header().Get("Content-Type"); ct != "application/problem+json" {
		t.Errorf("content type %q", ct)
	}
}
