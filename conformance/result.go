package conformance

import (
	"fmt"
	"slices"
	"time"

	"github.com/parlance-dev/parlance/conformance/report"
)

// report puts together what the run came to.
func (s *session) report() *report.Report {
	kind, name := s.options.Backend.Describe()
	r := &report.Report{
		Version: s.options.Version, Notes: s.options.Notes, Started: s.began, Duration: time.Since(s.began),
		Contract:  s.contract.Title + " " + s.contract.Version,
		Target:    report.Target{Kind: kind, Name: name, URL: s.options.Backend.URL()},
		HTTPCalls: s.env.HTTPCalls(),
	}
	for _, c := range s.env.Cells {
		r.Cells = append(r.Cells, report.Cell{Client: c.Client, Transport: c.Transport.Name})
	}
	for _, row := range s.results {
		if len(row.results) == 0 {
			continue // filtered out
		}
		r.Cases = append(r.Cases, report.Case{ID: row.ID, Contract: row.Contract, Section: row.Section, Labels: row.Labels, Results: row.results})
	}
	if s.options.Known != nil {
		s.options.Known.Apply(r, s.filtered())
	}
	s.judgeCoverage(r)
	if s.options.NoSkip {
		refuseSkips(r)
	}
	return r
}

// judgeCoverage adds the table, and a problem for every part of the contract
// that a whole run has not exercised.
func (s *session) judgeCoverage(r *report.Report) {
	for _, e := range s.excuses() {
		s.coverage.Excuse(e.kind, e.name, e.reason)
	}
	r.Coverage = s.coverage.Table()
	if s.filtered() {
		return
	}
	for what, names := range map[string][]string{
		"not exercised": s.coverage.Missing(), "exercised, and excused for nothing": s.coverage.NeedlessExcuses(), "not in the contract": s.coverage.Strays(),
	} {
		for _, name := range names {
			r.Problems = append(r.Problems, what+": "+name)
		}
	}
	slices.Sort(r.Problems)
	if most := 80; r.HTTPCalls >= most && !s.options.HTTPLimit {
		r.Problems = append(r.Problems, fmt.Sprintf("the run made %d calls to /api, and is to stay under %d", r.HTTPCalls, most))
	}
}

// refuseSkips makes problems of skipped cases.
func refuseSkips(r *report.Report) {
	for _, c := range r.Cases {
		for _, result := range c.Results {
			if result.State == report.Skipped {
				r.Problems = append(r.Problems, fmt.Sprintf("skipped: %s: %s", result.CaseName(c.ID), result.Skip))
			}
		}
	}
}
