package metrics

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	// scrapes is how many may run at once; further ones are answered with 503.
	scrapes = 4
	// scrapeTimeout is how long one may take, also where a client does not read.
	scrapeTimeout = 10 * time.Second
)

// Handler answers with all metrics in Prometheus's text form, whatever the path.
// What cannot be collected is logged, and the rest is answered.
func (m *Metrics) Handler(log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(log.Handler(), slog.LevelError),
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: scrapes,
		Timeout:             scrapeTimeout,
	})
}
