package httpapi

import "net/http"

// NewMetrics returns the handler of the listener for metrics: GET /metrics, and
// what New has for every answer. Of d, engine, origins, readiness and documents
// have no part in it.
func NewMetrics(d Deps, metrics http.Handler) http.Handler {
	d = d.withDefaults()
	r := newRouter(&d)
	get(r, "/metrics", metrics.ServeHTTP)
	return r
}
