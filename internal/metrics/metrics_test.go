package metrics_test

import (
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/parlance-dev/parlance/internal/metrics"
	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/engineio"
	"github.com/parlance-dev/parlance/sio/native"
)

// update rewrites the documentation's table and then fails, so that nobody takes
// the rewriting for a passing test.
var update = flag.Bool("update", false, "rewrite the table in docs/metrics.md")

const document = "../../docs/metrics.md"

func TestDocumentationIsCurrent(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	current, err := metrics.UpdateTable(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if current != string(text) {
		if *update {
			if err := os.WriteFile(document, []byte(current), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		t.Error("docs/metrics.md is stale: go test ./internal/metrics -run Documentation -update")
	}
	if _, err := metrics.UpdateTable("no marks"); err == nil {
		t.Error("a document without marks was updated")
	}
}

// TestDocumentationNamesWhatThereIs: queries of the documentation are about
// metrics and label values that exist.
func TestDocumentationNamesWhatThereIs(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	all := gather(t, full(t).metrics)
	names := regexp.MustCompile(`\b(parlance|go|process)_[a-z_]+[a-z]`).FindAllString(string(text), -1)
	if len(names) < len(metrics.Definitions()) {
		t.Errorf("only %d metrics named", len(names))
	}
	for _, name := range names {
		if all[name] == nil && all[strings.TrimSuffix(name, "_bucket")] == nil {
			t.Errorf("the documentation names %s, which there is not", name)
		}
	}
}

// full is a fixture whose every metric has been there once.
func full(t testing.TB) *fixture {
	t.Helper()
	f := newFixture(t)
	f.metrics.WatchEngine(func() native.Stats { return native.Stats{} })
	f.metrics.WatchUsers(func() (int, bool) { return 1, true })
	f.metrics.Request(http.MethodGet, "/healthz", http.StatusOK, time.Millisecond)
	return f
}

// TestDefinitions: what is exported is what is defined, in form and in number.
func TestDefinitions(t *testing.T) {
	all := gather(t, full(t).metrics)
	defined := map[string]bool{}
	for _, d := range metrics.Definitions() {
		defined[d.Name] = true
		f := all[d.Name]
		if f == nil {
			t.Errorf("%s is not exported", d.Name)
			continue
		}
		if f.GetHelp() != d.Help || strings.ToLower(f.GetType().String()) != d.Kind || d.Unit == "" || (d.Buckets != nil) != (d.Kind == "histogram") {
			t.Errorf("%s is exported as %s %q, defined %+v", d.Name, f.GetType(), f.GetHelp(), d)
		}
		var labels, want []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		for _, l := range d.Labels {
			want = append(want, l.Name)
		}
		slices.Sort(want)
		if !slices.Equal(labels, want) {
			t.Errorf("%s has labels %q, defined %q", d.Name, labels, want)
		}
	}
	for name := range all {
		if strings.HasPrefix(name, "parlance_") && !defined[name] {
			t.Errorf("%s is exported and not defined", name)
		}
	}
	for _, name := range []string{"go_goroutines", "process_resident_memory_bytes"} {
		if all[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestNamesFollowTheConventions(t *testing.T) {
	problems, err := testutil.GatherAndLint(metrics.Gatherer(full(t).metrics))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// TestNothingBeforeTheStart: what may come is there as zero, so that the first
// one is an increase.
func TestNothingBeforeTheStart(t *testing.T) {
	m := newFixture(t).metrics
	for name, count := range map[string]int{
		"parlance_connections_opened_total":     3,
		"parlance_connections":                  3,
		"parlance_disconnects_total":            10,
		"parlance_connection_refusals_total":    3,
		"parlance_client_events_total":          2 * (4 + 2),
		"parlance_server_events_total":          4,
		"parlance_store_operations_total":       7*4 + 1,
		"parlance_engine_sessions":              0,
		"parlance_users_online":                 0,
		"parlance_http_requests_total":          0,
		"parlance_engine_sessions_closed_total": 0,
	} {
		if got := len(gather(t, m)[name].GetMetric()); got != count {
			t.Errorf("%s has %d series, want %d", name, got, count)
		}
		want(t, m, name)
	}
}

func TestEngineNumbers(t *testing.T) {
	f := newFixture(t)
	f.metrics.WatchEngine(func() native.Stats {
		return native.Stats{
			Stats: engineio.Stats{
				Sessions: 1, Opened: 2, Upgraded: 3, MessagesIn: 4, SlowReaders: 5, TooLarge: 6, ParseErrors: 7, PingTimeouts: 8,
				RefusedByIP: 9, RefusedHeaders: 10, SlowBodies: 11, Stalled: 12, Held: 13, HandedOver: 14,
			},
			Sockets: 15, WaitingEvents: 16, Unjoined: 17, BadAttachments: 18, Recovered: 19,
		}
	})
	for name, lines := range map[string][]string{
		"parlance_engine_sessions":                {"1"},
		"parlance_engine_sessions_opened_total":   {"2"},
		"parlance_engine_upgrades_total":          {"3"},
		"parlance_engine_messages_received_total": {"4"},
		"parlance_engine_sessions_closed_total":   {"not_joined 17", "parse_error 7", "payload_too_large 6", "ping_timeout 8", "slow_reader 5"},
		"parlance_engine_sessions_refused_total":  {"connections_per_ip 9", "header 10"},
		"parlance_engine_slow_bodies_total":       {"11"},
		"parlance_engine_stalled_writes_total":    {"12"},
		"parlance_engine_held_reads_total":        {"13"},
		"parlance_engine_reads_handed_over_total": {"14"},
		"parlance_engine_sockets":                 {"15"},
		"parlance_engine_waiting_events":          {"16"},
		"parlance_engine_bad_attachments_total":   {"18"},
		"parlance_engine_sockets_recovered_total": {"19"},
	} {
		want(t, f.metrics, name, lines...)
	}
}

func TestEngineOfOneNumber(t *testing.T) {
	f := newFixture(t)
	f.metrics.WatchRefused(func() int64 { return 21 })
	want(t, f.metrics, "parlance_engine_sessions_refused_total", "connections_per_ip 21")
	want(t, f.metrics, "parlance_engine_sessions")
}

func TestUsersOnline(t *testing.T) {
	f := newFixture(t)
	users, known := 7, true
	f.metrics.WatchUsers(func() (int, bool) { return users, known })
	want(t, f.metrics, "parlance_users_online", "7")
	known = false
	want(t, f.metrics, "parlance_users_online")
}

func TestRequests(t *testing.T) {
	f := newFixture(t)
	for _, r := range []struct {
		method, route string
		status        int
	}{
		{"GET", "/a", 200}, {"GET", "/a", 204}, {"GET", "/a", 404}, {"BREW", "", 405}, {"GET", "/socket.io/*", 101}, {"POST", "/a", 1000},
	} {
		f.metrics.Request(r.method, r.route, r.status, 2*time.Millisecond)
	}
	want(t, f.metrics, "parlance_http_requests_total",
		"GET /a 2xx 2", "GET /a 4xx 1", "GET /socket.io/* 1xx 1", "POST /a other 1", "other none 4xx 1")
	want(t, f.metrics, "parlance_http_request_duration_seconds", "GET /a 6ms 3", "POST /a 2ms 1", "other none 2ms 1")
}

func TestHandlerSpeaksPrometheus(t *testing.T) {
	f := full(t)
	f.connect(t).Send("do")
	w := httptest.NewRecorder()
	f.metrics.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	all, err := parser.TextToMetricFamilies(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := all["parlance_client_events_total"].GetMetric(); len(got) != 12 {
		t.Errorf("%d series of client events", len(got))
	}
	if len(all) < len(metrics.Definitions()) {
		t.Errorf("only %d metrics", len(all))
	}
}

func TestTwoServersInOneProcess(t *testing.T) {
	a, b := newFixture(t), newFixture(t)
	a.connect(t)
	want(t, a.metrics, "parlance_connections", "other 1")
	want(t, b.metrics, "parlance_connections")
}

// BenchmarkObserve is what the metrics add to each client event.
func BenchmarkObserve(b *testing.B) {
	f := newFixture(b)
	var o sio.Options
	f.metrics.Instrument(&o)
	for name, seen := range map[string]sio.Observation{
		"handled": {Event: "do", Took: 30 * time.Microsecond},
		"failed":  {Event: "do", Code: sio.CodeForbidden, Took: 30 * time.Microsecond},
		"dropped": {Event: "do", Code: sio.CodeRateLimited, Took: time.Microsecond},
		"unknown": {Code: sio.CodeUnknown, Took: time.Microsecond},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				o.Observe(seen)
			}
		})
	}
	b.Run("emitted", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			o.Emitted("told")
		}
	})
}

// TestObserveAllocatesNothing: counting an event leaves no garbage.
func TestObserveAllocatesNothing(t *testing.T) {
	f := newFixture(t)
	var o sio.Options
	f.metrics.Instrument(&o)
	for _, code := range []sio.Code{"", sio.CodeForbidden, sio.CodeRateLimited, "NEVER_HEARD"} {
		seen := sio.Observation{Event: "do", Code: code, Took: time.Millisecond}
		if n := testing.AllocsPerRun(100, func() { o.Observe(seen); o.Emitted("told"); o.Emitted("nope") }); n != 0 {
			t.Errorf("%q: %v allocations", code, n)
		}
	}
	want(t, f.metrics, "parlance_client_events_total", "FORBIDDEN do 101", "OK do 101", "RATE_LIMITED do 101", "other do 101")
}
