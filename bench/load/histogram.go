package load

import (
	"math/bits"
	"time"
)

// finest is how many bits of a duration a bucket keeps: its values differ by
// less than 1/32.
const finest = 5

// Histogram counts durations in buckets of 3 % width. The zero value is empty.
// It is for one goroutine.
type Histogram struct {
	buckets [(64 - finest) << finest]uint64
	count   uint64
}

// Add counts a duration; negative ones count as zero.
func (h *Histogram) Add(d time.Duration) {
	h.buckets[bucketOf(uint64(max(d, 0)))]++
	h.count++
}

// Count is how many durations have been added.
func (h *Histogram) Count() uint64 { return h.count }

// Reset empties the histogram.
func (h *Histogram) Reset() { *h = Histogram{} }

// Quantile returns the middle of the bucket in which the share q (0 to 1) of
// the durations is reached; 0 where there are none.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.count == 0 {
		return 0
	}
	rank := max(uint64(q*float64(h.count)+0.5), 1)
	var seen uint64
	for i, n := range h.buckets {
		if seen += n; seen >= rank {
			low, width := bounds(i)
			return time.Duration(low + width/2)
		}
	}
	return 0
}

// bucketOf: below 2^finest one bucket a value, above it 2^finest buckets for
// each power of two.
func bucketOf(v uint64) int {
	shift := max(bits.Len64(v)-finest-1, 0)
	return shift<<finest + int(v>>shift)
}

// bounds returns the smallest value of a bucket, and how many it has.
func bounds(bucket int) (low, width uint64) {
	shift := max(bucket>>finest-1, 0)
	return uint64(bucket-shift<<finest) << shift, 1 << shift
}
