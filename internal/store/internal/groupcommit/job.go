package groupcommit

import (
	"context"

	"github.com/parlance-dev/parlance/internal/store"
)

// Job is one write that waits: a message, an action, or, where it is neither, a
// probe, which asks whether writing works.
type Job struct {
	Message *store.NewMessage
	Action  *store.NewAction

	gone     <-chan struct{} // closed when nobody waits for the answer any more
	answer   chan Answer     // has room for the one answer
	panicked any             // by the message's Stored
}

// Answer is what the writer says to a job.
type Answer struct {
	Message   store.Message
	Duplicate bool // Message is an earlier one, and nothing was stored
	Action    store.Action
	Err       error // the job failed; the rest means nothing
	Panicked  any   // by the message's Stored
}

// NewJob returns a job whose caller waits until ctx ends. At most one of its
// fields may be set then.
func NewJob(ctx context.Context) *Job {
	return &Job{gone: ctx.Done(), answer: make(chan Answer, 1)}
}

// Probe reports whether the job only asks whether writing works.
func (j *Job) Probe() bool { return j.Message == nil && j.Action == nil }

// Abandoned reports whether nobody waits any more: such a job need not be begun.
func (j *Job) Abandoned() bool {
	select {
	case <-j.gone:
		return true
	default:
		return false
	}
}

// Announce tells who wants to know that the job's message was stored. The writer
// calls it once for a message that is durable, in the order of ids.
func (j *Job) Announce(m store.Message) { j.panicked = j.Message.Announce(m) }

// Settle answers the job, once. A new message is announced before.
func (j *Job) Settle(a Answer) {
	if j.Message != nil && a.Err == nil && !a.Duplicate {
		j.Announce(a.Message)
	}
	a.Panicked = j.panicked
	j.answer <- a
}

// Answer returns what the job was settled with. It waits for it, and may be
// called once; the queue does so where the job came from it.
func (j *Job) Answer() Answer { return <-j.answer }
