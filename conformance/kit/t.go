package kit

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/onsi/gomega"

	"github.com/parlance-dev/parlance/conformance/report"
)

// T is the run of a case on a cell. Its methods fail the case by not returning,
// so they are for the goroutine of the case, but for those that say otherwise.
type T struct {
	*Env
	// Cell is the client and transport that Connect and Dial use.
	Cell Cell
	// Expect and the other assertions of Gomega end the case where they fail.
	*gomega.WithT
	*run
}

// run is what a T shares with those that On makes of it.
type run struct {
	ctx   context.Context //nolint:containedctx // the case's own deadline
	began time.Time

	mu       sync.Mutex
	trace    []report.Line
	cleanups []func()
	names    int
}

// Context ends with the case.
func (t *T) Context() context.Context { return t.ctx }

// Patient returns a context that ends when the patience for one wait does.
func (t *T) Patient() context.Context {
	ctx, cancel := context.WithTimeout(t.ctx, t.Patience)
	t.Cleanup(cancel)
	return ctx
}

// Helper is for Gomega.
func (t *T) Helper() {}

// Fatalf ends the case with a message. Gomega fails by it.
func (t *T) Fatalf(format string, args ...any) {
	message := redact(strings.TrimSpace(fmt.Sprintf(format, args...)))
	f := report.Failure{Message: message, Location: caller()}
	f.Actual, f.Expected = sides(message)
	panic(failed{f})
}

// Skip ends the case without a verdict, and says why.
func (t *T) Skip(why string) { panic(skipped{why}) }

// Errorf is Fatalf.
func (t *T) Errorf(format string, args ...any) { t.Fatalf(format, args...) }

// Must ends the case where err is not nil.
func (t *T) Must(err error) {
	if err != nil {
		t.Fatalf("%v", err)
	}
}

// Cleanup runs f when the case is over, the last one first, also where the case
// has failed. f may fail too.
func (t *T) Cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

// On returns t for another cell: its Connect and Dial use that one.
func (t *T) On(cell Cell) *T {
	other := *t
	other.Cell = cell
	return &other
}

// Trace returns what went over the wire so far, oldest first.
func (t *T) Trace() []report.Line {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.SortedStableFunc(slices.Values(t.trace), func(a, b report.Line) int { return cmp.Compare(a.At, b.At) })
}

// Name returns a name that no other case of any run has: for users, rooms,
// departments.
func (t *T) Name(prefix string) string { return prefix + "-" + strings.ToLower(rand.Text()[:16]) }

// User returns a user id of the case's own.
func (t *T) User() string { return t.Name("u") }

// Room returns the name of a room of the case's own.
func (t *T) Room() string { return t.Name("r") }

// label numbers the clients of the case.
func (t *T) label(who string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.names++
	return strings.TrimSpace(fmt.Sprintf("c%d %s", t.names, who))
}

// note keeps a line of the trace; any goroutine may call it.
func (t *T) note(at time.Time, who, dir, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.trace = append(t.trace, report.Line{At: at.Sub(t.began), Who: who, Dir: dir, Text: redact(text)})
}

// caller is the nearest source line outside the kit and Gomega: the case's.
func caller() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for {
		frame, more := frames.Next()
		if strings.Contains(frame.Function, "/conformance/cases.") {
			return fmt.Sprintf("%s:%d", frame.File[strings.LastIndex(frame.File, "/conformance/")+1:], frame.Line)
		}
		if !more {
			return ""
		}
	}
}

// sides takes a message of Gomega apart: what came, and what should have come.
func sides(message string) (actual, expected string) {
	_, rest, ok := strings.Cut(message, "Expected\n")
	if !ok {
		return "", ""
	}
	at := strings.Index(rest, "\nto ")
	if not := strings.Index(rest, "\nnot to "); not >= 0 && (at < 0 || not < at) {
		at = not
	}
	if at < 0 {
		return "", ""
	}
	return dedent(rest[:at]), dedent(rest[at+1:])
}

// dedent takes the indent of Gomega's values away.
func dedent(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimPrefix(l, "    ")
	}
	return strings.Join(lines, "\n")
}
