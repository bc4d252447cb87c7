package report

import (
	"fmt"
	"strings"
)

// tally counts results by their state.
type tally map[State]int

func (t tally) add(results ...Result) {
	for _, r := range results {
		t[r.State]++
	}
}

// ran is how many results say anything about the backend.
func (t tally) ran() int {
	n := 0
	for state, count := range t {
		if state != Skipped {
			n += count
		}
	}
	return n
}

// failing is how many results fail the run.
func (t tally) failing() int {
	n := 0
	for state, count := range t {
		if state.Failing() {
			n += count
		}
	}
	return n
}

// tally counts all results of the run.
func (r *Report) tally() tally {
	t := tally{}
	for _, c := range r.Cases {
		t.add(c.Results...)
	}
	return t
}

// Conforming reports whether something ran and nothing failed: the verdict.
// Known failures do not count, a run of nothing proves nothing.
func (r *Report) Conforming() bool {
	t := r.tally()
	return len(r.Problems) == 0 && t.ran() > 0 && t.failing() == 0
}

// Verdict returns the verdict in one line: CONFORMING, perhaps with how much is
// known to fail, or NOT CONFORMING with what speaks against it. A case on
// several cells counts once.
func (r *Report) Verdict() string {
	verdict, why := r.verdict()
	switch {
	case why == "":
		return verdict
	case r.Conforming():
		return verdict + " " + why
	default:
		return verdict + ": " + why
	}
}

// verdict returns the word, and where it is no plain yes the reason.
func (r *Report) verdict() (verdict, why string) {
	t := r.tally()
	if r.Conforming() {
		if known := t[KnownFailing] + t[KnownFlaky]; known > 0 {
			return "CONFORMING", "but for " + plural(known, "known failure")
		}
		return "CONFORMING", ""
	}
	failed, fixed, ran := r.countCases()
	var against []string
	if failed > 0 {
		against = append(against, fmt.Sprintf("%d of %s failed", failed, plural(ran, "case")))
	}
	if fixed > 0 {
		against = append(against, plural(fixed, "case")+" passed that should fail as known")
	}
	if t.ran() == 0 {
		against = append(against, "nothing ran")
	}
	if n := len(r.Problems); n > 0 {
		against = append(against, plural(n, "problem"))
	}
	return "NOT CONFORMING", strings.Join(against, ", ")
}

// countCases counts the cases that failed on any cell, those that failed on none
// but are fixed on some, and those that ran.
func (r *Report) countCases() (failed, fixed, ran int) {
	for _, c := range r.Cases {
		t := tally{}
		t.add(c.Results...)
		switch {
		case t.failing() > t[Fixed]:
			failed++
		case t[Fixed] > 0:
			fixed++
		}
		if t.ran() > 0 {
			ran++
		}
	}
	return failed, fixed, ran
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
