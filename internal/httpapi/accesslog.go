package httpapi

import (
	"bufio"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
)

// longestPath is how much of a path is logged, in bytes.
const longestPath = 256

// accessLog writes a line for every request once it is answered, or taken over
// by a websocket, and tells observe, where it is not nil. The path goes without
// its query, which may hold a token.
func accessLog(log *slog.Logger, now func() time.Time, observe func(string, string, int, time.Duration)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := now()
			rec := &recorder{ResponseWriter: w}
			path := r.URL.Path // before anybody rewrites it
			defer func() {
				c, took := clientOf(r.Context()), now().Sub(start)
				if observe != nil {
					observe(r.Method, chi.RouteContext(r.Context()).RoutePattern(), rec.code(), took)
				}
				log.LogAttrs(r.Context(), slog.LevelInfo, "request",
					slog.String("method", cut(r.Method, longestRequestID)),
					slog.String("path", cut(path, longestPath)),
					slog.Int("status", rec.code()),
					slog.Int64("bytes", rec.bytes),
					slog.Float64("durationMs", float64(took.Microseconds())/1000),
					slog.String("requestId", c.requestID),
					slog.String("remoteIp", c.ip.String()),
				)
			}()
			next.ServeHTTP(rec, r)
		})
	}
}

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}

// recorder notes what is answered. It lets websockets take the connection over
// and polling flush; http.ResponseController reaches the rest through Unwrap.
type recorder struct {
	http.ResponseWriter
	status   int // 0: nothing was answered yet
	bytes    int64
	hijacked bool
}

// code is the status for the log.
func (w *recorder) code() int {
	switch {
	case w.status != 0:
		return w.status
	case w.hijacked:
		return http.StatusSwitchingProtocols
	}
	return http.StatusOK
}

// WriteHeader notes the final status: 1xx come before it.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write counts bytes.
func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Flush sends what is buffered.
func (w *recorder) Flush() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack hands the connection over.
func (w *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	w.hijacked = w.hijacked || err == nil
	return conn, rw, err
}

// Unwrap is for http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
