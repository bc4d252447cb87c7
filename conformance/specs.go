package conformance

import (
	"context"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/formatter"

	"github.com/parlance-dev/parlance/conformance/kit"
	"github.com/parlance-dev/parlance/conformance/report"
)

const (
	// caseTimeout ends a case that hangs in spite of the patience of its waits.
	caseTimeout = 90 * time.Second
	// runTimeout ends a run.
	runTimeout = 30 * time.Minute
)

// row is a case with its results.
type row struct {
	kit.Case
	results []report.Result
}

// specs makes a spec of every case on every cell and runs them in order.
func (s *session) specs(ctx context.Context) error {
	p := newProgress(s.options.Progress)
	// Ordered only says that the order is ours: a failed case stops no other one.
	ginkgo.Describe("contract", ginkgo.Ordered, ginkgo.ContinueOnFailure, func() {
		for _, c := range s.cases {
			if !s.chosen(c) {
				continue
			}
			r := &row{Case: c}
			s.results = append(s.results, r)
			for _, cell := range s.cellsOf(c) {
				s.spec(ctx, r, cell, p)
			}
		}
	})
	suite, reporter := ginkgo.GinkgoConfiguration()
	suite.LabelFilter = s.options.LabelFilter
	suite.Timeout = runTimeout
	suite.OutputInterceptorMode = "none"
	reporter.Succinct = true
	// Ginkgo's own words would stand beside ours.
	restore := formatter.ColorableStdOut
	formatter.ColorableStdOut = io.Discard
	defer func() { formatter.ColorableStdOut = restore }()
	ginkgo.RunSpecs(outcome{}, "conformance", suite, reporter)
	return ctx.Err()
}

// outcome is Ginkgo's way to say that specs failed; the report says which.
type outcome struct{}

func (outcome) Fail() {}

func (s *session) chosen(c kit.Case) bool {
	if slices.Contains(c.Needs, kit.NeedHTTPLimit) && !s.options.HTTPLimit {
		return false
	}
	if len(s.options.Cases) == 0 {
		return true
	}
	return slices.ContainsFunc(s.options.Cases, func(pattern string) bool {
		ok, err := path.Match(pattern, c.ID)
		return ok && err == nil
	})
}

// cellsOf returns where a case runs; a case that runs once has the first cell to
// connect with, and shows none.
func (s *session) cellsOf(c kit.Case) []kit.Cell {
	if c.Scope == kit.Once {
		return s.env.Cells[:1]
	}
	return s.env.Cells
}

func (s *session) spec(ctx context.Context, r *row, cell kit.Cell, p *progress) {
	shown := report.Cell{Client: cell.Client, Transport: cell.Transport.Name}
	if r.Scope == kit.Once {
		shown = report.Cell{}
	}
	p.expect()
	ginkgo.It(shown.CaseName(r.ID), ginkgo.Label(labels(r.Case, shown)...), func(spec ginkgo.SpecContext) {
		p.begin(shown.CaseName(r.ID))
		began := time.Now()
		out := s.exec(spec, cell, r.Case)
		result := report.Result{Cell: shown, State: report.Passed, Duration: time.Since(began), Failure: out.Failure, Skip: out.Skip}
		defer func() {
			r.results = append(r.results, result)
			p.done(result.State)
		}()
		switch {
		case ctx.Err() != nil:
			result.State, result.Skip = report.Skipped, "the run was interrupted"
			ginkgo.Skip(result.Skip)
		case out.Failure != nil:
			result.State, result.Trace = report.Failed, out.Trace
			ginkgo.Fail(out.Failure.Message)
		case out.Skip != "":
			result.State = report.Skipped
			ginkgo.Skip(out.Skip)
		}
	}, ginkgo.SpecTimeout(caseTimeout))
}

// exec runs a case, or says why it can't run here.
func (s *session) exec(ctx context.Context, cell kit.Cell, c kit.Case) kit.Outcome {
	for _, need := range c.Needs {
		if why := s.lacks(need); why != "" {
			return kit.Outcome{Skip: why}
		}
	}
	return kit.Exec(ctx, s.env, cell, c)
}

// lacks says why a need is not met, "" where it is.
func (s *session) lacks(need kit.Need) string {
	switch need {
	case kit.NeedControl:
		if s.env.Control == nil {
			return "the suite can't stop and start a backend that it only knows the URL of (--image and --start can)"
		}
	case kit.NeedSmallDisk:
		if s.env.SmallDisk == nil {
			return "the suite can't fill the disk of this backend (--image can)"
		}
	case kit.NeedHTTPLimit: // chosen has looked
	}
	return ""
}

// labels are what a run can be filtered by: client, transport, area, section and
// the case's own.
func labels(c kit.Case, cell report.Cell) []string {
	area, _, _ := strings.Cut(c.ID, "/")
	number, _, _ := strings.Cut(c.Section, " ")
	all := append([]string{area, "section-" + number}, c.Labels...)
	if cell.Client == "" {
		return append(all, "once")
	}
	return append(all, cell.Client, cell.Transport)
}
