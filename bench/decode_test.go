package bench

import (
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/gen/events"
)

// typical is a send_message as a frontend sends it.
const typical = `{"to":"01JGZ7V8M3Q4R5S6T7V8W9XYZA","content":"Could you have a look at ticket 4711? The customer called twice today, thanks!","type":"text","clientOffset":"b1946ac9-42"}`

func mustOracle(tb testing.TB) *oracle {
	tb.Helper()
	o, err := newOracle()
	if err != nil {
		tb.Fatal(err)
	}
	return o
}

func TestDecodersAgree(t *testing.T) {
	o, p := mustOracle(t), newPayloads(1)
	good, keywords := 0, map[string]int{}
	for i := range 10_000 {
		raw := p.next()
		if d := o.disagreement(raw); d != "" {
			t.Fatalf("payload %d %q: %s", i, raw, d)
		}
		found := fused(raw)
		if found == nil {
			good++
		}
		for _, line := range found {
			keywords[line]++
		}
	}
	if good < 2_000 || good > 8_000 || len(keywords) < 20 {
		t.Errorf("poor payloads: %d good, %d kinds of violation", good, len(keywords))
	}
	t.Logf("%d good, %d bad, %d kinds of violation", good, 10_000-good, len(keywords))
}

func FuzzDecodersAgree(f *testing.F) {
	o, p := mustOracle(f), newPayloads(2)
	f.Add([]byte(typical))
	for range 200 {
		f.Add(p.next())
	}
	// The oracle computes 1e1000000 to its last digit, and is lost for minutes.
	huge := regexp.MustCompile(`[eE][+-]?[0-9]{4,}`)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if huge.Match(raw) {
			return
		}
		if d := o.disagreement(raw); d != "" {
			t.Errorf("%q: %s", raw, d)
		}
	})
}

func TestAllocations(t *testing.T) {
	raw := []byte(typical)
	allocs := testing.AllocsPerRun(1000, func() {
		if _, err := events.DecodeSendMessage(raw); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 6 {
		t.Errorf("%.1f allocations, want at most 6", allocs)
	}
	t.Logf("%.1f allocations", allocs)
}

// TestHugeExponents: what takes the oracle minutes takes the decoder no time.
func TestHugeExponents(t *testing.T) {
	for _, n := range []string{"1e999999999", "-1e-999999999", "1" + strings.Repeat("0", 90_000) + "e-90000"} {
		if got := fused([]byte(`{"to":"a","content":` + n + `}`)); !slices.Equal(got, []string{"/content type"}) {
			t.Errorf("%.20s: %q", n, got)
		}
		_, err := events.DecodePing([]byte(`{"timestamp":` + n + `}`))
		if isOne := n[1] == '0'; (err == nil) != isOne {
			t.Errorf("%.20s as a timestamp: %v", n, err)
		}
	}
}

func BenchmarkSendMessageFused(b *testing.B) {
	raw := []byte(typical)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := events.DecodeSendMessage(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSendMessageOracle(b *testing.B) {
	o, raw := mustOracle(b), []byte(typical)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := o.decode(raw); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSendMessageRatio lets both decode by turns and reports how many
// times the CPU time of the fused decoder the oracle needs.
func BenchmarkSendMessageRatio(b *testing.B) {
	const turn = 200
	o, raw := mustOracle(b), []byte(typical)
	var ours, theirs time.Duration
	for b.Loop() {
		start := cpu(b)
		for range turn * 10 {
			if _, err := events.DecodeSendMessage(raw); err != nil {
				b.Fatal(err)
			}
		}
		middle := cpu(b)
		for range turn {
			if _, err := o.decode(raw); err != nil {
				b.Fatal(err)
			}
		}
		ours += middle - start
		theirs += cpu(b) - middle
	}
	n := float64(b.N * turn)
	b.ReportMetric(float64(ours.Nanoseconds())/n/10, "fused-cpu-ns/op")
	b.ReportMetric(float64(theirs.Nanoseconds())/n, "oracle-cpu-ns/op")
	b.ReportMetric(10*float64(theirs)/float64(ours), "x-faster")
}

// cpu returns the CPU time that the process has used.
func cpu(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
