package acceptance

import (
	"net/http"
	"strings"
	"testing"
)

// TestCORSOfPolling: answers vary by Origin, which caches have to know, and a
// refused page is told nothing of CORS. Engines set these headers, or leave them.
func TestCORSOfPolling(t *testing.T) {
	for i, engine := range engines() {
		t.Run(engine, func(t *testing.T) {
			polling := suite.servers[i].url + "/socket.io/?EIO=4&transport=polling"
			resp := get(t, polling, http.Header{"Origin": {"http://localhost:3000"}})
			if got := resp.header.Values("Vary"); resp.status != http.StatusOK || !strings.Contains(strings.Join(got, ","), "Origin") {
				t.Errorf("%d, Vary: %q", resp.status, got)
			}
			resp = get(t, polling, http.Header{"Origin": {"https://evil.example"}})
			if resp.status != http.StatusForbidden || resp.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("foreign origin: %d %v", resp.status, resp.header)
			}
		})
	}
}

// TestNotFoundIsAProblem: outside /api too, where a backend may serve pages.
func TestNotFoundIsAProblem(t *testing.T) {
	resp := get(t, suite.first().server.url+"/nowhere", nil)
	if resp.status != http.StatusNotFound || resp.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s", resp.status, resp.header.Get("Content-Type"))
	}
	if got := decode[failure](t, resp.body); got.Code != "NOT_FOUND" {
		t.Errorf("body: %s", resp.body)
	}
}
