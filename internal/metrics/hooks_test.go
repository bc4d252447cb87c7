package metrics_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio"
)

func TestConnections(t *testing.T) {
	f := newFixture(t)
	a, b := f.connect(t), f.connect(t)
	for _, auth := range []string{`"invalid"`, `"foreign"`, `"boom"`, `"boom"`} {
		if _, err := f.engine.Connect("/", &sio.Handshake{Auth: json.RawMessage(auth)}); err == nil {
			t.Fatalf("%s was let in", auth)
		}
	}
	want(t, f.metrics, "parlance_connections_opened_total", "other 2")
	want(t, f.metrics, "parlance_connections", "other 2")
	a.Close()
	b.Disconnect(true)
	want(t, f.metrics, "parlance_connections_opened_total", "other 2")
	want(t, f.metrics, "parlance_connections")
	want(t, f.metrics, "parlance_disconnects_total", "client namespace disconnect 1", "server namespace disconnect 1")
	want(t, f.metrics, "parlance_connection_refusals_total", "AUTH_TOKEN_INVALID 1", "SOCKET_ERROR 2", "other 1")
	calls := "opened|opened|refused AUTH_TOKEN_INVALID|refused CLIENT_MADE|refused SOCKET_ERROR|refused SOCKET_ERROR|disconnected|disconnected"
	if got := strings.Join(f.calls, "|"); got != calls {
		t.Errorf("the hooks behind saw %s, want %s", got, calls)
	}
}

func TestEvents(t *testing.T) {
	f := newFixture(t)
	c := f.connect(t)
	f.takes = 2 * time.Millisecond
	c.Send("do")
	c.Send("do", `"FORBIDDEN"`)
	c.Send("do", `"NOT_IN_THE_TABLE"`)
	f.takes = 0
	c.Send("made up by a client")
	c.Send("do", `1`, `2`)
	want(t, f.metrics, "parlance_client_events_total",
		"EVENT_ERROR do 2", "FORBIDDEN do 1", "OK do 1", "UNKNOWN_EVENT unknown 1")
	want(t, f.metrics, "parlance_client_event_duration_seconds", "do 6ms 4", "unknown 0s 1")
	want(t, f.metrics, "parlance_server_events_total", "error 4")
	if got, calls := strings.Join(f.calls, "|"), "opened|observed do|emitted error|observed do|emitted error|observed do|emitted error|observed |emitted error|observed do"; got != calls {
		t.Errorf("the hooks behind saw %s, want %s", got, calls)
	}
}

// TestRateLimit: dropped events are counted, and not timed; abuse is counted once.
func TestRateLimit(t *testing.T) {
	f := newFixture(t)
	c := f.connect(t)
	for range 4 {
		for range 25 {
			c.Send("do")
		}
		f.clock.Advance(time.Second)
	}
	if c.Ended() != sio.ReasonServer {
		t.Fatalf("ended %q", c.Ended())
	}
	want(t, f.metrics, "parlance_client_events_total", "OK do 40", "RATE_LIMITED do 55")
	want(t, f.metrics, "parlance_client_event_duration_seconds", "do 0s 40")
	want(t, f.metrics, "parlance_server_events_total", "rate_limit_exceeded 4")
	want(t, f.metrics, "parlance_abuse_disconnects_total", "1")
	want(t, f.metrics, "parlance_disconnects_total", "server namespace disconnect 1")
}
