package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"time"
)

// readyTimeout is how long readiness may take to find out.
const readyTimeout = 2 * time.Second

// status is the answer of the probes.
type status struct {
	Status string `json:"status"`
}

// healthz says that the process is alive.
func healthz(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, "application/json", status{"ok"})
}

// readyz says whether the server takes traffic.
func readyz(ready func(context.Context) error, draining func() bool, log *slog.Logger) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if draining != nil && draining() {
			WriteProblem(w, r, http.StatusServiceUnavailable, CodeShuttingDown, "The server is shutting down")
			return
		}
		if ready != nil {
			ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
			defer cancel()
			if err := ready(ctx); err != nil {
				log.Warn("not ready", "error", err, "requestId", RequestID(r.Context()))
				WriteProblem(w, r, http.StatusServiceUnavailable, CodeStoreUnavailable, "The store does not answer")
				return
			}
		}
		writeJSON(w, http.StatusOK, "application/json", status{"ready"})
	}
}

// document serves bytes that never change, with an ETag.
func document(contentType string, text []byte) http.HandlerFunc {
	sum := sha256.Sum256(text)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("ETag", tag)
		w.Header().Set("Cache-Control", "no-cache") // keep it, but ask
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
	}
}
