package metrics_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/parlance-dev/parlance/internal/metrics"
	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/siotest"
)

// start is the moment at which every test's clock begins.
var start = time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)

func contract() sio.Contract {
	return sio.Contract{
		Namespace: "/", ErrorEvent: "error",
		Codes: []sio.CodeSpec{
			{Code: sio.CodeForbidden, Message: "Not allowed"},
			{Code: sio.CodeRateLimited, Message: "Slow down"},
			{Code: sio.CodeUnknown, Message: "Unknown event"},
			{Code: sio.CodeEvent, Message: "Event processing failed"},
		},
		Refusals:  []sio.CodeSpec{{Code: "AUTH_TOKEN_INVALID", Message: "Invalid"}},
		RateLimit: sio.RateLimit{Events: 10, Window: time.Second, Event: "rate_limit_exceeded", AbuseFactor: 2, AbuseFor: 3 * time.Second},
		Events:    []sio.EventSpec{{Name: "do", Feature: "test", MaxArgs: 1}},
		Emits:     []sio.EmitSpec{{Name: "error"}, {Name: "rate_limit_exceeded"}, {Name: "told"}},
	}
}

// fixture is a server in memory whose metrics a test reads.
type fixture struct {
	metrics *metrics.Metrics
	engine  *siotest.Engine
	server  *sio.Server
	clock   *siotest.Clock
	takes   time.Duration // how long the handler takes
	calls   []string      // of the hooks behind the metrics
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{engine: siotest.NewEngine(), clock: siotest.NewClock(start)}
	var err error
	if f.metrics, err = metrics.New(metrics.Options{Contract: contract(), Engine: "native", Clock: f.clock}); err != nil {
		t.Fatal(err)
	}
	o := sio.Options{
		Clock: f.clock,
		Authenticate: func(_ context.Context, h *sio.Handshake) (sio.Identity, error) {
			switch string(h.Auth) {
			case "":
				return sio.Identity{}, nil
			case `"invalid"`:
				return sio.Identity{}, sio.NewRefusal("AUTH_TOKEN_INVALID", "Invalid")
			case `"foreign"`:
				return sio.Identity{}, sio.NewRefusal("CLIENT_MADE", "x")
			}
			return sio.Identity{}, errors.New("inner")
		},
		Opened:       func(context.Context, *sio.Conn) { f.calls = append(f.calls, "opened") },
		Disconnected: func(*sio.Conn, sio.Reason) { f.calls = append(f.calls, "disconnected") },
		Refused:      func(code sio.Code) { f.calls = append(f.calls, "refused "+string(code)) },
		Abused:       func(*sio.Conn) { f.calls = append(f.calls, "abused") },
		Observe:      func(seen sio.Observation) { f.calls = append(f.calls, "observed "+seen.Event) },
		Emitted:      func(event string) { f.calls = append(f.calls, "emitted "+event) },
	}
	f.metrics.Instrument(&o)
	f.server, err = sio.NewServer(f.engine, contract(), []sio.Binding{{Event: "do", Handle: f.do}}, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// do is the handler: it fails as its argument says.
func (f *fixture) do(_ context.Context, _ *sio.Conn, in sio.Payload) (sio.Payload, error) {
	f.clock.Advance(f.takes)
	if len(in.Args) == 0 {
		return sio.Payload{}, nil
	}
	var code string
	if err := json.Unmarshal(in.Args[0], &code); err != nil {
		return sio.Payload{}, err
	}
	return sio.Payload{}, sio.NewError(sio.Code(code), "")
}

func (f *fixture) connect(t testing.TB) *siotest.Client {
	t.Helper()
	c, err := f.engine.Connect("/", &sio.Handshake{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// gather returns all metric families by name.
func gather(t testing.TB, m *metrics.Metrics) map[string]*dto.MetricFamily {
	t.Helper()
	list, err := metrics.Gatherer(m).Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*dto.MetricFamily{}
	for _, f := range list {
		all[f.GetName()] = f
	}
	return all
}

// series renders the series of a metric that are not zero, sorted: the values of
// their labels, and their value; of a histogram, its count and sum.
func series(t testing.TB, m *metrics.Metrics, name string) []string {
	t.Helper()
	var out []string
	for _, s := range gather(t, m)[name].GetMetric() {
		labels := map[string]string{}
		for _, l := range s.GetLabel() {
			labels[l.GetName()] = l.GetValue()
		}
		var text []string
		for _, k := range slices.Sorted(maps.Keys(labels)) {
			text = append(text, labels[k])
		}
		value := s.GetCounter().GetValue() + s.GetGauge().GetValue()
		if h := s.GetHistogram(); h != nil {
			value = float64(h.GetSampleCount())
			text = append(text, time.Duration(h.GetSampleSum()*1e9).Round(time.Microsecond).String())
		}
		if value != 0 {
			raw, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, strings.Join(append(text, string(raw)), " "))
		}
	}
	slices.Sort(out)
	return out
}

// want compares the series of a metric that are not zero.
func want(t testing.TB, m *metrics.Metrics, name string, lines ...string) {
	t.Helper()
	if got := series(t, m, name); !slices.Equal(got, lines) {
		t.Errorf("%s is %q, want %q", name, got, lines)
	}
}
