package httpapi

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/parlance-dev/parlance/sio"
)

// Codes of failures.
const (
	CodeForbidden        = "FORBIDDEN"
	CodeNotFound         = "NOT_FOUND"
	CodeMethodNotAllowed = "METHOD_NOT_ALLOWED"
	CodeStoreUnavailable = "STORE_UNAVAILABLE"
	CodeShuttingDown     = "SHUTTING_DOWN"
	CodeInternal         = "INTERNAL_ERROR"
)

// problem is a failure as RFC 9457 has it.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail,omitempty"`
	// Details are the violations of a VALIDATION_ERROR.
	Details   []sio.Violation `json:"details,omitempty"`
	RequestID string          `json:"requestId,omitempty"`
}

// WriteProblem answers with application/problem+json. detail is for people;
// it must not hold inner errors.
func WriteProblem(w http.ResponseWriter, r *http.Request, status int, code, detail string) {
	writeProblem(w, r, problem{Status: status, Code: code, Detail: detail})
}

// writeProblem answers with what p says, and what every problem has.
func writeProblem(w http.ResponseWriter, r *http.Request, p problem) {
	p.Type, p.Title, p.RequestID = "about:blank", http.StatusText(p.Status), RequestID(r.Context())
	writeJSON(w, p.Status, "application/problem+json", p)
}

func writeJSON(w http.ResponseWriter, status int, contentType string, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own types only
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // the client may be gone
}

func notFound(w http.ResponseWriter, r *http.Request) {
	WriteProblem(w, r, http.StatusNotFound, CodeNotFound, "")
}

// methodNotAllowed names the methods that the path has. chi leaves Allow out
// for handlers of one's own.
func methodNotAllowed(routes chi.Routes) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		if r.URL.RawPath != "" {
			path = r.URL.RawPath // as chi does
		}
		var allow []string
		for _, m := range []string{http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodPatch, http.MethodPost, http.MethodPut} {
			if routes.Match(chi.NewRouteContext(), m, path) {
				allow = append(allow, m)
			}
		}
		slices.Sort(allow)
		w.Header().Set("Allow", strings.Join(allow, ", "))
		WriteProblem(w, r, http.StatusMethodNotAllowed, CodeMethodNotAllowed, "")
	}
}
