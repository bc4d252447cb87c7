package report

import (
	"fmt"
	"strings"
)

// findings writes what failed, and then, shorter, what failed as known.
func (p *textPage) findings(r *Report) {
	var failing, known []caseFinding
	for _, c := range r.Cases {
		for _, f := range c.findings() {
			if f.state.Failing() {
				failing = append(failing, caseFinding{c, f})
			} else {
				known = append(known, caseFinding{c, f})
			}
		}
	}
	if len(failing) > 0 {
		p.title("Failures")
	}
	for i, f := range failing {
		if i > 0 {
			p.line()
		}
		p.failing(f)
	}
	if len(known) > 0 {
		p.title("Known failures")
	}
	for _, f := range known {
		text := f.of.ID + " on " + joinCells(f.cells(), ", ") + ": " + firstLine(f.failure.Message)
		p.wrapped("  ", "~ ", "", text)
		p.wrapped("    ", "", dim, strings.ReplaceAll(string(f.state), "-", " ")+", "+f.known)
	}
}

// caseFinding is a finding with its case.
type caseFinding struct {
	of Case
	finding
}

func (p *textPage) failing(f caseFinding) {
	const indent = "    "
	p.line("  ", p.paint(bold+";"+red, "✗ "+oneLine(f.of.ID)))
	p.wrapped(indent, "on        ", "", joinCells(f.cells(), ", "))
	if f.of.Contract != "" {
		p.wrapped(indent, "contract  ", "", f.of.Contract)
	}
	p.wrapped(indent, "message   ", red, strings.TrimSpace(f.failure.Message))
	if f.known != "" {
		p.wrapped(indent, "listed    ", "", f.known)
	}
	p.block(indent, "expected  ", f.failure.Expected)
	p.block(indent, "actual    ", f.failure.Actual)
	if f.failure.Location != "" {
		p.wrapped(indent, "at        ", dim, f.failure.Location)
	}
	p.trace(indent, f.results[0])
}

// block writes the first lines of a value.
func (p *textPage) block(indent, label, text string) {
	if text == "" {
		return
	}
	kept, left := shorten(text, textBlock*textWidth)
	lines := wrap(printable(kept), textWidth-len(indent)-len(label))
	if len(lines) > textBlock {
		left += len(strings.Join(lines[textBlock:], "\n"))
		lines = lines[:textBlock]
	}
	if left > 0 {
		lines = append(lines, fmt.Sprintf("… %d bytes more", left))
	}
	p.wrapped(indent, label, "", strings.Join(lines, "\n"))
}

// trace writes the last lines of what went over the wire, each on one line.
func (p *textPage) trace(indent string, r Result) {
	if len(r.Trace) == 0 {
		return
	}
	last := r.Trace[max(0, len(r.Trace)-textTrace):]
	label := fmt.Sprintf("wire on %s", oneLine(r.String()))
	if len(last) < len(r.Trace) {
		label += fmt.Sprintf(", last %d of %d lines", len(last), len(r.Trace))
	}
	p.line(indent, p.paint(dim, label))
	who := 0
	for _, l := range last {
		who = max(who, min(20, len([]rune(oneLine(l.Who)))))
	}
	for _, l := range last {
		start := fmt.Sprintf("%s  %9s  %s %s ", indent, l.offset(), pad(clip(oneLine(l.Who), who), who), l.arrow())
		text, _ := shorten(l.Text, 4*textWidth) // a rune has four bytes at most
		p.line(p.paint(dim, start), clip(oneLine(text), textWidth-len([]rune(start))))
	}
}
