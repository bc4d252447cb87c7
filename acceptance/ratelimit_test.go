package acceptance

import (
	"testing"
	"time"
)

func TestPing(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		c := d.connect(t, claims{"userId": user(t)})
		for name, args := range map[string][]any{
			"nothing":   nil,
			"null":      {nil},
			"empty":     {map[string]any{}},
			"timestamp": {map[string]any{"timestamp": time.Now().UnixMilli()}},
		} {
			c.send("ping", args...)
			pong := decode[struct{ Timestamp int64 }](t, c.next("pong"))
			if off := time.Since(time.UnixMilli(pong.Timestamp)).Abs(); off > patience {
				t.Errorf("%s: the server's clock is off by %s", name, off)
			}
			if got := c.call("ping", args...); !sameJSON(t, got, []byte(`{"success":true}`)) {
				t.Errorf("%s: acknowledged with %s", name, got)
			}
			c.next("pong")
		}
	})
}

func TestRateLimit(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		c := d.connect(t, claims{"userId": user(t)})
		burst := make([][]any, 30)
		for i := range burst {
			burst[i] = []any{"ping"}
		}
		if err := c.Burst(c.ctx, burst); err != nil {
			t.Fatal(err)
		}
		told := decode[struct {
			Message                       string
			Limit, WindowMs, RetryAfterMs int
		}](t, c.next("rate_limit_exceeded"))
		if told.Message != "Too many requests, please slow down" || told.Limit != 10 || told.WindowMs != 1000 ||
			told.RetryAfterMs < 1 || told.RetryAfterMs > 1000 {
			t.Errorf("told %+v", told)
		}
		for decode[failure](t, c.call("ping")).Code == "RATE_LIMITED" {
			continue // until the window is over
		}
	})
}

// TestRateLimitExactly needs a window that no slow machine can leave.
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
			})
		}
	})
}
