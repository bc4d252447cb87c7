package report

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
)

const flakyPrefix = "flaky:"

// Known is a list of known failures: patterns of cases that fail, and of cases
// that may. Its zero value knows none. Apply does not change it.
type Known struct {
	patterns []pattern
}

// ParseKnown reads a list of known failures. A line is a pattern of full case
// names, client/transport/area/what, or -/-/area/what for a case that runs
// once. In it * stands for any part of one element and an element ** for any
// number of elements. "flaky: " before a pattern says that its cases may fail,
// without it they have to. "#" at the start of a line or after a space begins a
// comment; one on the pattern's line, or else the comment lines straight above,
// are its reason. Blank lines mean nothing.
//
// The error holds every fault of the list, one a line, as name:line: what.
func ParseKnown(name string, r io.Reader) (*Known, error) {
	k := &Known{}
	var faults []error
	var above []string
	lines := bufio.NewScanner(r)
	at := position{file: name}
	for lines.Scan() {
		at.line++
		text, comment, commented := cutComment(lines.Text())
		if text == "" {
			above = append(above, comment)
			if !commented {
				above = nil
			}
			continue
		}
		reason := cmp.Or(comment, strings.TrimSpace(strings.Join(above, " ")))
		above = nil
		if err := k.add(text, at, reason); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", at, err))
		}
	}
	if err := lines.Err(); err != nil {
		at.line++
		faults = append(faults, fmt.Errorf("%s: read: %w", at, err))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return k, nil
}

// cutComment splits a line in what it says and its comment.
func cutComment(line string) (text, comment string, commented bool) {
	line = strings.TrimSpace(line)
	for i, char := range line {
		if char == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
			return strings.TrimSpace(line[:i]), strings.TrimSpace(line[i+1:]), true
		}
	}
	return line, "", false
}

func (k *Known) add(text string, at position, reason string) error {
	rest, flaky := strings.CutPrefix(text, flakyPrefix)
	p, err := parsePattern(strings.TrimSpace(rest))
	if err != nil {
		return err
	}
	p.flaky, p.at, p.reason = flaky, at, reason
	for _, other := range k.patterns {
		if other.text == p.text {
			return fmt.Errorf("pattern %s is on line %d already", p.text, other.at.line)
		}
	}
	k.patterns = append(k.patterns, p)
	return nil
}

// Apply marks the results that the list knows: what failed becomes KnownFailing
// or KnownFlaky, what passed although it is listed as failing becomes Fixed. A
// case that is listed as both counts as flaky.
//
// A pattern that matches nothing that ran becomes a problem of the run, so that
// the list does not rot; not where the run was filtered, for then its cases may
// only have been left out. Apply is to be called once, when all results are in.
// A nil list knows none.
func (k *Known) Apply(r *Report, filtered bool) {
	if k == nil {
		return
	}
	ran := make([]bool, len(k.patterns))
	skipped := make([]bool, len(k.patterns))
	for i := range r.Cases {
		c := &r.Cases[i]
		for j := range c.Results {
			result := &c.Results[j]
			used := ran
			if result.State == Skipped {
				used = skipped
			}
			k.mark(result, strings.Split(result.CaseName(c.ID), "/"), used)
		}
	}
	if !filtered {
		r.Problems = append(r.Problems, k.unused(ran, skipped)...)
	}
}

// unused says of each pattern that matched nothing that ran.
func (k *Known) unused(ran, skipped []bool) []string {
	var problems []string
	for i, p := range k.patterns {
		switch {
		case ran[i]:
		case skipped[i]:
			problems = append(problems, fmt.Sprintf("%s: known failure %s matches only cases that were skipped", p.at, p.text))
		default:
			problems = append(problems, fmt.Sprintf("%s: known failure %s matches no case", p.at, p.text))
		}
	}
	return problems
}

// mark gives a result its state by the patterns that match its name, and notes
// which do.
func (k *Known) mark(result *Result, name []string, used []bool) {
	var by *pattern
	for i := range k.patterns {
		p := &k.patterns[i]
		if !p.matches(name) {
			continue
		}
		used[i] = true
		if by == nil || p.flaky && !by.flaky {
			by = p
		}
	}
	if by == nil {
		return
	}
	switch {
	case result.State == Failed && by.flaky:
		result.State = KnownFlaky
	case result.State == Failed:
		result.State = KnownFailing
	case result.State == Passed && !by.flaky:
		result.State = Fixed
	default:
		return
	}
	result.Known = by.note()
}
