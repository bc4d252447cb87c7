package httpapi

import (
	"log/slog"
	"net/http"
	"time"
)

const (
	headerTimeout = 10 * time.Second
	// bodyTimeout is for the body of a request, from its headers on.
	bodyTimeout = 30 * time.Second
	// answerTimeout is for a whole answer, and so has to exceed the longest
	// poll: the ping interval and time-out of the engine, 45 s.
	answerTimeout = 2 * time.Minute
	idleTimeout   = 75 * time.Second // above the 60 s of usual proxies
	maxHeader     = 32 << 10         // bytes; a token of 8 KiB fits into a URL
)

// NewServer returns a server whose time-outs go with long polling and
// websockets. Slow clients are cut off: headers after 10 s, bodies after 30 s,
// answers after 2 min; a websocket, once upgraded, is the engine's affair.
//
// There is no ReadTimeout: it would end polls that wait longer.
func NewServer(addr string, h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// limitBody gives the bodies of requests that have one a deadline.
func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil && r.Body != http.NoBody {
			// A writer that can't (in a test) has no slow clients either.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
		}
		next.ServeHTTP(w, r)
	})
}
