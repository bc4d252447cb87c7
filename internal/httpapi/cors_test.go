package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestOrigins tries origins on both transports' first requests.
func TestOrigins(t *testing.T) {
	const proxy = "10.1.2.3:999"
	for name, c := range map[string]struct {
		header http.Header
		ok     bool
	}{
		"listed":                         {head("Origin", frontend), true},
		"listed, second":                 {head("Origin", "http://localhost:3000"), true},
		"listed, upper case":             {head("Origin", "HTTPS://APP.EXAMPLE.COM"), true},
		"own":                            {head("Origin", "http://example.com"), true}, // Host of httptest's requests
		"none":                           {head(), true},
		"own, another scheme":            {head("Origin", "https://example.com"), false},
		"own, another port":              {head("Origin", "http://example.com:8080"), false},
		"own, subdomain":                 {head("Origin", "http://a.example.com"), false},
		"foreign":                        {head("Origin", "https://evil.example"), false},
		"prefix":                         {head("Origin", frontend+".evil.example"), false},
		"suffix":                         {head("Origin", "https://evilapp.example.com"), false},
		"another scheme":                 {head("Origin", "http://app.example.com"), false},
		"another port":                   {head("Origin", frontend+":8443"), false},
		"with path":                      {head("Origin", frontend+"/"), false},
		"null":                           {head("Origin", "null"), false},
		"star":                           {head("Origin", "*"), false},
		"empty":                          {head("Origin", ""), false},
		"list":                           {head("Origin", frontend+", https://evil.example"), false},
		"twice":                          {head("Origin", frontend, "Origin", "https://evil.example"), false},
		"proxy: forwarded proto":         {head("Test-Peer", proxy, "Origin", "https://example.com", "X-Forwarded-Proto", "https"), true},
		"proxy: plain no more":           {head("Test-Peer", proxy, "Origin", "http://example.com", "X-Forwarded-Proto", "https"), false},
		"proxy: forwarded host":          {head("Test-Peer", proxy, "Origin", "https://chat.example", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "Chat.Example:443"), true},
		"proxy: first of the list":       {head("Test-Peer", proxy, "Origin", "http://evil.example", "X-Forwarded-Host", "evil.example, example.com"), false},
		"proxy: odd proto":               {head("Test-Peer", proxy, "Origin", "javascript://example.com", "X-Forwarded-Proto", "javascript"), false},
		"no proxy: forwarded host":       {head("Origin", "http://evil.example", "X-Forwarded-Host", "evil.example"), false},
		"no proxy: forwarded proto":      {head("Origin", "https://example.com", "X-Forwarded-Proto", "https"), false},
		"proxy in IPv6 form":             {head("Test-Peer", "[::ffff:10.1.2.3]:9", "Origin", "https://example.com", "X-Forwarded-Proto", "https"), true},
		"peer without address":           {head("Test-Peer", "@", "Origin", "https://example.com", "X-Forwarded-Proto", "https"), false},
		"own, host with the usual port":  {head("Test-Peer", proxy, "Origin", "http://example.com", "X-Forwarded-Host", "example.com:80"), true},
		"own, host with a port of https": {head("Test-Peer", proxy, "Origin", "http://example.com", "X-Forwarded-Host", "example.com:443"), false},
	} {
		for _, target := range []string{"/socket.io/?EIO=4&transport=polling", "/socket.io/?EIO=4&transport=websocket", "/socket.io/?sid=x"} {
			for _, method := range []string{"GET", "POST"} {
				w := do(t, method, target, c.header.Clone())
				h := w.Header()
				if got := w.Code == http.StatusOK && h.Get("X-Engine") == "yes"; got != c.ok {
					t.Errorf("%s: %s %s: %d", name, method, target, w.Code)
				}
				wantOrigin, wantCredentials := "", ""
				if c.ok && c.header.Get("Origin") != "" {
					wantOrigin, wantCredentials = c.header.Get("Origin"), "true"
				}
				if h.Get("Access-Control-Allow-Origin") != wantOrigin || h.Get("Access-Control-Allow-Credentials") != wantCredentials || h.Get("Vary") != "Origin" {
					t.Errorf("%s: headers %v", name, h)
				}
				if !c.ok {
					problem(t, w, http.StatusForbidden, "FORBIDDEN")
				}
			}
		}
	}
}

func TestPreflight(t *testing.T) {
	ask := func(origin string) http.Header {
		return head("Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type,x-mine")
	}
	for _, target := range []string{"/socket.io/?transport=polling", "/healthz"} {
		w := do(t, "OPTIONS", target, ask(frontend))
		want := map[string]string{
			"Access-Control-Allow-Origin": frontend, "Access-Control-Allow-Credentials": "true", "Access-Control-Allow-Methods": "GET, HEAD, POST",
			"Access-Control-Allow-Headers": "content-type,x-mine", "Access-Control-Max-Age": "600",
		}
		for name, value := range want {
			if got := w.Header().Get(name); got != value {
				t.Errorf("%s: %s is %q, want %q", target, name, got, value)
			}
		}
		if vary := strings.Join(w.Header().Values("Vary"), ", "); w.Code != http.StatusNoContent || w.Body.Len() != 0 || vary != "Origin, Access-Control-Request-Headers" {
			t.Errorf("%s: %d %q, Vary %q", target, w.Code, w.Body, vary)
		}
	}
	problem(t, do(t, "OPTIONS", "/socket.io/", ask("https://evil.example")), http.StatusForbidden, "FORBIDDEN")
	w := do(t, "OPTIONS", "/healthz", ask("https://evil.example"))
	problem(t, w, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED")
	if w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Error("CORS headers for a foreign origin")
	}
	if w := do(t, "OPTIONS", "/socket.io/", head("Origin", frontend, "Access-Control-Request-Method", "GET")); w.Header().Values("Access-Control-Allow-Headers") != nil {
		t.Errorf("no headers were asked for: %v", w.Header())
	}
}

// TestForeignElsewhere: other paths answer, and give a foreign page nothing.
func TestForeignElsewhere(t *testing.T) {
	for _, target := range []string{"/healthz", "/asyncapi.yaml", "/none", "/socket.io"} {
		w := do(t, "GET", target, head("Origin", "https://evil.example"))
		for name := range w.Header() {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: %s", target, name)
			}
		}
		if w.Code == http.StatusForbidden || w.Header().Get("Vary") != "Origin" {
			t.Errorf("%s: %d %v", target, w.Code, w.Header())
		}
		w = do(t, "GET", target, head("Origin", frontend))
		if w.Header().Get("Access-Control-Allow-Origin") != frontend {
			t.Errorf("%s: a listed origin got %v", target, w.Header())
		}
	}
}
