package report

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// sections writes the table of sections and cells: how many of the cases that
// ran passed, and how many were skipped (–) or failed as known (~).
func (p *textPage) sections(r *Report) {
	sections := r.sections()
	if len(sections) == 0 {
		return
	}
	columns := r.columns()
	widths := make([]int, len(columns))
	for i, cell := range columns {
		upper, lower := cell.heading()
		widths[i] = max(utf8.RuneCountInString(upper), utf8.RuneCountInString(lower))
		for _, s := range sections {
			widths[i] = max(widths[i], utf8.RuneCountInString(s.on(cell).counts()))
		}
	}
	first := 0
	for _, s := range sections {
		first = max(first, min(textSectionMax, utf8.RuneCountInString(oneLine(sectionName(s)))))
	}
	p.headings(columns, widths, first)
	var skipped, known bool
	for _, s := range sections {
		line := "  " + pad(clip(oneLine(sectionName(s)), first), first)
		for i, cell := range columns {
			t := s.on(cell)
			skipped = skipped || t[Skipped] > 0
			known = known || t[KnownFailing]+t[KnownFlaky] > 0
			counts := t.counts()
			line += "  " + p.paint(t.color(), counts)
			if i < len(columns)-1 {
				line += pad("", widths[i]-utf8.RuneCountInString(counts))
			}
		}
		p.line(line)
	}
	p.legend(skipped, known)
}

func (p *textPage) headings(columns []Cell, widths []int, first int) {
	upper, lower := "  "+pad("", first), "  "+pad("", first)
	for i, cell := range columns {
		u, l := cell.heading()
		upper += "  " + pad(u, widths[i])
		lower += "  " + pad(l, widths[i])
	}
	p.line()
	p.line(p.paint(bold, strings.TrimRight(upper, " ")))
	p.line(p.paint(bold, strings.TrimRight(lower, " ")))
}

func (p *textPage) legend(skipped, known bool) {
	legend := "passed/ran"
	if skipped {
		legend += ", – skipped"
	}
	if known {
		legend += ", ~ known failures"
	}
	p.line(p.paint(dim, "  "+legend))
}

// heading returns the two lines above a cell's column.
func (c Cell) heading() (upper, lower string) {
	if c == (Cell{}) {
		return "once", ""
	}
	return oneLine(c.Client), oneLine(c.Transport)
}

// counts returns the tally in a few characters, nothing where it is empty.
func (t tally) counts() string {
	if len(t) == 0 {
		return "·"
	}
	s := fmt.Sprintf("%d/%d", t[Passed], t.ran())
	if n := t[Skipped]; n > 0 {
		s += fmt.Sprintf(" %d–", n)
	}
	if n := t[KnownFailing] + t[KnownFlaky]; n > 0 {
		s += fmt.Sprintf(" %d~", n)
	}
	return s
}

func (t tally) color() string {
	switch {
	case t.failing() > 0:
		return red
	case t[KnownFailing]+t[KnownFlaky] > 0:
		return yellow
	case t.ran() == 0:
		return dim
	default:
		return green
	}
}
