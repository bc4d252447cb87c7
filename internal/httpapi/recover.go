package httpapi

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
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
					"panic", kind(p), "stack", string(debug.Stack()))
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

// kind says what somebody panicked with. The value itself may hold what a client
// sent, unless it is the Go runtime's.
func kind(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", p)
}
