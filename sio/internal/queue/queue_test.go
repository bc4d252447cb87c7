package queue_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/parlance-dev/parlance/sio/internal/queue"
)

// TestAgainstSlice does what comes to a random mind with a queue and with a
// slice beside it.
func TestAgainstSlice(t *testing.T) {
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 1))
		var q queue.Queue[int]
		var want []int
		for i := range 2_000 {
			switch n := random.IntN(100); {
			case n < 48:
				q.Push(i)
				want = append(want, i)
			case n < 52:
				q.PushFront(i)
				want = slices.Insert(want, 0, i)
			case n == 99:
				q.Clear()
				want = nil
			default:
				got, ok := q.Pop()
				if ok != (len(want) > 0) || ok && got != want[0] {
					t.Fatalf("seed %d, step %d: Pop = %d, %v, want the first of %v", seed, i, got, ok, want)
				}
				want = want[min(1, len(want)):]
			}
			if front := q.Front(); (front == nil) != (len(want) == 0) || front != nil && *front != want[0] || q.Len() != len(want) {
				t.Fatalf("seed %d, step %d: front or length is not that of %v", seed, i, want)
			}
		}
	}
}

// TestRoom keeps two items in the queue for long: its room must stay small.
func TestRoom(t *testing.T) {
	var q queue.Queue[[64]byte]
	q.Push([64]byte{})
	allocations := testing.AllocsPerRun(100, func() {
		for range 1_000 {
			q.Push([64]byte{})
			q.Pop()
		}
	})
	if allocations > 0 {
		t.Errorf("a queue that never runs empty allocates %v times for 1,000 items", allocations)
	}
}
