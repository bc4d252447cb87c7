package acceptance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/parlance-dev/parlance/conformance/driver"
)

// metricsURL finds where a server with METRICS_PORT serves its metrics.
func (s *server) metricsURL(t *testing.T) string {
	t.Helper()
	for line := range strings.Lines(s.output()) {
		var entry struct{ Msg, URL string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "metrics listening" {
			return entry.URL
		}
	}
	t.Fatal("the log does not say where the metrics are")
	return ""
}

// scrape reads the metrics as Prometheus does: each series by name and labels.
func scrape(t *testing.T, url string) map[string]float64 {
	t.Helper()
	resp := get(t, url, nil)
	if resp.status != http.StatusOK || !strings.HasPrefix(resp.header.Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Fatalf("%s: %d %v", url, resp.status, resp.header)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(resp.body))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for name, f := range families {
		for _, m := range f.GetMetric() {
			key := name + labels(m)
			all[key] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return all
}

// labels renders the values of labels, ordered by their names.
func labels(m *dto.Metric) string {
	values := map[string]string{}
	for _, l := range m.GetLabel() {
		values[l.GetName()] = l.GetValue()
	}
	text := ""
	for _, name := range slices.Sorted(maps.Keys(values)) {
		text += " " + values[name]
	}
	return text
}

// reach scrapes until every series of want has its value: counting follows the
// answer that a client waits for. It returns the last scrape.
func reach(t *testing.T, url string, want map[string]float64) map[string]float64 {
	t.Helper()
	ctx := deadline(t)
	for {
		all := scrape(t, url)
		var wrong []string
		for key, value := range want {
			if got, ok := all[key]; got != value || !ok {
				wrong = append(wrong, fmt.Sprintf("%s is %v (%t), want %v", key, got, ok, value))
			}
		}
		if len(wrong) == 0 {
			return all
		}
		if ctx.Err() != nil {
			t.Fatal(strings.Join(wrong, "\n"))
		}
	}
}

// nothingElse checks that all series of a metric but those of want are zero.
func nothingElse(t *testing.T, all, want map[string]float64, metric string) {
	t.Helper()
	for key, value := range all {
		if _, wanted := want[key]; strings.HasPrefix(key, metric+" ") && !wanted && value != 0 {
			t.Errorf("%s is %v", key, value)
		}
	}
}

// overOwn runs a test over every transport of every cell, each on a server of its
// own whose metrics are served.
func overOwn(t *testing.T, test func(t *testing.T, c cell, d dialer)) {
	t.Helper()
	overCells(t, func(t *testing.T, c cell) {
		for _, tr := range transports() {
			t.Run(tr.name, func(t *testing.T) {
				c.server = c.own(t, "METRICS_PORT=0", "LISTEN_HOST=127.0.0.1")
				test(t, c, c.dialer(tr, c.server))
			})
		}
	})
}

// TestContract8Metrics: GET /metrics on METRICS_PORT moves exactly as clients do.
func TestContract8Metrics(t *testing.T) {
	overOwn(t, func(t *testing.T, c cell, d dialer) {
		url := c.server.metricsURL(t)
		id := user(t)
		one, burst := d.connect(t, claims{"userId": id}), d.connect(t, claims{"userId": user(t)})
		one.act(id)
		var pings [][]any
		for range 30 {
			pings = append(pings, []any{"ping"})
		}
		if err := burst.Burst(burst.ctx, pings); err != nil {
			t.Fatal(err)
		}
		now := d.transport.transports[len(d.transport.transports)-1]
		d.refused(t)
		want := map[string]float64{
			"parlance_connections " + now:                                2,
			"parlance_connection_refusals_total AUTH_TOKEN_INVALID":      1,
			"parlance_client_events_total OK ping":                       11,
			"parlance_client_events_total RATE_LIMITED ping":             20,
			"parlance_client_events_total OK join_room":                  1,
			"parlance_client_events_total FORBIDDEN join_room":           1,
			"parlance_client_events_total OK send_message":               2,
			"parlance_client_events_total VALIDATION_ERROR send_message": 1,
			"parlance_client_events_total OK user_action":                1,
			"parlance_client_events_total UNKNOWN_EVENT unknown":         1,
			"parlance_client_event_duration_seconds ping":                11,
			"parlance_client_event_duration_seconds send_message":        3,
			"parlance_server_events_total pong":                          11,
			"parlance_server_events_total new_message":                   1,
			"parlance_server_events_total error":                         1,
			"parlance_server_events_total rate_limit_exceeded":           1,
			"parlance_store_operations_total messages_append ok":         1,
			"parlance_store_operations_total messages_append duplicate":  1,
			"parlance_store_operations_total actions_append ok":          1,
			"parlance_store_operation_duration_seconds messages_append":  2,
			"parlance_http_requests_total GET none 4xx":                  1,
		}
		if now == "websocket" {
			want["parlance_http_requests_total GET /socket.io/* 1xx"] = 3
			if d.transport.upgrade { // one that is refused does not upgrade
				want["parlance_http_requests_total GET /socket.io/* 1xx"] = 2
			}
		}
		all := reach(t, url, want)
		for _, metric := range []string{"parlance_connections", "parlance_connection_refusals_total", "parlance_client_events_total", "parlance_abuse_disconnects_total"} {
			nothingElse(t, all, want, metric)
		}
		c.engineNumbers(t, all)
		gone(t, url, one, burst)
	})
}

// act sends one event of each kind and outcome, less than the rate limit allows.
func (c *client) act(id string) {
	c.t.Helper()
	message := map[string]any{"to": id, "content": "hi", "clientOffset": "o1"}
	c.call("ping")
	c.call("join_room", map[string]any{"room": "r"})
	c.call("join_room", map[string]any{"room": "admins"})
	c.call("send_message", message)
	c.call("send_message", message)
	c.call("send_message", map[string]any{"to": id, "content": ""})
	c.call("user_action", map[string]any{"action": "a"})
	c.send("no_such_event")
	c.next("error")
	c.next("new_message")
}

// refused makes one connection that authentication refuses, and one that its
// origin keeps away.
func (d dialer) refused(t *testing.T) {
	t.Helper()
	d.transport.upgrade = false
	var refusal *driver.ConnectError
	if _, err := d.dial(t, func(o *driver.DialOptions) { o.Auth = map[string]any{"token": "x"} }); !errors.As(err, &refusal) {
		t.Fatalf("a bad token: %v", err)
	}
	resp := get(t, d.url+"/socket.io/?EIO=4&transport=polling", http.Header{"Origin": {"https://evil.example"}})
	if resp.status != http.StatusForbidden {
		t.Fatalf("a foreign origin: %d", resp.status)
	}
}

// engineNumbers checks what only one engine counts.
func (c cell) engineNumbers(t *testing.T, all map[string]float64) {
	t.Helper()
	sockets, ok := all["parlance_engine_sockets"]
	if native := c.engine == "native"; ok != native || native && sockets != 2 {
		t.Errorf("%s: %v sockets (%t)", c.engine, sockets, ok)
	}
	for _, name := range []string{"go_goroutines", "process_resident_memory_bytes", "process_start_time_seconds"} {
		if all[name] == 0 {
			t.Errorf("no %s", name)
		}
	}
}

// gone disconnects clients and waits for that to be counted.
func gone(t *testing.T, url string, clients ...*client) {
	t.Helper()
	for _, c := range clients {
		if err := c.Disconnect(c.ctx); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]float64{
		"parlance_connections polling": 0, "parlance_connections websocket": 0, "parlance_connections other": 0,
	}
	all := reach(t, url, want)
	opened, ended := 0.0, 0.0
	for key, value := range all {
		switch name, _, _ := strings.Cut(key, " "); name {
		case "parlance_connections_opened_total":
			opened += value
		case "parlance_disconnects_total":
			ended += value
		}
	}
	if opened != 2 || ended != 2 {
		t.Errorf("%v opened and %v ended, want 2 of both", opened, ended)
	}
}

// TestContract8MetricsPort: metrics are on their own port, and only there and
// only if asked for; answers are as safe as everywhere.
func TestContract8MetricsPort(t *testing.T) {
	c := suite.first()
	s := c.own(t, "METRICS_PORT=0", "LISTEN_HOST=127.0.0.1")
	url := s.metricsURL(t)
	resp := get(t, url, http.Header{"Origin": {"https://evil.example"}})
	if resp.status != http.StatusOK || resp.header.Get("X-Content-Type-Options") != "nosniff" || resp.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%d %v", resp.status, resp.header)
	}
	for _, other := range []string{s.url + "/metrics", strings.TrimSuffix(url, "/metrics") + "/healthz", url + "/x"} {
		if resp := get(t, other, nil); resp.status != http.StatusNotFound || resp.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %v", other, resp.status, resp.header)
		}
	}
	if strings.Contains(c.server.output(), "metrics listening") {
		t.Error("metrics are served though nobody asked for them")
	}
	for env, want := range map[string]string{
		"METRICS_PORT=" + s.url[strings.LastIndexByte(s.url, ':')+1:]: "METRICS_PORT", "LOG_DIR=/dev/null/log": "LOG_DIR",
	} {
		other, err := startServer(deadline(t), suite.binary, t.TempDir(), env, "LISTEN_HOST=127.0.0.1")
		if err == nil {
			t.Errorf("%s: started: %v", env, other.stop())
		} else if !strings.Contains(err.Error(), "server: "+want+": ") {
			t.Errorf("%s: %v", env, err)
		}
	}
}
