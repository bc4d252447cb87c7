package httpapi

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/parlance-dev/parlance/sio"
)

// recoverPanics turns a panic into a log line and an answer; where a part of
// an answer has left already, it cuts the connection instead.
func recoverPanics(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				p := recover()
				if p == nil {
					return
				}
				if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(p) // the way to cut a connection on purpose
				}
				log.Error("handler panicked", "path", cut(r.URL.Path, longestPath), "requestId", RequestID(r.Context()),
					"panic", sio.PanicKind(p), "stack", string(debug.Stack()))
				rec, ok := w.(*recorder)
				switch {
				case ok && rec.hijacked:
				case ok && rec.status != 0:
					panic(http.ErrAbortHandler)
				default:
					for _, name := range []string{"Content-Length", "Content-Encoding", "Etag"} { // of the answer that was begun
						w.Header().Del(name)
					}
					WriteProblem(w, r, http.StatusInternalServerError, CodeInternal, "")
				}
			}()
			next.ServeHTTP(w, r)
		})
	}
}
