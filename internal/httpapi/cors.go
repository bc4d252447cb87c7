package httpapi

import (
	"net/http"
	"strings"
)

// preflightAge is how many seconds a browser may remember a preflight.
const preflightAge = "600"

// exposed are the headers of the API that pages may read beside the usual ones.
const exposed = "RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, WWW-Authenticate, X-Request-Id"

// cors lets pages of known origins read answers, and keeps pages of others
// away from the engine altogether. Browsers send Origin with every websocket
// and with every request that a page of another origin makes; who sends none
// is no browser, and passes.
func cors(origins []string, enginePath string) func(http.Handler) http.Handler {
	known := make(map[string]bool, len(origins))
	for _, o := range origins {
		known[strings.ToLower(o)] = true
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Vary", "Origin")
			values := r.Header.Values("Origin")
			if len(values) == 0 {
				next.ServeHTTP(w, r)
				return
			}
			engine := strings.HasPrefix(r.URL.Path, enginePath)
			if len(values) > 1 || !allowed(r, values[0], known) {
				if engine {
					WriteProblem(w, r, http.StatusForbidden, CodeForbidden, "This origin is not allowed")
					return
				}
				next.ServeHTTP(w, r) // without CORS headers a browser keeps the answer from the page
				return
			}
			w.Header().Set("Access-Control-Allow-Origin", values[0])
			w.Header().Set("Access-Control-Allow-Credentials", "true")
			if isPreflight(r) {
				preflight(w, r)
				return
			}
			if isAPI(r.URL.Path) {
				w.Header().Set("Access-Control-Expose-Headers", exposed)
			}
			next.ServeHTTP(w, r)
		})
	}
}

// allowed reports whether an origin is listed or the server's own.
func allowed(r *http.Request, origin string, known map[string]bool) bool {
	origin = strings.ToLower(origin)
	c := clientOf(r.Context())
	return known[origin] || origin == c.scheme+"://"+c.host
}

func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

// preflight allows what routes have; they decide on the request itself.
func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Add("Vary", "Access-Control-Request-Headers")
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST")
	// With credentials a * would not count: the headers asked for are named.
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Set("Access-Control-Allow-Headers", asked)
	}
	h.Set("Access-Control-Max-Age", preflightAge)
	w.WriteHeader(http.StatusNoContent)
}
