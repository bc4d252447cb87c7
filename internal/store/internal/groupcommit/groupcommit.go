// Package groupcommit is how a store writes: one goroutine takes what waits in
// a bounded queue, up to a batch, and writes it at once, so that the price of
// making it durable is shared. It announces and answers in the order of ids.
//
// It owns the queue, the jobs and their answers, and the life of the calls; what
// a batch becomes is the store's affair. It imports internal/store only.
package groupcommit

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/parlance-dev/parlance/internal/store"
)

// Options are the settings of a queue.
type Options struct {
	// Queue is how many writes may wait before callers do; default 4,096.
	Queue int
	// Batch is how many writes go together; default 256.
	Batch int
	// Patience is how long a caller waits for its write at most, whatever its
	// context says; 0: as long as that.
	Patience time.Duration
}

// Write writes a batch and settles every job of it, once and in order. Where it
// returns more than 0, it is called again after that time, with an empty batch
// where nobody wrote meanwhile.
type Write func(batch []*Job) (again time.Duration)

// Queue takes writes and counts calls. Its methods may be called from any
// goroutine.
type Queue struct {
	jobs     chan *Job
	batch    int
	patience time.Duration

	mu     sync.RWMutex // guards closed, and calls.Add against calls.Wait
	closed bool
	calls  sync.WaitGroup // calls that have begun

	once    sync.Once
	written chan struct{} // closed when the writer has ended
}

// Start returns a queue whose jobs are given to write, on one goroutine. Close
// ends it.
func Start(o Options, write Write) *Queue {
	if o.Queue <= 0 {
		o.Queue = 4096
	}
	if o.Batch <= 0 {
		o.Batch = 256
	}
	q := &Queue{jobs: make(chan *Job, o.Queue), batch: o.Batch, patience: o.Patience, written: make(chan struct{})}
	go q.run(write)
	return q
}

// run writes until the queue is closed and empty.
func (q *Queue) run(write Write) {
	defer close(q.written)
	batch := make([]*Job, 0, q.batch)
	var again <-chan time.Time // nil: never
	for {
		select {
		case j, ok := <-q.jobs:
			if !ok {
				return
			}
			batch = gather(append(batch, j), q.jobs, q.batch)
		case <-again:
		}
		again = nil
		if wait := write(batch); wait > 0 {
			again = time.After(wait)
		}
		clear(batch)
		batch = batch[:0]
	}
}

// gather takes what waits already, up to n jobs.
func gather(batch []*Job, queue <-chan *Job, n int) []*Job {
	for len(batch) < n {
		select {
		case j, ok := <-queue:
			if !ok {
				return batch
			}
			batch = append(batch, j)
		default:
			return batch
		}
	}
	return batch
}

// Message is store.Messages.Append.
func (q *Queue) Message(ctx context.Context, n store.NewMessage) (store.Message, bool, error) {
	a, err := q.submit(ctx, &n, nil)
	if err != nil {
		return store.Message{}, false, Unavailable("append message", err)
	}
	if a.Panicked != nil {
		panic(a.Panicked)
	}
	return a.Message, a.Duplicate, nil
}

// Action is store.Actions.Append.
func (q *Queue) Action(ctx context.Context, n store.NewAction) (store.Action, error) {
	a, err := q.submit(ctx, nil, &n)
	if err != nil {
		return store.Action{}, Unavailable("append action", err)
	}
	return a.Action, nil
}

// Probe asks the writer whether writing works.
func (q *Queue) Probe(ctx context.Context) error {
	if _, err := q.submit(ctx, nil, nil); err != nil {
		return Unavailable("ready", err)
	}
	return nil
}

// Read runs a query as a call: Close waits for it. It wraps its error.
func (q *Queue) Read(ctx context.Context, operation string, query func() error) error {
	if err := q.begin(); err != nil {
		return Unavailable(operation, err)
	}
	defer q.calls.Done()
	if err := ctx.Err(); err != nil {
		return Unavailable(operation, err)
	}
	if err := query(); err != nil {
		return Unavailable(operation, err)
	}
	return nil
}

// Waiting returns how many writes wait to be taken.
func (q *Queue) Waiting() int { return len(q.jobs) }

// Close refuses further calls, waits for those that have begun and for the
// writer. It may be called again.
func (q *Queue) Close() {
	q.once.Do(func() {
		q.mu.Lock()
		q.closed = true
		q.mu.Unlock()
		q.calls.Wait()
		close(q.jobs)
	})
	<-q.written
}

// begin registers a call; the caller calls q.calls.Done after it.
func (q *Queue) begin() error {
	q.mu.RLock()
	defer q.mu.RUnlock()
	if q.closed {
		return store.ErrClosed
	}
	q.calls.Add(1)
	return nil
}

// submit hands a job to the writer and waits for its answer.
func (q *Queue) submit(ctx context.Context, m *store.NewMessage, a *store.NewAction) (Answer, error) {
	if err := q.begin(); err != nil {
		return Answer{}, err
	}
	defer q.calls.Done()
	if err := ctx.Err(); err != nil {
		return Answer{}, err
	}
	wait := ctx
	if q.patience > 0 {
		var cancel context.CancelFunc
		wait, cancel = context.WithTimeoutCause(ctx, q.patience, fmt.Errorf("no answer within %s", q.patience))
		defer cancel()
	}
	j := NewJob(wait)
	j.Message, j.Action = m, a
	select {
	case q.jobs <- j:
	case <-wait.Done():
		return Answer{}, ended(ctx, wait)
	}
	select {
	case answer := <-j.answer:
		return answer, answer.Err
	case <-wait.Done():
		return Answer{}, ended(ctx, wait)
	}
}

// ended says why waiting ended: because of the caller's own context or because
// its patience did.
func ended(ctx, wait context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return context.Cause(wait)
}

// Unavailable wraps a failure as the port wants it.
func Unavailable(operation string, err error) error {
	return fmt.Errorf("%s: %w: %w", operation, store.ErrUnavailable, err)
}

// Page brings the limit of a page into its bounds.
func Page(limit int) int { return min(max(limit, 0), store.MaxPage) }
