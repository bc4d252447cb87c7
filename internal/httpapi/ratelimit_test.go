package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/httpapi"
)

func get(target string) request { return request{method: "GET", target: target, token: "user"} }

// TestRateLimit: a window of five, as headers tell it, and the next one.
func TestRateLimit(t *testing.T) {
	s := serveAPI(t, func(d *httpapi.APIDeps) { d.RateLimit = 5 })
	for i, target := range []string{"/api/presence", "/api/none", "/api/presence/x", "/api/messages?limit=0", "/api/presence"} {
		w := s.do(t, get(target))
		h := w.Header()
		if w.Code == http.StatusTooManyRequests || h.Get("RateLimit-Limit") != "5" || h.Get("RateLimit-Remaining") != fmt.Sprint(4-i) || h.Get("Retry-After") != "" {
			t.Errorf("request %d: %d %v", i, w.Code, h)
		}
		s.clock.Advance(100 * time.Millisecond)
	}
	for range 2 {
		w := s.do(t, get("/api/presence"))
		expect(t, w, http.StatusTooManyRequests, "RATE_LIMITED")
		if h := w.Header(); h.Get("Retry-After") != "900" || h.Get("RateLimit-Reset") != "900" || h.Get("RateLimit-Remaining") != "0" || h.Get("RateLimit-Limit") != "5" {
			t.Errorf("headers %v", h)
		}
	}
	for _, target := range []string{"/healthz", "/openapi.yaml", "/socket.io/"} { // others are not limited
		if w := send(t, s.handler, "GET", target, nil); w.Code != http.StatusOK || w.Header().Get("RateLimit-Limit") != "" {
			t.Errorf("%s: %d %v", target, w.Code, w.Header())
		}
	}
	s.clock.Advance(15*time.Minute - 600*time.Millisecond)
	if h := s.do(t, get("/api/presence")).Header(); h.Get("Retry-After") != "1" {
		t.Errorf("100 ms before the end: %v", h)
	}
	s.clock.Advance(100 * time.Millisecond)
	if w := s.do(t, get("/api/presence")); w.Code != http.StatusOK || w.Header().Get("RateLimit-Remaining") != "4" || w.Header().Get("RateLimit-Reset") != "900" {
		t.Errorf("the next window: %d %v", w.Code, w.Header())
	}
}

// TestRateLimitByAddress: who shares a window. Only a trusted proxy's word
// counts (helper: 10.0.0.0/8).
func TestRateLimitByAddress(t *testing.T) {
	s := serveAPI(t, func(d *httpapi.APIDeps) { d.RateLimit = 1 })
	for _, c := range []struct {
		peer, forwarded string
		ok              bool
	}{
		{"192.0.2.1:1", "", true},
		{"192.0.2.1:2", "", false},
		{"192.0.2.1:3", "198.51.100.7", false}, // no proxy: its word is air
		{"192.0.2.2:1", "198.51.100.7", true},
		{"[::ffff:192.0.2.2]:1", "", false},
		{"10.0.0.1:1", "198.51.100.1", true},
		{"10.0.0.2:1", "198.51.100.1", false}, // another proxy, the same client
		{"10.0.0.1:1", "1.2.3.4, 198.51.100.1", false},
		{"10.0.0.1:1", "198.51.100.2", true},
		{"10.0.0.1:1", "", true}, // the proxy itself
		{"[2001:db8:0:1::1]:1", "", true},
		{"[2001:db8:0:1:ffff::2]:1", "", false}, // the same /64
		{"[2001:db8:0:2::1]:1", "", true},
		{"10.0.0.1:1", "2001:db8:0:2::9", false},
		{"@", "", true},
		{"nobody", "", false},
	} {
		q := get("/api/presence")
		q.header = head("Test-Peer", c.peer)
		if c.forwarded != "" {
			q.header.Set("X-Forwarded-For", c.forwarded)
		}
		if w := s.do(t, q); (w.Code == http.StatusOK) != c.ok {
			t.Errorf("%s for %q: %d", c.peer, c.forwarded, w.Code)
		}
	}
}

type brokenLimiter struct{}

func (brokenLimiter) Take(context.Context, string) (httpapi.Usage, error) {
	return httpapi.Usage{Count: 99}, errors.New("inner: no limiter")
}

// TestBrokenLimiter: a limiter that others share may be down; requests pass.
func TestBrokenLimiter(t *testing.T) {
	s := serveAPI(t, func(d *httpapi.APIDeps) { d.RateLimit, d.Limiter = 1, brokenLimiter{} })
	for range 2 {
		if w := s.do(t, get("/api/presence")); w.Code != http.StatusOK {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if !strings.Contains(s.log.String(), "no limiter") {
		t.Errorf("log %s", s.log)
	}
}
