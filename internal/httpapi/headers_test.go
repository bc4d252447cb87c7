package httpapi_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/internal/httpapi"
)

// checkHeaders wants all that every answer has, each once.
func checkHeaders(t *testing.T, name string, h http.Header) {
	t.Helper()
	for header, want := range map[string]string{
		"Content-Security-Policy": "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors 'self';" +
			"img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Origin-Agent-Cluster": "?1",
		"Referrer-Policy": "no-referrer", "Strict-Transport-Security": "max-age=31536000; includeSubDomains", "X-Content-Type-Options": "nosniff",
		"X-DNS-Prefetch-Control": "off", "X-Download-Options": "noopen", "X-Frame-Options": "SAMEORIGIN",
		"X-Permitted-Cross-Domain-Policies": "none", "X-XSS-Protection": "0", "X-Request-Id": "id1",
	} {
		if got := h.Values(header); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %s is %q, want %q", name, header, got, want)
		}
	}
	if !slices.Contains(h.Values("Vary"), "Origin") {
		t.Errorf("%s: Vary is %q", name, h.Values("Vary"))
	}
}

// moody is an engine that answers with errors of its own, or panics.
func moody(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/socket.io/400":
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"code":0,"message":"Transport unknown"}`)
	case "/socket.io/413":
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	case "/socket.io/http.Error": // which takes headers away
		http.Error(w, "no", http.StatusBadRequest)
	case "/socket.io/panic":
		panic("x")
	}
}

// TestSecureHeaders looks at every kind of answer, as it is on the wire.
func TestSecureHeaders(t *testing.T) {
	s, _ := serve(t, moody)
	for request, status := range map[string]int{
		"GET /healthz":                      http.StatusOK,
		"HEAD /readyz":                      http.StatusOK,
		"GET /asyncapi.yaml":                http.StatusOK,
		"GET /socket.io/?transport=polling": http.StatusOK,
		"GET /asyncapi.yaml HTTP/1.1\r\nIf-None-Match: *": http.StatusNotModified,
		"GET /x":                    http.StatusNotFound,
		"OPTIONS *":                 http.StatusNotFound,
		"POST /healthz":             http.StatusMethodNotAllowed,
		"BREW /healthz":             http.StatusMethodNotAllowed,
		"GET /socket.io/400":        http.StatusBadRequest,
		"GET /socket.io/413":        http.StatusRequestEntityTooLarge,
		"GET /socket.io/http.Error": http.StatusBadRequest,
		"GET /socket.io/panic":      http.StatusInternalServerError,
		"GET /socket.io/ HTTP/1.1\r\nOrigin: https://evil.example":                                  http.StatusForbidden,
		"GET /x HTTP/1.1\r\nOrigin: https://evil.example":                                           http.StatusNotFound,
		"GET /socket.io/400 HTTP/1.1\r\nOrigin: " + frontend:                                        http.StatusBadRequest,
		"OPTIONS /socket.io/ HTTP/1.1\r\nAccess-Control-Request-Method: GET\r\nOrigin: " + frontend: http.StatusNoContent,
	} {
		if !strings.Contains(request, " HTTP/1.1") {
			request += " HTTP/1.1"
		}
		_, r := dial(t, s, request+"\r\nHost: h\r\nConnection: close\r\n\r\n")
		got := answer(t, strings.Fields(request)[0], r)
		if got.status != status {
			t.Errorf("%q: %+v, want %d", request, got, status)
		}
		checkHeaders(t, request, got.header)
	}
}

// TestForeignUpgrade sends handshakes of a websocket as raw bytes. An empty
// Origin is no origin, and yet not none: no browser sends it (RFC 6454 knows
// "null" for an origin that may not be told), so it is refused like any other
// that is not listed.
func TestForeignUpgrade(t *testing.T) {
	upgraded := make(chan struct{}, 1)
	s, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		upgraded <- struct{}{}
		w.WriteHeader(http.StatusTeapot)
	})
	for origin, ok := range map[string]bool{
		"":                                        true,
		"Origin: " + frontend + "\r\n":            true,
		"Origin: http://h\r\n":                    true,
		"Origin: https://evil.example\r\n":        false,
		"ORIGIN:https://evil.example\r\n":         false,
		"Origin: null\r\n":                        false,
		"Origin:\r\n":                             false,
		"Origin: \t \r\n":                         false,
		"Origin: " + frontend + ",\r\n":           false,
		"Origin: " + frontend + "\r\nOrigin:\r\n": false,
		"Origin:\r\nOrigin: " + frontend + "\r\n": false,
	} {
		_, r := dial(t, s, "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"+origin+"\r\n")
		got := answer(t, http.MethodGet, r)
		checkHeaders(t, origin, got.header)
		if ok {
			<-upgraded // it came to the engine
			if got.status != http.StatusTeapot {
				t.Errorf("%q: %+v", origin, got)
			}
			continue
		}
		if got.status != http.StatusForbidden || !strings.Contains(got.body, `"code":"`+httpapi.CodeForbidden+`"`) || len(upgraded) != 0 {
			t.Errorf("%q: %+v", origin, got)
		}
	}
}
