package metrics_test

import (
	"encoding/json"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSnapshot(t *testing.T) {
	f := newFixture(t)
	a := f.connect(t)
	f.connect(t)
	a.Close()
	f.clock.Advance(1500 * time.Millisecond)
	got := f.metrics.Snapshot()
	if got.TotalConnections != 2 || got.ActiveConnections != 1 || got.Uptime != 1.5 || got.Timestamp != "2026-01-02T03:04:07.178Z" {
		t.Errorf("%+v", got)
	}
	raw, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var keys struct {
		All    map[string]json.RawMessage
		Memory map[string]uint64 `json:"memory"`
	}
	if err := json.Unmarshal(raw, &keys); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &keys.All); err != nil {
		t.Fatal(err)
	}
	top := "activeConnections errorsPerSecond memory messagesPerSecond timestamp totalConnections uptime"
	if names := strings.Join(slices.Sorted(maps.Keys(keys.All)), " "); names != top {
		t.Errorf("keys %s, want %s", names, top)
	}
	if names := strings.Join(slices.Sorted(maps.Keys(keys.Memory)), " "); names != "external heapTotal heapUsed rss" {
		t.Errorf("memory's keys %s", names)
	}
}

// TestRates walks over the window: handled events and failed ones, since the
// start, within the window, and after it.
func TestRates(t *testing.T) {
	f := newFixture(t)
	c := f.connect(t)
	send := func(n int, args ...string) {
		for range n {
			c.Send("do", args...)
		}
	}
	rates := func(when string, messages, errors float64) {
		t.Helper()
		if got := f.metrics.Snapshot(); got.MessagesPerSecond != messages || got.ErrorsPerSecond != errors {
			t.Errorf("%s: %v messages and %v errors a second, want %v and %v", when, got.MessagesPerSecond, got.ErrorsPerSecond, messages, errors)
		}
	}
	rates("at the start", 0, 0)
	send(4)
	send(2, `"FORBIDDEN"`)
	rates("in the first instant", 6, 2)
	f.clock.Advance(1500 * time.Millisecond)
	rates("after 1.5 s", 4, 1.333)
	f.clock.Advance(500 * time.Millisecond)
	send(13) // three of them are dropped
	rates("after 2 s", 8, 2.5)
	f.clock.Advance(8 * time.Second)
	rates("after 10 s", 1.6, 0.5)
	f.clock.Advance(time.Second)
	rates("after 11 s, the first events being gone", 1, 0.3)
	f.clock.Advance(900 * time.Millisecond)
	rates("after 11.9 s", 1.01, 0.303)
	f.clock.Advance(100 * time.Millisecond)
	rates("after 12 s", 1, 0.3)
	f.clock.Advance(time.Second)
	rates("after 13 s", 0, 0)
	send(5)
	f.clock.Advance(time.Hour)
	rates("after an hour", 0, 0)
}

func TestCloseStopsTheClock(t *testing.T) {
	f := newFixture(t)
	if f.clock.Timers() != 1 {
		t.Fatalf("%d timers, want the one that takes samples", f.clock.Timers())
	}
	f.metrics.Close()
	f.clock.Advance(time.Minute)
	f.metrics.Close()
	if f.clock.Timers() != 0 {
		t.Errorf("%d timers left", f.clock.Timers())
	}
	f.connect(t).Send("do")
	f.metrics.Snapshot()
	want(t, f.metrics, "parlance_client_events_total", "OK do 1")
}

// TestMemory: the numbers are of this process, and move with it.
func TestMemory(t *testing.T) {
	f := newFixture(t)
	runtime.GC() // what the tests before left would make room
	before := f.metrics.Snapshot().Memory
	if before.RSS < 1<<20 || before.HeapUsed == 0 || before.HeapTotal < before.HeapUsed || before.External == 0 {
		t.Errorf("%+v", before)
	}
	const size = 64 << 20
	ballast := make([]byte, size)
	for i := 0; i < len(ballast); i += 512 {
		ballast[i] = 1
	}
	after := f.metrics.Snapshot().Memory
	runtime.KeepAlive(ballast)
	if grown := after.HeapUsed - before.HeapUsed; grown < size/2 || grown > 4*size {
		t.Errorf("heapUsed grew by %d bytes, want about %d", grown, size)
	}
	if after.HeapTotal < after.HeapUsed || after.RSS < size {
		t.Errorf("%+v, with %d bytes just written to", after, size)
	}
	if outside := after.External - before.External; outside > size/2 {
		t.Errorf("external grew by %d bytes", outside)
	}
}
