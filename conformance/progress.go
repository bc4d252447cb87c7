package conformance

import (
	"fmt"
	"io"
	"time"

	"github.com/parlance-dev/parlance/conformance/report"
)

// progressEvery is the least time between two lines.
const progressEvery = 2 * time.Second

// progress says how far a run is, a line at a time.
type progress struct {
	w        io.Writer
	all      int
	ran      int
	failed   int
	lastLine time.Time
}

func newProgress(w io.Writer) *progress { return &progress{w: w, lastLine: time.Now()} }

func (p *progress) expect() { p.all++ }

func (p *progress) begin(name string) {
	if time.Since(p.lastLine) >= progressEvery {
		p.say(name)
	}
}

func (p *progress) done(s report.State) {
	p.ran++
	if s == report.Failed {
		p.failed++
	}
}

func (p *progress) say(name string) {
	p.lastLine = time.Now()
	// A progress line that can't be written stops nothing.
	_, _ = fmt.Fprintf(p.w, "%4d of %d, %d failed: %s\n", p.ran, p.all, p.failed, name)
}
