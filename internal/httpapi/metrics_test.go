package httpapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/httpapi"
)

func TestMetricsListener(t *testing.T) {
	d, log := deps()
	h := httpapi.NewMetrics(d, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("up 1\n")) }))
	w := send(t, h, "GET", "/metrics?token=hunter2", head("Origin", "https://evil.example"))
	if w.Code != http.StatusOK || w.Body.String() != "up 1\n" || w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	problem(t, send(t, h, "POST", "/metrics", nil), http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED")
	for _, target := range []string{"/", "/healthz", "/socket.io/", "/metrics/"} {
		problem(t, send(t, h, "GET", target, nil), http.StatusNotFound, "NOT_FOUND")
	}
	if got := log.requests(t); len(got) != 6 || got[0]["path"] != "/metrics" || strings.Contains(log.String(), "hunter2") {
		t.Errorf("log %s", log)
	}
}

// TestObserve: each request once, under its route's pattern and never its path.
func TestObserve(t *testing.T) {
	var got []string
	times := 0
	d, _ := deps(func(d *httpapi.Deps) {
		d.Observe = func(method, route string, status int, took time.Duration) {
			got = append(got, fmt.Sprintf("%s %s %d %s", method, route, status, took))
		}
		d.Now = func() time.Time { times++; return time.UnixMilli(int64(2 * times)) }
		d.Engine = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/socket.io/panic" {
				panic("x")
			}
			w.WriteHeader(http.StatusTooManyRequests)
		})
	})
	h := httpapi.New(d)
	send(t, h, "GET", "/healthz", nil)
	send(t, h, "POST", "/healthz", nil)
	send(t, h, "GET", "/socket.io/?sid=x", nil)
	send(t, h, "POST", "/socket.io/panic", nil)
	send(t, h, "GET", "/nowhere/at/all", nil)
	send(t, h, "GET", "/socket.io/", head("Origin", "https://evil.example"))
	send(t, h, "OPTIONS", "/socket.io/", head("Origin", frontend, "Access-Control-Request-Method", "GET"))
	want := []string{
		"GET /healthz 200 2ms", "POST  405 2ms", "GET /socket.io/* 429 2ms", "POST /socket.io/* 500 2ms", "GET  404 2ms", "GET  403 2ms", "OPTIONS  204 2ms",
	}
	if !slices.Equal(got, want) {
		t.Errorf("told %q\nwant %q", got, want)
	}
}
