package load

import (
	"math"
	"testing"
	"time"
)

func TestHistogramQuantiles(t *testing.T) {
	var h Histogram
	if got := h.Quantile(0.5); got != 0 {
		t.Errorf("empty: %v", got)
	}
	for i := range 1000 {
		h.Add(time.Duration(i+1) * time.Microsecond)
	}
	for q, want := range map[float64]time.Duration{0: time.Microsecond, 0.5: 500 * time.Microsecond, 0.99: 990 * time.Microsecond, 1: time.Millisecond} {
		got := h.Quantile(q)
		if off := math.Abs(float64(got-want)) / float64(want); off > 1.0/32 {
			t.Errorf("quantile %v: %v, want about %v", q, got, want)
		}
	}
	if h.Count() != 1000 {
		t.Errorf("count %d", h.Count())
	}
	h.Reset()
	if h.Count() != 0 || h.Quantile(1) != 0 {
		t.Error("reset leaves something")
	}
}

// TestHistogramBuckets: every duration lies within the bucket that counts it,
// and buckets neither overlap nor leave gaps.
func TestHistogramBuckets(t *testing.T) {
	var next uint64
	for i := range len(Histogram{}.buckets) {
		low, width := bounds(i)
		if low != next {
			t.Fatalf("bucket %d begins at %d, want %d", i, low, next)
		}
		if bucketOf(low) != i || bucketOf(low+width-1) != i {
			t.Fatalf("bucket %d: %d to %d are counted in %d and %d", i, low, low+width-1, bucketOf(low), bucketOf(low+width-1))
		}
		next = low + width
	}
	if next != 1<<63 {
		t.Errorf("buckets end at %d", next)
	}
	var h Histogram
	h.Add(-time.Second)
	h.Add(math.MaxInt64)
	if h.Quantile(0) != 0 || h.Quantile(1) < math.MaxInt64/32*31 {
		t.Errorf("extremes: %v, %v", h.Quantile(0), h.Quantile(1))
	}
}
