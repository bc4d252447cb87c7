package report

import (
	"cmp"
	"slices"
)

// section is the cases of one section of the contract.
type section struct {
	name  string
	cases []Case
}

// sections groups the cases by section, in the order in which sections appear.
func (r *Report) sections() []section {
	var all []section
	for _, c := range r.Cases {
		i := slices.IndexFunc(all, func(s section) bool { return s.name == c.Section })
		if i < 0 {
			i = len(all)
			all = append(all, section{name: c.Section})
		}
		all[i].cases = append(all[i].cases, c)
	}
	return all
}

// columns returns the cells, and the empty one at the end where cases ran once.
// A cell that only results know has its column too: nothing gets lost.
func (r *Report) columns() []Cell {
	all := slices.Clone(r.Cells)
	once := false
	for _, c := range r.Cases {
		for _, result := range c.Results {
			if result.Cell == (Cell{}) {
				once = true
			} else if !slices.Contains(all, result.Cell) {
				all = append(all, result.Cell)
			}
		}
	}
	if once {
		all = append(all, Cell{})
	}
	return all
}

// on counts the section's results on a cell.
func (s section) on(cell Cell) tally {
	t := tally{}
	for _, c := range s.cases {
		for _, result := range c.Results {
			if result.Cell == cell {
				t.add(result)
			}
		}
	}
	return t
}

// finding is what went wrong with a case in one way, on however many cells.
type finding struct {
	state   State
	failure Failure
	known   string
	results []Result // in the order of the cells
}

// cells are where it was found.
func (f finding) cells() []Cell {
	cells := make([]Cell, 0, len(f.results))
	for _, r := range f.results {
		cells = append(cells, r.Cell)
	}
	return cells
}

// findings returns what went wrong with a case, known or not. Cells on which
// it went wrong in the same words share a finding.
func (c Case) findings() []finding {
	var all []finding
	for _, r := range c.Results {
		if r.State == Passed || r.State == Skipped {
			continue
		}
		f := finding{state: r.State, known: r.Known, failure: r.failure()}
		i := slices.IndexFunc(all, func(o finding) bool {
			return o.state == f.state && o.failure == f.failure && o.known == f.known
		})
		if i < 0 {
			i = len(all)
			all = append(all, f)
		}
		all[i].results = append(all[i].results, r)
	}
	return all
}

// failure returns why the result is not a pass, in words where it has none.
func (r Result) failure() Failure {
	switch {
	case r.Failure != nil:
		return *r.Failure
	case r.State == Fixed:
		return Failure{Message: "The case passed although it is listed as failing: take it off the list."}
	default:
		return Failure{Message: "The case ended without a message, as " + cmp.Or(string(r.State), "nothing") + "."}
	}
}

// skip is one reason for skipping, with whom it held for.
type skip struct {
	reason string
	count  int
	cases  []skippedCase
}

type skippedCase struct {
	id    string
	cells []Cell // none where the case was skipped on every cell
}

// skips groups what was skipped by reason, in the order of appearance.
func (r *Report) skips() []skip {
	var all []skip
	for _, c := range r.Cases {
		for _, reason := range c.skipReasons() {
			cells := c.skippedFor(reason)
			entry := skippedCase{id: c.ID}
			if len(cells) < len(c.Results) {
				entry.cells = cells
			}
			i := slices.IndexFunc(all, func(s skip) bool { return s.reason == reason })
			if i < 0 {
				i = len(all)
				all = append(all, skip{reason: reason})
			}
			all[i].count += len(cells)
			all[i].cases = append(all[i].cases, entry)
		}
	}
	return all
}

const noReason = "no reason given"

func (c Case) skipReasons() []string {
	var reasons []string
	for _, r := range c.Results {
		reason := cmp.Or(r.Skip, noReason)
		if r.State == Skipped && !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
	}
	return reasons
}

func (c Case) skippedFor(reason string) []Cell {
	var cells []Cell
	for _, r := range c.Results {
		if r.State == Skipped && cmp.Or(r.Skip, noReason) == reason {
			cells = append(cells, r.Cell)
		}
	}
	return cells
}

// timed is a result with the case that it belongs to.
type timed struct {
	id string
	Result
}

// slowest returns the n cases that took the longest, slowest first, each with
// the result that took so long.
func (r *Report) slowest(n int) []timed {
	var all []timed
	for _, c := range r.Cases {
		worst := timed{id: c.ID}
		for _, result := range c.Results {
			if result.State != Skipped && result.Duration > worst.Duration {
				worst.Result = result
			}
		}
		if worst.Duration > 0 {
			all = append(all, worst)
		}
	}
	slices.SortStableFunc(all, func(a, b timed) int { return cmp.Compare(b.Duration, a.Duration) })
	return all[:min(n, len(all))]
}

// missing returns the names of the items that count and were not exercised, and
// the items that are excused.
func (c Coverage) missing() (names []string, excused []Item) {
	for _, i := range c.Items {
		switch {
		case i.Excused != "":
			excused = append(excused, i)
		case i.Hits == 0:
			names = append(names, i.Name)
		}
	}
	return names, excused
}
