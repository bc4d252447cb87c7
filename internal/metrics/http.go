package metrics

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// requests counts HTTP requests.
type requests struct {
	bundle
	counts  *prometheus.CounterVec
	took    *prometheus.HistogramVec
	methods []string
}

func newRequests(t table) *requests {
	r := &requests{
		counts: t.counters(httpRequests), took: t.histograms(httpSeconds),
		methods: []string{
			http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
		},
	}
	r.bundle = bundle{r.counts, r.took}
	return r
}

// Request counts a request that was answered. route is the pattern of the route
// that answered, never a path; "" for none.
func (m *Metrics) Request(method, route string, status int, took time.Duration) {
	r := m.requests
	if !slices.Contains(r.methods, method) {
		method = other
	}
	if route == "" {
		route = "none"
	}
	class := other
	if status >= 100 && status < 600 {
		class = strconv.Itoa(status/100) + "xx"
	}
	r.counts.WithLabelValues(route, method, class).Inc()
	if status != http.StatusSwitchingProtocols {
		r.took.WithLabelValues(route, method).Observe(took.Seconds())
	}
}
