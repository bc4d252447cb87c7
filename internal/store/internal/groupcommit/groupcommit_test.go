package groupcommit

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parlance-dev/parlance/internal/store"
)

func TestGather(t *testing.T) {
	queue := make(chan *Job, 10)
	for range 5 {
		queue <- &Job{}
	}
	if got := gather([]*Job{{}}, queue, 4); len(got) != 4 || len(queue) != 2 {
		t.Errorf("gathered %d, %d left", len(got), len(queue))
	}
	if got := gather([]*Job{{}}, queue, 4); len(got) != 3 {
		t.Errorf("gathered %d of what waits", len(got))
	}
	close(queue)
	if got := gather([]*Job{{}}, queue, 4); len(got) != 1 {
		t.Errorf("gathered %d from a closed queue", len(got))
	}
}

// TestPatience holds the writer up: a caller without a deadline waits no longer
// than the queue's patience, and its write, once begun, is announced all the same.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		q := Start(Options{Patience: time.Second}, func(batch []*Job) time.Duration {
			<-release
			for _, j := range batch {
				j.Settle(Answer{Message: store.Message{Content: j.Message.Content}})
			}
			return 0
		})
		var announced []string
		n := store.NewMessage{Content: "late", Stored: func(m store.Message) { announced = append(announced, m.Content) }}
		begun := time.Now()
		_, _, err := q.Message(t.Context(), n)
		if !errors.Is(err, store.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != time.Second {
			t.Errorf("after %s: %v", time.Since(begun), err)
		}
		own, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, errors.New("another cause"))
		defer cancel()
		if _, _, err := q.Message(own, n); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with a context of its own: %v", err)
		}
		close(release)
		q.Close()
		if !slices.Equal(announced, []string{"late", "late"}) {
			t.Errorf("announced %q", announced)
		}
	})
}

// TestAgain has the writer ask to be called again: with nothing to do, and with
// whatever came in the meantime.
func TestAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		q := Start(Options{}, func(batch []*Job) time.Duration {
			sizes = append(sizes, len(batch))
			for _, j := range batch {
				j.Settle(Answer{Err: errors.New("later")})
			}
			if len(sizes) < 4 {
				return time.Minute
			}
			return 0
		})
		if err := q.Probe(t.Context()); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("probe: %v", err)
		}
		time.Sleep(90 * time.Second) //nolint:forbidigo // the bubble's time
		if err := q.Probe(t.Context()); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("probe: %v", err)
		}
		time.Sleep(time.Hour) //nolint:forbidigo // the bubble's time
		q.Close()
		if !slices.Equal(sizes, []int{1, 0, 1, 0}) {
			t.Errorf("called with %v jobs", sizes)
		}
	})
}
