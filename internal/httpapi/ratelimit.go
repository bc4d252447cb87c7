package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"time"
)

// Limiter counts requests by key, in windows of one length. Nodes that share
// one limit the requests to all of them together. It may be used from any
// goroutine.
type Limiter interface {
	// Take counts a request and says how its window stands.
	Take(ctx context.Context, key string) (Usage, error)
}

// Usage is how a window stands.
type Usage struct {
	// Count is how many requests there were in the window, the one just taken
	// included.
	Count int
	// Reset is how long the window lasts yet.
	Reset time.Duration
}

// CodeRateLimited says that a window is full.
const CodeRateLimited = "RATE_LIMITED"

// rateLimit answers 429 to a client address with more than limit requests in a
// window, and tells every answer how the window stands. Where the limiter
// fails, requests pass: being down is no reason to be down altogether.
func rateLimit(limiter Limiter, limit int, log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			usage, err := limiter.Take(r.Context(), limitKey(ClientIP(r.Context())))
			if err != nil {
				log.Warn("requests not limited", "error", err, "requestId", RequestID(r.Context()))
				usage = Usage{}
			}
			h := w.Header()
			reset := seconds(usage.Reset)
			h.Set("RateLimit-Limit", strconv.Itoa(limit))
			h.Set("RateLimit-Remaining", strconv.Itoa(max(limit-usage.Count, 0)))
			h.Set("RateLimit-Reset", strconv.Itoa(reset))
			if usage.Count > limit {
				h.Set("Retry-After", strconv.Itoa(max(reset, 1)))
				WriteProblem(w, r, http.StatusTooManyRequests, CodeRateLimited, "Too many requests, please slow down")
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// seconds rounds up.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// limitKey is who shares a window: an IPv4 address, or all of an IPv6 /64,
// which is what one customer has. Unknown addresses share one.
func limitKey(ip netip.Addr) string {
	if !ip.IsValid() {
		return "unknown"
	}
	bits := 64
	if ip.Is4() {
		bits = 32
	}
	return netip.PrefixFrom(ip, bits).Masked().String()
}
