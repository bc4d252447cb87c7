package kit

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/onsi/gomega"

	"github.com/parlance-dev/parlance/conformance/report"
)

// Outcome is what a case came to: a failure, a reason why it was skipped, or
// neither.
type Outcome struct {
	Failure *report.Failure
	Skip    string
	Trace   []report.Line
}

// failed and skipped are how T ends a case.
type (
	failed  struct{ report.Failure }
	skipped struct{ why string }
)

// Exec runs a case on a cell and then what it gave to Cleanup. Of several
// failures the first counts. A panic is a failure.
func Exec(ctx context.Context, env *Env, cell Cell, c Case) Outcome {
	t := &T{Env: env, Cell: cell, run: &run{ctx: ctx, began: time.Now()}}
	t.WithT = gomega.NewWithT(t)
	var out Outcome
	out.attempt(func() { c.Run(t) })
	for f := t.lastCleanup(); f != nil; f = t.lastCleanup() {
		out.attempt(f)
	}
	out.Trace = last(t.Trace(), longestTrace)
	return out
}

// longestTrace bounds what is kept of a case that floods.
const longestTrace = 400

func last[E any](all []E, n int) []E { return all[max(0, len(all)-n):] }

func (t *T) lastCleanup() func() {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(t.cleanups)
	if n == 0 {
		return nil
	}
	f := t.cleanups[n-1]
	t.cleanups = t.cleanups[:n-1]
	return f
}

// attempt runs a part of the case and takes down how it ended.
func (o *Outcome) attempt(part func()) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case skipped:
			o.Skip = p.why
		case failed:
			o.fail(p.Failure)
		default:
			o.fail(report.Failure{Message: fmt.Sprintf("the case panicked: %v\n%s", p, debug.Stack())})
		}
	}()
	part()
}

func (o *Outcome) fail(f report.Failure) {
	if o.Failure == nil {
		o.Failure = &f
	}
}
