package acceptance

import "testing"

// TestRateLimitExactly needs a window that no slow machine can leave. What it is
// told has the window that is configured.
func TestRateLimitExactly(t *testing.T) {
	overCells(t, func(t *testing.T, cell cell) {
		s := cell.own(t, "SOCKET_RATE_WINDOW_MS=60000")
		for _, tr := range transports() {
			t.Run(tr.name, func(t *testing.T) {
				c := cell.dialer(tr, s).connect(t, claims{"userId": user(t)})
				burst := make([][]any, 30)
				for i := range burst {
					burst[i] = []any{"ping"}
				}
				if err := c.Burst(c.ctx, burst); err != nil {
					t.Fatal(err)
				}
				if got := decode[failure](t, c.call("ping")); got.Code != "RATE_LIMITED" || got.Error != "Too many requests, please slow down" {
					t.Errorf("the 31st: %+v", got)
				}
				if pongs, told := c.Count("pong"), c.Count("rate_limit_exceeded"); pongs != 10 || told != 1 {
					t.Errorf("%d pongs and %d rate_limit_exceeded, want 10 and 1", pongs, told)
				}
				told := decode[struct {
					Message                       string
					Limit, WindowMs, RetryAfterMs int
				}](t, c.next("rate_limit_exceeded"))
				if told.Message != "Too many requests, please slow down" || told.Limit != 10 || told.WindowMs != 60_000 ||
					told.RetryAfterMs < 1 || told.RetryAfterMs > 60_000 {
					t.Errorf("told %+v", told)
				}
			})
		}
	})
}
